/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn: vfork, set up, exec.
 *
 * vfork and not fork: the time does not grow with our memory, and the child can leave its errno in
 * ours.  The child shares our memory until it execs, so it runs child_main() only, which calls
 * nothing but system calls and touches nothing but struct child.  All signals are blocked
 * around it, so that no handler of ours runs in the child.
 */
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/signals.h"

#define OUTPUT_CHUNK 16384

struct child {
	const struct spawn *s;
	const char *path;
	char *const *env;
	struct spawn_fd *fds; /* stdio first; `from` is replaced by the moved number */
	size_t n_fds;
	int exec_fd;
	int above; /* first number above every target */
	pid_t parent;
	/* Where it failed and why: written by the child. */
	const char *step;
	int num;
};

static int setup_process(struct child *c)
{
	unsigned flags = c->s->flags;

	if ((flags & SPAWN_SETSID) != 0 && setsid() < 0)
		return -errno;
	if ((flags & SPAWN_PDEATHSIG_KILL) != 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			return -errno;
		if (getppid() != c->parent)
			return -ESRCH;
	}
	return 0;
}

/* Sources may be the numbers of other targets: move all of them out of the way first. */
static int setup_fds(struct child *c)
{
	int r;

	for (size_t i = 0; i < c->n_fds; i++) {
		r = fcntl(c->fds[i].from, F_DUPFD_CLOEXEC, c->above);
		if (r < 0)
			return -errno;
		c->fds[i].from = r;
	}
	if (c->exec_fd >= 0) {
		c->exec_fd = fcntl(c->exec_fd, F_DUPFD_CLOEXEC, c->above);
		if (c->exec_fd < 0)
			return -errno;
	}
	r = fd_cloexec_from(3);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_fds; i++) {
		if (dup2(c->fds[i].from, c->fds[i].to) < 0)
			return -errno;
	}
	return 0;
}

static void child_main(struct child *c)
{
	int r = setup_process(c);

	c->step = "prepare process for";
	if (r == 0 && c->s->cwd != NULL) {
		c->step = "change to working directory of";
		r = chdir(c->s->cwd) < 0 ? -errno : 0;
	}
	if (r == 0) {
		c->step = "pass descriptors to";
		r = setup_fds(c);
	}
	if (r == 0) {
		c->step = "execute";
		signals_reset();
		if (c->exec_fd >= 0)
			syscall(SYS_execveat, c->exec_fd, "", c->s->args, c->env, AT_EMPTY_PATH);
		else
			execve(c->path, c->s->args, c->env);
		r = -errno;
	}
	c->num = -r;
	_exit(127);
}

static pid_t run_child(struct child *c)
{
	sigset_t all, saved;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	/* Not fork, which copies page tables: the child makes only system calls, with all signals
	 * blocked, and what it notes in *c is meant for us.
	 * NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	pid = vfork();
	if (pid == 0)
		child_main(c); /* NOLINT(clang-analyzer-unix.Vfork): see above, ends in _exit */
	if (pid < 0)
		c->num = errno;
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return pid;
}

/* The wished map with stdio in front, into c->fds, which has room for it; opens /dev/null into
 * *null_fd when a flag asks for it. */
static int collect_fds(const struct spawn *s, struct child *c, int *null_fd)
{
	const int stdio[3] = { s->stdin_fd, s->stdout_fd, s->stderr_fd };
	const unsigned nulls[3] = { SPAWN_NULL_STDIN, SPAWN_NULL_STDOUT, SPAWN_NULL_STDERR };

	for (int i = 0; i < 3; i++) {
		int from = stdio[i];

		if (from < 0 && (s->flags & nulls[i]) == 0)
			continue;
		if (from < 0 && *null_fd < 0) {
			*null_fd = fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0);
			if (*null_fd < 0)
				return *null_fd;
		}
		c->fds[c->n_fds++] = (struct spawn_fd){ from < 0 ? *null_fd : from, i };
	}
	for (size_t i = 0; i < s->n_fds; i++)
		c->fds[c->n_fds++] = s->fds[i];
	c->above = 3;
	for (size_t i = 0; i < c->n_fds; i++)
		c->above = MAX(c->above, c->fds[i].to + 1);
	return 0;
}

int spawn_start(const struct spawn *s, struct pidref *ret, struct error *err)
{
	struct child c = { .s = s, .exec_fd = s->exec_fd, .parent = getpid() };
	const char *name = s->path != NULL ? s->path : s->args[0];
	scoped_free struct spawn_fd *fds = xnew_n(struct spawn_fd, s->n_fds + 3);
	scoped_free char *found = NULL;
	scoped_fd int null_fd = -1;
	pid_t pid;
	int r;

	if ((s->flags & SPAWN_SEARCH_PATH) != 0 && s->exec_fd < 0) {
		found = spawn_find(name);
		if (found == NULL)
			return error_os(err, ENOENT, "find program '%s' in PATH", name);
	}
	c.path = found != NULL ? found : name;
	c.env = s->env != NULL ? s->env : environ;
	c.fds = fds;
	r = collect_fds(s, &c, &null_fd);
	if (r < 0)
		return error_os(err, -r, "open '/dev/null'");
	pid = run_child(&c);
	if (pid < 0)
		return error_os(err, c.num, "fork to execute '%s'", name);
	if (c.num != 0) {
		pid_reap(pid, NULL);
		return error_os(err, c.num, "%s '%s'", c.step, name);
	}
	r = pidref_set(ret, pid);
	if (r == 0)
		return 0;
	kill(pid, SIGKILL);
	pid_reap(pid, NULL);
	return error_os(err, -r, "follow process of '%s'", name);
}

