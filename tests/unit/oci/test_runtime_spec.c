/* SPDX-License-Identifier: Apache-2.0 */
/* Golden documents: what is read is written again, byte for byte, and nothing is lost. */
#include "oci/runtime_spec.h"

#include "base/str.h"
#include "harness/test.h"

static int load(const char *name, struct oci_spec *ret, char **ret_text, struct error *err)
{
	scoped_free char *path = xasprintf(TEST_DATA "/%s", name);
	char *text = test_read_file(path);

	if (text == NULL)
		return -1;
	*ret_text = text;
	return json_table_parse(&oci_spec_table, text, strlen(text), ret, name, JSON_REFUSE_UNKNOWN,
				err);
}

TEST(full_document_round_trips)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 }, copy = { 0 };
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_free char *text = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(load("config-full.json", &spec, &text, &err), err);
	CHECK_OK(oci_spec_validate(&spec, &err), err);
	json_table_dump(&oci_spec_table, &spec, 2, &out);
	CHECK_STR(buf_str(&out), text);
	json_table_copy(&oci_spec_table, &copy, &spec);
	CHECK(json_table_equal(&oci_spec_table, &spec, &copy));
	CHECK(spec.process->rlimits[0].hard == UINT64_MAX);
	CHECK_INT(spec.linux_->n_net_devices, 2);
	CHECK_STR(spec.linux_->resources->rdma[0].key, "mlx5_1");
}

/* Every row of every table has a value in the full document, else the test above proves less. */
static void check_covered(const struct json_table *t, const json_t *j)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct json_field *f = &t->fields[i];
		const json_t *v = json_object_get(j, f->key);

		if (v == NULL && f->kind != JT_RAW && !streq(f->key, "username") &&
		    !streq(f->key, "commandLine") &&
		    !(streq(t->name, "struct oci_personality") && streq(f->key, "flags")))
			test_fail(__FILE__, __LINE__, "%s: '%s' is not in the document", t->name,
				  f->key);
		if (v == NULL || f->table == NULL)
			continue;
		if (f->kind == JT_ARR) {
			bool covered = false;

			/* The element that has most. */
			const json_t *most = json_array_get(v, 0);

			for (size_t k = 0; k < json_array_size(v); k++)
				if (json_object_size(json_array_get(v, k)) > json_object_size(most))
					most = json_array_get(v, k);
			covered = most != NULL;
			CHECK(covered);
			check_covered(f->table, most);
		} else if (f->kind == JT_OBJMAP) {
			check_covered(f->table,
				      json_object_iter_value(json_object_iter((json_t *)v)));
		} else if (!streq(f->key, "boottime")) {
			check_covered(f->table, v);
		}
	}
}

TEST(full_document_has_every_field)
{
	scoped_free char *text = test_read_file(TEST_DATA "/config-full.json");
	scoped_json json_t *j = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(json_text_parse(text, strlen(text), "config", &j, &err), err);
	check_covered(&oci_spec_table, j);
}

/* We leave out empty lists, as Go's omitempty does. */
static void drop_empty_lists(json_t *j)
{
	const char *key;
	json_t *v;
	void *tmp;
	size_t i;

	json_object_foreach_safe(j, tmp, key, v)
	{
		if (json_is_array(v) && json_array_size(v) == 0)
			json_object_del(j, key);
		else
			drop_empty_lists(v);
	}
	json_array_foreach (j, i, v)
		drop_empty_lists(v);
}

static void peer_document(const char *name)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_json json_t *theirs = NULL, *ours = NULL;
	scoped_free char *text = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(load(name, &spec, &text, &err), err);
	CHECK_OK(oci_spec_validate(&spec, &err), err);
	CHECK_OK(json_text_parse(text, strlen(text), name, &theirs, &err), err);
	drop_empty_lists(theirs);
	ours = json_table_encode(&oci_spec_table, &spec);
	json_text_dump(ours, 2, &out);
	if (!json_equal(theirs, ours))
		test_fail(__FILE__, __LINE__, "%s is written as %s", name, buf_str(&out));
}

TEST(peers_documents_lose_nothing)
{
	peer_document("runc-spec.json");
	peer_document("crun-spec.json");
}

TEST(unknown_keys_are_ignored)
{
	static const char text[] = "{\"ociVersion\":\"1.0.2\",\"future\":{\"x\":1},\"Root\":{},"
				   "\"root\":{\"path\":\"r\",\"later\":[]}}";
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(json_table_parse(&oci_spec_table, text, strlen(text), &spec, "c", 0, &err), err);
	CHECK_STR(spec.root->path, "r");
}

TEST(state_document)
{
	struct oci_state state = { .oci_version = (char *)"1.2.0",
				   .id = (char *)"c1",
				   .status = (char *)"stopped",
				   .bundle = (char *)"/b" };
	scoped(oci_state_done) struct oci_state back = { 0 };
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	json_table_dump(&oci_state_table, &state, 0, &out);
	CHECK_STR(buf_str(&out), "{\"ociVersion\":\"1.2.0\",\"id\":\"c1\",\"status\":\"stopped\","
				 "\"pid\":0,\"bundle\":\"/b\"}");
	CHECK_OK(json_table_parse(&oci_state_table, buf_str(&out), out.len, &back, "s", 0, &err),
		 err);
	CHECK_STR(back.status, "stopped");
}
