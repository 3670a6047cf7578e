/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/image_spec.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "harness/test.h"

#define D "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DESC "{\"mediaType\":\"m\",\"digest\":\"" D "\",\"size\":3}"

static int manifest(const char *text, struct error *err)
{
	scoped(image_manifest_done) struct image_manifest m = { 0 };

	return image_manifest_parse(text, strlen(text), "m", &m, err);
}

static int image_index(const char *text, struct error *err)
{
	scoped(image_index_done) struct image_index i = { 0 };

	return image_index_parse(text, strlen(text), "i", &i, err);
}

TEST(full_documents_round_trip)
{
	scoped_free char *m_text = test_read_file(TEST_DATA "/manifest-full.json"),
			 *i_text = test_read_file(TEST_DATA "/index-full.json"),
			 *c_text = test_read_file(TEST_DATA "/image-config-full.json");
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	scoped(image_index_done) struct image_index i = { 0 };
	scoped(image_config_done) struct image_config c = { 0 };
	scoped(buf_done) struct buf m_out = BUF_INIT, i_out = BUF_INIT, c_out = BUF_INIT;
	scoped_json json_t *c_doc = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(image_manifest_parse(m_text, strlen(m_text), "m", &m, &err), err);
	json_table_dump(&image_manifest_table, &m, 2, &m_out);
	CHECK_STR(buf_str(&m_out), m_text);
	CHECK_OK(image_index_parse(i_text, strlen(i_text), "i", &i, &err), err);
	json_table_dump(&image_index_table, &i, 2, &i_out);
	CHECK_STR(buf_str(&i_out), i_text);
	CHECK_OK(image_config_parse(c_text, strlen(c_text), "c", &c, &err), err);
	c_doc = image_config_encode(&c);
	json_text_dump(c_doc, 2, &c_out);
	CHECK_STR(buf_str(&c_out), c_text);
	CHECK_STR(c.config.exposed_ports[1], "80/tcp");
	CHECK_INT(c.config.healthcheck->interval_nsec, 30000000000);
	CHECK_INT(c.created_nsec, 1662381296123456789);
}

TEST(manifest_refuses)
{
	struct error err = ERROR_INIT;

	CHECK_OK(manifest("{\"schemaVersion\":2,\"config\":" DESC ",\"layers\":[]}", &err), err);
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC
			     ",\"layers\":[],\"manifests\":[]}",
			     &err),
		    err, ERROR_INVALID, "both a manifest and an index");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC
			     ",\"layers\":[],\"Manifests\":[]}",
			     &err),
		    err, ERROR_INVALID, "both a manifest and an index");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC
			     ",\"layers\":[],\"Layers\":[]}",
			     &err),
		    err, ERROR_INVALID, "the same field as 'layers'");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX
			     "\",\"config\":" DESC ",\"layers\":[]}",
			     &err),
		    err, ERROR_INVALID, "contradicts the content");
	CHECK_FAILS(manifest("{\"schemaVersion\":3,\"config\":" DESC ",\"layers\":[]}", &err), err,
		    ERROR_UNSUPPORTED, ".schemaVersion: 3");
	CHECK_FAILS(manifest("{\"config\":" DESC ",\"layers\":[]}", &err), err, ERROR_INVALID,
		    "m: .schemaVersion: missing");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"layers\":[]}", &err), err, ERROR_INVALID,
		    "m: .config: missing");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC "}", &err), err, ERROR_INVALID,
		    "m: .layers: missing");
	CHECK_FAILS(manifest("{\"schemaVersion\":1,\"fsLayers\":[],\"history\":[]}", &err), err,
		    ERROR_UNSUPPORTED, "Docker schema 1");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"manifests\":[]}", &err), err, ERROR_INVALID,
		    "an index, expected a manifest");
	CHECK_FAILS(manifest("[]", &err), err, ERROR_INVALID, "expected an object");
	CHECK_FAILS(manifest("{}", &err), err, ERROR_INVALID, "neither");
}

TEST(descriptors_are_checked)
{
	struct error err = ERROR_INIT;

	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC ",\"layers\":[" DESC
			     ",{\"mediaType\":\"m\",\"digest\":\"sha256:../../x\",\"size\":1}]}",
			     &err),
		    err, ERROR_INVALID, "m: .layers[1].digest: 'sha256:../../x' is no digest");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC
			     ",\"layers\":[{\"mediaType\":\"m\",\"digest\":\"" D
			     "\",\"size\":-1}]}",
			     &err),
		    err, ERROR_INVALID, "m: .layers[0].size: below 0");
	CHECK_FAILS(manifest("{\"schemaVersion\":2,\"config\":" DESC
			     ",\"layers\":[{\"mediaType\":\"m\",\"digest\":\"" D "\"}]}",
			     &err),
		    err, ERROR_INVALID, "m: .layers[0].size: missing");
	CHECK_FAILS(
		manifest(
			"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"m\",\"digest\":\"md5:x\","
			"\"size\":1},\"layers\":[]}",
			&err),
		err, ERROR_INVALID, "m: .config[0].digest");
	CHECK_FAILS(image_index("{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"m\","
				"\"digest\":\"\",\"size\":1}]}",
				&err),
		    err, ERROR_INVALID, "i: .manifests[0].digest");
	CHECK_FAILS(image_index("{\"schemaVersion\":2,\"config\":" DESC ",\"layers\":[]}", &err),
		    err, ERROR_INVALID, "a manifest, expected an index");
}

