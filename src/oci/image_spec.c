/* SPDX-License-Identifier: Apache-2.0 */
/* Field tables of the image documents, and the ends of their structs. */
#include "oci/image_spec.h"

#include "oci/image_spec_priv.h"

static const struct json_field image_platform_rows[] = {
	JROW(struct image_platform, "architecture", architecture, JT_STR, 0),
	JROW(struct image_platform, "os", os, JT_STR, 0),
	JROW(struct image_platform, "os.version", os_version, JT_STR, 0),
	JROW(struct image_platform, "os.features", os_features, JT_STRV, 0),
	JROW(struct image_platform, "variant", variant, JT_STR, 0),
};
const struct json_table image_platform_table = JTABLE(struct image_platform, image_platform_rows);

static const struct json_field image_descriptor_rows[] = {
	JROW(struct image_descriptor, "mediaType", media_type, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct image_descriptor, "digest", digest, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct image_descriptor, "size", size, JT_I64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct image_descriptor, "urls", urls, JT_STRV, 0),
	JROW(struct image_descriptor, "annotations", annotations, JT_MAP, 0),
	JROW(struct image_descriptor, "data", data, JT_STR, 0),
	JROW_OBJ(struct image_descriptor, "platform", platform, JT_PTR, 0, &image_platform_table),
	JROW(struct image_descriptor, "artifactType", artifact_type, JT_STR, 0),
};
const struct json_table image_descriptor_table = JTABLE(struct image_descriptor,
							image_descriptor_rows);

static const struct json_field image_manifest_rows[] = {
	JROW(struct image_manifest, "schemaVersion", schema_version, JT_I64,
	     JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct image_manifest, "mediaType", media_type, JT_STR, 0),
	JROW(struct image_manifest, "artifactType", artifact_type, JT_STR, 0),
	JROW_OBJ(struct image_manifest, "config", config, JT_OBJ, JF_REQUIRED | JF_EMIT_EMPTY,
		 &image_descriptor_table),
	JROW_ARR(struct image_manifest, "layers", layers, n_layers, JT_ARR,
		 JF_REQUIRED | JF_EMIT_EMPTY, &image_descriptor_table),
	JROW_OBJ(struct image_manifest, "subject", subject, JT_PTR, 0, &image_descriptor_table),
	JROW(struct image_manifest, "annotations", annotations, JT_MAP, 0),
};
const struct json_table image_manifest_table = JTABLE(struct image_manifest, image_manifest_rows);

static const struct json_field image_index_rows[] = {
	JROW(struct image_index, "schemaVersion", schema_version, JT_I64,
	     JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct image_index, "mediaType", media_type, JT_STR, 0),
	JROW_ARR(struct image_index, "manifests", manifests, n_manifests, JT_ARR,
		 JF_REQUIRED | JF_EMIT_EMPTY, &image_descriptor_table),
	JROW(struct image_index, "annotations", annotations, JT_MAP, 0),
};
const struct json_table image_index_table = JTABLE(struct image_index, image_index_rows);

static const struct json_field healthcheck_rows[] = {
	JROW(struct image_healthcheck, "Test", test, JT_STRV, 0),
	JROW(struct image_healthcheck, "Interval", interval_nsec, JT_I64, 0),
	JROW(struct image_healthcheck, "Timeout", timeout_nsec, JT_I64, 0),
	JROW(struct image_healthcheck, "StartPeriod", start_period_nsec, JT_I64, 0),
	JROW(struct image_healthcheck, "StartInterval", start_interval_nsec, JT_I64, 0),
	JROW(struct image_healthcheck, "Retries", retries, JT_I64, 0),
};
static const struct json_table healthcheck_table = JTABLE(struct image_healthcheck,
							  healthcheck_rows);

