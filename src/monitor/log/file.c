/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/file.h"

#include <assert.h>
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
#include "sys/process.h"

/* Mode of log files (conmon's, less the umask). */
#define FILE_MODE 0640
/* Lines are gathered here, so that many short ones are one system call.  Empty between two writes,
 * so all files share it; static, because untouched pages of it cost nothing. */
#define STAGE_SIZE 65536
static char stage[STAGE_SIZE + LOG_FILE_SLACK] __attribute__((aligned(4096)));
static_assert(STAGE_SIZE > LOG_FILE_RECORD_MAX, "a record fits");
/* What all records of the chunk that is being written have in common. */
static struct log_file_frame frame;
/* A rotation that failed is tried again when the file has grown by so much. */
#define ROTATE_RETRY_BYTES (1 << 20)

/* Where a stream stands in a line that comes in parts. */
struct line_state {
	bool begun; /* the last part in the file ends without newline ('P') */
	bool torn;  /* ... and what came next was lost: the file must end the line */
	bool lost;  /* a part of the line was lost, and the line is counted */
};

struct log_file {
	struct log_driver driver;
	struct log_driver_ops ops; /* with the format's name */
	struct log_file_format *format;
	const char *path;
	int fd;
	int64_t size;	 /* of the file, without what is staged */
	int64_t written; /* of all files, staged included: for the global limit */
	int64_t size_max, global_max;
	int64_t max_files;
	bool rotate;
	bool complained; /* the operator knows */
	bool full;	 /* the global limit was reached */
	bool said_full;
	uint64_t lost;		   /* lines not (wholly) recorded since the last good write */
	struct line_state line[2]; /* of stdout and stderr */
	log_changed_fn changed;
	void *changed_arg;
	size_t staged;
	bool is_stderr;	      /* of what is staged */
	int64_t rotate_retry; /* no rotation below this size: the last one failed */
	uint64_t staged_next; /* offset behind the text that is staged; 0: none of a stream */
	uint64_t inode;	      /* of the file */
	struct journal_log_pair *journal; /* NULL: none */
	struct journal_log place;
};

static int open_file(const char *path, int flags)
{
	return fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | flags, FILE_MODE);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

/* ---- writing ---- */

static void complain(struct log_file *f, int num)
{
	if (f->complained)
		return;
	f->complained = true;
	log_warn("write log '%s': %s; the container goes on, lines are lost until there is room",
		 f->path, strerror(num));
}

/* Half a line would run into the next one.  Somebody else may have cut the file, too. */
static void cut_back(struct log_file *f, size_t half)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || ftruncate(f->fd, MAX(st.st_size - (off_t)half, 0)) < 0)
		f->size += (int64_t)half;
}

/* Write whole lines; returns how many bytes of them are in the file for good. */
static size_t write_lines(struct log_file *f, const char *data, size_t len, int *ret_num)
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

/* Staged lines are all of one stream and one frame. */
static enum log_file_kind staged_kind(const struct log_file *f, size_t at, size_t end)
{
	return f->format->kind(&frame, stage + at, end - at);
}

/* The last of the lines that are in the file says where the stream stands. */
static void note_kept(struct log_file *f, size_t kept)
{
	struct line_state *l = &f->line[f->is_stderr];
	const char *newline = kept > 1 ? memrchr(stage, '\n', kept - 1) : NULL;

	if (kept == 0)
		return;
	l->begun = staged_kind(f, newline ? (size_t)(newline + 1 - stage) : 0, kept) ==
		   LOG_FILE_PARTIAL;
	l->lost = l->lost && l->begun;
}

/* A line counts once, however many of its parts are lost. */
static void note_lost(struct log_file *f, size_t from)
{
	struct line_state *l = &f->line[f->is_stderr];

	for (size_t at = from, next; at < f->staged; at = next) {
		const char *newline = memchr(stage + at, '\n', f->staged - at);
		enum log_file_kind kind;

		next = (size_t)(newline + 1 - stage);
		kind = staged_kind(f, at, next);
		/* Only the newline of a line whose text is there: ending it is all it needs. */
		if (!l->lost && !(l->begun && kind == LOG_FILE_END_ONLY))
			f->lost++;
		l->torn = l->torn || l->begun;
		l->begun = false;
		l->lost = kind == LOG_FILE_PARTIAL;
	}
}

/* One record of our own, outside of the stage, with a frame of its own. */
static size_t own_record(const struct log_file *f, bool is_stderr, const char *text, char *out)
{
	static struct log_file_frame own;
	struct log_chunk c = { .is_stderr = is_stderr, .time_nsec = time_now_nsec() };

	f->format->frame(f->format, &c, &own);
	return f->format->record(out, &own, text, strlen(text), 0, false);
}

