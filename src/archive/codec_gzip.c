/* SPDX-License-Identifier: Apache-2.0 */
/* codec_gzip: RFC 1952 through zlib. */
#include <zlib.h>

#include "archive/decompress.h"
#include "base/dynlib.h"
#include "base/mem.h"

static int (*p_inflateInit2)(z_stream *z, int bits, const char *version, int size);
static int (*p_inflate)(z_stream *z, int flush);
static int (*p_inflateReset)(z_stream *z);
static int (*p_inflateEnd)(z_stream *z);

struct gzip {
	z_stream z;
	bool between; /* no member is open */
};

static int load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "inflateInit2_", (void **)&p_inflateInit2 },
		{ "inflate", (void **)&p_inflate },
		{ "inflateReset", (void **)&p_inflateReset },
		{ "inflateEnd", (void **)&p_inflateEnd },
	};
	static void *handle;

	return dynlib_load(&handle, "libz.so.1", "zlib1g", symbols, ARRAY_SIZE(symbols), err);
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	p_inflateEnd(&g->z);
	free(g);
}

static int gzip_open(struct decompress *d, void **ret_state, struct error *err)
{
	struct gzip *g;
	int n = load(err);

	if (n < 0)
		return n;
	g = xnew(struct gzip);
	/* 15 bits of window; 16 more: gzip header and trailer, checked */
	n = p_inflateInit2(&g->z, 15 + 16, ZLIB_VERSION, (int)sizeof(g->z));
	if (n != Z_OK) {
		free(g);
		return error_set(err, ERROR_INTERNAL, "start zlib: error %d", n);
	}
	*ret_state = g;
	return 0;
}

/* Behind a member: another one, zeros up to the end (tapes, blocks), or garbage.  1: another. */
static int next_member(struct decompress *d, struct gzip *g, struct error *err)
{
	const unsigned char *p;
	ssize_t n;

	for (;;) {
		n = decompress_peek(d, &p, err);
		if (n <= 0)
			return (int)n;
		if (*p == 0x1f)
			break;
		if (*p != 0)
			return error_set(err, ERROR_CORRUPT,
					 "decompress gzip: garbage behind the end");
		decompress_consume(d, 1);
	}
	p_inflateReset(&g->z);
	g->between = false;
	return 1;
}

static ssize_t gzip_fill(struct decompress *d, void *state, unsigned char *out, size_t size,
			 struct error *err)
{
	struct gzip *g = state;

	g->z.next_out = out;
	g->z.avail_out = (uInt)size;
	while (g->z.avail_out > 0) {
		const unsigned char *p;
		ssize_t n = g->between ? next_member(d, g, err) : 1;

		if (n < 0)
			return n;
		if (n == 0)
			break;
		n = decompress_peek(d, &p, err);
		if (n < 0)
			return n;
		if (n == 0)
			return error_set(err, ERROR_CORRUPT,
					 "decompress gzip: the stream is truncated");
		g->z.next_in = (unsigned char *)(uintptr_t)p;
		g->z.avail_in = (uInt)n;
		switch (p_inflate(&g->z, Z_NO_FLUSH)) {
		case Z_STREAM_END:
			g->between = true;
			break;
		case Z_OK:
		case Z_BUF_ERROR:
			break;
		default:
			return error_set(err, ERROR_CORRUPT, "decompress gzip: %s",
					 g->z.msg != NULL ? g->z.msg : "broken stream");
		}
		decompress_consume(d, (size_t)n - g->z.avail_in);
	}
	return (ssize_t)(size - g->z.avail_out);
}

const struct decompress_codec decompress_gzip = { "gzip", gzip_open, gzip_fill, gzip_close };
