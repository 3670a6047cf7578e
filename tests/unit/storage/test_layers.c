/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/fixture.h"

TEST(chain_id_of_the_specification)
{
	/* Computed with sha256sum from the text in image-spec, "Layer ChainID". */
	static const char one[] =
		"sha256:"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char two[] =
		"sha256:"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	scoped_free char *text = xasprintf("%s %s", one, two);
	struct error err = ERROR_INIT;
	char a[65], b[65];
	struct digest want;

	CHECK_OK(store_chain_id(NULL, one, a, &err), err);
	CHECK_STR(a, one + 7);
	CHECK_OK(store_chain_id(a, two, b, &err), err);
	CHECK_OK(digest_of(text, strlen(text), &want, &err), err);
	CHECK_STR(b, digest_hex(&want));
	CHECK_FAILS(store_chain_id(NULL, "sha256:xyz", a, &err), err, ERROR_INVALID, "diff id");
}

TEST(layer_is_published_and_found)
{
	scoped(store_close) struct store *s = NULL;
	struct store_layer l = { 0 };
	struct error err = ERROR_INIT;
	char id[65], top[65], found[65];
	int before;

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(fixture_file_layer(s, NULL, "a", "one", id, &err), err);
	CHECK_OK(fixture_file_layer(s, id, "b", "two", top, &err), err);
	CHECK(store_layer_exists(s, id));
	CHECK_OK(store_layer_get(s, top, &l, &err), err);
	CHECK_STR(l.parent, id);
	CHECK_INT(l.diff_bytes, 2048);
	CHECK_OK(store_layer_by_digest(s, l.compressed_digest, id, found, &err), err);
	CHECK_STR(found, top);
	CHECK_FAILS(store_layer_by_digest(s, l.compressed_digest, NULL, found, &err), err,
		    ERROR_NOT_FOUND, "no layer");
	store_layer_done(&l);
	/* The same once more is the same layer. */
	before = fixture_entries(store_graphroot(s), store_driver_name(s));
	CHECK_OK(fixture_file_layer(s, id, "b", "two", found, &err), err);
	CHECK_STR(found, top);
	CHECK_INT(fixture_entries(store_graphroot(s), store_driver_name(s)), before);
	CHECK_FAILS(store_layer_get(s, "nothing", &l, &err), err, ERROR_NOT_FOUND, "'nothing'");
}

TEST(layer_without_parent_is_refused)
{
	scoped(store_close) struct store *s = NULL;
	struct error err = ERROR_INIT;
	char id[65];

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_FAILS(fixture_file_layer(s, "0123", "a", "x", id, &err), err, ERROR_NOT_FOUND,
		    "parent layer '0123'");
}

TEST(staging_that_is_not_committed_leaves_nothing)
{
	struct store *s = NULL;
	struct store_staging *g = NULL;
	struct error err = ERROR_INIT;
	scoped_free char *root = NULL;

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	root = xstrdup(store_graphroot(s));
	CHECK_OK(store_staging_new(s, &g, &err), err);
	CHECK_INT(fixture_entries(root, "staging"), 1);
	store_staging_free(g);
	store_close(s);
	CHECK_INT(fixture_entries(root, "staging"), 0);
	CHECK_INT(fixture_entries(root, "overlay"), 0);
}

/* Layers that no image took go when the last one who may need them is gone. */
TEST(layers_of_a_failed_pull_go)
{
	struct store *a = NULL, *b = NULL;
	struct error err = ERROR_INIT;
	scoped_free char *root = NULL;
	char id[65];

	CHECK_OK(fixture_open(test_tmpdir(), &a, &err), err);
	CHECK_OK(fixture_open(test_tmpdir(), &b, &err), err);
	root = xstrdup(store_graphroot(a));
	CHECK_OK(fixture_file_layer(a, NULL, "a", "one", id, &err), err);
	CHECK_OK(store_lease(b, &err), err);
	CHECK(store_layer_exists(b, id));
	store_close(a);
	/* b has seen it and may rely on it. */
	CHECK(store_layer_exists(b, id));
	CHECK_INT(fixture_entries(root, "overlay"), 1);
	store_close(b);
	CHECK_INT(fixture_entries(root, "overlay"), 0);
	CHECK_INT(fixture_entries(root, "staging"), 0);
}
