/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect: our executable out of reach of containers (CVE-2019-5736).
 *
 * The attack: a container makes the runtime execute /proc/self/exe, as payload, as "#!" interpreter
 * or as ELF interpreter.  The runtime's own file then runs inside, dumpable, and other processes
 * there open it by /proc/PID/exe and, once it has ended, write to it.  To refuse such payloads by
 * comparing inodes does not do: interpreters are looked up by the kernel after our last look.
 *
 * The file itself must therefore not be writable through the mount that it was executed from.  That
 * mount is a private detached clone (open_tree), made read-only (mount_setattr) and dissolved when
 * its only descriptor is closed by the exec.  What is left of it is the reference of the running
 * program: writing, truncating, chmod and links fail with EROFS or EXDEV; and as it is in no mount
 * namespace, mount_setattr, remount and cloning it fail with EINVAL even for a process with
 * all capabilities (tests/unit/sys/test_protect.c tries each).  A detached mount whose descriptor
 * is still open could be made writable again, so no copy of it may outlive the start: it is CLOEXEC,
 * and who was forked meanwhile closes his first of all (process_protect_settle).  Dissolving waits
 * for the kernel's readers of mounts (RCU, 0.2 ms), which process_protect_begin() leaves to a moment
 * when somebody else has work to do.
 *
 * Where open_tree is not allowed (ordinary users outside a user namespace): a sealed memfd copy.
 *
 * A static program need not be executed again: swap_exe() exchanges its file under it.  Only where
 * that is refused does it execute itself from there.
 *
 * Cost, measured on Linux 6.18 with a static program of 1.9 MB, median of 300 starts: plain start
 * 0.54 ms; start, read-only clone, second exec 1.01 ms; start, memfd copy, second exec 2.26 ms.
 * The clone alone takes 0.015 ms, so a program started by process_protected_exe() pays nearly
 * nothing; the copy alone takes 0.96 ms and its pages are shared with nobody.
 *
 * What remains: between clone and exec, /proc/PID/exe and /proc/PID/fd of our child are visible
 * inside. The runtime makes that child non-dumpable (process_set_dumpable(false)), which denies
 * both to everything without CAP_SYS_PTRACE in the initial user namespace.
 */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/path.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/process/swap_exe.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* fd must be open for reading to be asked for its seals. */
static int is_out_of_reach(int fd)
{
	struct statvfs vfs;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0 && (seals & SEALS) == SEALS)
		return 1;
	if (fstatvfs(fd, &vfs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((vfs.f_flag & ST_RDONLY) != 0)
		return 1;
	/* An ordinary user's containers have at most that user's rights on the file. */
	return geteuid() != 0 && st.st_uid != geteuid() &&
	       faccessat(fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) < 0 && errno == EACCES;
}

int process_is_protected(void)
{
	scoped_fd int fd = fd_open(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0);

	return fd < 0 ? fd : is_out_of_reach(fd);
}

/* A descriptor of the file on a read-only mount, which is dissolved when *ret_tree is closed. */
static int read_only_clone(const char *path, int flags, int *ret_tree)
{
	scoped_fd int fd = mountapi_open_tree(AT_FDCWD, path, 0);
	struct statvfs vfs;
	int r;

	if (fd < 0)
		return fd;
	r = mountapi_setattr(fd, "", 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, 0, -1);
	if (r < 0)
		return r;
	if (fstatvfs(fd, &vfs) < 0)
		return -errno;
	/* mount_setattr may have been the classic call, which cannot do this. */
	r = (vfs.f_flag & ST_RDONLY) != 0 ? fd_reopen(fd, flags) : -EOPNOTSUPP;
	if (r >= 0)
		*ret_tree = take_fd(fd);
	return r;
}

static int sealed_copy(const char *path)
{
	scoped_fd int from = fd_open(AT_FDCWD, path, O_RDONLY, 0);
	scoped_fd int to = -1;
	struct stat st;
	off_t at = 0;

	if (from < 0)
		return from;
	if (fstat(from, &st) < 0)
		return -errno;
	to = memfd_create("coracle", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (to < 0 && errno == EINVAL)
		to = memfd_create("coracle", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0)
		return -errno;
	while (at < st.st_size) {
		ssize_t n = sendfile(to, from, &at, (size_t)(st.st_size - at));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
	}
	if (fchmod(to, 0755) < 0 || fcntl(to, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return take_fd(to);
}

int process_protected_exe(const char *path)
{
	scoped_fd int tree = -1;
	int fd = read_only_clone(path, O_PATH, &tree);

	return fd >= 0 || fd == -ENOENT || fd == -EACCES ? fd : sealed_copy(path);
}

/* Returns only when the exec failed. */
static int exec_fd(int fd, char *const *argv)
{
	if (fd < 0)
		return fd;
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return -errno;
}

/* The mount that we run from since process_protect_begin(). */
static int undissolved = -1;

void process_protect_settle(void)
{
	undissolved = fd_close(undissolved);
}

int process_protect_self(char *const *argv)
{
	int r = process_protect_begin(argv);

	process_protect_settle();
	return r;
}

int process_protect_begin(char *const *argv)
{
	scoped_fd int tree = -1;
	scoped_fd int clone = -1;
	scoped_fd int copy = -1;
	int r = process_is_protected();

	if (r < 0)
		return r;
	if (r > 0) {
		/* Before Linux 6.14 the name after an exec by descriptor is the descriptor's
		 * number. */
		prctl(PR_SET_NAME, path_base(argv[0]), 0, 0, 0);
		return 0;
	}
	clone = read_only_clone("/proc/self/exe", O_RDONLY, &tree);
	if (clone >= 0 && swap_exe(clone) == 0 && process_is_protected() == 1) {
		undissolved = take_fd(tree);
		return 0;
	}
	exec_fd(clone, argv);
	/* No right to clone, or a security module that wants a path. */
	copy = sealed_copy("/proc/self/exe");
	return exec_fd(copy, argv);
}