/* Takes what is there; a stream above max is read on but not kept.  Closes *fd at its end. */
static int drain(int *fd, size_t max, struct buf *out)
{
	char chunk[OUTPUT_CHUNK];

	/* Bounded: a program that writes without end must not outlast its time. */
	for (int i = 0; i < 16; i++) {
		ssize_t n = read(*fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			*fd = fd_close(*fd);
			return n < 0 ? -errno : 0;
		}
		if (out->len < max)
			buf_add(out, chunk, MIN((size_t)n, max - out->len));
	}
	return 0;
}

struct collect {
	struct pidref child;
	int out, err;
	size_t max;
	struct buf *out_buf, *err_buf;
};

/* Until the program itself has ended: what a daemon it left behind holds open is not waited for.
 * 1 ended, 0 timeout. */
static int collect_until_end(struct collect *c, int timeout_msec)
{
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;
	int ended = 0;

	while (!ended) {
		struct pollfd p[3] = { { .fd = c->child.fd, .events = POLLIN },
				       { .fd = c->out, .events = POLLIN },
				       { .fd = c->err, .events = POLLIN } };
		int64_t left = end - time_monotonic_nsec();
		int wait = timeout_msec < 0 ? -1 : (int)((MAX(left, 0) + 999999) / NSEC_PER_MSEC);
		int n = poll(p, 3, wait);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 || (wait == 0 && !p[0].revents))
			return 0;
		ended = n > 0 && p[0].revents != 0;
		n = c->out >= 0 ? drain(&c->out, c->max, c->out_buf) : 0;
		if (n == 0 && c->err >= 0)
			n = drain(&c->err, c->max, c->err_buf);
		if (n < 0)
			return n;
	}
	return 1;
}

/* A pipe whose reading end does not block; the writing end is put into *target. */
static int output_pipe(struct buf *wanted, int *reader, int *target)
{
	int p[2], r;

	if (wanted == NULL)
		return 0;
	r = fd_pipe(p, 0);
	if (r < 0)
		return r;
	*reader = p[0];
	*target = p[1];
	return fd_set_nonblock(p[0], true);
}

/* Input as a file in memory: no pipe that fills, no SIGPIPE when the program does not read. */
static int input_file(const char *input, size_t len)
{
	scoped_fd int fd = -1;
	int r;

	if (input == NULL)
		return -1;
	fd = fd_memfd("input", false);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, input, len);
	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(fd);
}

int spawn_run(const struct spawn *s, const char *input, size_t input_len, size_t max,
	      struct buf *out, struct buf *errout, int timeout_msec, int *ret_status,
	      struct error *err)
{
	const char *name = s->path != NULL ? s->path : s->args[0];
	scoped_fd int in_fd = -1;
	scoped_fd int out_w = -1;
	scoped_fd int err_w = -1;
	scoped_fd int out_r = -1;
	scoped_fd int err_r = -1;
	scoped(pidref_done) struct pidref child = PIDREF_INIT;
	struct spawn run = *s;
	struct collect c;
	int r, status;

	if (input != NULL) {
		in_fd = input_file(input, input_len);
		if (in_fd < 0)
			return error_os(err, -in_fd, "prepare input of '%s'", name);
		run.stdin_fd = in_fd;
	}
	r = output_pipe(out, &out_r, &out_w);
	if (r == 0)
		r = output_pipe(errout, &err_r, &err_w);
	if (r < 0)
		return error_os(err, -r, "prepare output of '%s'", name);
	if (out_w >= 0)
		run.stdout_fd = out_w;
	if (err_w >= 0)
		run.stderr_fd = err_w;
	r = spawn_start(&run, &child, err);
	if (r < 0)
		return r;
	out_w = fd_close(out_w);
	err_w = fd_close(err_w);
	c = (struct collect){ child, out_r, err_r, max, out, errout };
	r = collect_until_end(&c, timeout_msec);
	out_r = c.out;
	err_r = c.err;
	if (r <= 0)
		pidref_kill(&child, SIGKILL);
	pidref_reap(&child, &status);
	if (r < 0)
		return error_os(err, -r, "read output of '%s'", name);
	if (r == 0)
		return error_set(err, ERROR_TIMEOUT, "'%s' did not end within %d ms and was killed",
				 name, timeout_msec);
	if (ret_status != NULL)
		*ret_status = status;
	return 0;
}

char *spawn_find(const char *name)
{
	const char *path = getenv("PATH");
	scoped_strv char **dirs = NULL;

	if (str_empty(name))
		return NULL;
	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	if (str_empty(path))
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	dirs = strv_split(path, ":", false);
	STRV_FOREACH (d, dirs) {
		scoped_free char *full = path_join(*d, name);
		struct stat st;

		/* The current directory is never searched. */
		if (path_absolute(full) && stat(full, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(full, X_OK) == 0)
			return take_ptr(full);
	}
	return NULL;
}
