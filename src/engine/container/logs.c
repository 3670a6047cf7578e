/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs of the k8s-file driver.  Files, oldest first: PATH.N ... PATH.1, PATH.  --tail finds its
 * place from the end in windows of a fixed size; following waits for inotify, init's pidfd and the
 * exit record, never for time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "engine/container/log_tail.h"
#include "sys/fd.h"
#include "sys/signals.h"
#include "sys/watch.h"
#include "wire/monitor.h"

#define READ_BYTES ((size_t)64 << 10)
/* Rotated files looked for: more than any --log-opt max-file that makes sense. */
#define ROTATED_MAX 1000

struct reader {
	struct engine *e;
	const struct container_logs_options *o;
	char *path, *prefix; /* prefix: with several containers */
	char id[65];
	int fd;		 /* of the newest file */
	struct buf line; /* not yet ended */
	struct buf out;
	bool out_is_err;
	bool over; /* a line beyond `until` was seen */
	struct pidref init;
};

static void reader_done(struct reader *r)
{
	free(r->path);
	free(r->prefix);
	fd_close(r->fd);
	buf_done(&r->line);
	buf_done(&r->out);
	pidref_done(&r->init);
}

static int flush_out(struct reader *r)
{
	int fd = r->out_is_err ? r->o->err : r->o->out;
	int ret = r->out.len && fd >= 0 ? fd_write_all(fd, r->out.data, r->out.len) : 0;

	buf_truncate(&r->out, 0);
	return ret;
}

static int show(struct reader *r, const struct monitor_log_line *l)
{
	int ret = 0;

	if (r->o->since_nsec && l->time_nsec < r->o->since_nsec)
		return 0;
	if (r->o->until_nsec && l->time_nsec > r->o->until_nsec) {
		r->over = true;
		return 0;
	}
	if (r->out_is_err != l->is_stderr || r->out.len > READ_BYTES) {
		ret = flush_out(r);
		r->out_is_err = l->is_stderr;
	}
	if (r->prefix) {
		buf_adds(&r->out, r->prefix);
		buf_addc(&r->out, ' ');
	}
	if (r->o->timestamps) {
		char stamp[TIME_STR_MAX];

		time_format_k8s(l->time_nsec, stamp);
		buf_adds(&r->out, stamp);
		buf_addc(&r->out, ' ');
	}
	buf_add(&r->out, l->text, l->len);
	if (!l->partial)
		buf_addc(&r->out, '\n');
	return ret;
}

/* Show the whole lines of r->line, keep the rest. */
static int show_lines(struct reader *r)
{
	const char *at = r->line.data, *end = at + r->line.len, *nl;
	int ret = 0;

	while (at < end && ret >= 0 && !r->over && (nl = memchr(at, '\n', (size_t)(end - at)))) {
		struct monitor_log_line l;

		if (monitor_log_line_parse(at, (size_t)(nl - at), &l) >= 0)
			ret = show(r, &l);
		else
			log_debug("log of container %.12s: a line is not of the k8s-file format",
				  r->id);
		at = nl + 1;
	}
	buf_consume(&r->line, (size_t)(at - r->line.data));
	if (r->line.len > READ_BYTES) /* no line of a monitor is that long */
		buf_truncate(&r->line, 0);
	return ret;
}

