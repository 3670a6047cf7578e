/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-archive: what `docker save` and `podman save` write: manifest.json, an array of {Config,
 * RepoTags, Layers}, and the files that it names.
 *
 * It has no manifest in today's sense; one is made as containers/image makes it (the same bytes, so
 * the same digest): layers are named by the diff ids of the configuration.  What is in the
 * configuration is checked when the layers are unpacked.
 */
#include "base/str.h"
#include "image/transports/bundle.h"
#include "image/verify.h"
#include "sys/fd.h"

struct archive_source {
	struct image_source base;
	struct bundle *bundle;
	struct docker_archive_item item;
	struct digest config_digest;
	size_t config_size;
	char **diff_ids; /* as many as item.layers */
};

static void source_close(struct image_source *base)
{
	struct archive_source *s = (struct archive_source *)base;

	bundle_free(s->bundle);
	json_table_free(&docker_archive_item_table, &s->item);
	strv_free(s->diff_ids);
	free(s->base.what);
	free(s);
}

static void source_free(struct archive_source *s)
{
	if (s != NULL)
		source_close(&s->base);
}
DEFINE_SCOPED(struct archive_source *, source_free)

static int source_manifest(struct image_source *base, const char *digest, struct buf *out,
			   char **ret_type, struct error *err)
{
	struct archive_source *s = (struct archive_source *)base;
	size_t i = 0;

	if (digest != NULL)
		return error_set(err, ERROR_INVALID, "'%s' has no manifest '%s'", s->base.what,
				 digest);
	buf_addf(out,
		 "{\"schemaVersion\":2,\"mediaType\":\"" MT_DOCKER_MANIFEST
		 "\",\"config\":{\"mediaType\":\"" MT_DOCKER_CONFIG
		 "\",\"size\":%zu,\"digest\":\"%s\"},\"layers\":[",
		 s->config_size, s->config_digest.str);
	STRV_FOREACH (id, s->diff_ids) {
		scoped_fd int fd = -1;
		uint64_t size = 0;
		int n = bundle_open(s->bundle, s->item.layers[i], &fd, &size, err);

		if (n < 0)
			return n;
		buf_addf(out,
			 "%s{\"mediaType\":\"" MT_DOCKER_LAYER_GZIP
			 "\",\"size\":%llu,\"digest\":\"%s\"}",
			 i > 0 ? "," : "", (unsigned long long)size, *id);
		i++;
	}
	buf_adds(out, "]}");
	*ret_type = xstrdup(MT_DOCKER_MANIFEST);
	return 0;
}

static int source_blob_open(struct image_source *base, const struct image_descriptor *d,
			    void **ret_stream, struct error *err)
{
	struct archive_source *s = (struct archive_source *)base;
	size_t i = 0;

	if (streq(d->digest, s->config_digest.str))
		return bundle_stream_open(s->bundle, s->item.config, ret_stream, err);
	STRV_FOREACH (id, s->diff_ids) {
		if (streq(d->digest, *id))
			return bundle_stream_open(s->bundle, s->item.layers[i], ret_stream, err);
		i++;
	}
	return error_set(err, ERROR_NOT_FOUND, "'%s' has no blob '%s'", s->base.what, d->digest);
}

static const struct image_source_ops archive_ops = {
	.manifest = source_manifest,
	.blob_open = source_blob_open,
	.blob_read = bundle_stream_read,
	.blob_close = bundle_stream_close,
	.close = source_close,
};

static int read_item(struct archive_source *s, unsigned index, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_json json_t *doc = NULL;
	const json_t *one;
	int n = bundle_read(s->bundle, "manifest.json", IMAGE_CONFIG_MAX, &text, err);

	if (n < 0)
		return n;
	n = json_text_parse(buf_str(&text), text.len, "manifest.json", &doc, err);
	if (n < 0)
		return error_prefix(err, "archive '%s'", s->base.what);
	one = json_is_array(doc) ? json_array_get(doc, index) : NULL;
	if (one == NULL)
		return error_set(err, ERROR_NOT_FOUND, "archive '%s' has no image number %u",
				 s->base.what, index);
	n = json_table_decode(&docker_archive_item_table, one, &s->item, "manifest.json",
			      JSON_IGNORE_CASE, err);
	return n < 0 ? error_prefix(err, "archive '%s'", s->base.what) : 0;
}

static int read_config(struct archive_source *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped(image_config_done) struct image_config config = { 0 };
	int n = bundle_read(s->bundle, s->item.config, IMAGE_CONFIG_MAX, &text, err);

	if (n < 0)
		return n;
	n = image_config_parse(buf_str(&text), text.len, s->item.config, &config, err);
	if (n == 0)
		n = digest_of(buf_str(&text), text.len, &s->config_digest, err);
	if (n < 0)
		return error_prefix(err, "archive '%s'", s->base.what);
	if (strv_len(config.rootfs.diff_ids) != strv_len(s->item.layers))
		return error_set(
			err, ERROR_CORRUPT, "the archive lists %zu layers, and '%s' has %zu",
			strv_len(s->item.layers), s->item.config, strv_len(config.rootfs.diff_ids));
	s->config_size = text.len;
	s->diff_ids = take_ptr(config.rootfs.diff_ids);
	return 0;
}

int image_source_docker_archive(const char *file, unsigned item, struct image_source **ret,
				struct error *err)
{
	scoped(source_free) struct archive_source *s = xnew(struct archive_source);
	int n;

	s->base.ops = &archive_ops;
	s->base.what = xstrdup(file);
	s->base.blobs_uncompressed_ids = true;
	n = bundle_open_archive(file, &s->bundle, err);
	if (n < 0)
		return n;
	n = read_item(s, item, err);
	if (n == 0)
		n = read_config(s, err);
	if (n < 0)
		return n;
	*ret = &take_ptr(s)->base;
	return 0;
}
