/* SPDX-License-Identifier: Apache-2.0 */
/* codec_libarchive: the rare compressions (xz, bzip2) through libarchive's filters and its 'raw'
 * format; its tar reader is not used. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "archive/decompress.h"
#include "base/dynlib.h"
#include "base/mem.h"

static struct archive *(*p_new)(void);
static int (*p_free)(struct archive *a);
static int (*p_format_raw)(struct archive *a);
static int (*p_filter_xz)(struct archive *a);
static int (*p_filter_bzip2)(struct archive *a);
static int (*p_open)(struct archive *a, void *arg, archive_open_callback *open,
		     archive_read_callback *read, archive_close_callback *close);
static int (*p_next_header)(struct archive *a, struct archive_entry **ret);
static la_ssize_t (*p_read_data)(struct archive *a, void *buf, size_t size);
static int (*p_filter_count)(struct archive *a);
static const char *(*p_error_string)(struct archive *a);
static void (*p_set_error)(struct archive *a, int num, const char *fmt, ...);

struct filter {
	struct archive *a;
	struct decompress *d;
	size_t given;	    /* bytes that libarchive holds of our buffer */
	struct error error; /* of the source */
};

static int load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "archive_read_new", (void **)&p_new },
		{ "archive_read_free", (void **)&p_free },
		{ "archive_read_support_format_raw", (void **)&p_format_raw },
		{ "archive_read_support_filter_xz", (void **)&p_filter_xz },
		{ "archive_read_support_filter_bzip2", (void **)&p_filter_bzip2 },
		{ "archive_read_open", (void **)&p_open },
		{ "archive_read_next_header", (void **)&p_next_header },
		{ "archive_read_data", (void **)&p_read_data },
		{ "archive_filter_count", (void **)&p_filter_count },
		{ "archive_error_string", (void **)&p_error_string },
		{ "archive_set_error", (void **)&p_set_error },
	};
	static void *handle;

	return dynlib_load(&handle, "libarchive.so.13", "libarchive13", symbols,
			   ARRAY_SIZE(symbols), err);
}

static la_ssize_t on_read(struct archive *a, void *arg, const void **ret)
{
	struct filter *f = arg;
	const unsigned char *p = NULL;
	ssize_t n;

	decompress_consume(f->d, f->given);
	f->given = 0;
	n = decompress_peek(f->d, &p, &f->error);
	if (n < 0) {
		p_set_error(a, (int)-n, "%s", f->error.msg);
		return -1;
	}
	*ret = p;
	f->given = (size_t)n;
	return n;
}

static void filter_close(void *state)
{
	struct filter *f = state;

	if (f != NULL && f->a != NULL)
		p_free(f->a);
	free(f);
}
DEFINE_SCOPED(void *, filter_close)

static int failed(struct filter *f, const char *name, struct error *err)
{
	if (f->error.kind != ERROR_NONE)
		return error_copy(err, &f->error);
	return error_set(err, ERROR_CORRUPT, "decompress %s: %s", name, p_error_string(f->a));
}

static int filter_open(struct decompress *d, int (*support)(struct archive *a), void **ret_state,
		       const char *name, struct error *err)
{
	scoped(filter_close) void *state = NULL;
	struct archive_entry *e;
	struct filter *f = xnew(struct filter);

	state = f;
	f->d = d;
	f->a = p_new();
	if (f->a == NULL)
		return error_set(err, ERROR_INTERNAL, "start libarchive: out of memory");
	/* A warning would mean that an outside program is to do it. */
	if (support(f->a) != ARCHIVE_OK || p_format_raw(f->a) != ARCHIVE_OK)
		return error_set(err, ERROR_UNSUPPORTED, "libarchive cannot decompress %s", name);
	if (p_open(f->a, f, NULL, on_read, NULL) != ARCHIVE_OK ||
	    p_next_header(f->a, &e) != ARCHIVE_OK)
		return failed(f, name, err);
	/* A header too short to be taken for one would come through as it is. */
	if (p_filter_count(f->a) < 2)
		return error_set(err, ERROR_CORRUPT, "decompress %s: broken header", name);
	*ret_state = take_ptr(state);
	return 0;
}

static ssize_t filter_fill(struct filter *f, const char *name, unsigned char *out, size_t size,
			   struct error *err)
{
	la_ssize_t n = p_read_data(f->a, out, size);

	if (n < 0)
		return failed(f, name, err);
	while (n == 0) {
		const void *rest;
		ssize_t left = on_read(f->a, f, &rest);

		if (left < 0)
			return failed(f, name, err);
		if (left == 0)
			break;
	}
	return n;
}

static int xz_open(struct decompress *d, void **ret_state, struct error *err)
{
	int n = load(err);

	return n < 0 ? n : filter_open(d, p_filter_xz, ret_state, "xz", err);
}

static int bzip2_open(struct decompress *d, void **ret_state, struct error *err)
{
	int n = load(err);

	return n < 0 ? n : filter_open(d, p_filter_bzip2, ret_state, "bzip2", err);
}

static ssize_t xz_fill(struct decompress *d, void *state, unsigned char *out, size_t size,
		       struct error *err)
{
	return filter_fill(state, "xz", out, size, err);
}

static ssize_t bzip2_fill(struct decompress *d, void *state, unsigned char *out, size_t size,
			  struct error *err)
{
	return filter_fill(state, "bzip2", out, size, err);
}

const struct decompress_codec decompress_xz = { "xz", xz_open, xz_fill, filter_close };
const struct decompress_codec decompress_bzip2 = { "bzip2", bzip2_open, bzip2_fill, filter_close };
