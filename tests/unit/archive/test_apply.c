/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/tarmake.h"
#include "base/str.h"
#include "fs/xattr.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/root.h"

/* A target below a directory that also has something worth attacking. */
struct target {
	struct buf b;
	int fd;
	struct error err;
	struct archive_result r;
};

static void target_done(struct target *t)
{
	buf_done(&t->b);
	fd_close(t->fd);
}
DEFINE_SCOPED_STRUCT(struct target, target_done)

static bool open_target(struct target *t)
{
	t->fd = -1;
	t->err = ERROR_INIT;
	if (mkdir(test_path("target"), 0755) < 0 || mkdir(test_path("outside"), 0755) < 0)
		return false;
	test_write_file(test_path("outside/secret"), "secret");
	t->fd = fd_open(AT_FDCWD, test_path("target"), O_RDONLY | O_DIRECTORY, 0);
	return t->fd >= 0;
}

static int apply_as(struct target *t, enum archive_whiteouts w)
{
	struct tarmake_source s = { .b = &t->b, .step = 1000 };
	struct archive_apply a = {
		.read = tarmake_read, .arg = &s, .target_fd = t->fd, .whiteouts = w
	};

	return archive_apply(&a, &t->r, &t->err);
}

static int apply(struct target *t)
{
	return apply_as(t, ARCHIVE_WHITEOUT_OVERLAY);
}

#define NEED_ROOT()                        \
	do {                               \
		if (geteuid() != 0)        \
			TEST_SKIP("root"); \
	} while (0)

static struct stat stat_of(struct target *t, const char *name)
{
	struct stat st = { 0 };