/* To the end of what the file has now. */
static int drain(struct reader *r, int fd)
{
	while (!r->over) {
		char *at = buf_reserve(&r->line, READ_BYTES);
		ssize_t n;
		int ret;

		if (!at)
			return -ENOMEM;
		n = read(fd, at, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : flush_out(r);
		buf_grow(&r->line, (size_t)n);
		ret = show_lines(r);
		if (ret < 0)
			return ret;
	}
	return flush_out(r);
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

/* Newest first is opened first, so that a rotation meanwhile shows a file twice rather than never.
 */
static int open_files(const char *path, struct log_files *ret, struct error *err)
{
	scoped_free int *newest_first = xnew_n(int, ROTATED_MAX + 1);
	size_t n = 0;

	for (unsigned i = 0; i <= ROTATED_MAX; i++) {
		scoped_free char *name = i ? xasprintf("%s.%u", path, i) : xstrdup(path);
		int fd = fd_open(AT_FDCWD, name, O_RDONLY, 0);

		if (fd == -ENOENT && i > 0)
			break;
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return error_os(err, -fd, "open log '%s'", name);
		newest_first[n++] = fd;
	}
	ret->fds = xnew_n(int, n + 1);
	while (n)
		ret->fds[ret->n++] = newest_first[--n];
	return 0;
}

/* Set every file's position: the last `tail` lines over all files. */
static int seek_tail(struct log_files *f, int64_t tail)
{
	for (size_t i = f->n; i-- > 0;) {
		int64_t offset = 0, lines = 0;
		int r = log_tail_find(f->fds[i], tail, &offset, &lines);

		if (r < 0)
			return r;
		if (lseek(f->fds[i], offset, SEEK_SET) < 0)
			return -errno;
		tail = tail > lines ? tail - lines : 0;
	}
	return 0;
}

/* Set every file's position: what is certainly too old is passed over. */
static int seek_since(struct log_files *f, int64_t since_nsec)
{
	for (size_t i = 0; i < f->n; i++) {
		int64_t offset = 0;
		int r = log_since_find(f->fds[i], since_nsec, &offset);

		if (r < 0)
			return r;
		if (lseek(f->fds[i], offset, SEEK_SET) < 0)
			return -errno;
	}
	return 0;
}

static int show_present(struct reader *r, struct error *err)
{
	scoped(log_files_done) struct log_files files = { 0 };
	int ret = open_files(r->path, &files, err);

	if (ret < 0)
		return ret;
	if (r->o->tail >= 0)
		ret = seek_tail(&files, r->o->tail);
	else if (r->o->since_nsec)
		ret = seek_since(&files, r->o->since_nsec);
	for (size_t i = 0; i < files.n && ret >= 0; i++)
		ret = drain(r, files.fds[i]);
	if (ret < 0)
		return error_os(err, -ret, "show log '%s'", r->path);
	if (files.n)
		r->fd = take_fd(files.fds[files.n - 1]);
	return 0;
}

/* Has the container ended, with all of its output in the file? */
static bool ended(struct reader *r)
{
	scoped(container_record_done) struct container_record rec = { 0 };

	if (container_snapshot(r->e, r->id, &rec, NULL) < 0)
		return true; /* removed */
	return rec.state.status != CONTAINER_RUNNING && rec.state.status != CONTAINER_PAUSED &&
	       rec.state.status != CONTAINER_STOPPING && rec.state.status != CONTAINER_CREATED;
}

/* When the monitor began a new file, finish the old one and go on with the new. */
static int follow_rotation(struct reader *r)
{
	struct stat have, now;
	int fd, ret;

	if (fd_stat(AT_FDCWD, r->path, 0, &now) < 0)
		return 0; /* between two renames, or removed: ended() tells */
	if (r->fd >= 0 && fd_stat(r->fd, "", 0, &have) == 0 && have.st_ino == now.st_ino &&
	    have.st_dev == now.st_dev)
		return 0;
	fd = fd_open(AT_FDCWD, r->path, O_RDONLY, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret = r->fd >= 0 ? drain(r, r->fd) : 0;
	fd_close(r->fd);
	r->fd = fd;
	return ret < 0 ? ret : drain(r, fd);
}

static int step(struct reader *r)
{
	int ret = r->fd >= 0 ? drain(r, r->fd) : 0;

	return ret < 0 ? ret : follow_rotation(r);
}

static int watch_all(struct reader *list, size_t n)
{
	scoped_fd int in = watch_open();
	int r = in;

	for (size_t i = 0; i < n && r >= 0; i++) {
		scoped_free char *dir = path_dir(list[i].path);
		scoped_free char *exits = engine_run_path(list[i].e, "exits");

		r = watch_add(in, dir, WATCH_WRITE | WATCH_APPEAR | WATCH_GONE);
		if (r >= 0)
			r = watch_add(in, exits, WATCH_APPEAR);
	}
	return r < 0 ? r : take_fd(in);
}

static int wait_change(int in, struct reader *list, size_t n, int64_t until)
{
	scoped_free struct pollfd *p = xnew_n(struct pollfd, n + 1);
	int64_t left = until ? (until - time_now_nsec()) / NSEC_PER_MSEC : -1;

	if (until && left <= 0)
		return 0;
	p[0] = (struct pollfd){ .fd = in, .events = POLLIN };
	for (size_t i = 0; i < n; i++)
		p[i + 1] = (struct pollfd){ .fd = list[i].init.fd, .events = POLLIN };
	if (poll(p, n + 1, left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (p[i + 1].revents) /* once: from now on the exit record tells */
			list[i].init.fd = fd_close(list[i].init.fd);
	return watch_drain(in);
}

static int follow(struct reader *list, size_t n, int64_t until, struct error *err)
{
	scoped_fd int in = watch_all(list, n);
	size_t live = n;

	if (in < 0)
		return error_os(err, -in, "watch the logs");
	while (live) {
		int r = 0;

		live = 0;
		for (size_t i = 0; i < n && r >= 0; i++) {
			bool end = list[i].over ||
				   ended(&list[i]); /* asked before the last drain */

			r = step(&list[i]);
			live += !end;
		}
		if (until && time_now_nsec() >= until)
			live = 0;
		if (live && r >= 0)
			r = wait_change(in, list, n, until);
		if (r < 0)
			return error_os(err, -r, "follow the logs");
	}
	return 0;
}

static int open_reader(struct engine *e, const char *word, bool several,
		       const struct container_logs_options *o, struct reader *r, struct error *err)
{
	scoped(container_record_done) struct container_record rec = { 0 };
	int ret = container_snapshot(e, word, &rec, err);

	if (ret < 0)
		return ret;
	if (!streq_opt(rec.wish.log.driver, "k8s-file"))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"this container is using the '%s' log driver, cannot read logs: this "
			"container is not logging output",
			rec.wish.log.driver ? rec.wish.log.driver : "none");
	r->e = e;
	r->o = o;
	memcpy(r->id, rec.id, sizeof(r->id));
	r->path = rec.wish.log.path ? xstrdup(rec.wish.log.path)
				    : engine_path(e, "containers/%s/" CONTAINER_LOG_NAME, rec.id);
	if (several)
		r->prefix = o->names ? xstrdup(rec.name) : xstrndup(rec.id, 12);
	if (rec.state.pid > 0 && pidref_open(&r->init, rec.state.pid, rec.state.pid_start) < 0)
		r->init = PIDREF_INIT;
	return 0;
}

int container_logs(struct engine *e, char *const *words, const struct container_logs_options *o,
		   struct error *err)
{
	size_t n = strv_len(words);
	scoped_free struct reader *list = xnew_n(struct reader, n + 1);
	int r = 0;

	signals_ignore_pipe();
	for (size_t i = 0; i < n; i++) {
		list[i].fd = -1;
		list[i].init = PIDREF_INIT;
	}
	for (size_t i = 0; i < n && r >= 0; i++)
		r = open_reader(e, words[i], n > 1, o, &list[i], err);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = show_present(&list[i], err);
	if (r >= 0 && o->follow)
		r = follow(list, n, o->until_nsec, err);
	for (size_t i = 0; i < n; i++)
		reader_done(&list[i]);
	return r == -EPIPE ? 0 : r; /* whoever read has enough */
}
