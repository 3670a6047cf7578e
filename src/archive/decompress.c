/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/decompress.h"

#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

struct decompress {
	struct decompress_options o;
	const struct decompress_codec *codec; /* NULL: not compressed */
	void *state;
	unsigned char *in, *out;
	size_t in_pos, in_len;
	bool in_ended, ended;
	struct digest_ctx *compressed, *tar;
	uint64_t in_bytes, out_bytes;
};

static const struct {
	const char *bytes;
	size_t len;
	const struct decompress_codec *codec;
} magics[] = {
	{ "\x1f\x8b", 2, &decompress_gzip },
	{ "\x28\xb5\x2f\xfd", 4, &decompress_zstd },
	{ "\xfd"
	  "7zXZ\0",
	  6, &decompress_xz },
	{ "BZh", 3, &decompress_bzip2 },
};
#define MAGIC_MAX 6

/* ---- compressed side ---- */

/* One read; 0 at the end. */
static ssize_t refill(struct decompress *d, struct error *err)
{
	ssize_t n;

	if (d->in_ended)
		return 0;
	if (d->in_pos > 0) {
		memmove(d->in, d->in + d->in_pos, d->in_len - d->in_pos);
		d->in_len -= d->in_pos;
		d->in_pos = 0;
	}
	n = d->o.read(d->o.arg, d->in + d->in_len, DECOMPRESS_IN - d->in_len, err);
	if (n < 0)
		return n;
	if (n == 0) {
		d->in_ended = true;
		return 0;
	}
	if (d->compressed != NULL && digest_update(d->compressed, d->in + d->in_len, (size_t)n) < 0)
		return error_set(err, ERROR_INTERNAL, "compute sha256 of an archive");
	d->in_len += (size_t)n;
	d->in_bytes += (uint64_t)n;
	if (d->o.progress != NULL)
		d->o.progress(d->o.progress_arg, d->in_bytes);
	return n;
}

ssize_t decompress_peek(struct decompress *d, const unsigned char **ret, struct error *err)
{
	if (d->in_pos == d->in_len) {
		ssize_t n = refill(d, err);

		if (n <= 0)
			return n;
	}
	*ret = d->in + d->in_pos;
	return (ssize_t)(d->in_len - d->in_pos);
}

void decompress_consume(struct decompress *d, size_t n)
{
	d->in_pos += n;
}

static int find_codec(struct decompress *d, struct error *err)
{
	while (d->in_len < MAGIC_MAX && !d->in_ended) {
		ssize_t n = refill(d, err);

		if (n < 0)
			return (int)n;
	}
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (d->in_len >= magics[i].len &&
		    memcmp(d->in, magics[i].bytes, magics[i].len) == 0)
			d->codec = magics[i].codec;
	}
	return d->codec != NULL ? d->codec->open(d, &d->state, err) : 0;
}

int decompress_new(const struct decompress_options *o, struct decompress **ret, struct error *err)
{
	scoped(decompress_free) struct decompress *d = xnew(struct decompress);
	int n;

	d->o = *o;
	d->in = xmalloc(DECOMPRESS_IN);
	if (o->digests) {
		n = digest_begin("sha256", &d->compressed, err);
		if (n < 0)
			return n;
	}
	n = find_codec(d, err);
	if (n < 0)
		return n;
	if (d->codec != NULL) {
		d->out = xmalloc(DECOMPRESS_OUT);
		/* Without compression one digest is the other. */
		n = o->digests ? digest_begin("sha256", &d->tar, err) : 0;
		if (n < 0)
			return n;
	}
	*ret = take_ptr(d);
	return 0;
}

void decompress_free(struct decompress *d)
{
	if (d == NULL)
		return;
	if (d->state != NULL)
		d->codec->close(d->state);
	digest_free(d->compressed);
	digest_free(d->tar);
	free(d->in);
	free(d->out);
	free(d);
}

const char *decompress_name(const struct decompress *d)
{
	return d->codec != NULL ? d->codec->name : "none";
}

/* ---- tar side ---- */

ssize_t decompress_next(void *arg, const unsigned char **ret, struct error *err)
{
	struct decompress *d = arg;
	ssize_t n;

	if (d->ended)
		return 0;
	if (d->codec == NULL) {
		n = decompress_peek(d, ret, err);
		if (n > 0)
			decompress_consume(d, (size_t)n);
	} else {
		n = d->codec->fill(d, d->state, d->out, DECOMPRESS_OUT, err);
		*ret = d->out;
		if (n > 0 && d->tar != NULL && digest_update(d->tar, d->out, (size_t)n) < 0)
			return error_set(err, ERROR_INTERNAL, "compute sha256 of an archive");
	}
	if (n < 0)
		return n;
	d->ended = n == 0;
	d->out_bytes += (uint64_t)n;
	if (d->o.max_bytes > 0 && d->out_bytes > d->o.max_bytes)
		return error_set(err, ERROR_LIMIT, "read archive: more than %llu bytes unpacked",
				 (unsigned long long)d->o.max_bytes);
	return n;
}

int decompress_result(struct decompress *d, struct archive_result *ret, struct error *err)
{
	if (d->o.digests) {
		if (digest_final(d->compressed, &ret->compressed) < 0)
			return error_set(err, ERROR_INTERNAL, "finish digest");
		ret->diff_id = ret->compressed;
		if (d->tar != NULL && digest_final(d->tar, &ret->diff_id) < 0)
			return error_set(err, ERROR_INTERNAL, "finish digest");
	}
	ret->compressed_bytes = d->in_bytes;
	ret->tar_bytes = d->out_bytes;
	return 0;
}