TEST(kind_by_content_and_type)
{
	static const char m[] = "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}",
			  i[] = "{\"schemaVersion\":2,\"manifests\":[]}";
	enum image_document kind = IMAGE_DOC_INDEX;
	struct error err = ERROR_INIT;

	CHECK_OK(image_document_kind(m, strlen(m), NULL, "d", &kind, &err), err);
	CHECK_INT(kind, IMAGE_DOC_MANIFEST);
	CHECK_OK(image_document_kind(i, strlen(i), MT_DOCKER_LIST, "d", &kind, &err), err);
	CHECK_INT(kind, IMAGE_DOC_INDEX);
	CHECK_OK(image_document_kind(i, strlen(i), "application/json", "d", &kind, &err), err);
	CHECK_FAILS(image_document_kind(i, strlen(i), MT_OCI_MANIFEST, "d", &kind, &err), err,
		    ERROR_INVALID, "delivered as");
	CHECK_FAILS(image_document_kind(m, strlen(m), MT_OCI_INDEX, "d", &kind, &err), err,
		    ERROR_INVALID, "delivered as");
}

static char warning[256];

static void on_log(void *arg, enum log_level level, const char *msg)
{
	snprintf(warning, sizeof(warning), "%s", msg);
}

static int config(const char *text, struct image_config *ret, struct error *err)
{
	return image_config_parse(text, strlen(text), "c", ret, err);
}

TEST(nameless_environment_is_dropped)
{
	scoped(image_config_done) struct image_config c = { 0 };
	scoped_free char *joined = NULL;
	struct error err = ERROR_INIT;

	log_set_sink(on_log, NULL);
	CHECK_OK(config("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"config\":{\"Env\":["
			"\"A=1\","
			"\"=x\",\"B\",\"\",\"C=\",\"=\"]}}",
			&c, &err),
		 err);
	log_set_sink(NULL, NULL);
	joined = strv_join(c.config.env, ",");
	CHECK_STR(joined, "A=1,C=");
	CHECK(strstr(warning, "it is left out") != NULL);
}

TEST(config_as_docker_writes_it)
{
	scoped(image_config_done) struct image_config c = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(
		config("{\"architecture\":\"amd64\",\"config\":{\"Hostname\":\"\",\"Domainname\":"
		       "\"\","
		       "\"AttachStdin\":false,\"Env\":null,\"Cmd\":[\"sh\"],\"Image\":\"sha256:x\","
		       "\"Volumes\":null,\"Entrypoint\":null,\"Labels\":null},\"container\":\"x\","
		       "\"container_config\":{},\"created\":\"2022-09-05T12:34:56.123456789Z\","
		       "\"docker_version\":\"20\",\"history\":[],\"os\":\"linux\","
		       "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D "\"]}}",
		       &c, &err),
		err);
	CHECK(c.config.env == NULL && c.config.volumes == NULL);
	CHECK_STR(c.config.cmd[0], "sh");
}

TEST(config_refuses)
{
	struct image_config c = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(config("{}", &c, &err), err, ERROR_INVALID, "c: .rootfs: missing");
	CHECK_FAILS(config("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}", &c, &err),
		    err, ERROR_INVALID, "'x' is no digest");
	CHECK_FAILS(config("{\"rootfs\":{\"type\":\"windows\",\"diff_ids\":[]}}", &c, &err), err,
		    ERROR_UNSUPPORTED, "'windows'");
	CHECK_FAILS(config("{\"rootfs\":{},\"config\":{\"Cmd\":\"sh\"}}", &c, &err), err,
		    ERROR_INVALID, "c: .config.Cmd: expected an array of strings");
	CHECK_FAILS(config("{\"rootfs\":{},\"created\":\"now\"}", &c, &err), err, ERROR_INVALID,
		    "c: .created");
}

TEST(docker_archive_items)
{
	static const char text[] =
		"{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[\"a/layer.tar\"]}";
	scoped(buf_done) struct buf out = BUF_INIT;
	struct docker_archive_item item = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(json_table_parse(&docker_archive_item_table, text, strlen(text), &item,
				  "manifest.json", JSON_IGNORE_CASE, &err),
		 err);
	json_table_dump(&docker_archive_item_table, &item, 0, &out);
	CHECK_STR(buf_str(&out), text);
	json_table_free(&docker_archive_item_table, &item);
}
