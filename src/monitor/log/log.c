/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/log.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "monitor/log/journald.h"
#include "monitor/log/k8s_file.h"

struct log {
	struct log_driver *drivers;
	bool passthrough;
};

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

static int add_file(struct log *l, const struct monitor_log_options *o, const char *path,
		    struct error *err)
{
	struct log_driver *d;
	int r;

	if (str_empty(path))
		return error_set(err, ERROR_INVALID, "log driver k8s-file needs a path");
	r = check_allowed(&o->allowlist, path, err);
	if (r >= 0)
		r = k8s_file_open(path, o, &d, err);
	if (r >= 0)
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

static int add_path(struct log *l, const struct monitor_log_options *o,
		    const struct log_source *source, const char *text, struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	scoped_free char *driver = xstrndup(text, n);

	if (streq(driver, "k8s-file"))
		return add_file(l, o, colon ? colon + 1 : NULL, err);
	if (streq(driver, "journald"))
		return add_journald(l, o, source, err);
	if (streq(driver, "none") || streq(driver, "off") || streq(driver, "null"))
		return 0;
	if (streq(driver, "passthrough")) {
		l->passthrough = true;
		return 0;
	}
	/* A path alone; conmon before it knew drivers. */
	if (!str_empty(text) && (!colon || text[0] == '/'))
		return add_file(l, o, text, err);
	return error_set(err, ERROR_INVALID, "no such log driver '%s'", driver);
}

static int check_journal_only(const struct log *l, const struct monitor_log_options *o,
			      struct error *err)
{
	bool file = false;

	for (const struct log_driver *d = l->drivers; d; d = d->next) {
		if (streq(d->ops->name, "journald"))
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
	int r = 0;

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

void log_write(struct log *l, const struct log_chunk *c)
{
	for (struct log_driver *d = l->drivers; d; d = d->next)
		d->ops->write(d, c);
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

	return d && k8s_file_get_mark(d, ret);
}

void log_on_change(struct log *l, log_changed_fn fn, void *arg)
{
	struct log_driver *d = first_file(l);

	if (d)
		k8s_file_on_change(d, fn, arg);
}
