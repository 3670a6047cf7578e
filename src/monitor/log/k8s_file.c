/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/k8s_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "wire/monitor.h"

/* Mode of log files (conmon's, less the umask). */
#define FILE_MODE 0640
/* Longest text of one line; longer ones are continued as partial lines.  Readers of conmon's logs
 * have buffers for this. */
#define TEXT_MAX 8192
#define PREFIX_MAX (TIME_STR_MAX + 16)
/* Lines are gathered here, so that many short ones are one system call.  Empty between two writes,
 * so all files share it; static, because untouched pages of it cost nothing. */
#define STAGE_SIZE 32768
static char stage[STAGE_SIZE];

/* Where a stream stands in a line that comes in parts. */
struct line_state {
	bool begun; /* the last part in the file ends without newline ('P') */
	bool torn;  /* ... and what came next was lost: the file must end the line */
	bool lost;  /* a part of the line was lost, and the line is counted */
};

struct k8s_file {
	struct log_driver driver;
	const char *path;
	int fd;
	int64_t size;	 /* of the file, without what is staged */
	int64_t written; /* of all files, staged included: for the global limit */
	int64_t size_max, global_max;
	int64_t max_files;
	bool rotate;
	bool complained;	   /* the operator knows */
	bool full;		   /* the global limit was reached */
	uint64_t lost;		   /* lines not (wholly) recorded since the last good write */
	struct line_state line[2]; /* of stdout and stderr */
	log_changed_fn changed;
	void *changed_arg;
	size_t staged;
	bool is_stderr; /* of what is staged */
	size_t prefix_len;
	char prefix[PREFIX_MAX];
};

static int open_file(const char *path, int flags)
{
	return fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | flags, FILE_MODE);
}

/* ---- writing ---- */

static void complain(struct k8s_file *f, int num)
{
	if (f->complained)
		return;
	f->complained = true;
	log_warn("write log '%s': %s; the container goes on, lines are lost until there is room",
		 f->path, strerror(num));
}

/* Half a line would run into the next one.  Somebody else may have cut the file, too. */
static void cut_back(struct k8s_file *f, size_t half)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || ftruncate(f->fd, MAX(st.st_size - (off_t)half, 0)) < 0)
		f->size += (int64_t)half;
}

/* Write whole lines; returns how many bytes of them are in the file for good. */
static size_t write_lines(struct k8s_file *f, const char *data, size_t len, int *ret_num)
{
	size_t done = 0, whole;

	while (done < len) {
		ssize_t n = write(f->fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*ret_num = n < 0 ? errno : EIO;
			break;
		}
		done += (size_t)n;
	}
	for (whole = done; whole > 0 && data[whole - 1] != '\n'; whole--)
		;
	f->size += (int64_t)whole;
	if (whole < done)
		cut_back(f, done - whole);
	return whole;
}

/* Staged lines are all of one stream and have prefixes of one length. */
static bool staged_partial(const struct k8s_file *f, size_t at)
{
	return stage[at + f->prefix_len - 2] == 'P';
}

/* The last of the lines that are in the file says where the stream stands. */
static void note_kept(struct k8s_file *f, size_t kept)
{
	struct line_state *l = &f->line[f->is_stderr];
	const char *newline = kept > 1 ? memrchr(stage, '\n', kept - 1) : NULL;

	if (kept == 0)
		return;
	l->begun = staged_partial(f, newline ? (size_t)(newline + 1 - stage) : 0);
	l->lost = l->lost && l->begun;
}

/* A line counts once, however many of its parts are lost. */
static void note_lost(struct k8s_file *f, size_t from)
{
	struct line_state *l = &f->line[f->is_stderr];

	for (size_t at = from, next; at < f->staged; at = next) {
		const char *newline = memchr(stage + at, '\n', f->staged - at);
		bool partial = staged_partial(f, at);

		next = (size_t)(newline + 1 - stage);
		/* Only the newline of a line whose text is there: ending it is all it needs. */
		if (!l->lost && !(l->begun && !partial && next - at == f->prefix_len + 1))
			f->lost++;
		l->torn = l->torn || l->begun;
		l->begun = false;
		l->lost = partial;
	}
}

/* What was lost before is said where it is missing.  false: this does not fit either. */
static bool write_loss(struct k8s_file *f)
{
	char text[3 * PREFIX_MAX + 96];
	size_t n = 0;
	int num = 0;

	for (int i = 0; i < 2; i++) {
		struct line_state *l = &f->line[i];

		/* The note must not run into the beginning of a line of its own stream. */
		if (!l->torn && !(i == 1 && l->begun))
			continue;
		l->torn = true;
		l->begun = false;
		n += monitor_log_prefix(time_now_nsec(), i == 1, false, text + n);
		text[n++] = '\n';
	}
	if (f->lost > 0) {
		n += monitor_log_prefix(time_now_nsec(), true, false, text + n);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "coracle-monitor: %llu lines of output were lost here\n",
				      (unsigned long long)f->lost);
	}
	if (write_lines(f, text, n, &num) < n)
		return false;
	f->lost = 0;
	f->line[0].torn = f->line[1].torn = false;
	return true;
}

static bool has_loss(const struct k8s_file *f)
{
	return f->lost > 0 || f->line[0].torn || f->line[1].torn;
}

static void flush(struct k8s_file *f)
{
	size_t done = 0;
	int num = 0;

	if (f->staged == 0)
		return;
	if (!has_loss(f) || write_loss(f))
		done = write_lines(f, stage, f->staged, &num);
	note_kept(f, done);
	if (done < f->staged) {
		note_lost(f, done);
		complain(f, num ? num : ENOSPC);
		if (f->changed)
			f->changed(f->changed_arg, -1, true);
	}
	f->staged = 0;
}

