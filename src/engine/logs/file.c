/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/logs/line.h"
#include "engine/logs/tail.h"
#include "sys/fd.h"

#define READ_BYTES ((size_t)64 << 10)
/* Rotated files looked for: more than any --log-opt max-file that makes sense. */
#define ROTATED_MAX 1000

void logs_file_done(struct logs_file *f)
{
	free(f->path);
	fd_close(f->fd);
	buf_done(&f->line);
	buf_done(&f->scratch);
}

/* Show the whole lines of f->line, keep the rest. */
static int show_lines(struct logs_file *f, struct logs_show *show)
{
	const char *at = f->line.data, *end = at + f->line.len, *nl;
	int r = 0;

	while (at < end && r >= 0 && !show->over && (nl = memchr(at, '\n', (size_t)(end - at)))) {
		struct monitor_log_line l;

		if (logs_line_parse(at, (size_t)(nl - at), &f->scratch, &l) >= 0)
			r = logs_show_line(show, &l);
		else
			log_debug("log '%s': a line is of no form that is known", f->path);
		at = nl + 1;
	}
	buf_consume(&f->line, (size_t)(at - f->line.data));
	if (f->line.len > LOGS_LINE_MAX)
		buf_truncate(&f->line, 0);
	return r;
}

/* To the end of what the file has now. */
static int drain(struct logs_file *f, struct logs_show *show, int fd)
{
	while (!show->over) {
		char *at = buf_reserve(&f->line, READ_BYTES);
		ssize_t n;
		int r;

		if (!at)
			return -ENOMEM;
		n = read(fd, at, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : logs_show_flush(show);
		buf_grow(&f->line, (size_t)n);
		r = show_lines(f, show);
		if (r < 0)
			return r;
	}
	return logs_show_flush(show);
}

struct log_files {
	int *fds; /* oldest first; the last is the newest */
	size_t n;
};

static void log_files_done(struct log_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		fd_close(f->fds[i]);
	free(f->fds);
}
DEFINE_SCOPED_STRUCT(struct log_files, log_files_done)

static bool same_file(int a, int b)
{
	struct stat x, y;

	return a >= 0 && b >= 0 && fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Those that are newer than the open file `have` (-1: all).  The newest is opened first: of a
 * rotation meanwhile a file is met twice, and none is missed. */
static int open_files(const char *path, int have, struct log_files *ret)
{
	scoped_free int *newest_first = xnew_n(int, ROTATED_MAX + 1);
	size_t n = 0;
	int r = 0;

	for (unsigned i = 0; i <= ROTATED_MAX; i++) {
		scoped_free char *name = i ? xasprintf("%s.%u", path, i) : xstrdup(path);
		scoped_fd int fd = fd_open(AT_FDCWD, name, O_RDONLY, 0);

		if (fd == -ENOENT && i == 0)
			continue;
		if (fd < 0 && fd != -ENOENT)
			r = fd;
		if (fd < 0 || same_file(fd, have))
			break;
		if (n == 0 || !same_file(fd, newest_first[n - 1]))
			newest_first[n++] = take_fd(fd);
	}
	ret->fds = xnew_n(int, n + 1);
	while (n)
		ret->fds[ret->n++] = newest_first[--n];
	return r;
}

/* Set every file's position: the last `tail` lines over all files; none at all, not even the
 * beginning of one, when it is 0.  The end of an older file may be the beginning of a line. */
static int seek_tail(struct log_files *f, int64_t tail)
{
	bool enough = tail == 0;

	for (size_t i = f->n; i-- > 0;) {
		int64_t offset = 0, lines = 0;
		int r = enough ? 0 : logs_tail_find(f->fds[i], tail, &offset, &lines);

		if (r < 0)
			return r;
		if (lseek(f->fds[i], offset, enough ? SEEK_END : SEEK_SET) < 0)
			return -errno;
		enough = enough || offset > 0;
		tail -= lines;
	}
	return 0;
}

/* Set every file's position: what is certainly too old is passed over. */
static int seek_since(struct log_files *f, int64_t since_nsec)
{
	for (size_t i = 0; i < f->n; i++) {
		int64_t offset = 0;
		int r = logs_since_find(f->fds[i], since_nsec, &offset);

		if (r < 0)
			return r;
		if (lseek(f->fds[i], offset, SEEK_SET) < 0)
			return -errno;
	}
	return 0;
}

/* All of the files, oldest first; the newest is gone on with later. */
static int drain_files(struct logs_file *f, struct logs_show *show, struct log_files *files)
{
	int r = 0;

	for (size_t i = 0; i < files->n && r >= 0; i++)
		r = drain(f, show, files->fds[i]);
	if (files->n) {
		fd_close(f->fd);
		f->fd = take_fd(files->fds[files->n - 1]);
	}
	return r;
}

int logs_file_present(struct logs_file *f, struct logs_show *show)
{
	scoped(log_files_done) struct log_files files = { 0 };
	int r = open_files(f->path, -1, &files);

	if (r >= 0 && show->o->tail >= 0)
		r = seek_tail(&files, show->o->tail);
	else if (r >= 0 && show->o->since_nsec)
		r = seek_since(&files, show->o->since_nsec);
	return r < 0 ? r : drain_files(f, show, &files);
}

int logs_file_step(struct logs_file *f, struct logs_show *show)
{
	scoped(log_files_done) struct log_files newer = { 0 };
	int r = open_files(f->path, f->fd, &newer);

	/* No more comes into the old one once there is a newer one. */
	if (r >= 0 && f->fd >= 0)
		r = drain(f, show, f->fd);
	return r < 0 ? r : drain_files(f, show, &newer);
}
