/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/fixture.h"

struct two {
	struct store *s;
	char low[65], mid[65], top[65];
	char first[65], second[65]; /* images over mid and top */
	struct error err;
};

static void two_done(struct two *t)
{
	store_close(t->s);
}
DEFINE_SCOPED_STRUCT(struct two, two_done)

static void set_up(struct two *t)
{
	*t = (struct two){ 0 };
	CHECK_OK(fixture_open(test_tmpdir(), &t->s, &t->err), t->err);
	CHECK_OK(fixture_file_layer(t->s, NULL, "a", "1", t->low, &t->err), t->err);
	CHECK_OK(fixture_file_layer(t->s, t->low, "b", "2", t->mid, &t->err), t->err);
	CHECK_OK(fixture_file_layer(t->s, t->low, "c", "3", t->top, &t->err), t->err);
	CHECK_OK(fixture_image(t->s, t->mid, "{\"one\":1}", "localhost/one:latest", t->first,
			       &t->err),
		 t->err);
	CHECK_OK(fixture_image(t->s, t->top, "{\"two\":2}", "localhost/two:latest", t->second,
			       &t->err),
		 t->err);
}

TEST(image_is_stored_as_fetched)
{
	scoped(two_done) struct two t;
	scoped(buf_done) struct buf b = BUF_INIT;
	struct store_image i = { 0 };
	char **layers = NULL;

	set_up(&t);
	CHECK_OK(store_image_get(t.s, t.first, &i, &t.err), t.err);
	CHECK_STR(i.names[0], "localhost/one:latest");
	CHECK_STR(i.top_layer, t.mid);
	CHECK_STR(i.manifest_type, "application/test");
	/* two archives of 2048 bytes, the manifest twice, the config */
	CHECK_INT(i.size, 4096 + 2 * strlen("{\"manifest of\":\"{\"one\":1}\"}") + 9);
	store_image_done(&i);
	CHECK_OK(store_image_read(t.s, t.first, "config", &b, &t.err), t.err);
	CHECK_STR(buf_str(&b), "{\"one\":1}");
	buf_truncate(&b, 0);
	CHECK_OK(store_image_read(t.s, t.first, "manifest", &b, &t.err), t.err);
	CHECK_STR(buf_str(&b), "{\"manifest of\":\"{\"one\":1}\"}");
	CHECK_OK(store_image_layers(t.s, t.first, &layers, &t.err), t.err);
	CHECK_INT(strv_len(layers), 2);
	CHECK_STR(layers[0], t.low);
	CHECK_STR(layers[1], t.mid);
	strv_free(layers);
}

TEST(image_with_other_content_is_refused)
{
	scoped(two_done) struct two t;
	struct store_image_new i = {
		.manifest = "{}",
		.manifest_len = 2,
		.config = "{}",
		.config_len = 2,
		.created_nsec = 1,
	};
	struct digest d;

	set_up(&t);
	i.id = t.first;
	i.manifest_digest = "sha256:"
			    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
	CHECK_FAILS(store_image_put(t.s, &i, &t.err), t.err, ERROR_CORRUPT,
		    "the config has digest");
	CHECK_OK(digest_of("{}", 2, &d, &t.err), t.err);
	CHECK_STR(d.str, i.manifest_digest);
	i.id = digest_hex(&d);
	i.manifest = "[]";
	CHECK_FAILS(store_image_put(t.s, &i, &t.err), t.err, ERROR_CORRUPT,
		    "the manifest has digest");
	i.manifest = "{}";
	i.top_layer = "0123";
	CHECK_FAILS(store_image_put(t.s, &i, &t.err), t.err, ERROR_NOT_FOUND, "'0123'");
	i.manifest_digest = "sha256:../../x";
	CHECK_FAILS(store_image_put(t.s, &i, &t.err), t.err, ERROR_INVALID, "no digest");
	i.id = "../../etc";
	CHECK_FAILS(store_image_put(t.s, &i, &t.err), t.err, ERROR_INVALID, "no image id");
}

TEST(image_lookups)
{
	scoped(two_done) struct two t;
	char id[65], prefix[8] = "";

	set_up(&t);
	CHECK_OK(store_image_by_name(t.s, "localhost/two:latest", id, &t.err), t.err);
	CHECK_STR(id, t.second);
	CHECK_FAILS(store_image_by_name(t.s, "localhost/two", id, &t.err), t.err, ERROR_NOT_FOUND,
		    "localhost/two");
	memcpy(prefix, t.first, 7);
	CHECK_OK(store_image_by_prefix(t.s, prefix, id, &t.err), t.err);
	CHECK_STR(id, t.first);
	CHECK_OK(store_image_by_prefix(t.s, t.first, id, &t.err), t.err);
	CHECK_FAILS(store_image_by_prefix(t.s, "", id, &t.err), t.err, ERROR_NOT_FOUND, "");
	CHECK_FAILS(store_image_by_prefix(t.s, "xyz", id, &t.err), t.err, ERROR_NOT_FOUND, "xyz");
	CHECK_FAILS(store_image_by_prefix(t.s, "%", id, &t.err), t.err, ERROR_NOT_FOUND, "%");
}

