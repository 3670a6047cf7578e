/* SPDX-License-Identifier: Apache-2.0 */
/*
 * empty: kill what is in a cgroup and wait until nothing is.
 *
 * With a v2 tree (also beside v1) the kernel tells: "populated 0" in cgroup.events.  v1 has no such
 * event (release_agent would start a program as root), so there we wait for the ends of the
 * processes that cgroup.procs lists, by their pidfds: a process has left its cgroups before its
 * pidfd turns readable.  What remains is the moment in which a directory without any listed process
 * still refuses rmdir, since the last task's references are dropped after its exit: it is over as
 * soon as that task has been scheduled away, so the processor is given away until then, bounded.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/timeutil.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"
#include "sys/pidref.h"

/* Pids waited for in one poll; the rest comes in the next round. */
#define WAIT_BATCH 64
#define KILL_ROUNDS_MAX 100

static int left_msec(int64_t end)
{
	int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;

	return left < 0 ? 0 : (int)left;
}

/* One batch of processes of one hierarchy: 1 none was there, 0 waited for some, -ETIMEDOUT. */
static int wait_batch(const struct cgroup_hier *h, const char *path, int64_t end)
{
	scoped_free pid_t *pids = NULL;
	size_t n = 0;
	int r = cgroup_tree_pids(h, path, WAIT_BATCH, &pids, &n);

	if (r < 0 || n == 0)
		return r < 0 ? r : 1;
	for (size_t i = 0; i < n; i++) {
		scoped(pidref_done) struct pidref p = PIDREF_INIT;

		if (pids[i] > 0 && pidref_set(&p, pids[i]) == 0 &&
		    pidref_wait(&p, left_msec(end)) == 0)
			return -ETIMEDOUT;
	}
	if (left_msec(end) == 0)
		return -ETIMEDOUT;
	sched_yield(); /* a process of another pid namespace shows as 0 */
	return 0;
}

int cgroup_remove_when_empty(const struct cgroup_record *r, int timeout_msec)
{
	const struct cgroup_system *sys = cgroup_system();
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;
	int n = cgroup_v2_wait_event(r, "populated", 0, timeout_msec);

	if (n == 0)
		return 0;
	if (n < 0 && n != -ENOENT && n != -ENODEV)
		return n;
	for (size_t i = 0; i < sys->n; i++) {
		if (sys->hier[i].v2)
			continue;
		do
			n = wait_batch(&sys->hier[i], r->path, end);
		while (n == 0);
		if (n < 0)
			return n == -ETIMEDOUT ? 0 : n;
		/* Nothing listed: now only references are in the way of rmdir. */
		while ((n = cgroup_tree_remove(&sys->hier[i], r->path)) == -EBUSY) {
			if (left_msec(end) == 0)
				return 0;
			sched_yield();
		}
		if (n < 0)
			return n;
	}
	return 1;
}

/* Signal every process of the main hierarchy; the number of them. */
static int signal_listed(const struct cgroup_record *r, int sig, struct error *err)
{
	scoped_free pid_t *pids = NULL;
	size_t n = 0;
	int e = cgroup_pids(r, &pids, &n, err);

	for (size_t i = 0; e >= 0 && i < n; i++) {
		if (kill(pids[i], sig) < 0 && errno != ESRCH)
			return error_os(err, errno, "send signal %d to process %d", sig,
					(int)pids[i]);
	}
	return e < 0 ? e : (int)MIN(n, (size_t)INT_MAX);
}

/* Frozen processes cannot fork or change their numbers while they are listed. */
static int signal_frozen(const struct cgroup_record *r, int sig, struct error *err)
{
	bool was = cgroup_is_frozen(r) == 1;
	bool frozen = was || cgroup_freeze(r, true, NULL) == 0;
	int n = signal_listed(r, sig, err);

	/* A v1 frozen process dies only when thawed; a paused container stays paused otherwise. */
	if (frozen && (!was || sig == SIGKILL)) {
		int e = cgroup_freeze(r, false, n < 0 ? NULL : err);

		if (n >= 0 && e < 0 && cgroup_exists(r))
			return e;
	}
	return n;
}

/* The kernel does it all at once (5.14): 0, or -ENOENT without. */
static int kill_by_kernel(const struct cgroup_record *r)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	char full[PATH_MAX];

	if (h == NULL || cgroup_file_path(full, h, r->path, "cgroup.kill") < 0)
		return -ENOENT;
	return fd_write_file(AT_FDCWD, full, "1");
}

int cgroup_kill_all(const struct cgroup_record *r, int sig, struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_main();
	int n = 0;

	if (r->path == NULL || h == NULL || !cgroup_exists(r))
		return 0;
	if (sig != SIGKILL) {
		n = signal_frozen(r, sig, err);
		return n < 0 ? n : 0;
	}
	if (kill_by_kernel(r) == 0) {
		/* The v1 freezer holds even the killed. */
		if (!h->v2 && cgroup_is_frozen(r) == 1)
			n = cgroup_freeze(r, false, err);
		if (n >= 0 && cgroup_v2_wait_event(r, "populated", 0, CGROUP_EMPTY_MSEC) == 1)
			n = cgroup_tree_empty(h, r->path) == 1;
	}
	/* No v2 tree, an older kernel, or processes that are in the v1 group only. */
	for (int round = 0; n == 0 && round < KILL_ROUNDS_MAX; round++) {
		int e = signal_frozen(r, SIGKILL, err);

		if (e < 0)
			return e;
		n = wait_batch(h, r->path,
			       time_monotonic_nsec() + CGROUP_EMPTY_MSEC * NSEC_PER_MSEC);
		if (e == 0)
			n = 1;
	}
	if (n == 0 || n == -ETIMEDOUT)
		return error_set(
			err, ERROR_TIMEOUT,
			"processes in cgroup '%s' did not end within %d seconds of SIGKILL",
			r->path, CGROUP_EMPTY_MSEC / 1000);
	return n < 0 ? error_os(err, -n, "wait for cgroup '%s' to be empty", r->path) : 0;
}
