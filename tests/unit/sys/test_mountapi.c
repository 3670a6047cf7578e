/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts are made in a child with a mount namespace of its own; its exit status says where it
 * failed. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/pidref.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

#define MUST(cond)                                                                           \
	do {                                                                                 \
		if (!(cond)) {                                                               \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #cond, \
				errno);                                                      \
			return 1;                                                            \
		}                                                                            \
	} while (0)

static void in_namespace(int (*fn)(const char *dir), const char *name)
{
	const char *dir = test_path(name);
	int status = -1;
	pid_t pid;

	CHECK_INT(mkdir(dir, 0755), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(77);
		if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 || chdir(dir) < 0)
			_exit(2);
		_exit(fn(dir));
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(status, 0);
}

static int open_here(const char *path)
{
	return fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
}

static bool flag_set(const char *path, unsigned long flag)
{
	struct statvfs vfs;

	return statvfs(path, &vfs) == 0 && (vfs.f_flag & flag) != 0;
}

/* The same with the new calls and without. */
static int mount_and_bind(void)
{
	char *options[] = { "size=64k", "mode=0711", NULL };
	struct error err = ERROR_INIT;
	scoped_fd int at = -1;
	scoped_fd int source = -1;
	scoped_fd int here = -1;
	scoped_fd int numbers = -1;
	uint64_t id, above;
	struct stat st;

	MUST(mkdir("t", 0755) == 0 && mkdir("b", 0755) == 0);
	at = open_here("t");
	MUST(mountapi_is_root(AT_FDCWD, "t") == 0);
	MUST(mountapi_new_at("tmpfs", NULL, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, at,
			     &err) == 0);
	MUST(mountapi_is_root(AT_FDCWD, "t") == 1);
	MUST(stat("t", &st) == 0 && (st.st_mode & 07777) == 0711);
	MUST(flag_set("t", ST_NOSUID) && flag_set("t", ST_NODEV) && !flag_set("t", ST_NOEXEC));
	MUST(mountapi_id(at, &id) == 0);
	source = open_here("t");
	MUST(mountapi_id(source, &above) == 0 && id != above);
	/* Bind, with a mount below only when recursive. */
	MUST(mkdir("t/sub", 0755) == 0);
	MUST(mountapi_mount("tmpfs", "t/sub", "tmpfs", 0, NULL) == 0);
	MUST(fd_close(fd_open(AT_FDCWD, "t/sub/file", O_WRONLY | O_CREAT, 0600)) == -1);
	at = fd_close(at);
	at = open_here("b");
	MUST(mountapi_bind(source, at, false) == 0);
	MUST(access("b/sub", F_OK) == 0 && access("b/sub/file", F_OK) < 0);
	MUST(mountapi_umount("b", MNT_DETACH) == 0);
	MUST(mountapi_bind(source, at, true) == 0);
	MUST(access("b/sub/file", F_OK) == 0);
	/* Attributes of the one do not touch the other, and old ones stay. */
	at = fd_close(at);
	at = open_here("b");
	MUST(mountapi_setattr(at, "", 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, 0, 0, -1) == 0);
	MUST(flag_set("b", ST_RDONLY) && flag_set("b", ST_NOEXEC) && flag_set("b", ST_NOSUID));
	MUST(!flag_set("t", ST_RDONLY) && !flag_set("b/sub", ST_RDONLY));
	MUST(mountapi_setattr(at, "", 0, 0, MOUNT_ATTR_RDONLY, 0, -1) == 0);
	MUST(!flag_set("b", ST_RDONLY) && flag_set("b", ST_NOEXEC));
	MUST(mountapi_setattr(at, "", AT_RECURSIVE, 0, 0, MS_SHARED, -1) == 0);
	MUST(mountapi_setattr(at, "", AT_RECURSIVE, 0, 0, MS_PRIVATE, -1) == 0);
	/* With what lies below it, whatever its name means by now. */
	here = open_here(".");
	numbers = fd_open(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0);
	MUST(rename("t/sub/file", "t/sub/other") == 0);
	MUST(mountapi_umount_fd(numbers, at) == 0 && fchdir(here) == 0);
	MUST(mountapi_is_root(AT_FDCWD, "b") == 0 && access("t/sub/other", F_OK) == 0);
	at = fd_close(at);
	at = open_here("b");
	MUST(mountapi_umount_fd(numbers, at) == -EINVAL && fchdir(here) == 0);
	return 0;
}