TEST(image_prefix_may_be_ambiguous)
{
	scoped(two_done) struct two t;
	char seen[16] = "", id[65], twice[2] = "";

	set_up(&t);
	/* Of seventeen ids two begin alike. */
	for (int i = 0; i < 17 && twice[0] == '\0'; i++) {
		scoped_free char *config = xasprintf("{\"n\":%d}", i);

		CHECK_OK(fixture_image(t.s, NULL, config, NULL, id, &t.err), t.err);
		if (strchr(seen, id[0]) != NULL)
			twice[0] = id[0];
		seen[i < 15 ? i : 14] = id[0];
	}
	CHECK(twice[0] != '\0');
	CHECK_FAILS(store_image_by_prefix(t.s, twice, id, &t.err), t.err, ERROR_INVALID,
		    "ambiguous");
}

TEST(image_names_move)
{
	scoped(two_done) struct two t;
	struct store_image i = { 0 };
	char id[65];

	set_up(&t);
	CHECK_OK(store_image_tag(t.s, t.second, "localhost/one:latest", &t.err), t.err);
	CHECK_OK(store_image_by_name(t.s, "localhost/one:latest", id, &t.err), t.err);
	CHECK_STR(id, t.second);
	CHECK_OK(store_image_get(t.s, t.first, &i, &t.err), t.err);
	CHECK(i.names == NULL);
	store_image_done(&i);
	CHECK_OK(store_image_get(t.s, t.second, &i, &t.err), t.err);
	CHECK_INT(strv_len(i.names), 2);
	CHECK_STR(i.names[0], "localhost/one:latest");
	store_image_done(&i);
	CHECK_OK(store_image_untag(t.s, "localhost/one:latest", &t.err), t.err);
	CHECK_FAILS(store_image_untag(t.s, "localhost/one:latest", &t.err), t.err, ERROR_NOT_FOUND,
		    "localhost/one");
	CHECK_FAILS(store_image_tag(t.s, "0000", "x", &t.err), t.err, ERROR_NOT_FOUND, "0000");
}

TEST(image_list)
{
	scoped(two_done) struct two t;
	struct store_container_new c = { .id = "c1" };
	struct store_image *list = NULL;
	size_t n = 0, first;

	set_up(&t);
	c.image_id = t.first;
	CHECK_OK(store_container_create(t.s, &c, &t.err), t.err);
	CHECK_OK(store_image_list(t.s, &list, &n, &t.err), t.err);
	CHECK_INT(n, 2);
	first = streq(list[0].id, t.first) ? 0 : 1;
	CHECK_STR(list[first].names[0], "localhost/one:latest");
	CHECK_INT(list[first].containers, 1);
	CHECK_INT(list[1 - first].containers, 0);
	store_image_list_free(list, n);
}

TEST(image_removal_keeps_shared_layers)
{
	scoped(two_done) struct two t;
	scoped_strv char **removed = NULL;
	scoped_strv char **again = NULL;
	const char *root;

	set_up(&t);
	root = store_graphroot(t.s);
	CHECK_OK(store_image_remove(t.s, t.first, &removed, &t.err), t.err);
	CHECK_INT(strv_len(removed), 1);
	CHECK_STR(removed[0], t.mid);
	CHECK(store_layer_exists(t.s, t.low));
	CHECK(!store_layer_exists(t.s, t.mid));
	CHECK_INT(fixture_entries(root, "overlay"), 2);
	CHECK_INT(fixture_entries(root, "images"), 1);
	CHECK_OK(store_image_remove(t.s, t.second, &again, &t.err), t.err);
	CHECK_INT(strv_len(again), 2);
	CHECK_INT(fixture_entries(root, "overlay"), 0);
	CHECK_INT(fixture_entries(root, "images"), 0);
	CHECK_FAILS(store_image_remove(t.s, t.second, NULL, &t.err), t.err, ERROR_NOT_FOUND, "");
}

TEST(image_in_use_is_not_removed)
{
	scoped(two_done) struct two t;
	struct store_container_new c = { .id = "the-container" };

	set_up(&t);
	c.image_id = t.first;
	CHECK_OK(store_container_create(t.s, &c, &t.err), t.err);
	CHECK_FAILS(store_image_remove(t.s, t.first, NULL, &t.err), t.err, ERROR_BUSY,
		    "the-container");
	CHECK_OK(store_container_remove(t.s, "the-container", &t.err), t.err);
	CHECK_OK(store_image_remove(t.s, t.first, NULL, &t.err), t.err);
}

TEST(image_put_again_gains_names)
{
	scoped(two_done) struct two t;
	struct store_image i = { 0 };
	char id[65];

	set_up(&t);
	CHECK_OK(fixture_image(t.s, t.mid, "{\"one\":1}", "localhost/other:1", id, &t.err), t.err);
	CHECK_STR(id, t.first);
	CHECK_OK(store_image_get(t.s, t.first, &i, &t.err), t.err);
	CHECK_INT(strv_len(i.names), 2);
	store_image_done(&i);
	CHECK_INT(fixture_entries(store_graphroot(t.s), "images"), 2);
}

TEST(image_of_another_lease_holder_keeps_its_layers)
{
	scoped(two_done) struct two t;
	struct store *pull = NULL;
	scoped_strv char **removed = NULL;
	char id[65];

	set_up(&t);
	CHECK_OK(fixture_open(test_tmpdir(), &pull, &t.err), t.err);
	CHECK_OK(store_lease(pull, &t.err), t.err);
	CHECK(store_layer_exists(pull, t.mid));
	/* Another process removes the image whose layer the pull is going to use. */
	CHECK_OK(store_image_remove(t.s, t.first, &removed, &t.err), t.err);
	CHECK(removed == NULL);
	CHECK_OK(fixture_image(pull, t.mid, "{\"three\":3}", NULL, id, &t.err), t.err);
	store_close(pull);
	CHECK(store_layer_exists(t.s, t.mid));
}
