/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "fs/mountinfo.h"
#include "sys/lock.h"
#include "sys/mountapi.h"

/* Keep the first error; later ones are logged, so that none is lost. */
static void note(int r, const struct error *e, int *first, struct error *err)
{
	if (r >= 0)
		return;
	if (*first < 0) {
		log_warn("cleaning up goes on after: %s", e->msg);
		return;
	}
	*first = r;
	error_copy(err, e);
}

static int delete_from_runtime(struct container *c, struct error *err)
{
	struct runtime_driver *d;
	int r;

	trace_scope("runtime delete");
	r = container_driver(c, &d, err);
	return r < 0 ? r : d->ops->del(d, c->r.id, true, err);
}

/* shm, and whatever lies below mounts/ (made only when something is mounted there). */
static int unmount_extras(struct container *c, struct error *err)
{
	scoped_free char *shm = engine_run_path(c->e, "containers/%s/shm", c->r.id);
	scoped_free char *mounts = engine_run_path(c->e, "containers/%s/mounts", c->r.id);
	int r = mountapi_umount(shm, MNT_DETACH);

	if (r < 0 && r != -EINVAL && r != -ENOENT)
		return error_os(err, -r, "unmount '%s'", shm);
	if (access(mounts, F_OK) == 0)
		return mountinfo_umount_below(mounts, err);
	return 0;
}

int container_teardown(struct container *c, bool gone_next, struct error *err)
{
	struct error e = ERROR_INIT;
	struct container_state *s = &c->r.state;
	int first = 0;

	trace_scope("teardown");
	if (c->r.wish.restart.policy != RESTART_NO)
		monitor_tell(c, MONITOR_CTL_NO_WAIT);
	note(delete_from_runtime(c, &e), &e, &first, err);
	note(container_network_down(c, &e), &e, &first, err);
	note(unmount_extras(c, &e), &e, &first, err);
	note(container_rootfs_umount(c, &e), &e, &first, err);
	if (!c->leave_files)
		note(container_remove_run_dir(c, &e), &e, &first, err);
	if (first < 0 || gone_next)
		return first;
	s->status = s->started_nsec ? CONTAINER_EXITED : CONTAINER_CONFIGURED;
	s->pid = s->monitor_pid = 0;
	s->pid_start = s->monitor_start = 0;
	{
		scoped_free char *lock = container_exit_lock_path(c->e, c->r.id);

		unlink(lock);
	}
	return container_intend(c, NULL, err);
}

int container_cleanup(struct engine *e, const char *word, bool remove_it, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	int r = container_open(e, word, &c, err);

	if (r < 0)
		return r;
	r = container_allowed(CONTAINER_OP_CLEANUP, &c.r, false, err);
	if (r <= 0)
		return r;
	if (remove_it && c.r.wish.rm)
		return container_erase(&c, true, err);
	if (c.r.state.status == CONTAINER_CONFIGURED || c.r.state.status == CONTAINER_EXITED)
		return 0; /* clean already; a second command after the first */
	if (c.r.state.status == CONTAINER_STOPPED && container_restart_due(&c.r))
		return container_restart_again(&c, err);
	return container_teardown(&c, false, err);
}
