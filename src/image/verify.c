/* SPDX-License-Identifier: Apache-2.0 */
#include "image/verify.h"

#include <errno.h>

int verify_digest_of(const char *algorithm, const void *data, size_t len, struct digest *ret,
		     struct error *err)
{
	scoped_digest struct digest_ctx *c = NULL;
	int r = digest_begin(algorithm, &c, err);

	if (r < 0)
		return r;
	r = digest_update(c, data, len);
	if (r == 0)
		r = digest_final(c, ret);
	return r < 0 ? error_os(err, -r, "compute %s", algorithm) : 0;
}

int verify_block(const void *data, size_t len, const char *digest, const char *what,
		 struct error *err)
{
	struct digest want, got;
	int r;

	if (digest_parse(digest, &want) < 0)
		return error_set(err, ERROR_INVALID, "%s: '%s' is not a digest", what, digest);
	r = verify_digest_of(digest_algorithm(&want), data, len, &got, err);
	if (r < 0)
		return r;
	if (!digest_equal(&want, &got))
		return error_set(err, ERROR_CORRUPT, "%s has digest %s, not %s", what, got.str,
				 want.str);
	return 0;
}

static int read_stream(struct image_source *src, void *stream, const struct image_descriptor *d,
		       const char *what, struct buf *out, struct error *err)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = src->ops->blob_read(stream, chunk, sizeof(chunk), err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (out->len + (size_t)n > (uint64_t)d->size)
			return error_set(err, ERROR_CORRUPT,
					 "%s '%s' is longer than the %lld bytes announced", what,
					 d->digest, (long long)d->size);
		buf_add(out, chunk, (size_t)n);
	}
	if (out->len < (uint64_t)d->size)
		return error_set(err, ERROR_CORRUPT,
				 "%s '%s' has %zu bytes, not the %lld announced", what, d->digest,
				 out->len, (long long)d->size);
	return 0;
}

int verify_fetch_blob(struct image_source *src, const struct image_descriptor *d, size_t max,
		      const char *what, struct buf *out, struct error *err)
{
	void *stream = NULL;
	int r;

	if ((uint64_t)d->size > max)
		return error_set(err, ERROR_LIMIT, "%s '%s' has %lld bytes, more than %zu", what,
				 d->digest, (long long)d->size, max);
	out->max = max;
	r = src->ops->blob_open(src, d, &stream, err);
	if (r < 0)
		return r;
	r = read_stream(src, stream, d, what, out, err);
	src->ops->blob_close(stream);
	if (r < 0)
		return r;
	return verify_block(out->data != NULL ? out->data : "", out->len, d->digest, what, err);
}
