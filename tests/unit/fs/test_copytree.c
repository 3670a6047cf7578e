/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "fs/copytree.h"
#include "fs/xattr.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/process.h"

static int make_dir(const char *name)
{
	if (mkdir(test_path(name), 0755) < 0)
		return -errno;
	return fd_open(AT_FDCWD, test_path(name), O_RDONLY | O_DIRECTORY, 0);
}

static int make_file(int dir, const char *name, const char *text, mode_t mode)
{
	scoped_fd int fd = fd_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, mode);

	if (fd < 0)
		return fd;
	return fchmod(fd, mode) < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

static const struct timespec old[2] = { { 1000000, 5 }, { 2000000, 7 } };

static int fill(int src)
{
	scoped_fd int sparse = -1;

	if (mkdirat(src, "d", 02751) < 0 || fchmodat(src, "d", 02751, 0) < 0)
		return -1;
	if (make_file(src, "d/file", "content", 04755) < 0 || make_file(src, "empty", "", 0) < 0)
		return -1;
	if (linkat(src, "d/file", src, "hard", 0) < 0 || symlinkat("/d/file", src, "link") < 0 ||
	    symlinkat("none", src, "d/dangling") < 0 || mkfifoat(src, "fifo", 0640) < 0)
		return -1;
	sparse = fd_open(src, "sparse", O_WRONLY | O_CREAT, 0600);
	if (sparse < 0 || lseek(sparse, 50 << 20, SEEK_SET) < 0 || write(sparse, "end", 3) != 3 ||
	    ftruncate(sparse, 60 << 20) < 0)
		return -1;
	if (geteuid() == 0 && (mknodat(src, "null", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
			       fchownat(src, "link", 11, 12, AT_SYMLINK_NOFOLLOW) < 0 ||
			       fchownat(src, "fifo", 13, 14, 0) < 0))
		return -1;
	if (utimensat(src, "link", old, AT_SYMLINK_NOFOLLOW) < 0 ||
	    utimensat(src, "d/file", old, 0) < 0 || utimensat(src, "d", old, 0) < 0)
		return -1;
	return 0;
}

static void check_same(int a, int b, const char *name)
{
	struct stat x, y;

	CHECK_INT(fd_stat(a, name, AT_SYMLINK_NOFOLLOW, &x), 0);
	CHECK_INT(fd_stat(b, name, AT_SYMLINK_NOFOLLOW, &y), 0);
	CHECK_INT(y.st_mode, x.st_mode);
	CHECK_INT(y.st_uid, x.st_uid);
	CHECK_INT(y.st_gid, x.st_gid);
	CHECK_INT(y.st_rdev, x.st_rdev);
	CHECK_INT(y.st_nlink, x.st_nlink);
	CHECK_INT(y.st_mtim.tv_sec, x.st_mtim.tv_sec);
	CHECK_INT(y.st_mtim.tv_nsec, x.st_mtim.tv_nsec);
	if (!S_ISDIR(x.st_mode))
		CHECK_INT(y.st_size, x.st_size);
}

TEST(everything_is_copied)
{
	static const char *const names[] = { "d",    "d/file", "empty",	     "hard", "link",
					     "fifo", "sparse", "d/dangling", "." };
	scoped_fd int src = make_dir("src");
	scoped_fd int dst = make_dir("dst");
	scoped(buf_done) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	scoped_fd int file = -1;
	char target[32] = "";
	struct stat a, b;
	bool xattrs;

	CHECK(src >= 0 && dst >= 0);
	CHECK_INT(fill(src), 0);
	file = fd_open(src, "d/file", O_RDONLY, 0);
	xattrs = xattr_set(file, "user.x", "y", 1) == 0;
	CHECK_OK(copytree(src, dst, COPYTREE_XATTRS, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_same(src, dst, names[i]);
	if (geteuid() == 0)
		check_same(src, dst, "null");
	CHECK_INT(fd_read_file(dst, "d/file", 100, &text), 0);
	CHECK_STR(buf_str(&text), "content");
	CHECK(readlinkat(dst, "link", target, sizeof(target) - 1) > 0);
	CHECK_STR(target, "/d/file");
	CHECK_INT(fd_stat(dst, "hard", 0, &a), 0);
	CHECK_INT(fd_stat(dst, "d/file", 0, &b), 0);
	CHECK(a.st_ino == b.st_ino);
	/* The hole is one there, too, and the data behind it is right. */
	CHECK_INT(fd_stat(dst, "sparse", 0, &a), 0);
	CHECK(a.st_blocks < 2048);
	file = fd_close(file);
	file = fd_open(dst, "sparse", O_RDONLY, 0);
	CHECK_INT(pread(file, target, 3, 50 << 20), 3);
	CHECK(memcmp(target, "end", 3) == 0);
	if (xattrs) {
		file = fd_close(file);
		file = fd_open(dst, "d/file", O_RDONLY, 0);
		buf_done(&text);
		CHECK_INT(xattr_get(file, "user.x", &text), 0);
		CHECK_STR(buf_str(&text), "y");
	}
}

TEST(existing_files_are_not_written_to)
{
	scoped_fd int src = make_dir("src2");
	scoped_fd int dst = make_dir("dst2");
	struct error err = ERROR_INIT;
	scoped_free char *text = NULL;

	CHECK_INT(make_file(src, "f", "new", 0644), 0);
	CHECK_INT(test_write_file(test_path("victim"), "victim"), 0);
	CHECK_INT(symlinkat("../victim", dst, "f"), 0);
	CHECK_FAILS(copytree(src, dst, 0, &err), err, ERROR_OS, "create 'f'");
	CHECK_INT(err.num, EEXIST);
	text = test_read_file(test_path("victim"));
	CHECK_STR(text, "victim");
	/* Nor is a link followed where a directory is wanted. */
	CHECK_INT(unlinkat(dst, "f", 0), 0);
	CHECK_INT(unlinkat(src, "f", 0), 0);
	CHECK_INT(mkdirat(src, "f", 0755), 0);
	CHECK_INT(symlinkat("..", dst, "f"), 0);
	CHECK_FAILS(copytree(src, dst, 0, &err), err, ERROR_OS, "'f'");
}

TEST(too_deep_is_an_error)
{
	scoped_fd int src = make_dir("deep");
	scoped_fd int dst = make_dir("deep2");
	scoped_fd int cur = fd_dup_min(src, 3);
	unsigned long long bytes, inodes;
	struct error err = ERROR_INIT;

	for (int i = 0; i < 450; i++) {
		int next;

		CHECK_INT(mkdirat(cur, "d", 0755), 0);
		next = fd_open(cur, "d", O_RDONLY | O_DIRECTORY, 0);
		fd_close(cur);
		cur = next;
	}
	CHECK(copytree(src, dst, 0, &err) < 0);
	CHECK(err.kind == ERROR_LIMIT || err.num == EMFILE);
	CHECK(tree_usage(src, &bytes, &inodes) < 0);
}

static int as_ordinary_user(const char *from, const char *to)
{
	struct error err = ERROR_INIT;
	scoped_fd int src = -1;
	scoped_fd int dst = -1;

	if (process_setgroups(NULL, 0) < 0 || process_setid(65534, 65534) < 0)
		return 10;
	src = fd_open(AT_FDCWD, from, O_RDONLY | O_DIRECTORY, 0);
	dst = fd_open(AT_FDCWD, to, O_RDONLY | O_DIRECTORY, 0);
	if (src < 0 || dst < 0)
		return 77;
	if (copytree(src, dst, COPYTREE_KEEP_GOING_UNPRIVILEGED, &err) < 0)
		return 11;
	return faccessat(dst, "file", F_OK, 0) == 0 && faccessat(dst, "null", F_OK, 0) < 0 ? 0 : 12;
}

TEST(ordinary_user_keeps_going)
{
	scoped_fd int src = make_dir("user");
	scoped_fd int dst = make_dir("user2");
	int status;
	pid_t pid;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_INT(chmod(test_tmpdir(), 0755), 0);
	CHECK_INT(make_file(src, "file", "x", 0644), 0);
	CHECK_INT(mknodat(src, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	CHECK_INT(fchown(dst, 65534, 65534), 0);
	pid = fork();
	if (pid == 0)
		_exit(as_ordinary_user(test_path("user"), test_path("user2")));
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("temporary directory reachable by an ordinary user");
	CHECK_INT(status, 0);
}

TEST(usage_and_emptiness)
{
	scoped_fd int dir = make_dir("usage");
	unsigned long long bytes = 1, inodes = 1;
	scoped_free char *text = xcalloc(1, 10001);

	CHECK(tree_is_empty(dir));
	CHECK_INT(tree_usage(dir, &bytes, &inodes), 0);
	CHECK_INT(bytes, 0);
	CHECK_INT(inodes, 0);
	memset(text, 't', 10000);
	CHECK_INT(mkdirat(dir, "d", 0755), 0);
	CHECK_INT(make_file(dir, "d/f", text, 0644), 0);
	CHECK_INT(linkat(dir, "d/f", dir, "again", 0), 0);
	CHECK(!tree_is_empty(dir));
	CHECK_INT(tree_usage(dir, &bytes, &inodes), 0);
	CHECK_INT(inodes, 2);
	CHECK(bytes >= 10000 && bytes < 40000);
	CHECK(!tree_is_empty(-1));
}