/* What was lost before is said where it is missing.  false: this does not fit either. */
static bool write_loss(struct log_file *f)
{
	static char
		data[3 * (LOG_FILE_HEAD_MAX + LOG_NOTE_MAX + LOG_FILE_TAIL_MAX) + LOG_FILE_SLACK];
	char text[LOG_NOTE_MAX];
	size_t n = 0;
	int num = 0;

	for (int i = 0; i < 2; i++) {
		struct line_state *l = &f->line[i];

		/* The note must not run into the beginning of a line of its own stream. */
		if (!l->torn && !(i == 1 && l->begun))
			continue;
		l->torn = true;
		l->begun = false;
		n += own_record(f, i == 1, "", data + n);
	}
	if (f->lost > 0) {
		log_note_lost(f->lost, text);
		n += own_record(f, true, text, data + n);
	}
	if (write_lines(f, data, n, &num) < n)
		return false;
	f->lost = 0;
	f->line[0].torn = f->line[1].torn = false;
	return true;
}

static bool has_loss(const struct log_file *f)
{
	return f->lost > 0 || f->line[0].torn || f->line[1].torn;
}

/* What is staged is about to be written; killed from here on, the file's size says whether it was.
 */
static void announce(struct log_file *f)
{
	if (!f->journal)
		return;
	f->place.inode = f->inode;
	f->place.size = f->size;
	f->place.len = (uint32_t)f->staged;
	f->place.stream = f->is_stderr ? JOURNAL_ERR : JOURNAL_OUT;
	f->place.next = MAX(f->staged_next, f->place.kept[f->place.stream]);
	journal_log_set(f->journal, &f->place);
}

/* It is written, or lost for good and counted. */
static void settle(struct log_file *f)
{
	if (!f->journal)
		return;
	f->place.kept[f->place.stream] = f->place.next;
	f->place.len = 0;
	journal_log_set(f->journal, &f->place);
}

static void flush(struct log_file *f)
{
	size_t done = 0;
	int num = 0;

	if (f->staged == 0)
		return;
	if (!has_loss(f) || write_loss(f)) {
		announce(f);
		done = write_lines(f, stage, f->staged, &num);
	}
	note_kept(f, done);
	if (done < f->staged) {
		note_lost(f, done);
		complain(f, num ? num : ENOSPC);
		if (f->changed)
			f->changed(f->changed_arg, -1, true);
	}
	settle(f);
	f->staged = 0;
}

/* ---- rotation ---- */

/* PATH.N-1 to PATH.N and so on; PATH gets the further name PATH.1. */
static int shift_files(const struct log_file *f)
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
static int replace_file(struct log_file *f)
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
	f->inode = inode_of(f->fd);
	f->size = 0;
	f->rotate_retry = 0;
	return 0;
}

static void rotate(struct log_file *f)
{
	int r = f->size >= f->rotate_retry ? replace_file(f) : 0;

	if (r >= 0)
		return;
	f->rotate_retry = f->size + ROTATE_RETRY_BYTES;
	if (!f->complained) {
		f->complained = true;
		log_warn("rotate log '%s': %s; it grows on beyond its limit", f->path,
			 strerror(-r));
	}
}

/* ---- lines ---- */

/* readable: bytes at text that may be read, len of them are the line. */
static void add_line(struct log_file *f, const char *text, size_t len, size_t readable,
		     bool partial)
{
	size_t n;

	if (f->staged + LOG_FILE_HEAD_MAX + 6 * len + LOG_FILE_TAIL_MAX > STAGE_SIZE)
		flush(f);
	n = f->format->record(stage + f->staged, &frame, text, len, readable, partial);
	if (f->global_max > 0 && f->written + (int64_t)n > f->global_max) {
		f->full = true;
		return;
	}
	if (f->size_max > 0 && f->size + (int64_t)(f->staged + n) > f->size_max) {
		size_t before = f->staged;

		flush(f);
		if (f->size > 0)
			rotate(f);
		memmove(stage, stage + before, n);
	}
	f->staged += n;
	f->written += (int64_t)n;
}

/* Bytes of the chunk that the file has already, from before the monitor was killed. */
static size_t recorded(const struct log_file *f, const struct log_chunk *c)
{
	uint64_t kept = f->place.kept[c->is_stderr ? JOURNAL_ERR : JOURNAL_OUT];

	if (!f->journal || c->offset < 0 || kept <= (uint64_t)c->offset)
		return 0;
	return MIN(kept - (uint64_t)c->offset, (uint64_t)c->len);
}

