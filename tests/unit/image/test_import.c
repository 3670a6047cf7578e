/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "image/image.h"
#include "sys/fd.h"

static int open_store(struct store **ret, struct error *err)
{
	struct store_options o = { .graphroot = test_path("graph"),
				   .runroot = test_path("run"),
				   .driver = "vfs" };

	return store_open(&o, ret, err);
}

static int make_tree(void)
{
	mkdir(test_path("tree"), 0755);
	mkdir(test_path("tree/bin"), 0750);
	test_write_file(test_path("tree/bin/tool"), "#!/bin/sh\n");
	chmod(test_path("tree/bin/tool"), 0711);
	(void)!symlink("tool", test_path("tree/bin/link"));
	return open(test_path("tree"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

TEST(directory_becomes_an_image)
{
	static const char *const changes[] = { "CMD [\"/bin/tool\"]", "ENV A=b", NULL };
	scoped(store_close) struct store *s = NULL;
	scoped(image_config_done) struct image_config c = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	scoped(buf_done) struct buf config = BUF_INIT, manifest = BUF_INIT;
	scoped_strv char **layers = NULL;
	struct store_layer layer = { 0 };
	struct store_mount mount = { 0 };
	struct image_import_options o = { .reference = "mine",
					  .message = "made by a test",
					  .changes = (char *const *)changes };
	scoped_fd int tree = make_tree();
	struct error err = ERROR_INIT;
	scoped_free char *tool = NULL;
	char id[65], found[65];
	struct stat st;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_OK(open_store(&s, &err), err);
	CHECK_OK(image_import_dir(s, tree, &o, id, &err), err);
	CHECK_OK(store_image_by_name(s, "localhost/mine:latest", found, &err), err);
	CHECK_STR(found, id);

	CHECK_OK(store_image_read(s, id, "config", &config, &err), err);
	CHECK_OK(image_config_parse(buf_str(&config), config.len, "config", &c, &err), err);
	CHECK_STR(c.os, "linux");
	CHECK_STR(c.architecture, image_host_arch());
	CHECK_STR(c.config.cmd[0], "/bin/tool");
	CHECK_STR(c.history[0].comment, "made by a test");

	/* Manifest, configuration and layer agree. */
	CHECK_OK(store_image_read(s, id, "manifest", &manifest, &err), err);
	CHECK_OK(image_manifest_parse(buf_str(&manifest), manifest.len, "manifest", &m, &err), err);
	CHECK_STR(m.config.digest + strlen("sha256:"), id);
	CHECK_INT(m.config.size, config.len);
	CHECK_STR(m.layers[0].digest, c.rootfs.diff_ids[0]);
	CHECK_OK(store_image_layers(s, id, &layers, &err), err);
	CHECK_INT(strv_len(layers), 1);
	CHECK_OK(store_layer_get(s, layers[0], &layer, &err), err);
	CHECK_STR(layer.diff_id, c.rootfs.diff_ids[0]);
	store_layer_done(&layer);

	CHECK_OK(store_image_mount(s, id, &mount, &err), err);
	tool = xasprintf("%s/bin/tool", mount.source != NULL ? mount.source : mount.lower[0]);
	CHECK_INT(stat(tool, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0711);
	store_mount_done(&mount);
}

TEST(the_same_directory_gives_the_same_layer)
{
	scoped(store_close) struct store *s = NULL;
	scoped_strv char **one = NULL, **two = NULL;
	struct image_import_options o = { 0 };
	scoped_fd int tree = make_tree();
	struct error err = ERROR_INIT;
	char id[65], again[65];

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_OK(open_store(&s, &err), err);
	CHECK_OK(image_import_dir(s, tree, &o, id, &err), err);
	CHECK_OK(image_import_dir(s, tree, &o, again, &err), err);
	CHECK_OK(store_image_layers(s, id, &one, &err), err);
	CHECK_OK(store_image_layers(s, again, &two, &err), err);
	CHECK_STR(one[0], two[0]);
}

TEST(bad_options_store_nothing)
{
	static const char *const changes[] = { "FROM x", NULL };
	scoped(store_close) struct store *s = NULL;
	struct image_import_options o = { .changes = (char *const *)changes };
	struct image_import_options bad_name = { .reference = "../x" };
	scoped_fd int tree = make_tree();
	struct store_image *list = NULL;
	struct error err = ERROR_INIT;
	size_t n = 1;
	char id[65];

	CHECK_OK(open_store(&s, &err), err);
	CHECK_FAILS(image_import_dir(s, tree, &o, id, &err), err, ERROR_INVALID, "FROM");
	CHECK_FAILS(image_import_dir(s, tree, &bad_name, id, &err), err, ERROR_INVALID, "../x");
	CHECK_OK(store_image_list(s, &list, &n, &err), err);
	CHECK_INT(n, 0);
	store_image_list_free(list, n);
}
