/* SPDX-License-Identifier: Apache-2.0 */
/* tar_pax: the records of a pax extended header: "LENGTH KEY=VALUE\n" (POSIX pax, "ustar
 * interchange"), with the keys of star (SCHILY.xattr.), libarchive (LIBARCHIVE.xattr.) and GNU tar
 * (GNU.sparse.). */
#include <errno.h>
#include <string.h>

#include "archive/tar_reader.h"
#include "base/num.h"
#include "base/str.h"

/* The kernel lists at most 64 KiB of names. */
#define XATTRS_MAX 1024

struct value {
	const char *data; /* NUL behind it */
	size_t len;
};

static void free_xattrs(struct tar_xattr *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(x[i].name);
		free(x[i].value);
	}
	free(x);
}

void tar_pax_done(struct tar_pax *p)
{
	free(p->path);
	free(p->linkpath);
	free_xattrs(p->xattrs, p->n_xattrs);
	free(p->segments);
	*p = (struct tar_pax){ 0 };
}

void tar_entry_done(struct tar_entry *e)
{
	free(e->name);
	free(e->link);
	free_xattrs(e->xattrs, e->n_xattrs);
	free(e->segments);
	*e = (struct tar_entry){ 0 };
}

static int set_text(char **slot, const struct value *v)
{
	if (memchr(v->data, '\0', v->len) != NULL)
		return -EINVAL;
	free(*slot);
	*slot = v->len > 0 ? xstrndup(v->data, v->len) : NULL;
	return 0;
}

static int set_id(bool *has, uint32_t *slot, const struct value *v)
{
	*has = v->len > 0;
	return *has ? num_id(v->data, slot) : 0;
}

static int set_u64(bool *has, uint64_t *slot, const struct value *v)
{
	*has = v->len > 0;
	return *has ? num_u64(v->data, slot) : 0;
}

static int set_mtime(struct tar_pax *p, const struct value *v)
{
	p->has_mtime = v->len > 0;
	return p->has_mtime ? tar_pax_time(v->data, &p->mtime_sec, &p->mtime_nsec) : 0;
}

/* The same name again replaces: star's record wins over libarchive's, the later over the earlier.
 */
static int set_xattr(struct tar_pax *p, const char *name, const void *value, size_t len,
		     bool replace)
{
	struct tar_xattr *x = NULL;

	if (*name == '\0')
		return -EINVAL;
	for (size_t i = 0; i < p->n_xattrs && x == NULL; i++) {
		if (streq(p->xattrs[i].name, name))
			x = &p->xattrs[i];
	}
	if (x != NULL && !replace)
		return 0;
	if (x == NULL && p->n_xattrs == XATTRS_MAX)
		return -E2BIG;
	if (x == NULL) {
		x = ARRAY_ADD(p->xattrs, p->n_xattrs);
		x->name = xstrdup(name);
	}
	free(x->value);
	x->value = xmemdup(value, len > 0 ? len : 1);
	x->len = len;
	return 0;
}

/* libarchive: the name is percent-encoded, the value base64 without padding. */
static int set_libarchive_xattr(struct tar_pax *p, const char *key, const struct value *v)
{
	scoped_free char *name = xstrdup(key);
	scoped_free char *padded = xasprintf("%s%s", v->data, &"==="[3 - (4 - v->len % 4) % 4]);
	scoped_free void *bytes = NULL;
	size_t len;
	char *out = name;

	for (const char *in = name; *in != '\0'; in++) {
		char hex[3] = { 0 };
		uint64_t c;

		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		memcpy(hex, in + 1, strnlen(in + 1, 2));
		if (num_u64_base(hex, 16, &c) < 0 || c == 0)
			return -EINVAL;
		*out++ = (char)c;
		in += strlen(hex);
	}
	*out = '\0';
	if (str_base64_decode(padded, &bytes, &len) < 0)
		return -EINVAL;
	return set_xattr(p, name, bytes, len, false);
}

