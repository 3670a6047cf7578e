/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/ns.h"
#include "sys/pidref.h"
#include "sys/userns.h"

TEST(names)
{
	CHECK_INT(ns_type_from_oci("network"), NS_NET);
	CHECK_INT(ns_type_from_oci("net"), -1);
	CHECK_INT(ns_type_from_oci(""), -1);
	CHECK_STR(ns_proc_name(NS_MOUNT), "mnt");
	CHECK_STR(ns_oci_name(NS_MOUNT), "mount");
	for (int i = 0; i < NS_TYPE_COUNT; i++) {
		CHECK_INT(ns_type_from_oci(ns_oci_name((enum ns_type)i)), i);
		CHECK(ns_clone_flag((enum ns_type)i) != 0);
	}
}

TEST(open_by_path_checks_the_type)
{
	struct error err = ERROR_INIT;
	scoped_fd int fd = ns_open_path("/proc/self/ns/net", NS_NET, &err);

	CHECK_OK(fd, err);
	CHECK_INT(ns_is_own(fd, NS_NET), 1);
	CHECK_INT(ns_is_own(fd, NS_IPC), 0);
	CHECK_FAILS(ns_open_path("/proc/self/ns/ipc", NS_NET, &err), err, ERROR_INVALID,
		    "not a network namespace");
	CHECK_FAILS(ns_open_path("/etc/passwd", NS_NET, &err), err, ERROR_INVALID, "'/etc/passwd'");
	CHECK_FAILS(ns_open_path("/no/ns", NS_PID, &err), err, ERROR_OS, "pid namespace '/no/ns'");
	/* Does not hang on a FIFO. */
	CHECK_INT(mkfifo(test_path("fifo"), 0600), 0);
	CHECK_FAILS(ns_open_path(test_path("fifo"), NS_PID, &err), err, ERROR_INVALID, "fifo");
	CHECK_INT(ns_open(0x7ffffff0, NS_NET), -ENOENT);
}

TEST(clone3_forks)
{
	scoped_fd int pidfd = -1;
	struct ns_clone c = { .cgroup_fd = -1, .ret_pidfd = &pidfd, .exit_signal = SIGCHLD };
	struct pidref p = PIDREF_INIT;
	pid_t pid = ns_clone3(&c);
	int status;

	if (pid == 0)
		_exit(5);
	CHECK(pid > 0 && pidfd >= 0);
	CHECK((fcntl(pidfd, F_GETFD) & FD_CLOEXEC) != 0);
	p.pid = pid;
	p.fd = pidfd;
	CHECK_INT(pidref_reap(&p, &status), 0);
	CHECK_INT(status, 5);
	c.flags = 1ULL << 60;
	CHECK_INT(ns_clone3(&c), -EINVAL);
	c.flags = 0;
	c.cgroup_fd = STDIN_FILENO;
	CHECK(ns_clone3(&c) < 0);
}

TEST(new_namespaces)
{
	struct ns_clone c = { .flags = CLONE_NEWPID | CLONE_NEWUTS,
			      .cgroup_fd = -1,
			      .exit_signal = SIGCHLD };
	scoped_fd int own = ns_open(0, NS_UTS);
	ino_t inode = 0;
	int p[2], status;
	char byte;
	pid_t pid;

	CHECK_INT(fd_pipe(p, 0), 0);
	pid = ns_clone3(&c);
	if (pid == -EPERM)
		TEST_SKIP("cap_sys_admin");
	if (pid == 0) {
		if (getpid() != 1 || ns_is_own(own, NS_UTS) != 0)
			_exit(10);
		/* Until the parent has looked. */
		close(p[1]);
		(void)!read(p[0], &byte, 1);
		_exit(0);
	}
	scoped_fd int theirs = ns_open(pid, NS_UTS);

	CHECK(theirs >= 0);
	CHECK_INT(ns_is_own(theirs, NS_UTS), 0);
	CHECK_INT(ns_inode(theirs, &inode), 0);
	CHECK(inode != 0);
	fd_close(p[1]);
	fd_close(p[0]);
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 0);
}

TEST(new_net_and_pin)
{
	struct error err = ERROR_INIT;
	scoped_fd int own = ns_open(0, NS_NET);
	scoped_fd int fresh = -1;
	scoped_fd int pinned = -1;
	const char *path = test_path("netns");
	ino_t a = 0, b = 0;

	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	fresh = ns_new_net(&err);
	CHECK_OK(fresh, err);
	CHECK_INT(ns_is_own(own, NS_NET), 1);
	CHECK_INT(ns_is_own(fresh, NS_NET), 0);
	CHECK_OK(ns_pin(fresh, path, &err), err);
	CHECK_INT(ns_inode(fresh, &a), 0);
	fresh = fd_close(fresh);
	pinned = ns_open_path(path, NS_NET, &err);
	CHECK_OK(pinned, err);
	CHECK_INT(ns_inode(pinned, &b), 0);
	CHECK(a == b);
	/* Taken: neither overwritten nor removed. */
	CHECK_FAILS(ns_pin(pinned, path, &err), err, ERROR_OS, "netns");
	pinned = fd_close(pinned);
	CHECK_INT(ns_unpin(path), 0);
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(ns_unpin(path), 0);
	/* Cut short between file and mount. */
	CHECK_INT(test_write_file(path, ""), 0);
	CHECK_INT(ns_unpin(path), 0);
	CHECK_INT(access(path, F_OK), -1);
}
