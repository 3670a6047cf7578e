/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline: source to store.
 *
 *	manifest -> (index: choose, fetch that manifest) -> configuration -> layers in parallel
 *		 -> publish layers bottom first -> publish the image
 *
 * Every document is bounded and checked against the digest that named it before it is believed.
 * Nothing is published before everything is there and verified.
 */
#include "image/transport.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "image/interrupt.h"
#include "image/layers.h"
#include "image/verify.h"

struct copy {
	struct image_source *src;
	struct store *store;
	const struct image_copy_options *o;
	struct buf manifest, config;
	char *type;		    /* media type of the manifest */
	struct digest digest;	    /* of the manifest */
	struct digest index_digest; /* of the index that led there; "" when none did */
	struct image_manifest m;
	struct image_config c;
	struct layer_job *jobs;
};

static void copy_done(struct copy *c)
{
	if (c->jobs != NULL)
		layers_done(c->jobs, c->m.n_layers);
	free(c->jobs);
	image_manifest_done(&c->m);
	image_config_done(&c->c);
	buf_done(&c->manifest);
	buf_done(&c->config);
	free(c->type);
}
DEFINE_SCOPED_STRUCT(struct copy, copy_done)

static const char *want_os(const struct copy *c)
{
	return c->o->os != NULL ? c->o->os : "linux";
}

static const char *want_arch(const struct copy *c)
{
	return c->o->arch != NULL ? c->o->arch : image_host_arch();
}

static const char *want_variant(const struct copy *c)
{
	if (c->o->variant != NULL)
		return c->o->variant;
	return c->o->arch == NULL || streq(c->o->arch, image_host_arch()) ? image_host_variant()
									  : "";
}

/* Docker's first manifest form has no trustworthy digests of its layers. */
static int refuse_schema1(const struct copy *c, const char *type, struct error *err)
{
	struct copy *mutable_copy = (struct copy *)c;
	scoped_json json_t *doc = NULL;
	bool old = strstr(type, "docker.distribution.manifest.v1") != NULL;

	if (!old && json_text_parse(buf_str(&mutable_copy->manifest), c->manifest.len, c->src->what,
				    &doc, NULL) == 0)
		old = json_get_int(doc, "schemaVersion", 0) == 1;
	if (!old)
		return 0;
	return error_set(
		err, ERROR_UNSUPPORTED,
		"image '%s' has a manifest of Docker schema 1, which is not supported; its "
		"publisher must push it again as OCI or Docker schema 2",
		c->src->what);
}

/* Fetch one document (digest NULL: the named one), bounded and verified, and tell its kind. */
static int fetch_document(struct copy *c, const char *digest, enum image_document *ret_kind,
			  struct error *err)
{
	scoped_free char *type = NULL;
	int r;

	buf_done(&c->manifest);
	c->manifest = BUF_INIT_MAX(IMAGE_MANIFEST_MAX);
	r = c->src->ops->manifest(c->src, digest, &c->manifest, &type, err);
	if (r < 0)
		return r;
	if (!buf_ok(&c->manifest))
		return error_set(err, ERROR_LIMIT, "manifest of '%s' has more than %zu bytes",
				 c->src->what, IMAGE_MANIFEST_MAX);
	if (digest != NULL) {
		r = verify_block(buf_str(&c->manifest), c->manifest.len, digest, "manifest", err);
		if (r < 0)
			return r;
	}
	r = digest_of(buf_str(&c->manifest), c->manifest.len, &c->digest, err);
	if (r < 0)
		return r;
	r = refuse_schema1(c, type != NULL ? type : "", err);
	if (r < 0)
		return r;
	r = image_document_kind(buf_str(&c->manifest), c->manifest.len,
				str_empty(type) ? NULL : type, c->src->what, ret_kind, err);
	if (r < 0)
		return r;
	free(c->type);
	c->type = take_ptr(type);
	return 0;
}

