/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation: what is there, container by container; then, with --follow, what comes, until all
 * of them have ended.
 *
 * Following sleeps in epoll on: one inotify descriptor (the directories of log files, that of the
 * exit records), the journal's descriptor, each container's init and monitor.  An event names whom
 * it concerns, and only their files and records are looked at: many quiet containers cost nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/loop.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "engine/logs/driver.h"
#include "engine/logs/file.h"
#include "engine/logs/journal.h"
#include "engine/logs/show.h"
#include "sys/fd.h"
#include "sys/signals.h"
#include "sys/watch.h"

struct reader {
	struct engine *e;
	const struct logs_driver *driver;
	char id[65];
	struct logs_show show;
	struct logs_file file;	       /* driver->file */
	struct logs_journal_mark mark; /* driver->journal */
	struct pidref init, monitor;
	struct loop_source *init_source, *monitor_source;
	int wd;		 /* of the log file's directory */
	bool written;	 /* its log may have more */
	bool maybe_over; /* the container may have ended */
	bool over;
};

struct logs {
	struct reader *list;
	size_t n;
	int64_t until_nsec;
	struct logs_journal *journal; /* NULL: no container needs it */
	struct loop *loop;
	int inotify, exits_wd;
	bool journal_written, time_over;
};

static void reader_done(struct reader *r)
{
	logs_show_done(&r->show);
	logs_file_done(&r->file);
	logs_journal_mark_done(&r->mark);
	pidref_done(&r->init);
	pidref_done(&r->monitor);
}

static void logs_done(struct logs *l)
{
	loop_free(l->loop);
	fd_close(l->inotify);
	for (size_t i = 0; i < l->n; i++)
		reader_done(&l->list[i]);
	free(l->list);
	logs_journal_free(l->journal);
}
DEFINE_SCOPED_STRUCT(struct logs, logs_done)

/* ---- what is there ---- */

static int show_present(struct logs *l, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < l->n && r >= 0; i++) {
		struct reader *c = &l->list[i];

		if (c->driver->journal) {
			r = logs_journal_present(l->journal, c->id, &c->show, &c->mark, err);
			continue;
		}
		r = logs_file_present(&c->file, &c->show);
		if (r < 0)
			return error_os(err, -r, "show log '%s'", c->file.path);
	}
	return r;
}

/* ---- what comes ---- */

/* Has the container ended, with all of its output handed to the log? */
static bool has_ended(struct reader *r)
{
	scoped(container_record_done) struct container_record rec = { 0 };

	if (container_snapshot(r->e, r->id, &rec, NULL) < 0)
		return true; /* removed */
	return rec.state.status != CONTAINER_RUNNING && rec.state.status != CONTAINER_PAUSED &&
	       rec.state.status != CONTAINER_STOPPING && rec.state.status != CONTAINER_CREATED;
}

/* A log's directory or that of the exit records; wd -1: events were lost, so all may have changed.
 */
static void on_watch(void *arg, int wd, uint32_t what, const char *name)
{
	struct logs *l = arg;

	for (size_t i = 0; i < l->n; i++) {
		struct reader *c = &l->list[i];

		if (wd == -1 || wd == c->wd) {
			c->written = true;
			c->maybe_over |= wd == -1 || (what & WATCH_GONE);
		} else if (wd == l->exits_wd && str_has_prefix(name, c->id)) {
			c->maybe_over = true;
		}
	}
}

static int on_inotify(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	return watch_read(fd, on_watch, arg);
}

static int on_journal(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct logs *l = arg;

	l->journal_written = true;
	return 0;
}

/* Init or the monitor has ended: once, then the exit record tells. */
static int on_process(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct reader *r = arg;
	struct loop_source **slot = s == r->init_source ? &r->init_source : &r->monitor_source;

	loop_remove(*slot);
	*slot = NULL;
	r->maybe_over = true;
	return 0;
}

static int on_until(struct loop_source *s, void *arg)
{
	struct logs *l = arg;

	l->time_over = true;
	return 0;
}

static int watch_process(struct logs *l, struct reader *c, const struct pidref *p,
			 struct loop_source **source)
{
	return p->fd < 0 ? 0 : loop_add_io(l->loop, p->fd, EPOLLIN, on_process, c, source);
}

static int watch_reader(struct logs *l, struct reader *c)
{
	int r = 0;

	if (c->driver->file) {
		scoped_free char *dir = path_dir(c->file.path);

		r = c->wd = watch_add(l->inotify, dir, WATCH_WRITE | WATCH_APPEAR | WATCH_GONE);
	}
	if (r >= 0)
		r = watch_process(l, c, &c->init, &c->init_source);
	if (r >= 0)
		r = watch_process(l, c, &c->monitor, &c->monitor_source);
	/* What happened before the watch. */
	c->written = c->maybe_over = true;
	return r;
}

static int watch_exits(struct logs *l)
{
	scoped_free char *exits = engine_run_path(l->list[0].e, "exits");
	struct loop_source *source;
	int r = l->exits_wd = watch_add(l->inotify, exits, WATCH_APPEAR);

	return r < 0 ? r : loop_add_io(l->loop, l->inotify, EPOLLIN, on_inotify, l, &source);
}

static int watch_until(struct logs *l)
{
	struct loop_source *source;
	int64_t left = l->until_nsec - time_now_nsec();

	return l->until_nsec ? loop_add_timer(l->loop, MAX(left, 0), on_until, l, &source) : 0;
}