	if (fstatat(t->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		st.st_mode = 0;
	return st;
}

static bool exists(struct target *t, const char *name)
{
	return stat_of(t, name).st_mode != 0;
}

static bool has_text(struct target *t, const char *name, const char *text)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	return fd_read_file(t->fd, name, 1 << 20, &b) == 0 && streq(buf_str(&b), text);
}

static bool is_whiteout(struct target *t, const char *name)
{
	struct stat st = stat_of(t, name);

	return S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static bool is_opaque(struct target *t, const char *name)
{
	scoped_fd int fd = fd_open(t->fd, name, O_PATH, 0);
	scoped(buf_done) struct buf b = BUF_INIT;

	return fd >= 0 && xattr_get(fd, "trusted.overlay.opaque", &b) == 0 &&
	       streq(buf_str(&b), "y");
}

static bool outside_is_untouched(void)
{
	scoped_free char *text = test_read_file(test_path("outside/secret"));
	struct stat st;

	return text != NULL && streq(text, "secret") && stat(test_path("outside"), &st) == 0 &&
	       st.st_nlink == 2 && access(test_path("evil"), F_OK) < 0 &&
	       access(test_path("outside/evil"), F_OK) < 0;
}

TEST(apply_attributes)
{
	scoped(target_done) struct target t = { 0 };
	struct stat st;

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "./", .type = TAR_DIRECTORY, .mode = 0700, .uid = 9);
	TAR_PAX_ADD(&t.b, "mtime", "1000000000.25");
	TAR_ADD(&t.b, .name = "./d/", .type = TAR_DIRECTORY, .mode = 02555, .uid = 3, .gid = 4);
	TAR_PAX_ADD(&t.b, "mtime", "999999999.123456789");
	TAR_ADD(&t.b, .name = "d/suid", .mode = 06711, .uid = 5, .gid = 6, .data = "text");
	TAR_ADD(&t.b, .name = "d/fifo", .type = TAR_FIFO, .mode = 0622);
	TAR_ADD(&t.b, .name = "d/char", .type = TAR_CHAR, .mode = 0666, .major = 1, .minor = 3);
	TAR_ADD(&t.b, .name = "d/block", .type = TAR_BLOCK_DEVICE, .mode = 0640, .major = 8,
		.minor = 300);
	TAR_ADD(&t.b, .name = "d/link", .type = TAR_SYMLINK, .link = "../../../etc", .uid = 7);
	TAR_ADD(&t.b, .name = "/abs", .data = "abs");
	CHECK_OK(apply(&t), t.err);
	CHECK_INT(t.r.entries, 8);
	CHECK_INT(t.r.unpacked_bytes, 7);
	/* The top stays the caller's. */
	CHECK_INT(stat_of(&t, ".").st_mode & 07777, 0755);
	st = stat_of(&t, "d");
	CHECK_INT(st.st_mode, S_IFDIR | 02555);
	CHECK_INT(st.st_uid, 3);
	CHECK_INT(st.st_gid, 4);
	CHECK_INT(st.st_mtim.tv_sec, 1000000000);
	CHECK_INT(st.st_mtim.tv_nsec, 250000000);
	st = stat_of(&t, "d/suid");
	CHECK_INT(st.st_mode, S_IFREG | 06711);
	CHECK_INT(st.st_uid, 5);
	CHECK_INT(st.st_gid, 6);
	CHECK_INT(st.st_mtim.tv_nsec, 123456789);
	CHECK_INT(stat_of(&t, "d/fifo").st_mode, S_IFIFO | 0622);
	st = stat_of(&t, "d/char");
	CHECK_INT(st.st_mode, S_IFCHR | 0666);
	CHECK_INT(st.st_rdev, makedev(1, 3));
	CHECK_INT(stat_of(&t, "d/block").st_rdev, makedev(8, 300));
	st = stat_of(&t, "d/link");
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(st.st_uid, 7);
	CHECK_INT(st.st_mtim.tv_sec, 1000000000);
	CHECK(has_text(&t, "abs", "abs"));
}

TEST(apply_xattrs)
{
	scoped(target_done) struct target t = { 0 };
	scoped(buf_done) struct buf v = BUF_INIT;
	scoped_fd int fd = -1;
	/* cap_net_raw+ep, revision 2 */
	static const char cap[20] = { 1, 0, 0, 2, 0, 0x20 };

	NEED_ROOT();
	CHECK(open_target(&t));
	tarmake_pax(&t.b, "SCHILY.xattr.security.capability", cap, sizeof(cap));
	TAR_ADD(&t.b, .name = "ping", .mode = 0755, .uid = 1, .data = "x");
	TAR_PAX_ADD(&t.b, "SCHILY.xattr.trusted.overlay.redirect", "/etc");
	TAR_ADD(&t.b, .name = "d/", .type = TAR_DIRECTORY, .mode = 0755);
	CHECK_OK(apply(&t), t.err);
	fd = fd_open(t.fd, "ping", O_RDONLY, 0);
	CHECK_INT(xattr_get(fd, "security.capability", &v), 0);
	CHECK_INT(v.len, sizeof(cap));
	CHECK(memcmp(v.data, cap, sizeof(cap)) == 0);
	fd_close(take_fd(fd));
	fd = fd_open(t.fd, "d", O_RDONLY, 0);
	buf_truncate(&v, 0);
	CHECK_INT(xattr_get(fd, "trusted.overlay.redirect", &v), -ENODATA);
}

TEST(apply_hard_links)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "a", .data = "a", .uid = 100, .mode = 04755);
	TAR_ADD(&t.b, .name = "dir/b", .type = TAR_HARD_LINK, .link = "./a", .uid = 1,
		.mode = 0700);
	TAR_ADD(&t.b, .name = "l", .type = TAR_SYMLINK, .link = "/nowhere");
	TAR_ADD(&t.b, .name = "l2", .type = TAR_HARD_LINK, .link = "l");
	CHECK_OK(apply(&t), t.err);
	CHECK_INT(stat_of(&t, "a").st_ino, stat_of(&t, "dir/b").st_ino);
	CHECK_INT(stat_of(&t, "a").st_uid, 1);
	CHECK_INT(stat_of(&t, "a").st_mode & 07777, 0700);
	CHECK(S_ISLNK(stat_of(&t, "l2").st_mode));
	CHECK_INT(stat_of(&t, "l2").st_ino, stat_of(&t, "l").st_ino);
}