/* The manifest for the wanted platform out of an index; replaces c->manifest. */
static int choose_manifest(struct copy *c, struct error *err)
{
	scoped(image_index_done) struct image_index index = { 0 };
	const struct image_descriptor *d;
	enum image_document kind = IMAGE_DOC_MANIFEST;
	int r = image_index_parse(buf_str(&c->manifest), c->manifest.len, c->src->what, &index,
				  err);

	if (r < 0)
		return r;
	c->index_digest = c->digest;
	d = image_index_select(&index, want_os(c), want_arch(c), want_variant(c));
	if (d == NULL)
		return error_set(err, ERROR_NOT_FOUND,
				 "image index '%s' has no image for %s/%s%s%s (it has %zu others)",
				 c->src->what, want_os(c), want_arch(c),
				 want_variant(c)[0] ? "/" : "", want_variant(c), index.n_manifests);
	r = fetch_document(c, d->digest, &kind, err);
	if (r < 0)
		return r;
	if (kind == IMAGE_DOC_INDEX)
		return error_set(err, ERROR_UNSUPPORTED, "image index '%s' leads to another index",
				 c->src->what);
	return 0;
}

static int check_layer_type(const struct image_descriptor *d, struct error *err)
{
	static const char *const known[] = {
		MT_OCI_LAYER,
		MT_OCI_LAYER_GZIP,
		MT_OCI_LAYER_ZSTD,
		MT_DOCKER_LAYER,
		MT_DOCKER_LAYER_GZIP,
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
	};

	if (str_table_find(known, ARRAY_SIZE(known), d->media_type) >= 0)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED, "layer '%s' has the media type '%s'", d->digest,
			 d->media_type);
}

static int load_manifest(struct copy *c, struct error *err)
{
	int r = image_manifest_parse(buf_str(&c->manifest), c->manifest.len, c->src->what, &c->m,
				     err);

	if (r < 0)
		return r;
	if (str_empty(c->type)) {
		free(c->type);
		c->type = xstrdup(!str_empty(c->m.media_type) ? c->m.media_type : MT_OCI_MANIFEST);
	}
	if (c->m.n_layers > IMAGE_LAYERS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "image '%s' has %zu layers; at most %d can be mounted",
				 c->src->what, c->m.n_layers, IMAGE_LAYERS_MAX);
	if (!streq(c->m.config.media_type, MT_OCI_CONFIG) &&
	    !streq(c->m.config.media_type, MT_DOCKER_CONFIG))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"'%s' is not a container image: its configuration has the media type "
			"'%s'",
			c->src->what, c->m.config.media_type);
	if (!str_has_prefix(c->m.config.digest, "sha256:"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "configuration of '%s' is named by '%s'; image ids are sha256",
				 c->src->what, c->m.config.digest);
	for (size_t i = 0; i < c->m.n_layers; i++) {
		r = check_layer_type(&c->m.layers[i], err);
		if (r < 0)
			return error_prefix(err, "image '%s'", c->src->what);
	}
	return 0;
}

static void report_config(struct copy *c)
{
	struct image_progress p = { .kind = IMAGE_PROGRESS_BLOB_DONE,
				    .digest = c->m.config.digest,
				    .is_config = true,
				    .done = (uint64_t)c->m.config.size,
				    .total = (uint64_t)c->m.config.size };

	if (c->o->progress != NULL)
		c->o->progress(c->o->progress_arg, &p);
}

static int load_config(struct copy *c, struct error *err)
{
	size_t n_diffs;
	int r = verify_fetch_blob(c->src, &c->m.config, IMAGE_CONFIG_MAX, "image configuration",
				  &c->config, err);

	if (r < 0)
		return r;
	r = image_config_parse(buf_str(&c->config), c->config.len, c->src->what, &c->c, err);
	if (r < 0)
		return r;
	n_diffs = strv_len(c->c.rootfs.diff_ids);
	if (n_diffs != c->m.n_layers)
		return error_set(err, ERROR_CORRUPT,
				 "image '%s' has %zu layers, and its configuration lists %zu",
				 c->src->what, c->m.n_layers, n_diffs);
	if (!str_empty(c->c.os) && !streq(c->c.os, want_os(c)))
		return error_set(err, ERROR_UNSUPPORTED,
				 "image '%s' is for the system '%s', not '%s'", c->src->what,
				 c->c.os, want_os(c));
	if (!str_empty(c->c.architecture) && !streq(c->c.architecture, want_arch(c)))
		log_warn("image '%s' is for the architecture '%s', not '%s'; its programs may not "
			 "run",
			 c->src->what, c->c.architecture, want_arch(c));
	return 0;
}