static int new_calls(const char *dir)
{
	scoped_fd int tree = -1;
	scoped_fd int at = -1;

	MUST(mountapi_available());
	MUST(mount_and_bind() == 0);
	/* Detached, changed as a whole, attached. */
	tree = mountapi_open_tree(AT_FDCWD, "t", AT_RECURSIVE);
	MUST(tree >= 0);
	MUST(mountapi_setattr(tree, "", AT_RECURSIVE, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME, 0, 0,
			      -1) == 0);
	MUST(mkdir("c", 0755) == 0);
	at = open_here("c");
	MUST(mountapi_attach(tree, at) == 0);
	MUST(flag_set("c", ST_RDONLY) && flag_set("c/sub", ST_RDONLY) && flag_set("c", ST_NOATIME));
	MUST(mkdir("d", 0755) == 0);
	MUST(mountapi_move(AT_FDCWD, "c", AT_FDCWD, "d", 0) == 0);
	MUST(flag_set("d/sub", ST_RDONLY) && !flag_set("c", ST_RDONLY));
	return 0;
}

static int classic_calls(const char *dir)
{
	struct error err = ERROR_INIT;
	scoped_fd int at = -1;

	mountapi_disable();
	MUST(!mountapi_available());
	MUST(mountapi_fsopen("tmpfs") == -ENOSYS);
	MUST(mountapi_open_tree(AT_FDCWD, ".", 0) == -ENOSYS);
	MUST(mountapi_new("tmpfs", NULL, NULL, 0, &err) == -ENOSYS);
	MUST(mount_and_bind() == 0);
	at = open_here("b");
	MUST(mountapi_setattr(at, "", AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0, -1) == -EOPNOTSUPP);
	return 0;
}

TEST(descriptor_calls)
{
	in_namespace(new_calls, "new");
}

TEST(classic_calls_behind_the_same_names)
{
	in_namespace(classic_calls, "classic");
}

static int reasons(const char *dir)
{
	struct error err = ERROR_INIT;
	char *bad_key[] = { "no_such_option=1", NULL };
	char *bad_flag[] = { "no_such_flag", NULL };
	char *bad_value[] = { "size=much", NULL };

	MUST(mountapi_new("no-such-fs", NULL, NULL, 0, &err) < 0);
	MUST(err.kind == ERROR_UNSUPPORTED && strstr(err.msg, "modprobe no-such-fs") != NULL);
	MUST(mountapi_new("tmpfs", NULL, bad_key, 0, &err) == -EINVAL);
	MUST(strstr(err.msg, "no_such_option=1") != NULL && strstr(err.msg, "tmpfs") != NULL);
	/* The kernel's own words. */
	MUST(strstr(err.msg, "Unknown parameter") != NULL);
	MUST(mountapi_new("tmpfs", NULL, bad_flag, 0, &err) == -EINVAL);
	MUST(strstr(err.msg, "no_such_flag") != NULL);
	MUST(mountapi_new("tmpfs", NULL, bad_value, 0, &err) == -EINVAL);
	MUST(strstr(err.msg, "Bad value for 'size'") != NULL);
	return 0;
}

TEST(errors_carry_the_reason_of_the_kernel)
{
	in_namespace(reasons, "reasons");
}

static int pivot(const char *dir)
{
	scoped_fd int root = -1;

	MUST(mkdir("root", 0755) == 0);
	MUST(mountapi_mount("root", "root", NULL, MS_BIND, NULL) == 0);
	MUST(fd_close(fd_open(AT_FDCWD, "root/inside", O_WRONLY | O_CREAT, 0600)) == -1);
	root = open_here("root");
	MUST(mountapi_pivot_root(root) == 0);
	MUST(access("/inside", F_OK) == 0 && access("/etc", F_OK) < 0 &&
	     access("inside", F_OK) == 0);
	MUST(access("/..//etc", F_OK) < 0);
	/* The old root is gone from the namespace, not only covered. */
	MUST(umount2("/", MNT_DETACH) < 0 || access("/etc", F_OK) < 0);
	return 0;
}

TEST(pivot_root)
{
	in_namespace(pivot, "pivot");
}

TEST(attribute_translation)
{
	CHECK_INT(
		mountapi_attr_from_ms(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME),
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			MOUNT_ATTR_NODIRATIME);
	CHECK_INT(mountapi_attr_from_ms(MS_NOATIME), MOUNT_ATTR_NOATIME);
	CHECK_INT(mountapi_attr_from_ms(MS_RELATIME | MS_REC | MS_BIND), 0);
	CHECK_INT(mountapi_ms_from_attr(MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_RDONLY),
		  256 | MS_RDONLY);
	CHECK_INT(mountapi_is_root(AT_FDCWD, "/proc"), 1);
	CHECK_INT(mountapi_is_root(AT_FDCWD, "/no/such"), -ENOENT);
	CHECK_INT(mountapi_umount("/no/such", 0), -ENOENT);
}
