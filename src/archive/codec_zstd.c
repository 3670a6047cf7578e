/* SPDX-License-Identifier: Apache-2.0 */
/* codec_zstd: RFC 8878 through libzstd, which bounds the window (128 MiB) and skips skippable
 * frames (zstd:chunked carries its table in them). */
#include <zstd.h>

#include "archive/decompress.h"
#include "base/dynlib.h"
#include "base/mem.h"

static ZSTD_DStream *(*p_create)(void);
static size_t (*p_free)(ZSTD_DStream *z);
static size_t (*p_decompress)(ZSTD_DStream *z, ZSTD_outBuffer *out, ZSTD_inBuffer *in);
static unsigned (*p_is_error)(size_t code);
static const char *(*p_error_name)(size_t code);

struct zstd {
	ZSTD_DStream *z;
	bool inside; /* a frame has begun and not ended */
};

static int load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "ZSTD_createDStream", (void **)&p_create },
		{ "ZSTD_freeDStream", (void **)&p_free },
		{ "ZSTD_decompressStream", (void **)&p_decompress },
		{ "ZSTD_isError", (void **)&p_is_error },
		{ "ZSTD_getErrorName", (void **)&p_error_name },
	};
	static void *handle;

	return dynlib_load(&handle, "libzstd.so.1", "libzstd1", symbols, ARRAY_SIZE(symbols), err);
}

static void zstd_close(void *state)
{
	struct zstd *s = state;

	p_free(s->z);
	free(s);
}

static int zstd_open(struct decompress *d, void **ret_state, struct error *err)
{
	struct zstd *s;
	int n = load(err);

	if (n < 0)
		return n;
	s = xnew(struct zstd);
	s->z = p_create();
	if (s->z == NULL) {
		free(s);
		return error_set(err, ERROR_INTERNAL, "start zstd: out of memory");
	}
	*ret_state = s;
	return 0;
}

static ssize_t zstd_fill(struct decompress *d, void *state, unsigned char *out, size_t size,
			 struct error *err)
{
	struct zstd *s = state;
	ZSTD_outBuffer o = { out, size, 0 };

	while (o.pos < o.size) {
		const unsigned char *p = NULL;
		ssize_t n = decompress_peek(d, &p, err);
		ZSTD_inBuffer i = { p, n > 0 ? (size_t)n : 0, 0 };
		size_t before = o.pos;
		size_t code;

		if (n < 0)
			return n;
		if (n == 0 && !s->inside)
			break;
		code = p_decompress(s->z, &o, &i);
		if (p_is_error(code))
			return error_set(err, ERROR_CORRUPT, "decompress zstd: %s",
					 p_error_name(code));
		decompress_consume(d, i.pos);
		s->inside = code != 0;
		if (n == 0 && s->inside && o.pos == before)
			return error_set(err, ERROR_CORRUPT,
					 "decompress zstd: the stream is truncated");
	}
	return (ssize_t)o.pos;
}

const struct decompress_codec decompress_zstd = { "zstd", zstd_open, zstd_fill, zstd_close };