static int watch_journal(struct logs *l, struct logs_journal_follower *followers,
			 int64_t begin_nsec, struct error *err)
{
	struct loop_source *source;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < l->n; i++) {
		struct reader *c = &l->list[i];

		if (c->driver->journal)
			followers[n++] = (struct logs_journal_follower){ .id = c->id,
									 .show = &c->show,
									 .mark = &c->mark };
	}
	l->journal_written = true;
	r = logs_journal_follow(l->journal, followers, n, begin_nsec, err);
	if (r < 0)
		return r;
	r = loop_add_io(l->loop, logs_journal_fd(l->journal), EPOLLIN, on_journal, l, &source);
	return r < 0 ? error_os(err, -r, "watch the journal") : 0;
}

static int watch_all(struct logs *l, struct error *err)
{
	int r = loop_new(&l->loop);

	if (r >= 0)
		r = l->inotify = watch_open();
	if (r >= 0)
		r = watch_exits(l);
	for (size_t i = 0; i < l->n && r >= 0; i++)
		r = watch_reader(l, &l->list[i]);
	if (r >= 0)
		r = watch_until(l);
	return r < 0 ? error_os(err, -r, "watch the logs") : 0;
}

/* Who has ended is asked before the last look at the log. */
static int step(struct logs *l, size_t *live)
{
	bool settle = false;
	int r = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct reader *c = &l->list[i];

		if (!c->over && c->maybe_over && has_ended(c)) {
			c->over = c->written = true;
			settle = settle || c->driver->journal;
			*live -= 1;
		}
		c->maybe_over = false;
	}
	if (settle)
		logs_journal_settle();
	for (size_t i = 0; i < l->n && r >= 0; i++) {
		struct reader *c = &l->list[i];

		if (c->written && c->driver->file)
			r = logs_file_step(&c->file, &c->show);
		c->written = false;
	}
	if (r >= 0 && (l->journal_written || settle))
		r = logs_journal_step(l->journal);
	l->journal_written = false;
	return r;
}

static int follow(struct logs *l, int64_t begin_nsec, struct error *err)
{
	scoped_free struct logs_journal_follower *followers = xnew_n(struct logs_journal_follower,
								     l->n);
	size_t live = l->n;
	int r = watch_all(l, err);

	if (r >= 0 && l->journal)
		r = watch_journal(l, followers, begin_nsec, err);
	if (r < 0)
		return r;
	for (;;) {
		r = step(l, &live);
		if (r < 0 || live == 0 || l->time_over)
			break;
		r = loop_run_once(l->loop, -1);
		if (r < 0)
			break;
	}
	return r < 0 ? error_os(err, -r, "follow the logs") : 0;
}

/* ---- the operation ---- */

static int open_reader(struct engine *e, const char *word, bool several,
		       const struct container_logs_options *o, struct reader *r, struct error *err)
{
	scoped(container_record_done) struct container_record rec = { 0 };
	int ret = container_snapshot(e, word, &rec, err);

	if (ret < 0)
		return ret;
	r->e = e;
	r->driver = logs_driver_of(&rec);
	if (!r->driver->file && !r->driver->journal)
		return logs_driver_refuse(&rec, "read logs", err);
	memcpy(r->id, rec.id, sizeof(r->id));
	r->show.o = o;
	r->file.path = logs_driver_path(e, &rec);
	if (several)
		r->show.prefix = o->names ? xstrdup(rec.name) : xstrndup(rec.id, 12);
	if (rec.state.pid > 0 && pidref_open(&r->init, rec.state.pid, rec.state.pid_start) < 0)
		r->init = PIDREF_INIT;
	if (rec.state.monitor_pid > 0 &&
	    pidref_open(&r->monitor, rec.state.monitor_pid, rec.state.monitor_start) < 0)
		r->monitor = PIDREF_INIT;
	return 0;
}

static int open_all(struct logs *l, struct engine *e, char *const *words,
		    const struct container_logs_options *o, struct error *err)
{
	bool journal = false;
	int r = 0;

	l->n = strv_len(words);
	l->list = xnew_n(struct reader, l->n);
	for (size_t i = 0; i < l->n; i++) {
		l->list[i].file = LOGS_FILE_INIT;
		l->list[i].init = l->list[i].monitor = PIDREF_INIT;
		l->list[i].wd = -1;
	}
	for (size_t i = 0; i < l->n && r >= 0; i++) {
		r = open_reader(e, words[i], l->n > 1, o, &l->list[i], err);
		journal = journal || (r >= 0 && l->list[i].driver->journal);
	}
	if (r < 0 || !journal)
		return r;
	logs_journal_settle();
	return logs_journal_open(&l->journal, err);
}

int container_logs(struct engine *e, char *const *words, const struct container_logs_options *o,
		   struct error *err)
{
	scoped(logs_done) struct logs l = { .inotify = -1, .until_nsec = o->until_nsec };
	int64_t begin_nsec = time_now_nsec();
	int r;

	signals_ignore_pipe();
	r = open_all(&l, e, words, o, err);
	if (r >= 0)
		r = show_present(&l, err);
	if (r >= 0 && o->follow && l.n > 0)
		r = follow(&l, begin_nsec, err);
	return r == -EPIPE ? 0 : r; /* whoever read has enough */
}
