/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "monitor/log/file.h"
#include "monitor/log/journald.h"
#include "monitor/log/json_file.h"
#include "monitor/log/k8s_file.h"
#include "monitor/log/limit.h"
#include "monitor/log/syslog.h"

struct log {
	struct log_driver *drivers;
	struct journal *journal; /* NULL: none */
	size_t n_files;
	bool passthrough;
	struct log_limit limit;
};

void log_note_lost(uint64_t lines, char out[LOG_NOTE_MAX])
{
	snprintf(out, LOG_NOTE_MAX, "coracle-monitor: %llu lines of output were lost here",
		 (unsigned long long)lines);
}

static void add_driver(struct log *l, struct log_driver *d)
{
	d->next = l->drivers;
	l->drivers = d;
}

/* The file's directory must be one of the allowed ones, or below it, with links resolved. */
static int check_allowed(const struct option_list *allowed, const char *path, struct error *err)
{
	scoped_free char *dir = path_dir(path);
	scoped_free char *real = realpath(dir, NULL);

	if (allowed->n == 0)
		return 0;
	if (!real)
		return error_os(err, errno, "find directory of log '%s'", path);
	for (size_t i = 0; i < allowed->n; i++) {
		scoped_free char *root = realpath(allowed->items[i], NULL);

		if (root && path_below(real, root))
			return 0;
	}
	return error_set(err, ERROR_DENIED, "log '%s' is not below a --log-allowlist-dir", path);
}

typedef int (*open_file_fn)(const char *path, const struct monitor_log_options *o,
			    struct log_driver **ret, struct error *err);

static int add_file(struct log *l, const struct monitor_log_options *o, const char *driver,
		    open_file_fn open_driver, const char *path, struct error *err)
{
	struct log_driver *d;
	int r;

	if (str_empty(path))
		return error_set(err, ERROR_INVALID, "log driver %s needs a path", driver);
	r = check_allowed(&o->allowlist, path, err);
	if (r >= 0)
		r = open_driver(path, o, &d, err);
	if (r < 0)
		return r;
	if (l->journal && l->n_files < JOURNAL_LOG_COUNT)
		log_file_journal(d, &l->journal->log[l->n_files++]);
	add_driver(l, d);
	return r;
}

static int add_journald(struct log *l, const struct monitor_log_options *o,
			const struct log_source *source, struct error *err)
{
	struct log_driver *d;
	int r = journald_open(o, source, &d, err);

	if (r >= 0)
		add_driver(l, d);
	return r;
}

static int add_syslog(struct log *l, const struct monitor_log_options *o,
		      const struct log_source *source, const char *target, struct error *err)
{
	struct log_driver *d;
	int r = syslog_open(target, o, source, &d, err);

	if (r >= 0)
		add_driver(l, d);
	return r;
}

static int add_path(struct log *l, const struct monitor_log_options *o,
		    const struct log_source *source, const char *text, struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	scoped_free char *driver = xstrndup(text, n);

	if (streq(driver, "k8s-file"))
		return add_file(l, o, "k8s-file", k8s_file_open, colon ? colon + 1 : NULL, err);
	if (streq(driver, "json-file"))
		return add_file(l, o, "json-file", json_file_open, colon ? colon + 1 : NULL, err);
	if (streq(driver, "journald"))
		return add_journald(l, o, source, err);
	if (streq(driver, "syslog"))
		return add_syslog(l, o, source, colon ? colon + 1 : NULL, err);
	if (streq(driver, "none") || streq(driver, "off") || streq(driver, "null"))
		return 0;
	/* The word says only that the engine allows a terminal. */
	if (streq(driver, "passthrough") || streq(driver, "passthrough-tty")) {
		l->passthrough = true;
		return 0;
	}
	/* A path alone; conmon before it knew drivers. */
	if (!str_empty(text) && (!colon || text[0] == '/'))
		return add_file(l, o, "k8s-file", k8s_file_open, text, err);
	return error_set(err, ERROR_INVALID, "no such log driver '%s'", driver);
}

static int check_journal_only(const struct log *l, const struct monitor_log_options *o,
			      struct error *err)
{
	bool file = false;

