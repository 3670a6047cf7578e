/* SPDX-License-Identifier: Apache-2.0 */
/* Import: a tar archive or a directory becomes an image of one layer, whose documents we write. */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "fs/copytree.h"
#include "image/changes.h"
#include "image/http.h"
#include "image/interrupt.h"
#include "image/load.h"
#include "sys/fd.h"

/* Where the tar comes from: a descriptor or a URL. */
struct import_input {
	int fd;
	struct http_stream *http;
};

static ssize_t read_input(void *arg, void *buf, size_t size, struct error *err)
{
	struct import_input *in = arg;

	if (interrupt_pending())
		return interrupt_error(err);
	if (in->http != NULL)
		return http_read(in->http, buf, size, NULL, err);
	return archive_read_fd(&in->fd, buf, size, err);
}

/* Defaults and changes. */
static int make_config(const struct image_import_options *o, const char *diff_id,
		       const char *origin, struct image_config *c, struct error *err)
{
	struct image_history *h = ARRAY_ADD(c->history, c->n_history);

	c->created_nsec = time_now_nsec();
	c->os = xstrdup(!str_empty(o->os) ? o->os : "linux");
	c->architecture = xstrdup(!str_empty(o->arch) ? o->arch : image_host_arch());
	if (!str_empty(o->variant))
		c->variant = xstrdup(o->variant);
	else if (str_empty(o->arch) && !str_empty(image_host_variant()))
		c->variant = xstrdup(image_host_variant());
	c->rootfs.type = xstrdup("layers");
	strv_add(&c->rootfs.diff_ids, diff_id);
	h->created_nsec = c->created_nsec;
	h->created_by = xasprintf("/bin/sh -c #(nop) ADD %s in /", diff_id);
	h->comment = !str_empty(o->message) ? xstrdup(o->message)
					    : xasprintf("Imported from %s", origin);
	STRV_FOREACH (change, o->changes) {
		int r = changes_apply(&c->config, *change, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The manifest as an archive of the image would have it: one uncompressed layer. */
static void make_manifest(const struct archive_result *layer, const struct digest *config,
			  size_t config_len, struct buf *out)
{
	struct image_descriptor l = { .media_type = (char *)MT_OCI_LAYER,
				      .digest = (char *)layer->diff_id.str,
				      .size = (int64_t)layer->tar_bytes };
	struct image_manifest m = {
		.schema_version = 2,
		.media_type = (char *)MT_OCI_MANIFEST,
		.config = { .media_type = (char *)MT_OCI_CONFIG,
			    .digest = (char *)config->str,
			    .size = (int64_t)config_len },
		.layers = &l,
		.n_layers = 1,
	};

	json_table_dump(&image_manifest_table, &m, 0, out);
}

static int put_image(struct store *s, const char *layer_id, const struct archive_result *layer,
		     const struct image_config *c, const char *name, char ret_id[65],
		     struct error *err)
{
	scoped(buf_done) struct buf config = BUF_INIT, manifest = BUF_INIT;
	scoped_json json_t *doc = image_config_encode(c);
	struct digest config_digest, manifest_digest;
	char *names[] = { (char *)name, NULL };
	struct store_image_new n = { 0 };
	int r;

	json_text_dump(doc, 0, &config);
	r = digest_of(buf_str(&config), config.len, &config_digest, err);
	if (r < 0)
		return r;
	make_manifest(layer, &config_digest, config.len, &manifest);
	r = digest_of(buf_str(&manifest), manifest.len, &manifest_digest, err);
	if (r < 0)
		return r;
	n.id = digest_hex(&config_digest);
	n.manifest = buf_str(&manifest);
	n.manifest_len = manifest.len;
	n.manifest_digest = manifest_digest.str;
	n.manifest_type = MT_OCI_MANIFEST;
	n.config = buf_str(&config);
	n.config_len = config.len;
	n.top_layer = layer_id;
	n.names = names;
	n.created_nsec = c->created_nsec;
	r = store_image_put(s, &n, err);
	if (r < 0)
		return r;
	memcpy(ret_id, digest_hex(&config_digest), 65);
	return 0;
}

/* The unpacked staging directory becomes layer and image. */
static int finish(struct store *s, struct store_staging *staging,
		  const struct archive_result *layer, const char *origin, const char *name,
		  const struct image_import_options *o, char ret_id[65], struct error *err)
{
	scoped(image_config_done) struct image_config c = { 0 };
	char layer_id[65];
	int r = make_config(o, layer->diff_id.str, origin, &c, err);

	if (r < 0)
		return r;
	r = store_staging_commit(staging, NULL, layer, layer_id, err);
	if (r < 0)
		return r;
	return put_image(s, layer_id, layer, &c, name, ret_id, err);
}

/* Refuse bad options before anything is unpacked. */
static int check_options(const struct image_import_options *o, char **ret_name, struct error *err)
{
	scoped(image_config_done) struct image_config c = { 0 };
	int r = make_config(o, "sha256:0", "-", &c, err);

	if (r < 0 || str_empty(o->reference))
		return r;
	return load_local_name(o->reference, ret_name, err);
}

static int import_stream(struct store *s, struct import_input *in, const char *origin,
			 const char *name, const struct image_import_options *o, char ret_id[65],
			 struct error *err)
{
	scoped(store_staging_free) struct store_staging *staging = NULL;
	struct archive_apply a = { .read = read_input, .arg = in };
	struct archive_result layer = { 0 };
	int r = store_staging_new(s, &staging, err);

	if (r < 0)
		return r;
	a.target_fd = store_staging_dir(staging);
	/* A root file system, not a layer: a file named .wh.x is a file. */
	a.whiteouts = ARCHIVE_WHITEOUT_LITERAL;
	r = archive_apply(&a, &layer, err);
	if (r < 0)
		return r;
	return finish(s, staging, &layer, origin, name, o, ret_id, err);
}

static int import_url(struct store *s, const char *url, const char *name,
		      const struct image_import_options *o, char ret_id[65], struct error *err)
{
	/* A user who writes http:// means it. */
	struct http_options options = { .insecure = str_has_prefix(url, "http://") };
	struct http_request q = { .url = url };
	struct import_input in = { .fd = -1 };
	struct http_client *client = NULL;
	int r = http_client_new(&options, &client, err);

	if (r < 0)
		return r;
	r = http_open(client, &q, &in.http, NULL, err);
	if (r == 0 && in.http->status != 200)
		r = error_set(err, in.http->status == 404 ? ERROR_NOT_FOUND : ERROR_REMOTE,
			      "the server answered with status %ld", in.http->status);
	if (r == 0)
		r = import_stream(s, &in, url, name, o, ret_id, err);
	http_close(in.http);
	http_client_free(client);
	return r;
}

static int import_path(struct store *s, const char *path, const char *name,
		       const struct image_import_options *o, char ret_id[65], struct error *err)
{
	scoped_fd int fd = -1;
	struct import_input in = { .fd = STDIN_FILENO };

	if (str_has_prefix(path, "http://") || str_has_prefix(path, "https://"))
		return import_url(s, path, name, o, ret_id, err);
	if (!streq(path, "-")) {
		fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);
		if (fd < 0)
			return error_os(err, -fd, "open");
		in.fd = fd;
	}
	return import_stream(s, &in, path, name, o, ret_id, err);
}

int image_import(struct store *s, const char *path, const struct image_import_options *o,
		 char ret_id[65], struct error *err)
{
	__attribute__((cleanup(interrupt_end_scoped))) struct interrupt_scope scope = { 0 };
	scoped_free char *name = NULL;
	int r = interrupt_begin(&scope, err);

	if (r < 0)
		return r;
	r = check_options(o, &name, err);
	if (r == 0)
		r = import_path(s, path, name, o, ret_id, err);
	return r < 0 ? error_prefix(err, "import '%s'", path) : 0;
}

static int import_tree(struct store *s, int dir_fd, const char *name,
		       const struct image_import_options *o, char ret_id[65], struct error *err)
{
	scoped(store_staging_free) struct store_staging *staging = NULL;
	struct archive_result layer = { 0 };
	scoped_fd int null = fd_open(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	int r;

	if (null < 0)
		return error_os(err, -null, "open '/dev/null'");
	r = store_staging_new(s, &staging, err);
	if (r < 0)
		return r;
	r = copytree(dir_fd, store_staging_dir(staging), COPYTREE_XATTRS, err);
	if (r < 0)
		return r;
	/* Only the digest of the archive is wanted: what a save of this layer will have. */
	r = archive_write_tree(store_staging_dir(staging), null, false, &layer, err);
	if (r < 0)
		return r;
	return finish(s, staging, &layer, "a directory", name, o, ret_id, err);
}

int image_import_dir(struct store *s, int dir_fd, const struct image_import_options *o,
		     char ret_id[65], struct error *err)
{
	__attribute__((cleanup(interrupt_end_scoped))) struct interrupt_scope scope = { 0 };
	scoped_free char *name = NULL;
	int r = interrupt_begin(&scope, err);

	if (r == 0)
		r = check_options(o, &name, err);
	if (r == 0)
		r = import_tree(s, dir_fd, name, o, ret_id, err);
	return r < 0 ? error_prefix(err, "import a directory") : 0;
}
