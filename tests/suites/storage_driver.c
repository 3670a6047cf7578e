/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage_driver: what every driver must do.  STORE_DRIVER names the one to run over.  A
 * container's root file system is really mounted, in a mount namespace of the test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "fs/overlay.h"
#include "storage/fixture.h"
#include "sys/fd.h"

struct fix {
	struct store *s;
	char low[65], top[65], image[65];
	struct error err;
};

static void fix_done(struct fix *f)
{
	store_close(f->s);
}
DEFINE_SCOPED_STRUCT(struct fix, fix_done)

static void set_up(struct fix *f)
{
	scoped(buf_done) struct buf low = BUF_INIT, top = BUF_INIT;

	*f = (struct fix){ 0 };
	CHECK_OK(fixture_open(test_tmpdir(), &f->s, &f->err), f->err);
	TAR_ADD(&low, .name = "kept", .data = "low", .uid = 3, .mode = 0640);
	TAR_ADD(&low, .name = "changed", .data = "low");
	TAR_ADD(&low, .name = "gone", .data = "low");
	TAR_ADD(&low, .name = "dir/", .type = TAR_DIRECTORY, .mode = 0750);
	TAR_ADD(&low, .name = "dir/gone", .data = "low");
	TAR_ADD(&low, .name = "dir/kept", .data = "low");
	TAR_ADD(&low, .name = "opaque/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&low, .name = "opaque/gone", .data = "low");
	TAR_ADD(&low, .name = "was-dir/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&low, .name = "was-dir/f", .data = "low");
	TAR_ADD(&low, .name = "was-file", .data = "low");
	TAR_ADD(&low, .name = "hard", .type = TAR_HARD_LINK, .link = "kept", .uid = 3,
		.mode = 0640);
	tarmake_end(&low);
	TAR_ADD(&top, .name = "changed", .data = "top");
	TAR_ADD(&top, .name = ".wh.gone");
	TAR_ADD(&top, .name = "dir/", .type = TAR_DIRECTORY, .mode = 0711, .mtime = 1234567890);
	TAR_ADD(&top, .name = "dir/.wh.gone");
	TAR_ADD(&top, .name = "opaque/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&top, .name = "opaque/.wh..wh..opq");
	TAR_ADD(&top, .name = "opaque/new", .data = "top");
	TAR_ADD(&top, .name = "was-dir", .data = "top");
	TAR_ADD(&top, .name = "was-file/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&top, .name = "was-file/f", .data = "top");
	tarmake_end(&top);
	CHECK_OK(fixture_layer(f->s, NULL, &low, f->low, &f->err), f->err);
	CHECK_OK(fixture_layer(f->s, f->low, &top, f->top, &f->err), f->err);
	CHECK_OK(fixture_image(f->s, f->top, "{}", "localhost/a:1", f->image, &f->err), f->err);
}

/* Mount the record at DIR/mnt; the descriptor of its top. */
static int mount_it(const struct store_mount *m, bool readonly)
{
	const char *target = test_path("mnt");
	struct overlay_mount o = { .lower = m->lower, .upper = m->upper, .work = m->work };
	struct error err = ERROR_INIT;
	int n;

	mkdir(target, 0755);
	if (streq(m->type, "overlay"))
		n = overlay_mount_at(&o, target, &err);
	else
		n = mount(m->source, target, NULL, MS_BIND, NULL);
	if (n == 0 && readonly)
		n = mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	if (n < 0) {
		test_fail(__FILE__, __LINE__, "mount %s: %s", m->type, err.msg);
		return -1;
	}
	return fd_open(AT_FDCWD, target, O_RDONLY | O_DIRECTORY, 0);
}

static void check_text(int root, const char *name, const char *text)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	CHECK_INT(fd_read_file(root, name, 1000, &b), 0);
	CHECK_STR(buf_str(&b), text);
}

static bool there(int root, const char *name)
{
	return faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void check_merged(int root)
{
	struct stat st, hard;

	check_text(root, "kept", "low");
	CHECK_INT(fstatat(root, "kept", &st, 0), 0);
	CHECK_INT(st.st_uid, 3);
	CHECK_INT(st.st_mode & 07777, 0640);
	CHECK_INT(fstatat(root, "hard", &hard, 0), 0);
	CHECK_INT(hard.st_ino, st.st_ino);
	check_text(root, "changed", "top");
	CHECK(!there(root, "gone"));
	CHECK(!there(root, "dir/gone"));
	check_text(root, "dir/kept", "low");
	CHECK_INT(fstatat(root, "dir", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0711);
	CHECK_INT(st.st_mtime, 1234567890);
	CHECK(!there(root, "opaque/gone"));
	CHECK(!there(root, "opaque/.wh..wh..opq"));
	check_text(root, "opaque/new", "top");
	check_text(root, "was-dir", "top");
	check_text(root, "was-file/f", "top");
	CHECK_INT(fstatat(root, ".", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0555);
}

static bool own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

TEST(container_sees_the_merged_layers)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };
	struct store_mount m = { 0 };
	scoped_fd int root = -1;
	scoped_fd int file = -1;
	uint64_t size = 0;

	if (!own_mounts())
		TEST_SKIP("cap_sys_admin");
	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_OK(store_container_mount(f.s, "c1", &m, &f.err), f.err);
	root = mount_it(&m, false);
	CHECK(root >= 0);
	check_merged(root);
	/* What the container writes is its own. */
	file = fd_open(root, "kept", O_WRONLY | O_TRUNC, 0);
	CHECK_INT(fd_write_all(file, "changed by c1", 13), 0);
	fd_close(take_fd(file));
	CHECK_INT(unlinkat(root, "changed", 0), 0);
	CHECK_OK(store_container_size(f.s, "c1", &size, &f.err), f.err);
	CHECK(size > 0 && size < 100);
	CHECK_INT(umount2(test_path("mnt"), MNT_DETACH), 0);
	fd_close(take_fd(root));
	store_mount_done(&m);
	CHECK_OK(store_container_remove(f.s, "c1", &f.err), f.err);
	c.id = "c2";
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_OK(store_container_mount(f.s, "c2", &m, &f.err), f.err);
	root = mount_it(&m, false);
	check_merged(root);
	umount2(test_path("mnt"), MNT_DETACH);
	store_mount_done(&m);
}

TEST(image_is_mounted_read_only)
{
	scoped(fix_done) struct fix f;
	struct store_mount m = { 0 };
	scoped_fd int root = -1;
	char one[65];

	if (!own_mounts())
		TEST_SKIP("cap_sys_admin");
	set_up(&f);
	CHECK_OK(store_image_mount(f.s, f.image, &m, &f.err), f.err);
	CHECK(m.upper == NULL);
	root = mount_it(&m, true);
	CHECK(root >= 0);
	check_merged(root);
	CHECK_INT(fd_open(root, "new", O_WRONLY | O_CREAT, 0600), -EROFS);
	umount2(test_path("mnt"), MNT_DETACH);
	fd_close(take_fd(root));
	store_mount_done(&m);
	/* A single layer. */
	CHECK_OK(fixture_image(f.s, f.low, "{\"one\":1}", NULL, one, &f.err), f.err);
	CHECK_OK(store_image_mount(f.s, one, &m, &f.err), f.err);
	root = mount_it(&m, true);
	check_text(root, "opaque/gone", "low");
	umount2(test_path("mnt"), MNT_DETACH);
	store_mount_done(&m);
	/* None at all. */
	CHECK_OK(fixture_image(f.s, NULL, "{\"none\":1}", NULL, one, &f.err), f.err);
	CHECK_FAILS(store_image_mount(f.s, one, &m, &f.err), f.err, ERROR_STATE, "no layers");
}

TEST(removal_leaves_nothing)
{
	scoped(fix_done) struct fix f;
	struct store_container_new c = { .id = "c1" };

	set_up(&f);
	c.image_id = f.image;
	CHECK_OK(store_container_create(f.s, &c, &f.err), f.err);
	CHECK_FAILS(store_image_remove(f.s, f.image, NULL, &f.err), f.err, ERROR_BUSY, "c1");
	CHECK_OK(store_container_remove(f.s, "c1", &f.err), f.err);
	CHECK_OK(store_image_remove(f.s, f.image, NULL, &f.err), f.err);
	CHECK_INT(fixture_entries(store_graphroot(f.s), store_driver_name(f.s)), 0);
}
