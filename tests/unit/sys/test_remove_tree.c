/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/pidref.h"

static int top_fd(void)
{
	return fd_open(AT_FDCWD, test_tmpdir(), O_RDONLY | O_DIRECTORY, 0);
}

TEST(missing_is_fine)
{
	scoped_fd int top = top_fd();

	CHECK_INT(fd_remove_tree(top, "missing"), 0);
}

TEST(files_and_links_are_not_followed)
{
	scoped_fd int top = top_fd();
	struct stat st;

	CHECK_INT(fd_mkdir_p(top, "keep", 0755), 0);
	CHECK_INT(test_write_file(test_path("keep/file"), "x"), 0);
	CHECK_INT(fd_mkdir_p(top, "t/a/b", 0755), 0);
	CHECK_INT(symlinkat("../keep", top, "t/link"), 0);
	CHECK_INT(symlinkat("keep", top, "link"), 0);
	CHECK_INT(mkfifoat(top, "t/a/fifo", 0600), 0);
	CHECK_INT(test_write_file(test_path("t/a/b/file"), "x"), 0);
	CHECK_INT(fd_remove_tree(top, "t"), 0);
	CHECK_INT(fd_stat(top, "t", 0, &st), -ENOENT);
	CHECK_INT(fd_remove_tree(top, "link"), 0);
	CHECK_INT(fd_stat(top, "link", AT_SYMLINK_NOFOLLOW, &st), -ENOENT);
	CHECK_INT(fd_stat(top, "keep/file", 0, &st), 0);
	CHECK_INT(fd_remove_tree(top, "keep"), 0);
	CHECK_INT(fd_stat(top, "keep", 0, &st), -ENOENT);
}

/* Deeper than a path can say and than we have descriptors for. */
TEST(very_deep_tree)
{
	scoped_fd int top = top_fd();
	scoped_fd int cur = -1;
	struct stat st;

	CHECK_INT(mkdirat(top, "deep", 0755), 0);
	cur = fd_open(top, "deep", O_RDONLY | O_DIRECTORY, 0);
	for (int i = 0; i < 3000; i++) {
		int next;

		CHECK_INT(mkdirat(cur, "d", 0755), 0);
		CHECK_INT(mkdirat(cur, "empty", 0755), 0);
		next = fd_open(cur, "d", O_RDONLY | O_DIRECTORY, 0);
		CHECK(next >= 0);
		fd_close(cur);
		cur = next;
	}
	CHECK_INT(fd_remove_tree(top, "deep"), 0);
	CHECK_INT(fd_stat(top, "deep", 0, &st), -ENOENT);
}

TEST(directories_without_permission_of_their_owner)
{
	scoped_fd int top = top_fd();
	struct stat st;
	pid_t pid;
	int status;

	CHECK_INT(mkdirat(top, "user", 0777), 0);
	CHECK_INT(fchmodat(top, "user", 0777, 0), 0);
	CHECK_INT(chmod(test_tmpdir(), 0755), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		scoped_fd int user = -1;

		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		user = fd_open(top, "user", O_RDONLY | O_DIRECTORY, 0);
		if (user < 0)
			_exit(3);
		if (fd_mkdir_p(user, "locked/in", 0755) < 0 || fchmodat(user, "locked", 0, 0) < 0 ||
		    fd_remove_tree(user, "locked") < 0)
			_exit(1);
		_exit(0);
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 3)
		TEST_SKIP("temporary directory reachable by an ordinary user");
	CHECK_INT(status, 0);
	CHECK_INT(fd_stat(top, "user/locked", 0, &st), -ENOENT);
	CHECK_INT(fd_remove_tree(top, "user"), 0);
}

static int in_mount_namespace(void)
{
	scoped_fd int top = -1;
	struct stat st;

	if (unshare(CLONE_NEWNS) < 0)
		return 77;
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return 10;
	top = top_fd();
	if (top < 0 || fchdir(top) < 0)
		return 10;
	if (mount("precious", "m/a/mnt", NULL, MS_BIND, NULL) < 0)
		return 11;
	if (fd_remove_tree(top, "m") != -EBUSY)
		return 12;
	if (fd_stat(top, "precious/file", 0, &st) < 0)
		return 13;
	if (umount2("m/a/mnt", 0) < 0 || fd_mkdir_p(top, "m/a/mnt", 0755) < 0 ||
	    mount("precious", "m", NULL, MS_BIND, NULL) < 0)
		return 14;
	if (fd_remove_tree(top, "m") != -EBUSY || fd_stat(top, "precious/file", 0, &st) < 0)
		return 15;
	if (umount2("m", 0) < 0 || fd_remove_tree(top, "m") < 0)
		return 16;
	return 0;
}

/* A bind mount of the same file system: the device number does not tell. */
TEST(mounts_are_not_entered)
{
	scoped_fd int top = top_fd();
	pid_t pid;
	int status;

	CHECK_INT(fd_mkdir_p(top, "m/a/mnt", 0755), 0);
	CHECK_INT(fd_mkdir_p(top, "precious", 0755), 0);
	CHECK_INT(test_write_file(test_path("precious/file"), "x"), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(in_mount_namespace());
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(status, 0);
}
