/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

/* fs.mount-max is 100000 by default; a line is a few hundred bytes, with long overlay options 4
 * KiB. */
#define ENTRIES_MAX 200000
#define TEXT_MAX ((size_t)128 << 20)

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blanks, tabs, newlines, backslashes and '#' as \ooo.  In place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) &&
		    is_octal(s[3])) {
			char c = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));

			/* No file name has a NUL: then it is left as it stands. */
			if (c != '\0') {
				*to++ = c;
				s += 4;
				continue;
			}
		}
		*to++ = *s++;
	}
	*to = '\0';
}

/* Cut at the next single blank; a field may be empty (a source can be).  NULL at the end. */
static char *next_field(char **p)
{
	char *start = *p;
	char *blank;

	if (start == NULL)
		return NULL;
	blank = strchr(start, ' ');
	if (blank != NULL)
		*blank = '\0';
	*p = blank != NULL ? blank + 1 : NULL;
	return start;
}

static bool parse_id(const char *s, int *ret)
{
	uint32_t n;

	if (s == NULL || num_u32(s, &n) < 0 || n > INT32_MAX)
		return false;
	*ret = (int)n;
	return true;
}

static bool parse_device(char *s, struct mountinfo_entry *e)
{
	char *colon = s != NULL ? strchr(s, ':') : NULL;
	uint32_t major, minor;

	if (colon == NULL)
		return false;
	*colon = '\0';
	if (num_u32(s, &major) < 0 || num_u32(colon + 1, &minor) < 0)
		return false;
	e->major = major;
	e->minor = minor;
	return true;
}

static char *copy_field(char *field)
{
	unescape(field);
	return xstrdup(field);
}

static void entry_done(struct mountinfo_entry *e)
{
	free(e->root);
	free(e->target);
	free(e->options);
	free(e->optional);
	free(e->type);
	free(e->source);
	free(e->super_options);
}
DEFINE_SCOPED_STRUCT(struct mountinfo_entry, entry_done)

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static bool parse_line(char *line, struct mountinfo_entry *ret)
{
	scoped(entry_done) struct mountinfo_entry e = { 0 };
	scoped(buf_done) struct buf optional = BUF_INIT;
	char *f[3];

	if (!parse_id(next_field(&line), &e.id) || !parse_id(next_field(&line), &e.parent) ||
	    !parse_device(next_field(&line), &e))
		return false;
	for (size_t i = 0; i < 3; i++) {
		f[i] = next_field(&line);
		if (f[i] == NULL || f[i][0] == '\0')
			return false;
	}
	e.root = copy_field(f[0]);
	e.target = copy_field(f[1]);
	e.options = xstrdup(f[2]);
	for (;;) {
		const char *word = next_field(&line);

		if (word == NULL)
			return false;
		if (streq(word, "-"))
			break;
		if (optional.len > 0)
			buf_addc(&optional, ' ');
		buf_adds(&optional, word);
	}
	f[0] = next_field(&line);
	f[1] = next_field(&line);
	/* The rest: options of a file system may hold anything. */
	f[2] = line;
	if (f[0] == NULL || f[0][0] == '\0' || f[1] == NULL || f[2] == NULL)
		return false;
	e.optional = buf_take(&optional);
	e.type = copy_field(f[0]);
	e.source = copy_field(f[1]);
	e.super_options = xstrdup(f[2]);
	*ret = e;
	e = (struct mountinfo_entry){ 0 };
	return true;
}

static int add_line(struct mountinfo *m, char *line, struct error *err)
{
	struct mountinfo_entry e = { 0 };
	scoped_free char *shown = xstrndup(line, strnlen(line, 200));

	if (m->n >= ENTRIES_MAX)
		return error_set(err, ERROR_LIMIT, "mountinfo has more than %d lines", ENTRIES_MAX);
	if (!parse_line(line, &e))
		return error_set(err, ERROR_CORRUPT, "line %zu of mountinfo cannot be read: '%s'",
				 m->n + 1, shown);
	*ARRAY_ADD(m->items, m->n) = e;
	return 0;
}

int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret, struct error *err)
{
	struct mountinfo m = { 0 };
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl != NULL ? nl : end) - text);
		scoped_free char *line = xstrndup(text, n);
		int r = 0;

		if (n > 0)
			r = add_line(&m, line, err);
		if (r < 0) {
			mountinfo_done(&m);
			return r;
		}
		text += n + 1;
	}
	*ret = m;
	return 0;
}

int mountinfo_read(pid_t pid, struct mountinfo *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(TEXT_MAX);
	char path[64];
	int r;

	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/mountinfo");
	else
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	r = fd_read_file(AT_FDCWD, path, TEXT_MAX, &text);
	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	return mountinfo_parse(buf_str(&text), text.len, ret, err);
}

void mountinfo_done(struct mountinfo *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++)
		entry_done(&m->items[i]);
	free(m->items);
	*m = (struct mountinfo){ 0 };
}

const struct mountinfo_entry *mountinfo_find(const struct mountinfo *m, const char *path)
{
	for (size_t i = m->n; i-- > 0;) {
		if (streq(m->items[i].target, path))
			return &m->items[i];
	}
	return NULL;
}

const struct mountinfo_entry *mountinfo_containing(const struct mountinfo *m, const char *path)
{
	const struct mountinfo_entry *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < m->n; i++) {
		size_t len = strlen(m->items[i].target);

		/* >=: of several at one place the last is on top. */
		if (path_below(path, m->items[i].target) && (best == NULL || len >= best_len)) {
			best = &m->items[i];
			best_len = len;
		}
	}
	return best;
}

struct victim {
	const char *target;
	size_t index;
};

static int deepest_first(const void *a, const void *b)
{
	const struct victim *x = a, *y = b;
	size_t xl = strlen(x->target), yl = strlen(y->target);

	if (xl != yl)
		return xl < yl ? 1 : -1;
	return x->index < y->index ? 1 : -1;
}

/* One pass; number undone, with the first failure in *first (0: none) and its target. */
static int umount_pass(const char *path, int *first, char **where, struct error *err)
{
	struct mountinfo m = { 0 };
	scoped_free struct victim *v = NULL;
	size_t n = 0;
	int undone = 0;
	int r = mountinfo_read(0, &m, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < m.n; i++) {
		if (path_below(m.items[i].target, path))
			*ARRAY_ADD(v, n) = (struct victim){ m.items[i].target, i };
	}
	if (n > 0)
		qsort(v, n, sizeof(*v), deepest_first);
	*first = 0;
	for (size_t i = 0; i < n; i++) {
		r = mountapi_umount(v[i].target, MNT_DETACH);
		if (r == 0) {
			undone++;
		} else if (*first == 0) {
			*first = -r;
			free(*where);
			*where = xstrdup(v[i].target);
		}
	}
	mountinfo_done(&m);
	return undone;
}

int mountinfo_umount_below(const char *path, struct error *err)
{
	scoped_free char *clean = path_clean(path);
	scoped_free char *where = NULL;
	int total = 0, first = 0;

	/* A mount under another one cannot be reached before that is gone: again, as long as a pass
	 * gets on. */
	for (;;) {
		int r = umount_pass(clean, &first, &where, err);

		if (r < 0)
			return r;
		total += r;
		if (first == 0)
			return total;
		if (r == 0)
			return error_os(err, first, "unmount '%s'", where);
	}
}