static const struct json_field exec_config_rows[] = {
	JROW(struct image_exec_config, "User", user, JT_STR, 0),
	JROW(struct image_exec_config, "ExposedPorts", exposed_ports, JT_SET, 0),
	JROW(struct image_exec_config, "Env", env, JT_STRV, 0),
	JROW(struct image_exec_config, "Entrypoint", entrypoint, JT_STRV, 0),
	JROW(struct image_exec_config, "Cmd", cmd, JT_STRV, 0),
	JROW(struct image_exec_config, "Volumes", volumes, JT_SET, 0),
	JROW(struct image_exec_config, "WorkingDir", working_dir, JT_STR, 0),
	JROW(struct image_exec_config, "Labels", labels, JT_MAP, 0),
	JROW(struct image_exec_config, "StopSignal", stop_signal, JT_STR, 0),
	JROW(struct image_exec_config, "ArgsEscaped", args_escaped, JT_BOOL, 0),
	JROW_OBJ(struct image_exec_config, "Healthcheck", healthcheck, JT_PTR, 0,
		 &healthcheck_table),
	JROW(struct image_exec_config, "Shell", shell, JT_STRV, 0),
	JROW(struct image_exec_config, "OnBuild", on_build, JT_STRV, 0),
};
static const struct json_table exec_config_table = JTABLE(struct image_exec_config,
							  exec_config_rows);

static const struct json_field history_rows[] = {
	JROW(struct image_history, "created", created_nsec, JT_TIME, 0),
	JROW(struct image_history, "created_by", created_by, JT_STR, 0),
	JROW(struct image_history, "author", author, JT_STR, 0),
	JROW(struct image_history, "comment", comment, JT_STR, 0),
	JROW(struct image_history, "empty_layer", empty_layer, JT_BOOL, 0),
};
static const struct json_table history_table = JTABLE(struct image_history, history_rows);

static const struct json_field rootfs_rows[] = {
	JROW(struct image_rootfs, "type", type, JT_STR, JF_EMIT_EMPTY),
	JROW(struct image_rootfs, "diff_ids", diff_ids, JT_STRV, JF_EMIT_EMPTY),
};
static const struct json_table rootfs_table = JTABLE(struct image_rootfs, rootfs_rows);

static const struct json_field image_config_rows[] = {
	JROW(struct image_config, "created", created_nsec, JT_TIME, 0),
	JROW(struct image_config, "author", author, JT_STR, 0),
	JROW(struct image_config, "architecture", architecture, JT_STR, JF_EMIT_EMPTY),
	JROW(struct image_config, "os", os, JT_STR, JF_EMIT_EMPTY),
	JROW(struct image_config, "os.version", os_version, JT_STR, 0),
	JROW(struct image_config, "os.features", os_features, JT_STRV, 0),
	JROW(struct image_config, "variant", variant, JT_STR, 0),
	JROW_OBJ(struct image_config, "config", config, JT_OBJ, JF_EMIT_EMPTY, &exec_config_table),
	JROW_OBJ(struct image_config, "rootfs", rootfs, JT_OBJ, JF_REQUIRED | JF_EMIT_EMPTY,
		 &rootfs_table),
	JROW_ARR(struct image_config, "history", history, n_history, JT_ARR, 0, &history_table),
};
const struct json_table image_config_table = JTABLE(struct image_config, image_config_rows);

static const struct json_field docker_archive_item_rows[] = {
	JROW(struct docker_archive_item, "Config", config, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct docker_archive_item, "RepoTags", repo_tags, JT_STRV,
	     JF_EMIT_EMPTY | JF_NULL_EMPTY),
	JROW(struct docker_archive_item, "Layers", layers, JT_STRV, JF_EMIT_EMPTY),
};
const struct json_table docker_archive_item_table = JTABLE(struct docker_archive_item,
							   docker_archive_item_rows);

void image_manifest_done(struct image_manifest *m)
{
	json_table_free(&image_manifest_table, m);
}

void image_index_done(struct image_index *i)
{
	json_table_free(&image_index_table, i);
}

void image_config_done(struct image_config *c)
{
	json_table_free(&image_config_table, c);
}

void image_descriptor_done(struct image_descriptor *d)
{
	json_table_free(&image_descriptor_table, d);
}

json_t *image_config_encode(const struct image_config *c)
{
	return json_table_encode(&image_config_table, c);
}