static int plan_layers(struct copy *c, struct error *err)
{
	c->jobs = xnew_n(struct layer_job, c->m.n_layers + 1);
	for (size_t i = 0; i < c->m.n_layers; i++) {
		struct layer_job *job = &c->jobs[i];
		int r;

		job->descriptor = &c->m.layers[i];
		job->diff_id = c->c.rootfs.diff_ids[i];
		r = store_chain_id(i > 0 ? c->jobs[i - 1].id : NULL, job->diff_id, job->id, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_image(struct copy *c, char *const *names, char *const *repos, struct error *err)
{
	scoped_strv char **digests = NULL;
	struct store_image_new n = {
		.id = c->m.config.digest + strlen("sha256:"),
		.manifest = buf_str(&c->manifest),
		.manifest_len = c->manifest.len,
		.manifest_digest = c->digest.str,
		.manifest_type = c->type,
		.config = buf_str(&c->config),
		.config_len = c->config.len,
		.top_layer = c->m.n_layers > 0 ? c->jobs[c->m.n_layers - 1].id : NULL,
		.names = names,
		.created_nsec = c->c.created_nsec,
	};

	STRV_FOREACH (repo, repos) {
		strv_addf(&digests, "%s@%s", *repo, c->digest.str);
		if (c->index_digest.str[0] != '\0')
			strv_addf(&digests, "%s@%s", *repo, c->index_digest.str);
	}
	n.repo_digests = digests;
	return store_image_put(c->store, &n, err);
}

static void say(const struct image_copy_options *o, const char *message)
{
	struct image_progress p = { .kind = IMAGE_PROGRESS_MESSAGE, .message = message };

	if (o->progress != NULL)
		o->progress(o->progress_arg, &p);
}

static int run_copy(struct copy *c, char *const *names, char *const *repos, struct error *err)
{
	enum image_document kind = IMAGE_DOC_MANIFEST;
	int r = fetch_document(c, NULL, &kind, err);

	if (r < 0)
		return r;
	say(c->o, "Getting image source signatures");
	if (kind == IMAGE_DOC_INDEX) {
		r = choose_manifest(c, err);
		if (r < 0)
			return r;
	}
	r = load_manifest(c, err);
	if (r < 0)
		return r;
	r = load_config(c, err);
	if (r < 0)
		return r;
	r = plan_layers(c, err);
	if (r < 0)
		return r;
	r = layers_fetch(c->src, c->store, c->jobs, c->m.n_layers, c->o, err);
	if (r < 0)
		return r;
	report_config(c); /* fetched first, told last, as Podman does */
	r = layers_commit(c->jobs, c->m.n_layers, err);
	if (r < 0)
		return r;
	say(c->o, "Writing manifest to image destination");
	return put_image(c, names, repos, err);
}

int image_copy_to_store(struct image_source *src, struct store *s, char *const *names,
			char *const *repo_digests_repo, const struct image_copy_options *o,
			char ret_id[65], struct error *err)
{
	__attribute__((cleanup(interrupt_end_scoped))) struct interrupt_scope scope = { 0 };
	scoped(copy_done) struct copy c = { .src = src, .store = s, .o = o };
	int r = interrupt_begin(&scope, err);

	if (r < 0)
		return r;
	r = run_copy(&c, names, repo_digests_repo, err);
	if (r < 0)
		return r;
	memcpy(ret_id, c.m.config.digest + strlen("sha256:"), 65);
	return 0;
}

void image_source_close(struct image_source *s)
{
	if (s != NULL)
		s->ops->close(s);
}
