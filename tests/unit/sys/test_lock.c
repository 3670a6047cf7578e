/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/pidref.h"

TEST(exclusive_excludes)
{
	const char *path = test_path("lock");
	scoped_fd int a = lock_file(AT_FDCWD, path, true, false);
	struct stat st;

	CHECK(a >= 0);
	CHECK_INT(fstat(a, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(lock_file(AT_FDCWD, path, true, false), -EAGAIN);
	CHECK_INT(lock_file(AT_FDCWD, path, false, false), -EAGAIN);
	CHECK_INT(lock_is_held(AT_FDCWD, path), 1);
	a = fd_close(a);
	CHECK_INT(lock_is_held(AT_FDCWD, path), 0);
	CHECK_INT(lock_is_held(AT_FDCWD, test_path("none")), 0);
}

TEST(shared_is_shared)
{
	const char *path = test_path("shared");
	scoped_fd int a = lock_file(AT_FDCWD, path, false, false);
	scoped_fd int b = lock_file(AT_FDCWD, path, false, false);

	CHECK(a >= 0 && b >= 0);
	CHECK_INT(lock_file(AT_FDCWD, path, true, false), -EAGAIN);
}

/* Waits in a child for the lock, says so by its exit; the kernel frees the lock of a killed holder.
 */
TEST(death_of_the_holder_frees)
{
	const char *path = test_path("death");
	int p[2], status;
	pid_t holder, waiter;
	char byte;

	CHECK_INT(fd_pipe(p, 0), 0);
	holder = fork();
	if (holder == 0) {
		if (lock_file(AT_FDCWD, path, true, false) < 0 || write(p[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	CHECK_INT(read(p[0], &byte, 1), 1);
	waiter = fork();
	if (waiter == 0)
		_exit(lock_file(AT_FDCWD, path, true, true) >= 0 ? 0 : 1);
	CHECK_INT(lock_is_held(AT_FDCWD, path), 1);
	kill(holder, SIGKILL);
	pid_reap(holder, NULL);
	CHECK_INT(pid_reap(waiter, &status), 0);
	CHECK_INT(status, 0);
	fd_close(p[0]);
	fd_close(p[1]);
}

/* The object is removed while another waits for its lock: the waiter must not end up with a lock on
 * a file that nobody else can find. */
TEST(removed_file_is_opened_again)
{
	const char *path = test_path("removed");
	scoped_fd int holder = lock_file(AT_FDCWD, path, true, true);
	scoped_fd int r = -1;
	struct stat named;
	ino_t got = 0;
	int p[2], status;
	pid_t pid;

	CHECK(holder >= 0);
	CHECK_INT(fd_pipe(p, 0), 0);
	pid = fork();
	if (pid == 0) {
		struct stat st;
		int fd;

		fd_close(holder); /* or this child holds the lock that it waits for */
		fd = lock_file(AT_FDCWD, path, true, true);
		if (fd < 0 || fstat(fd, &st) < 0 ||
		    fd_write_all(p[1], &st.st_ino, sizeof(st.st_ino)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	/* Whether it waits already or comes later: it must find the new file. */
	CHECK_INT(unlink(path), 0);
	holder = fd_close(holder);
	r = p[0];
	CHECK_INT(fd_wait(r, POLLIN, 60000), 1);
	CHECK_INT(read(r, &got, sizeof(got)), sizeof(got));
	CHECK_INT(stat(path, &named), 0);
	CHECK(named.st_ino == got);
	CHECK_INT(lock_is_held(AT_FDCWD, path), 1);
	kill(pid, SIGKILL);
	pid_reap(pid, &status);
	fd_close(p[1]);
}

TEST(links_are_refused)
{
	CHECK_INT(symlink("/etc/passwd", test_path("link")), 0);
	CHECK_INT(lock_file(AT_FDCWD, test_path("link"), true, false), -ELOOP);
}