/* GNU.sparse.map (0.1): "offset,length,offset,length,..." */
static int set_sparse_map(struct tar_pax *p, const struct value *v)
{
	scoped_free char *copy = xstrndup(v->data, v->len);
	char *save = NULL;

	free(p->segments);
	p->segments = NULL;
	p->n_segments = 0;
	for (char *w = strtok_r(copy, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		char *length = strtok_r(NULL, ",", &save);
		struct tar_segment s;

		if (length == NULL || num_u64(w, &s.offset) < 0 || num_u64(length, &s.length) < 0)
			return -EINVAL;
		*ARRAY_ADD(p->segments, p->n_segments) = s;
	}
	return 0;
}

static int sparse_record(struct tar_pax *p, const char *key, const struct value *v)
{
	bool dummy;

	p->sparse = true;
	if (streq(key, "major"))
		return set_u64(&dummy, &p->sparse_major, v);
	if (streq(key, "minor"))
		return set_u64(&dummy, &p->sparse_minor, v);
	if (streq(key, "name"))
		return set_text(&p->path, v);
	if (streq(key, "realsize") || streq(key, "size"))
		return set_u64(&p->has_realsize, &p->realsize, v);
	if (streq(key, "map"))
		return set_sparse_map(p, v);
	if (streq(key, "offset")) {
		if (p->half_segment)
			return -EINVAL;
		p->half_segment = true;
		return num_u64(v->data, &ARRAY_ADD(p->segments, p->n_segments)->offset);
	}
	if (streq(key, "numbytes")) {
		if (!p->half_segment)
			return -EINVAL;
		p->half_segment = false;
		return num_u64(v->data, &p->segments[p->n_segments - 1].length);
	}
	return 0; /* numblocks: the map tells it */
}

static int record(struct tar_pax *p, const char *key, const struct value *v)
{
	const char *name;

	if (streq(key, "path"))
		/* GNU.sparse.name is the file's; path then is a made-up one. */
		return p->sparse && p->path != NULL ? 0 : set_text(&p->path, v);
	if (streq(key, "linkpath"))
		return set_text(&p->linkpath, v);
	if (streq(key, "size"))
		return set_u64(&p->has_size, &p->size, v);
	if (streq(key, "uid"))
		return set_id(&p->has_uid, &p->uid, v);
	if (streq(key, "gid"))
		return set_id(&p->has_gid, &p->gid, v);
	if (streq(key, "mtime"))
		return set_mtime(p, v);
	name = str_skip_prefix(key, "SCHILY.xattr.");
	if (name != NULL)
		return set_xattr(p, name, v->data, v->len, true);
	name = str_skip_prefix(key, "LIBARCHIVE.xattr.");
	if (name != NULL)
		return set_libarchive_xattr(p, name, v);
	name = str_skip_prefix(key, "GNU.sparse.");
	if (name != NULL)
		return sparse_record(p, name, v);
	return 0; /* atime, ctime, names of owners, comments: not used */
}

/* One record at *data: key and value are copied out, *data and *len moved behind it. */
static int next_record(const char **data, size_t *len, char **ret_key, char **ret_value,
		       size_t *ret_value_len)
{
	const char *blank = memchr(*data, ' ', MIN(*len, (size_t)20));
	scoped_free char *number = NULL;
	const char *end, *eq;
	uint64_t size;

	if (blank == NULL)
		return -EINVAL;
	number = xstrndup(*data, (size_t)(blank - *data));
	if (num_u64(number, &size) < 0 || size > *len || size < (size_t)(blank - *data) + 4)
		return -EINVAL;
	end = *data + size - 1;
	eq = memchr(blank + 1, '=', (size_t)(end - blank - 1));
	if (*end != '\n' || eq == NULL || eq == blank + 1)
		return -EINVAL;
	if (memchr(blank + 1, '\0', (size_t)(eq - blank - 1)) != NULL)
		return -EINVAL;
	*ret_key = xstrndup(blank + 1, (size_t)(eq - blank - 1));
	*ret_value_len = (size_t)(end - eq - 1);
	*ret_value = xcalloc(1, *ret_value_len + 1);
	memcpy(*ret_value, eq + 1, *ret_value_len);
	*len -= size;
	*data += size;
	return 0;
}

int tar_pax_parse(struct tar_pax *p, const char *data, size_t len, struct error *err)
{
	while (len > 0) {
		scoped_free char *key = NULL;
		scoped_free char *text = NULL;
		struct value v;

		if (next_record(&data, &len, &key, &text, &v.len) < 0)
			return error_set(err, ERROR_CORRUPT, "read tar: broken pax record");
		v.data = text;
		if (record(p, key, &v) < 0)
			return error_set(err, ERROR_CORRUPT,
					 "read tar: pax record '%s' has a bad value", key);
	}
	if (p->half_segment)
		return error_set(err, ERROR_CORRUPT, "read tar: sparse map ends in the middle");
	return 0;
}
