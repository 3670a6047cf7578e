/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: write values into files, all or (on update) none.
 *
 * A setting that cannot be written is an error that names the limit, the value, the file and the
 * reason.  Undo reads the present value just before each write; a value that cannot be put back is
 * left and does not hide the first error.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* Longest file whose text undo remembers: one line per device or interface. */
#define UNDO_TEXT_MAX ((size_t)64 << 10)
/* "No limit" is the largest number of whole pages; theirs are at most this large. */
#define UNLIMITED_PAGE 65536

static void setting_done(struct cgroup_setting *s)
{
	free(s->file);
	free(s->value);
	free(s->alt_file);
	free(s->alt_value);
	free(s->reset);
}

void cgroup_settings_done(struct cgroup_settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		setting_done(&s->items[i]);
	free(s->items);
	*s = (struct cgroup_settings){ 0 };
}

struct cgroup_setting *cgroup_setting_add(struct cgroup_settings *s, const char *controller,
					  const char *limit, const char *file, const char *fmt, ...)
{
	struct cgroup_setting *row = ARRAY_ADD(s->items, s->n);
	va_list ap;

	row->controller = controller;
	row->limit = limit;
	row->file = xstrdup(file);
	va_start(ap, fmt);
	row->value = xvasprintf(fmt, ap);
	va_end(ap);
	return row;
}

static int missing_controller(const struct cgroup_setting *s, struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED,
			 "limit '%s' needs the cgroup controller '%s', which this machine does not "
			 "have mounted (cgroup layout: %s)",
			 s->limit, s->controller, cgroup_layout_name(cgroup_layout()));
}

int cgroup_settings_check(const struct cgroup_settings *s, struct error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		if (cgroup_hier_of(s->items[i].controller) == NULL)
			return missing_controller(&s->items[i], err);
	}
	return 0;
}

static const char *hint(const struct cgroup_setting *s, int r)
{
	if (r == -EBUSY && strncmp(s->limit, "memory.", 7) == 0)
		return " (more than that is in use)";
	if (r == -EINVAL && streq(s->limit, "memory.limit"))
		return " (a limit above memory plus swap needs a larger memory.swap, too)";
	if (r == -ENODEV && s->flags & SETTING_KEYED)
		return " (no such device)";
	return "";
}

/* On v2 a controller may be there and yet not be passed down to this cgroup (delegation). */
static bool not_passed_down(const struct cgroup_setting *s, const struct cgroup_record *r)
{
	const struct cgroup_hier *h = cgroup_hier_of(s->controller);
	char path[PATH_MAX], line[CGROUP_VALUE_MAX], *save = NULL;

	if (h == NULL || !h->v2 || streq(s->controller, "cgroup") ||
	    cgroup_file_path(path, h, r->path, "cgroup.controllers") < 0 ||
	    fd_read_line(AT_FDCWD, path, line, sizeof(line)) < 0)
		return false;
	for (char *w = strtok_r(line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		if (streq(w, s->controller))
			return false;
	}
	return true;
}

static int write_failed(const struct cgroup_setting *s, const struct cgroup_record *rec,
			const char *path, int r, struct error *err)
{
	if (r == -ENOENT && not_passed_down(s, rec))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"apply limit '%s' = '%s': the cgroup controller '%s' is not enabled "
			"for cgroup '%s' (delegated to this user?)",
			s->limit, s->value, s->controller, rec->path);
	if (r == -ENOENT || (r == -EACCES && s->alt_file != NULL))
		return error_set(err, ERROR_UNSUPPORTED,
				 "apply limit '%s' = '%s': this kernel has no file '%s'", s->limit,
				 s->value, path);
	return error_os(err, -r, "apply limit '%s': write '%s' to '%s'%s", s->limit, s->value, path,
			hint(s, r));
}

/* The value to write back: the whole text, the key's line, or what takes the key away. */
static char *undo_value(const struct cgroup_setting *s, struct buf *text)
{
	const char *t = buf_str(text);
	size_t key = strcspn(s->value, " ");

	if (s->flags & SETTING_OOMCTL) {
		uint64_t v = 0;

		return cgroup_text_u64(t, "oom_kill_disable", &v) < 0
			       ? NULL
			       : xasprintf("%llu", (unsigned long long)v);
	}
	/* An empty value (cpuset) is written as an empty line. */
	if (!(s->flags & SETTING_KEYED))
		return xstrdup(*t == '\0' ? "\n" : t);
	for (const char *p = t; *p != '\0'; p += strspn(p, "\n")) {
		size_t len = strcspn(p, "\n");

		if (len > key && p[key] == ' ' && strncmp(p, s->value, key) == 0)
			return xstrndup(p, len);
		p += len;
	}
	return xstrdup_opt(s->reset);
}

