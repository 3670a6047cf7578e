/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete: remove what create made, in whatever state it is.  Each step finds its thing by the
 * record and takes "already gone" for done, so that a killed delete is finished by the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/str.h"
#include "base/trace.h"
#include "runtime/hooks.h"
#include "runtime/host/rdt.h"
#include "runtime/record.h"
#include "sys/fd.h"

/* A killed process that does not end within this is stuck in the kernel. */
#define KILL_WAIT_MSEC 10000

static int end_init(const struct runtime_record *rec, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int r;

	if (rec->init_pid <= 0)
		return 0;
	r = pidref_open(&init, rec->init_pid, rec->init_start_time);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return error_os(err, -r, "open process %d", (int)rec->init_pid);
	r = pidref_kill(&init, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return error_os(err, -r, "kill process %d", (int)rec->init_pid);
	/* A frozen process dies only when it is thawed. */
	if (rec->cgroup.path && pidref_alive(&init) != 0 && cgroup_is_frozen(&rec->cgroup) > 0)
		(void)cgroup_freeze(&rec->cgroup, false, NULL);
	r = pidref_wait(&init, KILL_WAIT_MSEC);
	if (r == 0)
		return error_set(err, ERROR_TIMEOUT, "container '%s': process %d does not end",
				 rec->id, (int)rec->init_pid);
	return r < 0 ? error_os(err, -r, "wait for process %d", (int)rec->init_pid) : 0;
}

static int remove_rdt(const struct rdt_record *rdt, struct error *err)
{
	struct error why = ERROR_INIT;
	scoped_fd int root = -1;

	if (rdt == NULL)
		return 0;
	root = rdt_open(&why);
	/* Unmounting resctrl has ended all groups. */
	if (root < 0)
		return why.kind == ERROR_UNSUPPORTED ? 0 : error_copy(err, &why);
	return rdt_remove(root, rdt, err);
}

/* A create that is still at work may name its init any moment.  Without its socket it cannot end well
 * any more (record_set_created): either the record has the init by now, or create ends it. */
static int reload_unfinished(int dir, const char *id, struct runtime_record *rec, struct error *err)
{
	struct runtime_record now = { 0 };
	int r;

	if (rec->init_pid > 0)
		return 0;
	(void)unlinkat(dir, RECORD_SOCKET, 0);
	r = record_load_at(dir, id, &now, err);
	if (r < 0)
		return r;
	if (now.init_pid > 0) {
		runtime_record_done(rec);
		*rec = now;
		now = (struct runtime_record){ 0 };
	}
	runtime_record_done(&now);
	return 0;
}

static int delete_record(const struct runtime_context *cx, const struct runtime_record *rec,
			 struct error *err)
{
	int r = end_init(rec, err);

	if (r < 0)
		return r;
	r = remove_rdt(rec->rdt, err);
	if (r < 0)
		return r;
	if (rec->cgroup.path) {
		r = cgroup_remove(&rec->cgroup, true, err);
		if (r < 0)
			return r;
	}
	if (rec->init_pid > 0)
		hooks_run_poststop(rec, "the delete goes on");
	return record_remove_dir(cx, rec->id, err);
}

int runtime_delete(const struct runtime_context *cx, const char *id, bool force, struct error *err)
{
	trace_scope("runtime delete");
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	struct error why = ERROR_INIT;
	scoped_fd int dir = record_open_dir(cx, id, &why);
	enum runtime_status s;
	int r;

	if (dir < 0)
		return force && why.kind == ERROR_NOT_FOUND ? 0 : error_copy(err, &why);
	r = record_load_at(dir, id, &rec, err);
	if (r < 0)
		return r;
	/* created: nothing of the user's has run (as runc). */
	s = force ? RUNTIME_STOPPED : record_status(dir, &rec);
	if (s != RUNTIME_STOPPED && s != RUNTIME_CREATED)
		return error_set(err, ERROR_STATE,
				 "cannot delete container '%s' that is not stopped: %s", id,
				 runtime_status_name(s));
	r = reload_unfinished(dir, id, &rec, err);
	return r < 0 ? r : delete_record(cx, &rec, err);
}