/* ---- rotation ---- */

/* PATH.N-1 to PATH.N and so on; PATH gets the further name PATH.1. */
static int shift_files(const struct k8s_file *f)
{
	char from[PATH_MAX + 24], to[PATH_MAX + 24];

	for (int64_t i = f->max_files - 1; i >= 1; i--) {
		snprintf(from, sizeof(from), "%s.%lld", f->path, (long long)i);
		snprintf(to, sizeof(to), "%s.%lld", f->path, (long long)i + 1);
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	snprintf(to, sizeof(to), "%s.1", f->path);
	if (unlink(to) < 0 && errno != ENOENT)
		return -errno;
	/* A file system without hard links: PATH is missing for a moment. */
	if (link(f->path, to) < 0 && rename(f->path, to) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* A new empty file under PATH; the old one's content is gone or in PATH.1. */
static int replace_file(struct k8s_file *f)
{
	char tmp[PATH_MAX + 8];
	scoped_fd int fd = -1;
	int r;

	snprintf(tmp, sizeof(tmp), "%s.tmp", f->path);
	fd = open_file(tmp, O_TRUNC);
	if (fd < 0)
		return fd;
	r = f->rotate ? shift_files(f) : 0;
	if (r == 0 && rename(tmp, f->path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(tmp);
		return r;
	}
	if (f->changed)
		f->changed(f->changed_arg, fd, false);
	fd_close(f->fd);
	f->fd = take_fd(fd);
	f->size = 0;
	return 0;
}

static void rotate(struct k8s_file *f)
{
	int r = replace_file(f);

	if (r < 0 && !f->complained) {
		f->complained = true;
		log_warn("rotate log '%s': %s; it grows on beyond its limit", f->path,
			 strerror(-r));
	}
}

/* ---- lines ---- */

static void add_line(struct k8s_file *f, const char *text, size_t len, bool partial)
{
	size_t need = f->prefix_len + len + 1;
	char *to;

	if (f->global_max > 0 && f->written + (int64_t)need > f->global_max) {
		f->full = true;
		return;
	}
	if (f->size_max > 0 && f->size + (int64_t)(f->staged + need) > f->size_max) {
		flush(f);
		if (f->size > 0)
			rotate(f);
	}
	if (f->staged + need > STAGE_SIZE)
		flush(f);
	to = stage + f->staged;
	memcpy(to, f->prefix, f->prefix_len);
	if (partial)
		to[f->prefix_len - 2] = 'P';
	memcpy(to + f->prefix_len, text, len);
	to[need - 1] = '\n';
	f->staged += need;
	f->written += (int64_t)need;
}

static void k8s_write(struct log_driver *d, const struct log_chunk *c)
{
	struct k8s_file *f = (struct k8s_file *)d;
	const char *at = c->data, *end = c->data + c->len;

	f->is_stderr = c->is_stderr;
	f->prefix_len = monitor_log_prefix(c->time_nsec, c->is_stderr, false, f->prefix);
	while (at < end && !f->full) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		for (; len > TEXT_MAX; len -= TEXT_MAX, at += TEXT_MAX)
			add_line(f, at, TEXT_MAX, true);
		add_line(f, at, len, !newline);
		at += len + (newline ? 1 : 0);
	}
	if (f->full && f->changed)
		f->changed(f->changed_arg, -1, true);
	flush(f);
}

static int k8s_reopen(struct log_driver *d)
{
	return replace_file((struct k8s_file *)d);
}

/* The last chance to say it; else only the operator hears. */
static void k8s_finish(struct log_driver *d)
{
	struct k8s_file *f = (struct k8s_file *)d;

	if (has_loss(f) && !write_loss(f))
		log_warn("log '%s': the last %llu lines of output are lost", f->path,
			 (unsigned long long)f->lost);
}

static int k8s_sync(struct log_driver *d)
{
	return fsync(((struct k8s_file *)d)->fd) < 0 ? -errno : 0;
}

static void k8s_free(struct log_driver *d)
{
	struct k8s_file *f = (struct k8s_file *)d;

	fd_close(f->fd);
	free(f);
}

static const struct log_driver_ops k8s_ops = {
	.name = "k8s-file",
	.write = k8s_write,
	.reopen = k8s_reopen,
	.finish = k8s_finish,
	.sync = k8s_sync,
	.free = k8s_free,
};

int k8s_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		  struct error *err)
{
	scoped_fd int fd = -1;
	struct k8s_file *f;
	struct stat st;

	if (strlen(path) >= PATH_MAX)
		return error_set(err, ERROR_INVALID, "log path '%s' is too long", path);
	fd = open_file(path, 0);
	if (fd < 0)
		return error_os(err, -fd, "open log '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "open log '%s'", path);
	f = xnew(struct k8s_file);
	f->driver.ops = &k8s_ops;
	f->path = path;
	f->fd = take_fd(fd);
	f->size = f->written = st.st_size;
	f->size_max = o->size_max;
	f->global_max = o->global_size_max;
	f->max_files = o->max_files;
	f->rotate = o->rotate;
	*ret = &f->driver;
	return 0;
}

bool k8s_file_get_mark(const struct log_driver *d, struct log_mark *ret)
{
	const struct k8s_file *f = (const struct k8s_file *)d;

	if (f->full || has_loss(f))
		return false;
	ret->fd = f->fd;
	ret->offset = f->size;
	return true;
}

void k8s_file_on_change(struct log_driver *d, log_changed_fn fn, void *arg)
{
	struct k8s_file *f = (struct k8s_file *)d;

	f->changed = fn;
	f->changed_arg = arg;
}