static void remember(struct cgroup_undo *undo, const struct cgroup_setting *s, const char *path)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(UNDO_TEXT_MAX);
	struct cgroup_undo_entry *e;
	char *value;

	if (undo == NULL || fd_read_file(AT_FDCWD, path, UNDO_TEXT_MAX, &text) < 0)
		return;
	value = undo_value(s, &text);
	if (value == NULL)
		return;
	e = ARRAY_ADD(undo->items, undo->n);
	e->path = xstrdup(path);
	e->value = value;
}

void cgroup_undo_run(const struct cgroup_undo *u)
{
	for (size_t i = u->n; i-- > 0;) {
		int r = fd_write_file(AT_FDCWD, u->items[i].path, u->items[i].value);

		if (r < 0)
			log_debug("put back '%s' in '%s': %s", u->items[i].value, u->items[i].path,
				  strerror(-r));
	}
}

void cgroup_undo_done(struct cgroup_undo *u)
{
	for (size_t i = 0; i < u->n; i++) {
		free(u->items[i].path);
		free(u->items[i].value);
	}
	free(u->items);
	*u = (struct cgroup_undo){ 0 };
}

/* Since Linux 6.1 memory.kmem.limit_in_bytes is deaf. */
static int still_unlimited(const char *path)
{
	char line[CGROUP_VALUE_MAX];
	uint64_t now;
	int n = fd_read_line(AT_FDCWD, path, line, sizeof(line));

	if (n >= 0)
		n = num_u64(line, &now);
	if (n < 0)
		return n;
	return now >= (uint64_t)INT64_MAX / UNLIMITED_PAGE * UNLIMITED_PAGE ? -EOPNOTSUPP : 0;
}

/* 0 or -errno; path is what was written to, or would have been. */
static int write_one(const struct cgroup_setting *s, const struct cgroup_record *r,
		     struct cgroup_undo *undo, char path[PATH_MAX])
{
	const struct cgroup_hier *h = cgroup_hier_of(s->controller);
	char alt[PATH_MAX];
	int n = cgroup_file_path(path, h, r->path, s->file);

	if (n < 0)
		return n;
	remember(undo, s, path);
	n = fd_write_file(AT_FDCWD, path, s->value);
	if (n == 0 && s->flags & SETTING_READ_BACK)
		return still_unlimited(path);
	if (n != -ENOENT && n != -EACCES)
		return n;
	if (s->alt_file == NULL)
		return n == -ENOENT && s->flags & SETTING_OPTIONAL ? 0 : n;
	if (cgroup_file_path(alt, h, r->path, s->alt_file) < 0)
		return -ENAMETOOLONG;
	remember(undo, s, alt);
	return fd_write_file(AT_FDCWD, alt, s->alt_value != NULL ? s->alt_value : s->value);
}

static int apply_all(const struct cgroup_settings *s, const struct cgroup_record *r,
		     struct cgroup_undo *undo, struct error *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < s->n; i++) {
		const struct cgroup_setting *one = &s->items[i];
		int n;

		if (cgroup_hier_of(one->controller) == NULL)
			return missing_controller(one, err);
		n = write_one(one, r, undo, path);
		/* Some pairs are only valid together (a period and its quota): the other first. */
		if (n == -EINVAL && one->flags & SETTING_RETRY && i + 1 < s->n &&
		    write_one(one + 1, r, undo, path) == 0)
			n = write_one(one, r, undo, path);
		if (n < 0)
			return write_failed(one, r, path, n, err);
	}
	return 0;
}

int cgroup_settings_apply(const struct cgroup_settings *s, const struct cgroup_record *r,
			  struct cgroup_undo *undo, struct error *err)
{
	int n = apply_all(s, r, undo, err);

	if (n < 0 && undo != NULL)
		cgroup_undo_run(undo);
	return n;
}
