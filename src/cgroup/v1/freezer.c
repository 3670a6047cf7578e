/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1 freezer: freezer.state.
 *
 * It has no event.  The state goes FREEZING until every task has come by the freezer, which is a
 * matter of microseconds for tasks that run or sleep interruptibly: we look again after giving the
 * processor away.  Only for the rest (tasks in an uninterruptible wait) does a poll with a timeout
 * step in, so that waiting for a disk does not burn a processor.  A task that forks while its group
 * freezes can leave it FREEZING for ever (runc issue 1609): writing FROZEN again helps.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

#define FREEZE_MSEC 10000
#define YIELDS_MAX 200

static int set_state(const struct cgroup_record *r, const char *state, char full[PATH_MAX])
{
	const struct cgroup_hier *h = cgroup_hier_of("freezer");

	if (h == NULL)
		return -EOPNOTSUPP;
	if (cgroup_file_path(full, h, r->path, "freezer.state") < 0)
		return -ENAMETOOLONG;
	return fd_write_file(AT_FDCWD, full, state);
}

int cgroup_v1_freeze(const struct cgroup_record *r, bool on, struct error *err)
{
	const char *want = on ? "FROZEN" : "THAWED";
	int64_t end = time_monotonic_nsec() + FREEZE_MSEC * NSEC_PER_MSEC;
	char full[PATH_MAX] = "", state[16];
	int n;

	for (unsigned round = 0;; round++) {
		n = set_state(r, want, full);
		if (n == -EOPNOTSUPP)
			return error_set(err, ERROR_UNSUPPORTED,
					 "%s needs the cgroup controller 'freezer', which this "
					 "machine does not have mounted",
					 on ? "pause" : "resume");
		if (n < 0)
			return error_os(err, -n, "%s cgroup: write '%s'", on ? "freeze" : "thaw",
					full);
		n = fd_read_line(AT_FDCWD, full, state, sizeof(state));
		if (n < 0)
			return error_os(err, -n, "read '%s'", full);
		if (streq(state, want))
			return 0;
		if (time_monotonic_nsec() >= end)
			break;
		if (round < YIELDS_MAX)
			sched_yield();
		else
			(void)poll(NULL, 0, 1);
	}
	if (on)
		(void)set_state(r, "THAWED", full);
	return error_set(err, ERROR_TIMEOUT, "cgroup '%s' did not %s within %d seconds", r->path,
			 on ? "freeze" : "thaw", FREEZE_MSEC / 1000);
}

int cgroup_v1_is_frozen(const struct cgroup_hier *h, const struct cgroup_record *r)
{
	char full[PATH_MAX], state[16];
	int n = cgroup_file_path(full, h, r->path, "freezer.state");

	if (n >= 0)
		n = fd_read_line(AT_FDCWD, full, state, sizeof(state));
	return n < 0 ? n : streq(state, "FROZEN");
}