TEST(apply_sparse)
{
	scoped(target_done) struct target t = { 0 };
	struct stat st;

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_PAX_ADD(&t.b, "GNU.sparse.size", "100000000", "GNU.sparse.map",
		    "4096,3,8000,3,100000000,0");
	TAR_ADD(&t.b, .name = "s", .data = "abcdef");
	CHECK_OK(apply(&t), t.err);
	st = stat_of(&t, "s");
	CHECK_INT(st.st_size, 100000000);
	CHECK(st.st_blocks < 100);
	{
		scoped_fd int fd = fd_open(t.fd, "s", O_RDONLY, 0);
		char data[4000] = "";

		CHECK_INT(pread(fd, data, sizeof(data), 4096), sizeof(data));
		CHECK_STR(data, "abc");
		CHECK_STR(data + 3904, "def");
	}
}

TEST(apply_whiteouts_overlay)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "d/.wh.gone", .uid = 9);
	TAR_ADD(&t.b, .name = "o/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&t.b, .name = "o/.wh..wh..opq");
	TAR_ADD(&t.b, .name = ".wh..wh.plnk/", .type = TAR_DIRECTORY);
	TAR_ADD(&t.b, .name = "new/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&t.b, .name = "new/f", .data = "1");
	TAR_ADD(&t.b, .name = ".wh.new"); /* hides the older one only */
	TAR_ADD(&t.b, .name = ".wh.later");
	TAR_ADD(&t.b, .name = "later/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&t.b, .name = ".wh.file");
	TAR_ADD(&t.b, .name = "file", .data = "2");
	TAR_ADD(&t.b, .name = "d/gone/.wh.deeper");
	CHECK_OK(apply(&t), t.err);
	CHECK(is_whiteout(&t, "d/gone"));
	CHECK_INT(stat_of(&t, "d/gone").st_uid, 9);
	CHECK(is_opaque(&t, "o"));
	CHECK(!exists(&t, "o/.wh..wh..opq"));
	CHECK(!exists(&t, ".wh..wh.plnk"));
	CHECK(has_text(&t, "new/f", "1"));
	CHECK(is_opaque(&t, "new"));
	CHECK(is_opaque(&t, "later"));
	CHECK(!is_opaque(&t, "d"));
	CHECK(has_text(&t, "file", "2"));
}

TEST(apply_whiteouts_delete)
{
	scoped(target_done) struct target t = { 0 };

	CHECK(open_target(&t));
	CHECK_INT(mkdir(test_path("target/o"), 0755), 0);
	CHECK_INT(mkdir(test_path("target/o/sub"), 0755), 0);
	test_write_file(test_path("target/o/old"), "old");
	test_write_file(test_path("target/gone"), "old");
	TAR_ADD(&t.b, .name = "o/sub/new", .data = "n");
	TAR_ADD(&t.b, .name = "o/.wh..wh..opq");
	TAR_ADD(&t.b, .name = ".wh.gone");
	TAR_ADD(&t.b, .name = "kept", .data = "k");
	TAR_ADD(&t.b, .name = ".wh.kept");
	CHECK_OK(apply_as(&t, ARCHIVE_WHITEOUT_DELETE), t.err);
	CHECK(has_text(&t, "o/sub/new", "n"));
	CHECK(!exists(&t, "o/old"));
	CHECK(!exists(&t, "gone"));
	CHECK(has_text(&t, "kept", "k"));
}

TEST(apply_whiteouts_literal)
{
	scoped(target_done) struct target t = { 0 };

	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = ".wh.x", .data = "literal");
	CHECK_OK(apply_as(&t, ARCHIVE_WHITEOUT_LITERAL), t.err);
	CHECK(has_text(&t, ".wh.x", "literal"));
}

TEST(apply_replaces)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "a", .data = "first");
	TAR_ADD(&t.b, .name = "a", .data = "second");
	TAR_ADD(&t.b, .name = "b/", .type = TAR_DIRECTORY, .mode = 0700);
	TAR_ADD(&t.b, .name = "b/c", .data = "c");
	TAR_ADD(&t.b, .name = "b", .data = "file now");
	TAR_ADD(&t.b, .name = "l", .type = TAR_SYMLINK, .link = "d");
	TAR_ADD(&t.b, .name = "l/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&t.b, .name = "e/", .type = TAR_DIRECTORY, .mode = 0700);
	TAR_ADD(&t.b, .name = "e/kept", .data = "k");
	TAR_ADD(&t.b, .name = "e/", .type = TAR_DIRECTORY, .mode = 0711);
	CHECK_OK(apply(&t), t.err);
	CHECK(has_text(&t, "a", "second"));
	CHECK(has_text(&t, "b", "file now"));
	CHECK(S_ISDIR(stat_of(&t, "l").st_mode));
	CHECK_INT(stat_of(&t, "e").st_mode & 07777, 0711);
	CHECK(has_text(&t, "e/kept", "k"));
}

