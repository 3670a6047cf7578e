/* SPDX-License-Identifier: Apache-2.0 */
/* image-spec, image-layout: oci-layout (version), index.json (which images), blobs/ALGORITHM/HEX.
 */
#include "image/transports/oci_layout.h"

#include "base/str.h"
#include "image/verify.h"

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define LAYOUT_VERSION_MAX 4096

struct layout_source {
	struct image_source base;
	struct bundle *bundle;
	char *digest, *type; /* of the chosen entry of index.json */
};

static void layout_close(struct image_source *base)
{
	struct layout_source *s = (struct layout_source *)base;

	bundle_free(s->bundle);
	free(s->digest);
	free(s->type);
	free(s->base.what);
	free(s);
}

static void layout_free(struct layout_source *s)
{
	if (s != NULL)
		layout_close(&s->base);
}
DEFINE_SCOPED(struct layout_source *, layout_free)

/* The digest has been checked by its grammar: no path can hide in it. */
static int blob_name(const char *digest, char **ret, struct error *err)
{
	struct digest d;

	if (digest_parse(digest, &d) < 0)
		return error_set(err, ERROR_INVALID, "'%s' is not a digest", digest);
	*ret = xasprintf("blobs/%s/%s", digest_algorithm(&d), digest_hex(&d));
	return 0;
}

static int layout_manifest(struct image_source *base, const char *digest, struct buf *out,
			   char **ret_type, struct error *err)
{
	struct layout_source *s = (struct layout_source *)base;
	const char *wanted = digest != NULL ? digest : s->digest;
	scoped_free char *name = NULL;
	int n = blob_name(wanted, &name, err);

	if (n == 0)
		n = bundle_read(s->bundle, name, IMAGE_MANIFEST_MAX, out, err);
	/* The caller checks only digests that it names itself. */
	if (n == 0)
		n = verify_block(buf_str(out), out->len, wanted, "manifest", err);
	if (n < 0)
		return n;
	*ret_type = digest == NULL ? xstrdup_opt(s->type) : NULL;
	return 0;
}

static int layout_blob_open(struct image_source *base, const struct image_descriptor *d,
			    void **ret_stream, struct error *err)
{
	struct layout_source *s = (struct layout_source *)base;
	scoped_free char *name = NULL;
	int n = blob_name(d->digest, &name, err);

	return n < 0 ? n : bundle_stream_open(s->bundle, name, ret_stream, err);
}

static const struct image_source_ops layout_ops = {
	.manifest = layout_manifest,
	.blob_open = layout_blob_open,
	.blob_read = bundle_stream_read,
	.blob_close = bundle_stream_close,
	.close = layout_close,
};

/* {"imageLayoutVersion": "1.0.0"} */
static int check_version(struct layout_source *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_json json_t *doc = NULL;
	const char *version;
	int n = bundle_read(s->bundle, "oci-layout", LAYOUT_VERSION_MAX, &text, err);

	if (n < 0)
		return n;
	n = json_text_parse(buf_str(&text), text.len, "oci-layout", &doc, err);
	if (n < 0)
		return error_prefix(err, "image layout '%s'", s->base.what);
	version = json_string_value(json_object_get(doc, "imageLayoutVersion"));
	if (version == NULL || !str_has_prefix(version, "1."))
		return error_set(err, ERROR_UNSUPPORTED,
				 "'%s' has the image layout version '%s', which is not supported",
				 s->base.what, version != NULL ? version : "");
	return 0;
}

static const struct image_descriptor *choose(const struct image_index *index, const char *name)
{
	if (name == NULL)
		return index->n_manifests == 1 ? &index->manifests[0] : NULL;
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct image_descriptor *d = &index->manifests[i];
		scoped_free char *position = xasprintf("@%zu", i);
		const char *ref = strmap_get(&d->annotations, ANNOTATION_REF);

		if (streq(name, position) || (ref != NULL && streq(name, ref)))
			return d;
	}
	return NULL;
}

static int choose_image(struct layout_source *s, const char *name, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped(image_index_done) struct image_index index = { 0 };
	const struct image_descriptor *d;
	int n = bundle_read(s->bundle, "index.json", IMAGE_MANIFEST_MAX, &text, err);

	if (n < 0)
		return n;
	n = image_index_parse(buf_str(&text), text.len, "index.json", &index, err);
	if (n < 0)
		return error_prefix(err, "image layout '%s'", s->base.what);
	d = choose(&index, name);
	if (d == NULL && name == NULL)
		return error_set(err, ERROR_INVALID,
				 "image layout '%s' has %zu images; name one of them", s->base.what,
				 index.n_manifests);
	if (d == NULL)
		return error_set(err, ERROR_NOT_FOUND, "image layout '%s' has no image '%s'",
				 s->base.what, name);
	s->digest = xstrdup(d->digest);
	s->type = xstrdup_opt(d->media_type);
	return 0;
}

int oci_layout_source(struct bundle *b, const char *what, const char *name,
		      struct image_source **ret, struct error *err)
{
	scoped(layout_free) struct layout_source *s = xnew(struct layout_source);
	int n;

	s->base.ops = &layout_ops;
	s->base.what = xstrdup(what);
	s->bundle = b;
	n = check_version(s, err);
	if (n == 0)
		n = choose_image(s, name, err);
	if (n < 0)
		return n;
	*ret = &take_ptr(s)->base;
	return 0;
}

int image_source_oci_layout(const char *dir, const char *name, struct image_source **ret,
			    struct error *err)
{
	struct bundle *b = NULL;
	int n = bundle_open_dir(dir, &b, err);

	return n < 0 ? n : oci_layout_source(b, dir, name, ret, err);
}