static void note_staged(struct log_file *f, const struct log_chunk *c, const char *end)
{
	f->staged_next = c->offset < 0 ? 0 : (uint64_t)c->offset + (size_t)(end - c->data);
}

static void file_write(struct log_driver *d, const struct log_chunk *c)
{
	struct log_file *f = (struct log_file *)d;
	const char *at = c->data + recorded(f, c), *end = c->data + c->len;

	f->is_stderr = c->is_stderr;
	f->format->frame(f->format, c, &frame);
	while (at < end && !f->full) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		for (; len > LOG_FILE_TEXT_MAX; len -= LOG_FILE_TEXT_MAX) {
			add_line(f, at, LOG_FILE_TEXT_MAX, LOG_FILE_TEXT_MAX, true);
			at += LOG_FILE_TEXT_MAX;
			note_staged(f, c, at);
		}
		add_line(f, at, len, (size_t)(end - at), !newline);
		at += len + (newline ? 1 : 0);
		note_staged(f, c, at);
	}
	flush(f);
	if (!f->full || f->said_full)
		return;
	f->said_full = true;
	log_warn("log '%s': all log files together have reached their limit of %lld bytes; the "
		 "container goes on, its further output is not recorded",
		 f->path, (long long)f->global_max);
	if (f->changed)
		f->changed(f->changed_arg, -1, true);
}

static int file_reopen(struct log_driver *d)
{
	return replace_file((struct log_file *)d);
}

/* The last chance to say it; else only the operator hears. */
static void file_finish(struct log_driver *d)
{
	struct log_file *f = (struct log_file *)d;

	if (has_loss(f) && !write_loss(f))
		log_warn("log '%s': the last %llu lines of output are lost", f->path,
			 (unsigned long long)f->lost);
}

static int file_sync(struct log_driver *d)
{
	return fsync(((struct log_file *)d)->fd) < 0 ? -errno : 0;
}

static void file_free(struct log_driver *d)
{
	struct log_file *f = (struct log_file *)d;

	fd_close(f->fd);
	if (f->format->free)
		f->format->free(f->format);
	free(f);
}

int log_file_open(const char *path, const struct monitor_log_options *o,
		  struct log_file_format *format, struct log_driver **ret, struct error *err)
{
	struct log_file *f = xnew(struct log_file);
	struct stat st;

	f->driver.ops = &f->ops;
	f->ops = (struct log_driver_ops){
		.name = format->name,
		.write = file_write,
		.reopen = file_reopen,
		.finish = file_finish,
		.sync = file_sync,
		.free = file_free,
	};
	f->format = format;
	f->path = path;
	f->fd = strlen(path) < PATH_MAX ? open_file(path, 0) : -ENAMETOOLONG;
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		int num = f->fd < 0 ? -f->fd : errno;

		file_free(&f->driver);
		return error_os(err, num, "open log '%s'", path);
	}
	f->size = f->written = st.st_size;
	f->inode = st.st_ino;
	f->size_max = o->size_max;
	f->global_max = o->global_size_max;
	f->max_files = o->max_files;
	f->rotate = o->rotate;
	*ret = &f->driver;
	return 0;
}

/* A write was announced and the monitor killed: it is whole, or it is undone. */
static void finish_write(struct log_file *f)
{
	/* Another file: it was whole, and the log was rotated. */
	bool whole = f->inode != f->place.inode || f->size >= f->place.size + (int64_t)f->place.len;

	if (whole) {
		settle(f);
		return;
	}
	if (f->size > f->place.size && ftruncate(f->fd, f->place.size) == 0)
		f->size = f->written = f->place.size;
	f->place.len = 0;
	journal_log_set(f->journal, &f->place);
}

void log_file_journal(struct log_driver *d, struct journal_log_pair *journal)
{
	struct log_file *f = (struct log_file *)d;

	f->journal = journal;
	f->place = journal_log_get(journal);
	if (f->place.len > 0)
		finish_write(f);
}

void log_file_trim(void)
{
	process_drop_pages(stage, sizeof(stage));
}

bool log_file_get_mark(const struct log_driver *d, struct log_mark *ret)
{
	const struct log_file *f = (const struct log_file *)d;

	if (f->full || has_loss(f))
		return false;
	ret->fd = f->fd;
	ret->offset = f->size;
	return true;
}

void log_file_on_change(struct log_driver *d, log_changed_fn fn, void *arg)
{
	struct log_file *f = (struct log_file *)d;

	f->changed = fn;
	f->changed_arg = arg;
}
