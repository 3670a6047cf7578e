/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "base/timeutil.h"
#include "storage/fixture.h"

TEST(store_keeps_its_driver)
{
	struct store *s = NULL;
	struct error err = ERROR_INIT;
	const char *root = test_path("graph");
	struct store_options o = { .graphroot = root, .driver = "vfs" };
	struct stat st;

	CHECK_OK(store_open(&o, &s, &err), err);
	CHECK_STR(store_driver_name(s), "vfs");
	store_close(s);
	CHECK_INT(stat(root, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	o.driver = NULL;
	CHECK_OK(store_open(&o, &s, &err), err);
	CHECK_STR(store_driver_name(s), "vfs");
	store_close(s);
	o.driver = "overlay";
	CHECK_FAILS(store_open(&o, &s, &err), err, ERROR_INVALID, "made with the driver 'vfs'");
	o.driver = "zfs";
	o.graphroot = test_path("other");
	CHECK_FAILS(store_open(&o, &s, &err), err, ERROR_INVALID, "unknown storage driver 'zfs'");
	o.graphroot = "relative";
	CHECK_FAILS(store_open(&o, &s, &err), err, ERROR_INVALID, "must be absolute");
}

TEST(store_open_is_cheap)
{
	struct store *s = NULL;
	struct error err = ERROR_INIT;
	int64_t best = INT64_MAX;

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	store_close(s);
	for (int i = 0; i < 20; i++) {
		int64_t start = test_cpu_nsec(), took;

		CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
		store_close(s);
		took = test_cpu_nsec() - start;
		best = took < best ? took : best;
	}
	printf("# open and close: %lld us\n", (long long)(best / 1000));
	CHECK(best < 5 * NSEC_PER_MSEC);
}

TEST(store_in_a_damaged_place)
{
	struct store *s = NULL;
	struct error err = ERROR_INIT;
	const char *root = test_path("graph");
	struct store_options o = { .graphroot = root };

	test_write_file(root, "a file");
	CHECK_FAILS(store_open(&o, &s, &err), err, ERROR_OS, "graph'");
	unlink(root);
	CHECK_INT(mkdir(root, 0700), 0);
	test_write_file(test_path("graph/index.sqlite"), "this is no database, but long enough...");
	CHECK_FAILS(store_open(&o, &s, &err), err, ERROR_CORRUPT, "index.sqlite");
}

TEST(store_additional_is_read_only)
{
	struct store *s = NULL, *both = NULL;
	struct error err = ERROR_INIT;
	char *const additional[] = { (char *)(uintptr_t)test_path("graph"), NULL };
	struct store_options o = { .graphroot = test_path("graph2"),
				   .runroot = test_path("run2"),
				   .additional = additional };
	struct store_container_new c = { .id = "c1" };
	struct store_image *list = NULL;
	struct store_mount m = { 0 };
	char layer[65], image[65], id[65], mine[65];
	size_t n = 0;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(fixture_file_layer(s, NULL, "a", "one", layer, &err), err);
	CHECK_OK(fixture_image(s, layer, "{}", "localhost/a:latest", image, &err), err);
	store_close(s);
	CHECK_OK(store_open(&o, &both, &err), err);
	CHECK_OK(store_image_by_name(both, "localhost/a:latest", id, &err), err);
	CHECK_STR(id, image);
	CHECK_OK(store_image_list(both, &list, &n, &err), err);
	CHECK_INT(n, 1);
	CHECK(list[0].readonly);
	CHECK_STR(list[0].names[0], "localhost/a:latest");
	store_image_list_free(list, n);
	CHECK_FAILS(store_image_remove(both, image, NULL, &err), err, ERROR_DENIED, "read-only");
	CHECK_FAILS(store_image_tag(both, image, "x", &err), err, ERROR_DENIED, "read-only");
	c.image_id = image;
	CHECK_OK(store_container_create(both, &c, &err), err);
	CHECK_OK(store_container_mount(both, "c1", &m, &err), err);
	CHECK(str_has_prefix(m.lower[0], test_path("graph")));
	CHECK(str_has_prefix(m.upper, test_path("graph2")));
	store_mount_done(&m);
	/* A layer of ours on one of theirs. */
	CHECK_OK(fixture_file_layer(both, layer, "b", "two", id, &err), err);
	CHECK_OK(fixture_image(both, id, "{\"mine\":1}", NULL, mine, &err), err);
	CHECK_OK(store_image_mount(both, mine, &m, &err), err);
	CHECK_INT(strv_len(m.lower), 2);
	store_mount_done(&m);
	store_close(both);
}
