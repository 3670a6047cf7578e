/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "sys/fd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* Linux 5.6 */
#endif

static const struct {
	uint64_t flag;
	const char *proc_name;
	const char *oci_name;
} types[] = {
	[NS_USER] = { CLONE_NEWUSER, "user", "user" },
	[NS_MOUNT] = { CLONE_NEWNS, "mnt", "mount" },
	[NS_PID] = { CLONE_NEWPID, "pid", "pid" },
	[NS_NET] = { CLONE_NEWNET, "net", "network" },
	[NS_IPC] = { CLONE_NEWIPC, "ipc", "ipc" },
	[NS_UTS] = { CLONE_NEWUTS, "uts", "uts" },
	[NS_CGROUP] = { CLONE_NEWCGROUP, "cgroup", "cgroup" },
	[NS_TIME] = { CLONE_NEWTIME, "time", "time" },
};
_Static_assert(ARRAY_SIZE(types) == NS_TYPE_COUNT, "one row per namespace type");

uint64_t ns_clone_flag(enum ns_type t)
{
	return types[t].flag;
}

const char *ns_proc_name(enum ns_type t)
{
	return types[t].proc_name;
}

const char *ns_oci_name(enum ns_type t)
{
	return types[t].oci_name;
}

int ns_type_from_oci(const char *name)
{
	for (size_t i = 0; i < NS_TYPE_COUNT; i++) {
		if (streq(types[i].oci_name, name))
			return (int)i;
	}
	return -1;
}

/* clone(2) for kernels and filters without clone3.  Only its low byte is the signal, which is where
 * CLONE_NEWTIME lies, and it knows no target cgroup. */
static pid_t clone_old(const struct ns_clone *c, int *pidfd)
{
	unsigned long flags = (unsigned long)c->flags | (unsigned long)c->exit_signal;
	long pid;

	if (c->cgroup_fd >= 0 || (c->flags & (CLONE_NEWTIME | ~0xffffffffULL)) != 0)
		return -EOPNOTSUPP;
	if (pidfd != NULL)
		flags |= CLONE_PIDFD;
#if defined(__s390__)
	pid = syscall(SYS_clone, 0, flags, pidfd, 0, 0);
#else
	pid = syscall(SYS_clone, flags, 0, pidfd, 0, 0);
#endif
	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t ns_clone3(const struct ns_clone *c)
{
	struct clone_args args = {
		.flags = c->flags,
		.exit_signal = (uint64_t)c->exit_signal,
	};
	int pidfd = -1;
	pid_t pid;

	if (c->ret_pidfd != NULL) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	}
	if (c->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)c->cgroup_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && (errno == ENOSYS || errno == EPERM)) {
		int why = errno;

		pid = clone_old(c, c->ret_pidfd != NULL ? &pidfd : NULL);
		if (pid == -EOPNOTSUPP && why == EPERM)
			pid = -EPERM;
	} else if (pid < 0) {
		pid = -errno;
	}
	if (pid > 0 && c->ret_pidfd != NULL)
		*c->ret_pidfd = pidfd;
	return pid;
}

static int open_ns_file(const char *who, enum ns_type t)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", who, types[t].proc_name);
	return fd_open(AT_FDCWD, path, O_RDONLY, 0);
}

int ns_open(pid_t pid, enum ns_type t)
{
	char who[16];

	snprintf(who, sizeof(who), "%d", (int)pid);
	return open_ns_file(pid == 0 ? "thread-self" : who, t);
}

int ns_open_path(const char *path, enum ns_type t, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct statfs sfs;
	int type;

	if (fd < 0)
		return error_os(err, -fd, "open %s namespace '%s'", types[t].oci_name, path);
	if (fstatfs(fd, &sfs) < 0)
		return error_os(err, errno, "look at namespace '%s'", path);
	if (sfs.f_type != NSFS_MAGIC)
		return error_set(err, ERROR_INVALID, "'%s' is not a namespace", path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return error_os(err, errno, "ask for the type of namespace '%s'", path);
	if ((uint64_t)type != types[t].flag)
		return error_set(err, ERROR_INVALID, "'%s' is not a %s namespace", path,
				 types[t].oci_name);
	return take_fd(fd);
}

int ns_enter(int fd, enum ns_type t)
{
	return setns(fd, (int)types[t].flag) < 0 ? -errno : 0;
}

int ns_enter_pidfd(int pidfd, uint64_t flags)
{
	return setns(pidfd, (int)flags) < 0 ? -errno : 0;
}

int ns_unshare(uint64_t flags)
{
	return unshare((int)flags) < 0 ? -errno : 0;
}

int ns_loopback_up(void)
{
	/* What else is set on the device cannot be changed and is not looked at. */
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	scoped_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ? -errno : 0;
}

/* Joining a mount namespace sets root and working directory to its root, also when it is the own
 * one.  By pidfd: /proc/self would be another process where /proc is that of another namespace. */
int ns_leave_chroot(void)
{
	scoped_fd int self = pidfd_open(getpid(), 0);

	if (self < 0)
		return -errno;
	return ns_enter_pidfd(self, CLONE_NEWNS);
}

int ns_inode(int fd, ino_t *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

int ns_is_own(int fd, enum ns_type t)
{
	char path[64];
	struct stat a, b;
	int r;

	if (fstat(fd, &a) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", types[t].proc_name);
	r = fd_stat(AT_FDCWD, path, 0, &b);
	if (r < 0)
		return r;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int ns_new_net(struct error *err)
{
	scoped_fd int own = ns_open(0, NS_NET);
	scoped_fd int fresh = -1;
	int r;

	if (own < 0)
		return error_os(err, -own, "open own network namespace");
	r = ns_unshare(CLONE_NEWNET);
	if (r < 0)
		return error_os(err, -r, "create network namespace");
	fresh = ns_open(0, NS_NET);
	r = ns_enter(own, NS_NET);
	if (r < 0)
		return error_os(err, -r, "return to own network namespace");
	if (fresh < 0)
		return error_os(err, -fresh, "open new network namespace");
	return take_fd(fresh);
}

int ns_pin(int nsfd, const char *path, struct error *err)
{
	scoped_fd int file = fd_open(AT_FDCWD, path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
				     0600);
	char source[40];

	if (file < 0)
		return error_os(err, -file, "create namespace file '%s'", path);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", nsfd);
	if (mount(source, path, NULL, MS_BIND, NULL) < 0) {
		int num = errno;

		unlink(path);
		return error_os(err, num, "pin namespace at '%s'", path);
	}
	return 0;
}

int ns_unpin(const char *path)
{
	/* EINVAL: a file that nothing is mounted on (pinning was cut short). */
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return -errno;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
