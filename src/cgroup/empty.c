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

static bool listed(const pid_t *pids, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

/* A number that was listed may belong to somebody else by now.  What is still listed when the pidfd
 * is open is the process that the pidfd stands for, or that one is dead. */
static int signal_batch(const struct cgroup_hier *h, const char *path, const pid_t *pids, size_t n,
			int sig)
{
	struct pidref refs[WAIT_BATCH];
	scoped_free pid_t *still = NULL;
	size_t n_still = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		refs[i] = PIDREF_INIT;
		/* 0, a process of another pid namespace, and the dead are left out. */
		(void)pidref_set(&refs[i], pids[i]);
	}
	r = cgroup_tree_pids(h, path, SIZE_MAX, &still, &n_still);
	for (size_t i = 0; i < n; i++) {
		int e = r >= 0 && refs[i].fd >= 0 && listed(still, n_still, pids[i])
				? pidref_kill(&refs[i], sig)
				: 0;

		if (e < 0 && e != -ESRCH)
			r = e;
		pidref_done(&refs[i]);
	}
	return r < 0 ? r : 0;
}

/* Signal every process of one hierarchy; the number of them. */
static int signal_listed(const struct cgroup_hier *h, const char *path, int sig, struct error *err)
{
	scoped_free pid_t *pids = NULL;
	size_t n = 0;
	int r = cgroup_tree_pids(h, path, INT_MAX, &pids, &n);

	for (size_t i = 0; r >= 0 && i < n; i += WAIT_BATCH)
		r = signal_batch(h, path, pids + i, MIN(n - i, (size_t)WAIT_BATCH), sig);
	return r < 0 ? error_os(err, -r, "send signal %d to cgroup '%s%s'", sig, h->mount, path)
		     : (int)n;
}

/* Frozen processes cannot fork or change their numbers while they are listed. */
static int signal_frozen(const struct cgroup_record *r, const struct cgroup_hier *h, int sig,
			 struct error *err)
{
	bool was = cgroup_is_frozen(r) == 1;
	bool frozen = was || cgroup_freeze(r, true, NULL) == 0;
	int n = signal_listed(h, r->path, sig, err);

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

/* Until nothing is listed in one hierarchy: 0, -ETIMEDOUT, -errno. */
static int kill_listed(const struct cgroup_record *r, const struct cgroup_hier *h,
		       struct error *err)
{
	for (int round = 0; round < KILL_ROUNDS_MAX; round++) {
		int n = signal_frozen(r, h, SIGKILL, err);

		if (n <= 0)
			return n;
		n = wait_batch(h, r->path,
			       time_monotonic_nsec() + CGROUP_EMPTY_MSEC * NSEC_PER_MSEC);
		if (n == -ETIMEDOUT)
			break;
		if (n < 0)
			return error_os(err, -n, "wait for cgroup '%s' to be empty", r->path);
	}
	return error_set(err, ERROR_TIMEOUT,
			 "processes in cgroup '%s' did not end within %d seconds of SIGKILL",
			 r->path, CGROUP_EMPTY_MSEC / 1000);
}

int cgroup_kill_all(const struct cgroup_record *r, int sig, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	const struct cgroup_hier *h = cgroup_hier_main();
	int n = 0;

	if (r->path == NULL || h == NULL)
		return 0;
	if (sig != SIGKILL) {
		n = signal_frozen(r, h, sig, err);
		return n < 0 ? n : 0;
	}
	if (kill_by_kernel(r) == 0) {
		/* The v1 freezer holds even the killed. */
		if (!h->v2 && cgroup_is_frozen(r) == 1)
			n = cgroup_freeze(r, false, err);
		if (n >= 0)
			(void)cgroup_v2_wait_event(r, "populated", 0, CGROUP_EMPTY_MSEC);
	}
	/* No v2 tree, an older kernel, or processes that are in v1 groups only.  All hierarchies:
	 * one whose creator was killed is perhaps not in all of them yet. */
	for (size_t i = 0; n >= 0 && i < sys->n; i++) {
		int empty = cgroup_tree_empty(&sys->hier[i], r->path);

		if (empty < 0)
			return error_os(err, -empty, "read cgroup '%s%s'", sys->hier[i].mount,
					r->path);
		if (empty == 0)
			n = kill_listed(r, &sys->hier[i], err);
	}
	return n < 0 ? n : 0;
}
