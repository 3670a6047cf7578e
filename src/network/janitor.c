/* SPDX-License-Identifier: Apache-2.0 */
#include "network/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "network/doom.h"
#include "network/filter.h"
#include "network/hostside.h"
#include "network/ipam.h"
#include "network/netlink/rtnl.h"
#include "network/rundir.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/ns.h"
#include "sys/pidref.h"
#include "sys/watch.h"

#define LOCK_JANITOR ".janitor"
#define LOCK_NEXT ".janitor-next"
#define LOCK_LINGER ".linger"
#define ERROR_FILE "janitor.error"

/* Take down a network that nobody uses. */
static int visit(const struct network_config *c, int dir, int rtnl, const char *name,
		 struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, name, err);
	int r = lock < 0 ? lock : ipam_used(dir, name, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return hostside_down(c, dir, rtnl, name, err);
}

/* Caller has the janitor's lock. */
static int work(const struct network_config *c, int dir, struct error *err)
{
	scoped_fd int rtnl = rtnl_open();
	scoped_strv char **up = NULL;
	int r, first = 0;

	if (rtnl < 0)
		return error_os(err, -rtnl, "open a routing socket");
	r = rundir_names(dir, "up", &up, err);
	if (r < 0)
		return r;
	STRV_FOREACH (name, up) {
		struct error e = ERROR_INIT;

		r = visit(c, dir, rtnl, *name, &e);
		if (r < 0 && first >= 0)
			first = error_copy(err, &e);
	}
	r = doom_execute(dir, rtnl, first < 0 ? NULL : err);
	return first < 0 ? first : r;
}

int janitor_work(const struct network_config *c, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_fd int lock = dir < 0 ? dir : rundir_lock(dir, LOCK_JANITOR, err);

	return lock < 0 ? lock : work(c, dir, err);
}

/* One at work and one in waiting are enough: the latter sees all that was left before it begins. */
static int work_in_turn(const struct network_config *c, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_fd int next = -1, lock = -1;

	if (dir < 0)
		return dir;
	next = rundir_try_lock(dir, LOCK_NEXT);
	if (next == -EAGAIN)
		return 0;
	if (next < 0)
		return error_os(err, -next, "lock network state '" LOCK_NEXT "'");
	lock = rundir_lock(dir, LOCK_JANITOR, err);
	if (lock < 0)
		return lock;
	fd_close(take_fd(next));
	return work(c, dir, err);
}

static void detach_from_parent(const struct network_config *c)
{
	int keep = filter_hand_over(c);
	int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0);

	setsid();
	(void)!chdir("/");
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		(void)dup2(null, fd);
	if (keep > 2) {
		(void)fd_close_range(3, keep - 1);
		(void)fd_close_from(keep + 1);
	} else {
		(void)fd_close_from(3);
	}
}

/*
 * Until no container has come for linger_msec.  false: another janitor waits already, and will find
 * what we would: it looks only after it has given up this lock.
 */
static bool wait_idle(const struct network_config *c)
{
	scoped_fd int dir = rundir_open(c, NULL);
	scoped_fd int lock = dir < 0 ? -1 : rundir_try_lock(dir, LOCK_LINGER);
	scoped_fd int watch = lock < 0 ? -1 : watch_open();
	char path[PATH_MAX];

	if (dir >= 0 && lock < 0)
		return false;
	if (watch < 0)
		return true;
	fd_path(dir, path, sizeof(path));
	scoped_free char *containers = path_join(path, "containers");
	if (watch_add(watch, containers, WATCH_APPEAR) < 0)
		return true;
	while (fd_wait(watch, POLLIN, (int)c->linger_msec) > 0)
		(void)watch_drain(watch);
	return true;
}

/* In the fork of the fork. */
static void __attribute__((noreturn)) live(const struct network_config *c)
{
	struct error err = ERROR_INIT;
	int dir;

	detach_from_parent(c);
	if (c->linger_msec && !wait_idle(c))
		_exit(0);
	if (work_in_turn(c, &err) >= 0)
		_exit(0);
	dir = rundir_open(c, NULL);
	if (dir >= 0) /* nobody hears us: the next command tells */
		(void)atomic_file_write(dir, ERROR_FILE, err.msg, strlen(err.msg), 0600, false);
	_exit(1);
}

static void tell_error(int dir)
{
	char text[ERROR_MSG_MAX];

	if (fd_read_line(dir, ERROR_FILE, text, sizeof(text)) <= 0)
		return;
	log_warn("network janitor: %s; it is tried again", text);
	(void)unlinkat(dir, ERROR_FILE, 0);
}

int janitor_start(const struct network_config *c, struct error *err)
{
	struct ns_clone spec = { .cgroup_fd = -1, .exit_signal = SIGCHLD };
	int status, r;
	pid_t pid = ns_clone3(&spec);

	if (pid == 0) {
		pid = ns_clone3(&spec); /* so that the first process of the system reaps it */
		if (pid == 0)
			live(c);
		_exit(pid < 0);
	}
	if (pid < 0)
		return error_os(err, -pid, "start the network janitor");
	r = pid_reap(pid, &status);
	if (r < 0)
		return error_os(err, -r, "start the network janitor");
	/* No process for it: then it is our work. */
	return status == 0 ? 0 : janitor_work(c, err);
}

static bool is_locked(int dir, const char *name)
{
	scoped_fd int lock = rundir_try_lock(dir, name);

	return lock < 0;
}

int janitor_resume(const struct network_config *c, int dir, struct error *err)
{
	int r = doom_any(dir);

	tell_error(dir);
	if (r <= 0)
		return r < 0 ? error_os(err, -r, "read the notes of the network janitor") : 0;
	if (is_locked(dir, LOCK_JANITOR) || is_locked(dir, LOCK_LINGER)) /* one is on its way */
		return 0;
	return janitor_start(c, err);
}
