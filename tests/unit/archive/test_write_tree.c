/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/tar_reader.h"
#include "base/str.h"
#include "fs/xattr.h"
#include "harness/test.h"
#include "sys/fd.h"

struct trip {
	int from, to, tar;
	struct archive_result written, applied;
	struct error err;
};

static void trip_done(struct trip *t)
{
	fd_close(t->from);
	fd_close(t->to);
	fd_close(t->tar);
}
DEFINE_SCOPED_STRUCT(struct trip, trip_done)

static bool trip_begin(struct trip *t)
{
	*t = (struct trip){ .to = -1, .tar = fd_memfd("tar", false) };
	mkdir(test_path("from"), 0755);
	mkdir(test_path("to"), 0755);
	t->from = fd_open(AT_FDCWD, test_path("from"), O_RDONLY | O_DIRECTORY, 0);
	t->to = fd_open(AT_FDCWD, test_path("to"), O_RDONLY | O_DIRECTORY, 0);
	return t->from >= 0 && t->to >= 0 && t->tar >= 0;
}

static int go(struct trip *t, bool as_layer)
{
	struct archive_apply a = { .read = archive_read_fd,
				   .arg = &t->tar,
				   .target_fd = t->to,
				   .whiteouts = ARCHIVE_WHITEOUT_OVERLAY };
	int n = archive_write_tree(t->from, t->tar, as_layer, &t->written, &t->err);

	if (n < 0)
		return n;
	lseek(t->tar, 0, SEEK_SET);
	return archive_apply(&a, &t->applied, &t->err);
}

static void write_at(struct trip *t, const char *name, const char *text)
{
	scoped_fd int fd = fd_open(t->from, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, text, strlen(text)), 0);
}

TEST(write_tree_round_trip)
{
	scoped(trip_done) struct trip t;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { 1234567890, 123456789 } };
	const struct timespec ancient[2] = { { .tv_nsec = UTIME_OMIT }, { -5, 500000000 } };
	scoped(buf_done) struct buf v = BUF_INIT;
	scoped_fd int fd = -1;
	char name[256], link[1000];
	struct stat st;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK(trip_begin(&t));
	memset(name, 'n', 255);
	name[255] = '\0';
	memset(link, 'l', sizeof(link) - 1);
	link[sizeof(link) - 1] = '\0';
	CHECK_INT(mkdirat(t.from, "d", 0755), 0);
	write_at(&t, "d/a", "text");
	CHECK_INT(linkat(t.from, "d/a", t.from, "z", 0), 0);
	write_at(&t, name, "long");
	CHECK_INT(symlinkat(link, t.from, "link"), 0);
	CHECK_INT(mkfifoat(t.from, "fifo", 0600), 0);
	CHECK_INT(mknodat(t.from, "dev", S_IFCHR | 0600, makedev(1, 3)), 0);
	write_at(&t, "ids", "");
	CHECK_INT(fchownat(t.from, "ids", 3000000000U, 4000000, 0), 0);
	fd = fd_open(t.from, "ids", O_RDWR, 0);
	CHECK_INT(xattr_set(fd, "user.a", "with\0nul", 8), 0);
	CHECK_INT(utimensat(t.from, "ids", times, 0), 0);
	CHECK_INT(utimensat(t.from, "d", ancient, 0), 0);
	CHECK_OK(go(&t, true), t.err);
	CHECK_STR(t.applied.diff_id.str, t.written.diff_id.str);
	CHECK_INT(t.applied.tar_bytes, t.written.tar_bytes);
	CHECK_INT(t.applied.entries, t.written.entries);
	CHECK_INT(t.applied.unpacked_bytes, t.written.unpacked_bytes);
	CHECK_INT(fstatat(t.to, "ids", &st, 0), 0);
	CHECK(st.st_uid == 3000000000U && st.st_gid == 4000000);
	CHECK_INT(st.st_mtim.tv_nsec, 123456789);
	CHECK_INT(fstatat(t.to, "d", &st, 0), 0);
	CHECK_INT(st.st_mtim.tv_sec, -5);
	CHECK_INT(st.st_mtim.tv_nsec, 500000000);
	CHECK_INT(fstatat(t.to, "z", &st, 0), 0);
	CHECK_INT(st.st_nlink, 2);
	CHECK_INT(fstatat(t.to, name, &st, 0), 0);
	CHECK_INT(fstatat(t.to, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_size, sizeof(link) - 1);
	CHECK_INT(fstatat(t.to, "dev", &st, 0), 0);
	CHECK_INT(st.st_rdev, makedev(1, 3));
	fd_close(take_fd(fd));
	fd = fd_open(t.to, "ids", O_RDONLY, 0);
	CHECK_INT(xattr_get(fd, "user.a", &v), 0);
	CHECK_INT(v.len, 8);
}

TEST(write_tree_whiteouts)
{
	scoped(trip_done) struct trip t;
	scoped(buf_done) struct buf v = BUF_INIT;
	scoped_fd int fd = -1;
	struct stat st;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK(trip_begin(&t));
	CHECK_INT(mkdirat(t.from, "d", 0755), 0);
	CHECK_INT(mknodat(t.from, "d/gone", S_IFCHR, 0), 0);
	CHECK_INT(mknodat(t.from, "gone2", S_IFCHR, 0), 0);
	fd = fd_open(t.from, "d", O_RDONLY, 0);
	CHECK_INT(xattr_set(fd, "trusted.overlay.opaque", "y", 1), 0);
	CHECK_OK(go(&t, true), t.err);
	CHECK_INT(fstatat(t.to, "d/gone", &st, 0), 0);
	CHECK(S_ISCHR(st.st_mode) && st.st_rdev == 0);
	CHECK_INT(fstatat(t.to, "gone2", &st, 0), 0);
	fd_close(take_fd(fd));
	fd = fd_open(t.to, "d", O_RDONLY, 0);
	CHECK_INT(xattr_get(fd, "trusted.overlay.opaque", &v), 0);
}

/* The same tree gives the same bytes, in whatever order it was made. */
TEST(write_tree_is_reproducible)
{
	const struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
	struct digest first = { 0 };

	for (int round = 0; round < 2; round++) {
		scoped(trip_done) struct trip t;

		CHECK(trip_begin(&t));
		for (int i = 0; i < 50; i++) {
			char name[16];

			snprintf(name, sizeof(name), "f%d", round == 0 ? i : 49 - i);
			write_at(&t, name, "x");
			CHECK_INT(utimensat(t.from, name, times, 0), 0);
		}
		CHECK_OK(archive_write_tree(t.from, t.tar, false, &t.written, &t.err), t.err);
		if (round == 0)
			first = t.written.diff_id;
		CHECK_STR(t.written.diff_id.str, first.str);
		CHECK_INT(fd_remove_tree(AT_FDCWD, test_path("from")), 0);
		CHECK_INT(fd_remove_tree(AT_FDCWD, test_path("to")), 0);
	}
}

TEST(write_tree_full_disk)
{
	scoped(trip_done) struct trip t;
	scoped_fd int full = fd_open(AT_FDCWD, "/dev/full", O_WRONLY, 0);

	CHECK(trip_begin(&t));
	CHECK_FAILS(archive_write_tree(t.from, full, false, &t.written, &t.err), t.err, ERROR_OS,
		    "No space left");
}
