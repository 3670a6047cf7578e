/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "storage/fixture.h"
#include "sys/fd.h"

struct fix {
	struct store *s;
	char layer[65], image[65];
	struct error err;
};

static void fix_done(struct fix *f)
{
	store_close(f->s);
}
DEFINE_SCOPED_STRUCT(struct fix, fix_done)

static void set_up(struct fix *f)
{
	*f = (struct fix){ 0 };
	CHECK_OK(fixture_open(test_tmpdir(), &f->s, &f->err), f->err);
	CHECK_OK(fixture_file_layer(f->s, NULL, "a", "1", f->layer, &f->err), f->err);
	CHECK_OK(fixture_image(f->s, f->layer, "{}", "localhost/a:1", f->image, &f->err), f->err);
}

TEST(container_life)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1", .durable = true };
	struct store_mount m = { 0 };
	scoped_strv char **ids = NULL;
	scoped_free char *dir = NULL;
	struct stat st;

	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK(store_container_exists(f.s, "c1"));
	CHECK_FAILS(store_container_create(f.s, &c, &f.err), f.err, ERROR_EXISTS, "'c1'");
	CHECK_OK(store_container_list(f.s, &ids, &f.err), f.err);
	CHECK_INT(strv_len(ids), 1);
	CHECK_OK(store_container_mount(f.s, "c1", &m, &f.err), f.err);
	CHECK_STR(m.type, "overlay");
	CHECK_INT(strv_len(m.lower), 1);
	CHECK(str_has_suffix(m.lower[0], "/diff"));
	CHECK_INT(stat(m.upper, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0555); /* as the image's top directory */
	CHECK_INT(stat(m.work, &st), 0);
	CHECK_INT(stat(m.merged, &st), 0);
	dir = path_dir(m.upper);
	store_mount_done(&m);
	CHECK_OK(store_container_remove(f.s, "c1", &f.err), f.err);
	CHECK(stat(dir, &st) < 0);
	CHECK(!store_container_exists(f.s, "c1"));
	CHECK_OK(store_container_remove(f.s, "c1", &f.err), f.err);
	CHECK_FAILS(store_container_mount(f.s, "c1", &m, &f.err), f.err, ERROR_NOT_FOUND, "'c1'");
}

TEST(container_without_image)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };
	struct store_mount m = { 0 };
	uint64_t size = 1;

	set_up(&f);
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_OK(store_container_mount(f.s, "c1", &m, &f.err), f.err);
	CHECK_STR(m.type, "bind");
	CHECK(m.source != NULL && m.upper == NULL);
	store_mount_done(&m);
	CHECK_OK(store_container_size(f.s, "c1", &size, &f.err), f.err);
	CHECK_INT(size, 0);
}

TEST(container_of_an_unknown_image)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1", .image_id = "0123" };

	set_up(&f);
	CHECK_FAILS(store_container_create(f.s, &c, &f.err), f.err, ERROR_NOT_FOUND, "'0123'");
	CHECK(!store_container_exists(f.s, "c1"));
	c.id = "../x";
	CHECK_FAILS(store_container_create(f.s, &c, &f.err), f.err, ERROR_INVALID, "'../x'");
}

/* A row whose directories were lost (killed before, or with the power) is usable. */
TEST(container_directories_are_made_again)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };
	scoped_free char *dir = NULL;
	struct store_mount m = { 0 };
	struct stat st;

	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	dir = xasprintf("%s/overlay/c1", store_graphroot(f.s));
	CHECK_INT(fd_remove_tree(AT_FDCWD, dir), 0);
	CHECK_OK(store_container_mount(f.s, "c1", &m, &f.err), f.err);
	CHECK_INT(stat(m.upper, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0555);
	store_mount_done(&m);
}

TEST(container_size_counts_its_own)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };
	struct store_mount m = { 0 };
	scoped_free char *file = NULL;
	uint64_t size = 0;

	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_OK(store_container_mount(f.s, "c1", &m, &f.err), f.err);
	file = path_join(m.upper, "new");
	test_write_file(file, "0123456789");
	CHECK_OK(store_container_size(f.s, "c1", &size, &f.err), f.err);
	CHECK_INT(size, 10);
	store_mount_done(&m);
}

/* Only what need not outlive the boot is forgotten; directories without a row are still found by
 * their name, and a layer is no container. */
TEST(container_forgotten)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };
	scoped_free char *dir = NULL, *layer = NULL;
	struct stat st;

	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	dir = store_container_dir(f.s, "c1");
	CHECK_INT(stat(dir, &st), 0);
	CHECK_INT(store_container_forget(f.s, "c1", &f.err), 1);
	CHECK(!store_container_exists(f.s, "c1"));
	CHECK_INT(stat(dir, &st), 0);
	CHECK_OK(store_container_remove(f.s, "c1", &f.err), f.err);
	CHECK(stat(dir, &st) < 0);
	c.durable = true;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_INT(store_container_forget(f.s, "c1", &f.err), 0);
	CHECK(store_container_exists(f.s, "c1"));
	layer = store_container_dir(f.s, f.layer);
	CHECK_OK(store_container_remove(f.s, f.layer, &f.err), f.err);
	CHECK_INT(stat(layer, &st), 0);
}