	for (const struct log_driver *d = l->drivers; d; d = d->next) {
		if (!streq(d->ops->name, "k8s-file"))
			return 0;
		file = true;
	}
	if (file && o->tag)
		return error_set(err, ERROR_INVALID, "k8s-file doesn't support --log-tag");
	if (file && o->labels.n > 0)
		return error_set(err, ERROR_INVALID, "k8s-file doesn't support --log-label");
	return 0;
}

int log_open(const struct monitor_log_options *o, const struct log_source *source, struct log **ret,
	     struct error *err)
{
	struct log *l = xnew(struct log);
	int r = log_limit_init(&l->limit, o, err);

	l->journal = source->journal;
	for (size_t i = 0; i < o->paths.n && r >= 0; i++)
		r = add_path(l, o, source, o->paths.items[i], err);
	if (r >= 0)
		r = check_journal_only(l, o, err);
	if (r >= 0 && l->passthrough && o->paths.n > 1)
		r = error_set(err, ERROR_INVALID, "log driver passthrough stands alone");
	if (r < 0) {
		log_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void write_all(struct log *l, const struct log_chunk *c)
{
	for (struct log_driver *d = c->len > 0 ? l->drivers : NULL; d; d = d->next)
		d->ops->write(d, c);
}

/* Lines were dropped before: say so where they are missing. */
static void write_dropped(struct log *l, int64_t time_nsec)
{
	char text[LOG_NOTE_MAX];
	struct log_chunk note = {
		.data = text, .is_stderr = true, .offset = LOG_OWN_WORDS, .time_nsec = time_nsec
	};

	if (l->limit.dropped == 0)
		return;
	note.len = (size_t)snprintf(
		text, sizeof(text),
		"coracle-monitor: %llu lines of output were dropped here by the rate limit\n",
		(unsigned long long)l->limit.dropped);
	l->limit.dropped = 0;
	write_all(l, &note);
}

void log_write(struct log *l, const struct log_chunk *c)
{
	struct log_chunk first, second;

	if (l->limit.rate == 0 || !l->drivers) {
		write_all(l, c);
		return;
	}
	if (!l->limit.drop) {
		log_limit_take(&l->limit, time_monotonic_nsec(), c->len);
		write_all(l, c);
		return;
	}
	log_limit_filter(&l->limit, time_monotonic_nsec(), c, &first, &second);
	if (first.len == c->len || (first.len > 0 && first.data > c->data))
		write_dropped(l, c->time_nsec);
	write_all(l, &first);
	write_all(l, &second);
}

int64_t log_delay(const struct log *l)
{
	return l->drivers ? log_limit_delay(&l->limit) : 0;
}

int log_reopen(struct log *l)
{
	int r = 0;

	for (struct log_driver *d = l->drivers; d; d = d->next) {
		int one = d->ops->reopen ? d->ops->reopen(d) : 0;

		r = one < 0 ? one : r;
	}
	return r;
}

void log_finish(struct log *l)
{
	write_dropped(l, time_now_nsec());
	for (struct log_driver *d = l->drivers; d; d = d->next) {
		if (d->ops->finish)
			d->ops->finish(d);
	}
}

int log_sync(struct log *l)
{
	int r = 0;

	for (struct log_driver *d = l->drivers; d; d = d->next) {
		int one = d->ops->sync ? d->ops->sync(d) : 0;

		r = one < 0 ? one : r;
	}
	return r;
}

void log_trim(void)
{
	log_file_trim();
}

void log_free(struct log *l)
{
	if (!l)
		return;
	while (l->drivers) {
		struct log_driver *d = l->drivers;

		l->drivers = d->next;
		d->ops->free(d);
	}
	free(l);
}

bool log_is_passthrough(const struct log *l)
{
	return l->passthrough;
}

bool log_keeps(const struct log *l)
{
	return l->drivers != NULL;
}

/* The first file only: log_on_change watches the same one. */
static struct log_driver *first_file(const struct log *l)
{
	struct log_driver *d = l->drivers;

	while (d && !streq(d->ops->name, "k8s-file"))
		d = d->next;
	return d;
}

bool log_get_mark(const struct log *l, struct log_mark *ret)
{
	const struct log_driver *d = first_file(l);

	return d && !l->limit.drop && log_file_get_mark(d, ret);
}

void log_on_change(struct log *l, log_changed_fn fn, void *arg)
{
	struct log_driver *d = first_file(l);

	if (d)
		log_file_on_change(d, fn, arg);
}