TEST(apply_follows_links_inside_the_target_only)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	CHECK(open_target(&t));
	CHECK_INT(mkdir(test_path("target/in"), 0755), 0);
	TAR_ADD(&t.b, .name = "up", .type = TAR_SYMLINK, .link = "../../../../in");
	TAR_ADD(&t.b, .name = "up/evil", .data = "x");
	CHECK_OK(apply(&t), t.err);
	CHECK(has_text(&t, "in/evil", "x"));
	CHECK(outside_is_untouched());
}

TEST(apply_refuses_what_escapes)
{
	const struct {
		struct tarmake first, second;
		const char *message;
	} cases[] = {
		{ { .name = "../evil", .data = "x" }, { .name = "y" }, "climbs" },
		{ { .name = "a/../../evil", .data = "x" }, { .name = "y" }, "climbs" },
		{ { .name = "a/..", .type = TAR_DIRECTORY }, { .name = "y" }, "climbs" },
		{ { .name = "l", .type = TAR_SYMLINK, .link = "../outside" },
		  { .name = "l/evil", .data = "x" },
		  "" },
		{ { .name = "h", .type = TAR_HARD_LINK, .link = "../outside/secret" },
		  { .name = "y" },
		  "climbs" },
		{ { .name = "h", .type = TAR_HARD_LINK, .link = "/" }, { .name = "y" }, "top" },
		{ { .name = "f", .data = "x" }, { .name = "f/evil", .data = "x" }, "no directory" },
		{ { .name = ".", .type = TAR_SYMLINK, .link = "/etc" }, { .name = "y" }, "top" },
		{ { .name = ".wh..." }, { .name = "y" }, "bad whiteout" },
		{ { .name = ".wh.." }, { .name = "y" }, "bad whiteout" },
		{ { .name = ".wh." }, { .name = "y" }, "bad whiteout" },
		{ { .name = "d/.wh..", .type = TAR_DIRECTORY }, { .name = "y" }, "bad whiteout" },
		{ { .name = "l", .type = TAR_SYMLINK, .link = "l" }, { .name = "l/x" }, "links" },
		{ { .name = "h", .type = TAR_HARD_LINK, .link = "missing" },
		  { .name = "y" },
		  "missing" },
	};

	NEED_ROOT();
	CHECK_INT(mkdir(test_path("target"), 0755), 0);
	CHECK_INT(mkdir(test_path("outside"), 0755), 0);
	test_write_file(test_path("outside/secret"), "secret");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		scoped(target_done) struct target t = { .err = ERROR_INIT };
		int n;

		t.fd = fd_open(AT_FDCWD, test_path("target"), O_RDONLY | O_DIRECTORY, 0);
		tarmake_entry(&t.b, &cases[i].first);
		tarmake_entry(&t.b, &cases[i].second);
		n = apply(&t);
		/* A link upwards is one inside the target, to a directory that is made there. */
		if (cases[i].message[0] != '\0')
			CHECK_FAILS(n, t.err, t.err.kind, cases[i].message);
		CHECK(outside_is_untouched());
		CHECK_INT(fd_remove_tree(AT_FDCWD, test_path("target")), 0);
		CHECK_INT(mkdir(test_path("target"), 0755), 0);
	}
}

/* The kept parent must not outlive the link through which it was found. */
TEST(apply_forgets_a_replaced_parent)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "other/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&t.b, .name = "l", .type = TAR_SYMLINK, .link = ".");
	TAR_ADD(&t.b, .name = "l/a", .data = "a");
	TAR_ADD(&t.b, .name = "l/l", .type = TAR_SYMLINK, .link = "other");
	TAR_ADD(&t.b, .name = "l/b", .data = "b");
	CHECK_OK(apply(&t), t.err);
	CHECK(has_text(&t, "a", "a"));
	CHECK(has_text(&t, "l/b", "b"));
	CHECK(!exists(&t, "b"));
	CHECK(!exists(&t, "other/b"));
}

