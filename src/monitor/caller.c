/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/caller.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/signals.h"

#define PIDFILE_MODE 0644
/* The engine writes one byte; more are taken, too. */
#define START_READ_MAX 512
#define OOM_SCORE_PATH "/proc/self/oom_score_adj"

/* ---- what is inherited ---- */

static int env_fd(const char *name, int *ret, struct error *err)
{
	const char *text = getenv(name);
	uint32_t fd;
	int r;

	if (str_empty(text))
		return 0;
	if (num_u32(text, &fd) < 0 || fd > INT32_MAX)
		return error_set(err, ERROR_INVALID, "%s: '%s' is not a descriptor", name, text);
	r = fd_set_cloexec((int)fd, true);
	if (r < 0)
		return error_os(err, -r, "use descriptor %s=%s", name, text);
	*ret = (int)fd;
	/* Not for the runtime and its children. */
	unsetenv(name);
	return 0;
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool is_pipe_of_caller(const struct caller *c, int fd)
{
	return fd == c->sync || fd == c->start || fd == c->attach;
}

static int list_kept(struct caller *c, struct error *err)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	uint32_t fd;

	if (!d)
		return error_os(err, errno, "list open descriptors");
	while ((e = readdir(d)) && c->n_keep < CALLER_KEEP_MAX) {
		if (num_u32(e->d_name, &fd) < 0 || fd < 3 || (int)fd == dirfd(d))
			continue;
		if (is_pipe_of_caller(c, (int)fd) || (fcntl((int)fd, F_GETFD) & FD_CLOEXEC))
			continue;
		*ARRAY_ADD(c->keep, c->n_keep) = (int)fd;
	}
	closedir(d);
	if (c->n_keep > 0)
		qsort(c->keep, c->n_keep, sizeof(*c->keep), compare_fds);
	return 0;
}

int caller_init(struct caller *c, const struct monitor_options *o, struct error *err)
{
	int r;

	*c = (struct caller){ .sync = -1, .start = -1, .attach = -1, .first_pid = getpid() };
	c->key = o->api_version ? MONITOR_SYNC_DATA
		 : o->exec	? MONITOR_SYNC_EXIT_CODE
				: MONITOR_SYNC_PID;
	r = env_fd(MONITOR_ENV_SYNCPIPE, &c->sync, err);
	if (r >= 0)
		r = env_fd(MONITOR_ENV_STARTPIPE, &c->start, err);
	if (r >= 0)
		r = env_fd(MONITOR_ENV_ATTACHPIPE, &c->attach, err);
	if (r >= 0 && o->exec_attach && c->attach < 0)
		r = error_set(err, ERROR_INVALID, "--exec-attach needs %s", MONITOR_ENV_ATTACHPIPE);
	return r < 0 ? r : list_kept(c, err);
}

/* ---- start ---- */

static int read_start(const struct caller *c, struct error *err)
{
	char bytes[START_READ_MAX];
	ssize_t n;

	if (c->start < 0)
		return 0;
	do
		n = read(c->start, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(err, errno, "read the start pipe");
	if (n == 0)
		return error_set(err, ERROR_CANCELED,
				 "the engine has gone before it said start; nothing was started");
	return 0;
}

int caller_wait_start(struct caller *c, struct error *err)
{
	int r = read_start(c, err);

	/* A second byte comes only when the exec waits for its client. */
	if (r >= 0 && c->attach < 0)
		c->start = fd_close(c->start);
	return r;
}

int caller_attach_handshake(struct caller *c, struct error *err)
{
	scoped(buf_done) struct buf line = BUF_INIT;
	int r;

	monitor_sync_format(MONITOR_SYNC_DATA, 0, NULL, &line);
	r = fd_write_all(c->attach, line.data, line.len);
	if (r < 0)
		return error_os(err, -r, "write the attach pipe");
	r = read_start(c, err);
	c->start = fd_close(c->start);
	c->attach = fd_close(c->attach);
	return r;
}

/* ---- background ---- */

static int write_pidfile(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	int r;

	if (!path)
		return 0;
	r = atomic_file_write(AT_FDCWD, path, text, (size_t)n, PIDFILE_MODE, false);
	return r < 0 ? error_os(err, -r, "write pid file '%s'", path) : 0;
}

int caller_leave_stdio(struct error *err)
{
	int fd = fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0);
	int r = 0;

	if (fd < 0)
		return error_os(err, -fd, "open '/dev/null'");
	for (int i = 0; i < 3 && r >= 0; i++)
		r = dup2(fd, i) < 0 ? -errno : 0;
	if (fd > 2)
		fd_close(fd);
	return r < 0 ? error_os(err, -r, "set up standard streams") : 0;
}

/* Lost memory must cost the container, never its record.  Without the right to do so we go on. */
static void protect_from_oom(struct caller *c)
{
	if (fd_read_line(AT_FDCWD, OOM_SCORE_PATH, c->oom_score, sizeof(c->oom_score)) < 0 ||
	    fd_write_file(AT_FDCWD, OOM_SCORE_PATH, "-1000") < 0)
		c->oom_score[0] = '\0';
}

int caller_detach(struct caller *c, const struct monitor_options *o, bool stay, struct error *err)
{
	pid_t pid = stay ? 0 : fork();
	int r;

	if (pid < 0)
		return error_os(err, errno, "fork the monitor");
	if (pid > 0) {
		r = write_pidfile(o->pidfile, pid, err);
		if (r < 0)
			caller_report(c, -1, err->msg);
		_exit(r < 0 ? 1 : 0);
	}
	if (stay) {
		r = write_pidfile(o->pidfile, getpid(), err);
		if (r < 0)
			return r;
	}
	/* Fails only when we lead a session already, which is as good. */
	setsid();
	umask(022);
	signals_ignore_pipe();
	r = process_subreaper(true);
	if (r < 0)
		return error_os(err, -r, "become the subreaper");
	protect_from_oom(c);
	return 0;
}

/* ---- answers ---- */

void caller_report(const struct caller *c, int64_t data, const char *message)
{
	scoped(buf_done) struct buf line = BUF_INIT;

	if (c->sync < 0)
		return;
	monitor_sync_format(c->key, data, message, &line);
	/* EPIPE: the engine has gone; whoever looks next finds the exit file. */
	fd_write_all(c->sync, line.data, line.len);
}

/* ---- descriptors ---- */

/* Our own are all CLOEXEC, but here is no exec. */
int caller_close_others(const struct caller *c, int also)
{
	scoped_free int *fds = xnew_n(int, c->n_keep + 1);
	size_t n = 0;

	for (; n < c->n_keep; n++)
		fds[n] = c->keep[n];
	fds[n++] = also;
	qsort(fds, n, sizeof(*fds), compare_fds);
	return fd_close_except(fds, n);
}

void caller_close_kept(struct caller *c)
{
	for (size_t i = 0; i < c->n_keep; i++)
		fd_close(c->keep[i]);
	c->n_keep = 0;
}

void caller_done(struct caller *c)
{
	caller_close_kept(c);
	free(c->keep);
	c->keep = NULL;
	fd_close(c->sync);
	fd_close(c->start);
	fd_close(c->attach);
	c->sync = c->start = c->attach = -1;
}
