/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/tty.h"

TEST(pair)
{
	scoped_fd int pts = fd_open(AT_FDCWD, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	scoped_fd int master = tty_open_ptmx(pts);
	scoped_fd int peer = -1;
	unsigned short rows = 0, cols = 0;
	struct termios saved, now;
	char byte = 0;

	if (pts < 0 || master == -ENOENT)
		TEST_SKIP("devpts at /dev/pts");
	CHECK(master >= 0);
	peer = tty_open_peer(master, O_RDWR);
	CHECK(peer >= 0);
	CHECK((fcntl(peer, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(tty_is(peer) && !tty_is(pts));
	CHECK_INT(tty_set_size(master, 12, 34), 0);
	CHECK_INT(tty_get_size(peer, &rows, &cols), 0);
	CHECK_INT(rows, 12);
	CHECK_INT(cols, 34);
	CHECK_INT(tty_raw(peer, &saved), 0);
	CHECK_INT(tcgetattr(peer, &now), 0);
	CHECK_INT(now.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
	/* Raw: one byte arrives without a newline. */
	CHECK_INT(fd_write_all(master, "k", 1), 0);
	CHECK_INT(read(peer, &byte, 1), 1);
	CHECK_INT(byte, 'k');
	CHECK_INT(tty_restore(peer, &saved), 0);
	CHECK_INT(tcgetattr(peer, &now), 0);
	CHECK_INT(now.c_lflag, saved.c_lflag);
	CHECK_INT(tty_get_size(pts, &rows, &cols), -EBADF);
}

TEST(controlling_terminal)
{
	scoped_fd int pts = fd_open(AT_FDCWD, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	scoped_fd int master = tty_open_ptmx(pts);
	int status;
	pid_t pid;

	if (pts < 0 || master == -ENOENT)
		TEST_SKIP("devpts at /dev/pts");
	pid = fork();
	if (pid == 0) {
		int peer = tty_open_peer(master, O_RDWR);

		/* Opening the peer alone must not make it the controlling terminal. */
		if (setsid() < 0 || fd_open(AT_FDCWD, "/dev/tty", O_RDWR, 0) != -ENXIO)
			_exit(10);
		if (tty_set_controlling(peer) < 0 || fd_open(AT_FDCWD, "/dev/tty", O_RDWR, 0) < 0)
			_exit(11);
		_exit(0);
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 0);
}

/* What a rootfs may have planted as its ptmx. */
TEST(only_a_real_ptmx_is_opened)
{
	scoped_fd int top = fd_open(AT_FDCWD, test_tmpdir(), O_PATH | O_DIRECTORY, 0);

	CHECK_INT(test_write_file(test_path("ptmx"), ""), 0);
	CHECK_INT(tty_open_ptmx(top), -EXDEV);
	CHECK_INT(unlink(test_path("ptmx")), 0);
	CHECK_INT(symlink("/dev/pts/ptmx", test_path("ptmx")), 0);
	CHECK_INT(tty_open_ptmx(top), -EXDEV);
	CHECK_INT(unlink(test_path("ptmx")), 0);
	if (geteuid() == 0 && mknod(test_path("ptmx"), S_IFCHR | 0666, makedev(5, 2)) == 0)
		CHECK_INT(tty_open_ptmx(top), -EXDEV);
}