TEST(apply_limits)
{
	scoped(target_done) struct target t = { 0 };
	struct tarmake_source s = { .b = &t.b };
	struct archive_apply a = { .read = tarmake_read, .arg = &s };

	CHECK(open_target(&t));
	a.target_fd = t.fd;
	a.max_entries = 1;
	TAR_ADD(&t.b, .name = "a", .data = "0123456789");
	TAR_ADD(&t.b, .name = "b", .data = "0123456789");
	CHECK_FAILS(archive_apply(&a, &t.r, &t.err), t.err, ERROR_LIMIT, "more than 1 entries");
	s.pos = 0;
	a.max_entries = 0;
	a.max_bytes = 15;
	CHECK_FAILS(archive_apply(&a, &t.r, &t.err), t.err, ERROR_LIMIT, "unpack 'b'");
}

TEST(apply_maps_owners)
{
	scoped(target_done) struct target t = { 0 };
	struct id_map_range range = { 0, 100000, 1000 };
	struct id_map map = { &range, 1 };
	struct tarmake_source s = { .b = &t.b };
	struct archive_apply a = { .read = tarmake_read, .arg = &s, .uids = &map, .gids = &map };

	NEED_ROOT();
	CHECK(open_target(&t));
	a.target_fd = t.fd;
	TAR_ADD(&t.b, .name = "d/f", .uid = 5, .gid = 6);
	CHECK_OK(archive_apply(&a, &t.r, &t.err), t.err);
	CHECK_INT(stat_of(&t, "d/f").st_uid, 100005);
	CHECK_INT(stat_of(&t, "d").st_uid, 100000);
	TAR_ADD(&t.b, .name = "g", .uid = 1000);
	s.pos = 0;
	CHECK_FAILS(archive_apply(&a, &t.r, &t.err), t.err, ERROR_INVALID, "id mapping");
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Podman's CVE-2021-20291 and 2026-114236: malformed layers must neither hang nor leak descriptors.
 */
TEST(apply_malformed_by_the_thousand)
{
	scoped(target_done) struct target t = { 0 };
	scoped(buf_done) struct buf good = BUF_INIT;
	unsigned seed = 1, before, failed = 0;

	CHECK(open_target(&t));
	TAR_ADD(&good, .name = "d/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_PAX_ADD(&good, "path", "d/long", "mtime", "1.5");
	TAR_ADD(&good, .name = "x", .data = "content");
	TAR_ADD(&good, .name = "d/link", .type = TAR_SYMLINK, .link = "long");
	TAR_ADD(&good, .name = "d/hard", .type = TAR_HARD_LINK, .link = "d/long");
	tarmake_end(&good);
	before = open_descriptors();
	for (int i = 0; i < 10000; i++) {
		t.b.len = 0;
		buf_add(&t.b, good.data, good.len);
		for (int k = 0; k < 3; k++)
			t.b.data[(size_t)rand_r(&seed) % t.b.len] = (char)rand_r(&seed);
		if (i % 3 == 0)
			t.b.len = (size_t)rand_r(&seed) % t.b.len;
		t.err = ERROR_INIT;
		if (apply_as(&t, ARCHIVE_WHITEOUT_DELETE) < 0) {
			failed++;
			CHECK(t.err.kind != ERROR_NONE && t.err.msg[0] != '\0');
		}
	}
	CHECK(failed > 1000);
	CHECK_INT(open_descriptors(), before);
	CHECK(outside_is_untouched());
}

TEST(apply_without_openat2)
{
	scoped(target_done) struct target t = { 0 };

	NEED_ROOT();
	root_disable_openat2();
	CHECK(open_target(&t));
	TAR_ADD(&t.b, .name = "a/b/c", .data = "x");
	TAR_ADD(&t.b, .name = "l", .type = TAR_SYMLINK, .link = "/a");
	TAR_ADD(&t.b, .name = "l/d", .data = "y");
	CHECK_OK(apply(&t), t.err);
	CHECK(has_text(&t, "a/d", "y"));
}
