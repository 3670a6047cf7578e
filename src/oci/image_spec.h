/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_spec: OCI image specification 1.1 and Docker schema 2 documents: descriptor, manifest,
 * index (manifest list), image config, layout; the docker-archive manifest.json.
 *
 * Documents are hostile input: *_parse checks the grammar of digests, sizes >= 0, schemaVersion 2,
 * and refuses a document that has both "layers" and "manifests" (CVE-2021-41190).
 */
#ifndef CORACLE_OCI_IMAGE_SPEC_H
#define CORACLE_OCI_IMAGE_SPEC_H

#include "base/digest.h"
#include "base/json.h"

#define MT_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define MT_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MT_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define MT_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"
#define MT_OCI_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define MT_OCI_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"
#define MT_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MT_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MT_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define MT_DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"
#define MT_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

struct image_platform {
	char *architecture, *os, *os_version, *variant;
	char **os_features;
};
struct image_descriptor {
	char *media_type;
	char *digest;
	int64_t size;
	char **urls;
	struct strmap annotations;
	char *data;
	char *artifact_type;
	struct image_platform *platform;
};
struct image_manifest {
	int64_t schema_version;
	char *media_type;
	char *artifact_type;
	struct image_descriptor config;
	struct image_descriptor *layers;
	size_t n_layers;
	struct image_descriptor *subject;
	struct strmap annotations;
};
struct image_index {
	int64_t schema_version;
	char *media_type;
	struct image_descriptor *manifests;
	size_t n_manifests;
	struct strmap annotations;
};

struct image_healthcheck {
	char **test;
	int64_t interval_nsec, timeout_nsec, start_period_nsec, start_interval_nsec;
	int64_t retries;
};
/* Execution defaults (config.config).  Keys are Go-cased; sets are maps to {} and come as sorted
 * vectors (exposed_ports, volumes). */
struct image_exec_config {
	char *user;
	char **exposed_ports;
	char **env;
	char **entrypoint;
	char **cmd;
	char **volumes;
	char *working_dir;
	struct strmap labels;
	char *stop_signal;
	bool args_escaped;
	struct image_healthcheck *healthcheck;
	char **shell;
	char **on_build;
};
struct image_history {
	int64_t created_nsec;
	char *created_by, *author, *comment;
	bool empty_layer;
};
struct image_rootfs {
	char *type;
	char **diff_ids;
};
struct image_config {
	int64_t created_nsec;
	char *author, *architecture, *os, *os_version, *variant;
	char **os_features;
	struct image_exec_config config;
	struct image_rootfs rootfs;
	struct image_history *history;
	size_t n_history;
};

extern const struct json_table image_descriptor_table, image_manifest_table, image_index_table,
	image_platform_table;

/* Which document a text is by its content (and media type when given). */
enum image_document { IMAGE_DOC_MANIFEST, IMAGE_DOC_INDEX };
int image_document_kind(const char *text, size_t len, const char *media_type, const char *what,
			enum image_document *ret, struct error *err);
int image_manifest_parse(const char *text, size_t len, const char *what, struct image_manifest *ret,
			 struct error *err);
int image_index_parse(const char *text, size_t len, const char *what, struct image_index *ret,
		      struct error *err);
/* Env entries without '=' or with an empty name are dropped with a warning (CVE-2026-57231). */
int image_config_parse(const char *text, size_t len, const char *what, struct image_config *ret,
		       struct error *err);
json_t *image_config_encode(const struct image_config *c); /* a document that we make (import) */
void image_manifest_done(struct image_manifest *m);
void image_index_done(struct image_index *i);
void image_config_done(struct image_config *c);
void image_descriptor_done(struct image_descriptor *d);
DEFINE_SCOPED_STRUCT(struct image_manifest, image_manifest_done)
DEFINE_SCOPED_STRUCT(struct image_index, image_index_done)
DEFINE_SCOPED_STRUCT(struct image_config, image_config_done)

/* Best entry of an index for os/architecture/variant ("linux", host's); NULL when none fits. */
const struct image_descriptor *image_index_select(const struct image_index *i, const char *os,
						  const char *arch, const char *variant);
/* GOARCH and variant of this machine: "amd64", "arm64"/"v8", ... */
const char *image_host_arch(void);
const char *image_host_variant(void); /* "" when none */

/* docker-archive manifest.json: an array of these */
struct docker_archive_item {
	char *config;
	char **repo_tags;
	char **layers;
};
extern const struct json_table docker_archive_item_table;

#endif
