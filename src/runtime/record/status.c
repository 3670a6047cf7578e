/* SPDX-License-Identifier: Apache-2.0 */
/* status: derived from kernel facts when asked for, never stored (spec 4). */
#include <errno.h>
#include <sys/stat.h>

#include "runtime/record.h"
#include "sys/fd.h"

static const char *const status_names[] = {
	[RUNTIME_CREATING] = "creating", [RUNTIME_CREATED] = "created",
	[RUNTIME_RUNNING] = "running",	 [RUNTIME_PAUSED] = "paused",
	[RUNTIME_STOPPED] = "stopped",
};
_Static_assert(ARRAY_SIZE(status_names) == RUNTIME_STATUS_COUNT, "one name per status");

const char *runtime_status_name(enum runtime_status s)
{
	return status_names[s];
}

static enum runtime_status unfinished(const struct runtime_record *r)
{
	/* Without its creator init dies, if it was there at all (I8). */
	return r->creator_pid > 0 && pidref_alive_at(r->creator_pid, r->creator_start_time) > 0
		       ? RUNTIME_CREATING
		       : RUNTIME_STOPPED;
}

int record_set_created(int dirfd, struct error *err)
{
	if (fchmodat(dirfd, RECORD_SOCKET, S_IRWXU, 0) < 0)
		return error_os(err, errno, "mark the container as created");
	return 0;
}

static enum runtime_status of_living(int dirfd, const struct runtime_record *r)
{
	struct stat st;

	if (r->cgroup.path && cgroup_is_frozen(&r->cgroup) > 0)
		return RUNTIME_PAUSED;
	if (fd_stat(dirfd, RECORD_SOCKET, 0, &st) < 0)
		return RUNTIME_RUNNING;
	return (st.st_mode & S_IXUSR) != 0 ? RUNTIME_CREATED : unfinished(r);
}

enum runtime_status record_status(int dirfd, const struct runtime_record *r)
{
	if (r->init_pid == 0)
		return unfinished(r);
	if (pidref_alive_at(r->init_pid, r->init_start_time) <= 0)
		return RUNTIME_STOPPED;
	return of_living(dirfd, r);
}

/* -ESRCH also for a zombie that nobody has waited for yet. */
static int open_living(const struct runtime_record *r, struct pidref *ret)
{
	int e = r->init_pid > 0 ? pidref_open(ret, r->init_pid, r->init_start_time) : -ESRCH;

	if (e >= 0 && pidref_alive(ret) <= 0) {
		pidref_done(ret);
		e = -ESRCH;
	}
	return e;
}

int record_status_init(int dirfd, const struct runtime_record *r, struct pidref *ret_init,
		       enum runtime_status *ret, struct error *err)
{
	int e = open_living(r, ret_init);

	if (e < 0 && e != -ESRCH)
		return error_os(err, -e, "open process %d", (int)r->init_pid);
	if (e == 0)
		*ret = of_living(dirfd, r);
	else
		*ret = r->init_pid == 0 ? unfinished(r) : RUNTIME_STOPPED;
	return 0;
}

int runtime_record_status(const struct runtime_context *cx, const struct runtime_record *r,
			  enum runtime_status *ret, struct error *err)
{
	scoped_fd int dir = record_open_dir(cx, r->id, err);

	if (dir < 0)
		return dir;
	*ret = record_status(dir, r);
	return 0;
}

int record_init(const struct runtime_record *r, struct pidref *ret, struct error *err)
{
	int e = open_living(r, ret);

	if (e == -ESRCH)
		return error_set(err, ERROR_STATE, "container not running: '%s'", r->id);
	return e < 0 ? error_os(err, -e, "open process %d", (int)r->init_pid) : 0;
}
