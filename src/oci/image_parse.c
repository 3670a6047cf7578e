/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image documents from registries and archives.  Keys are matched as Go matches them (a peer's
 * reader must not see another document than ours), and two spellings of one key are refused.
 */
#include "oci/image_spec.h"

#include "base/log.h"
#include "base/str.h"
#include "oci/image_spec_priv.h"

#define invalid(err, ...) error_set(err, ERROR_INVALID, __VA_ARGS__)

static bool is_index_type(const char *media_type)
{
	return streq(media_type, MT_OCI_INDEX) || streq(media_type, MT_DOCKER_LIST);
}

static bool is_manifest_type(const char *media_type)
{
	return streq(media_type, MT_OCI_MANIFEST) || streq(media_type, MT_DOCKER_MANIFEST);
}

/* What a document has, by its keys. */
struct shape {
	bool layers, config, manifests, fs_layers;
	const char *media_type;
};

static void look(const json_t *j, struct shape *ret)
{
	json_t *object = (json_t *)j;

	*ret = (struct shape){ 0 };
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *value = json_object_iter_value(it);

		if (json_is_null(value))
			continue;
		if (str_ieq(key, "layers"))
			ret->layers = true;
		else if (str_ieq(key, "config"))
			ret->config = true;
		else if (str_ieq(key, "manifests"))
			ret->manifests = true;
		else if (str_ieq(key, "fsLayers"))
			ret->fs_layers = true;
		else if (str_ieq(key, "mediaType") && json_is_string(value))
			ret->media_type = json_string_value(value);
	}
}

/* One document must not be a manifest to one reader and an index to another (CVE-2021-41190). */
static int classify(const json_t *j, const char *media_type, const char *what,
		    enum image_document *ret, struct error *err)
{
	struct shape s;
	bool index;

	if (!json_is_object(j))
		return invalid(err, "%s: expected an object", what);
	look(j, &s);
	if (s.manifests && (s.layers || s.config))
		return invalid(err, "%s: both a manifest and an index (has '%s' and 'manifests')",
			       what, s.layers ? "layers" : "config");
	if (s.fs_layers && !s.layers && !s.manifests)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"%s: Docker schema 1, which is not supported; push the image again "
			"with a newer program",
			what);
	if (!s.manifests && !s.layers && !s.config)
		return invalid(err, "%s: neither a manifest nor an index", what);
	index = s.manifests;
	if (s.media_type != NULL &&
	    (index ? is_manifest_type(s.media_type) : is_index_type(s.media_type)))
		return invalid(err, "%s: .mediaType: '%.128s' contradicts the content", what,
			       s.media_type);
	if (media_type != NULL &&
	    (index ? is_manifest_type(media_type) : is_index_type(media_type)))
		return invalid(err, "%s: delivered as '%.128s', which contradicts the content",
			       what, media_type);
	*ret = index ? IMAGE_DOC_INDEX : IMAGE_DOC_MANIFEST;
	return 0;
}

int image_document_kind(const char *text, size_t len, const char *media_type, const char *what,
			enum image_document *ret, struct error *err)
{
	scoped_json json_t *j = NULL;
	int r = json_text_parse(text, len, what, &j, err);

	if (r < 0)
		return r;
	return classify(j, media_type, what, ret, err);
}

static int check_descriptor(const struct image_descriptor *d, const char *what, const char *at,
			    size_t i, struct error *err)
{
	struct digest digest;

	if (digest_parse(d->digest, &digest) < 0)
		return invalid(err, "%s: %s[%zu].digest: '%.160s' is no digest", what, at, i,
			       d->digest);
	if (d->size < 0)
		return invalid(err, "%s: %s[%zu].size: below 0", what, at, i);
	return 0;
}

static int check_version(int64_t version, const char *what, struct error *err)
{
	if (version != 2)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s: .schemaVersion: %lld is not supported, only 2 is", what,
				 (long long)version);
	return 0;
}

/* Text to the table's struct, when the document is of the wanted kind. */
static int parse_as(enum image_document want, const struct json_table *t, const char *text,
		    size_t len, const char *what, void *obj, struct error *err)
{
	scoped_json json_t *j = NULL;
	enum image_document kind = want;
	int r;

	r = json_text_parse(text, len, what, &j, err);
	if (r >= 0)
		r = classify(j, NULL, what, &kind, err);
	if (r < 0)
		return r;
	if (kind != want)
		return invalid(err, "%s: %s", what,
			       want == IMAGE_DOC_MANIFEST ? "an index, expected a manifest"
							  : "a manifest, expected an index");
	return json_table_decode(t, j, obj, what, JSON_IGNORE_CASE, err);
}

int image_manifest_parse(const char *text, size_t len, const char *what, struct image_manifest *ret,
			 struct error *err)
{
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	int r;

	r = parse_as(IMAGE_DOC_MANIFEST, &image_manifest_table, text, len, what, &m, err);
	if (r == 0)
		r = check_version(m.schema_version, what, err);
	if (r == 0)
		r = check_descriptor(&m.config, what, ".config", 0, err);
	for (size_t i = 0; r == 0 && i < m.n_layers; i++)
		r = check_descriptor(&m.layers[i], what, ".layers", i, err);
	if (r == 0 && m.subject != NULL)
		r = check_descriptor(m.subject, what, ".subject", 0, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct image_manifest){ 0 };
	return 0;
}

int image_index_parse(const char *text, size_t len, const char *what, struct image_index *ret,
		      struct error *err)
{
	scoped(image_index_done) struct image_index idx = { 0 };
	int r;

	r = parse_as(IMAGE_DOC_INDEX, &image_index_table, text, len, what, &idx, err);
	if (r == 0)
		r = check_version(idx.schema_version, what, err);
	for (size_t i = 0; r == 0 && i < idx.n_manifests; i++)
		r = check_descriptor(&idx.manifests[i], what, ".manifests", i, err);
	if (r < 0)
		return r;
	*ret = idx;
	idx = (struct image_index){ 0 };
	return 0;
}

/* An entry without a name makes some readers of environments stop or crash (CVE-2026-57231). */
static void drop_bad_env(char **env, const char *what)
{
	char **to = env;

	if (env == NULL)
		return;
	for (char **from = env; *from != NULL; from++) {
		const char *eq = strchr(*from, '=');

		if (eq != NULL && eq != *from) {
			*to++ = *from;
			continue;
		}
		log_warn("%s: environment entry '%.64s' has no %s; it is left out", what, *from,
			 eq != NULL ? "name" : "value");
		free(*from);
	}
	*to = NULL;
}

int image_config_parse(const char *text, size_t len, const char *what, struct image_config *ret,
		       struct error *err)
{
	scoped(image_config_done) struct image_config c = { 0 };
	int r = json_table_parse(&image_config_table, text, len, &c, what, JSON_IGNORE_CASE, err);

	if (r < 0)
		return r;
	STRV_FOREACH (d, c.rootfs.diff_ids) {
		struct digest digest;

		if (digest_parse(*d, &digest) < 0)
			return invalid(err, "%s: .rootfs.diff_ids: '%.160s' is no digest", what,
				       *d);
	}
	if (!str_empty(c.rootfs.type) && !streq(c.rootfs.type, "layers"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s: .rootfs.type: '%.64s' is not supported", what, c.rootfs.type);
	drop_bad_env(c.config.env, what);
	*ret = c;
	c = (struct image_config){ 0 };
	return 0;
}
