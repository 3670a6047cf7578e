/* SPDX-License-Identifier: Apache-2.0 */
/* containers-transports(5), dir: manifest.json, HEX.manifest.json for those of an index, and each
 * blob as HEX.  The manifest's own media type tells what it is. */
#include "base/str.h"
#include "image/transports/bundle.h"
#include "image/verify.h"

struct dir_source {
	struct image_source base;
	struct bundle *bundle;
};

static void dir_close(struct image_source *base)
{
	struct dir_source *s = (struct dir_source *)base;

	bundle_free(s->bundle);
	free(s->base.what);
	free(s);
}

static int hex_of(const char *digest, struct digest *ret, struct error *err)
{
	if (digest_parse(digest, ret) < 0)
		return error_set(err, ERROR_INVALID, "'%s' is not a digest", digest);
	return 0;
}

static int dir_manifest(struct image_source *base, const char *digest, struct buf *out,
			char **ret_type, struct error *err)
{
	struct dir_source *s = (struct dir_source *)base;
	scoped_free char *name = NULL;
	struct digest d;
	int n = 0;

	if (digest != NULL) {
		n = hex_of(digest, &d, err);
		if (n < 0)
			return n;
		name = xasprintf("%s.manifest.json", digest_hex(&d));
	}
	n = bundle_read(s->bundle, name != NULL ? name : "manifest.json", IMAGE_MANIFEST_MAX, out,
			err);
	if (n == 0)
		*ret_type = NULL;
	return n;
}

static int dir_blob_open(struct image_source *base, const struct image_descriptor *d,
			 void **ret_stream, struct error *err)
{
	struct dir_source *s = (struct dir_source *)base;
	struct digest parsed;
	int n = hex_of(d->digest, &parsed, err);

	return n < 0 ? n : bundle_stream_open(s->bundle, digest_hex(&parsed), ret_stream, err);
}

static const struct image_source_ops dir_ops = {
	.manifest = dir_manifest,
	.blob_open = dir_blob_open,
	.blob_read = bundle_stream_read,
	.blob_close = bundle_stream_close,
	.close = dir_close,
};

int image_source_dir(const char *dir, struct image_source **ret, struct error *err)
{
	struct bundle *b = NULL;
	struct dir_source *s;
	int n = bundle_open_dir(dir, &b, err);

	if (n < 0)
		return n;
	s = xnew(struct dir_source);
	s->base.ops = &dir_ops;
	s->base.what = xstrdup(dir);
	s->bundle = b;
	*ret = &s->base;
	return 0;
}
