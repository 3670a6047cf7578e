/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/streams.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/tty.h"

TEST(streams_pipes)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	char out[16];
	int status;
	pid_t pid;

	CHECK_OK(streams_open(&s, false, true, &err), err);
	pid = fork();
	if (pid == 0) {
		char c;

		if (streams_become_child(&s) < 0 || read(0, &c, 1) != 1)
			_exit(1);
		dprintf(1, "out");
		dprintf(2, "err");
		_exit(c);
	}
	streams_close_child(&s);
	CHECK(write(s.in, "\x05", 1) == 1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 5);
	CHECK_INT(read(s.out, out, sizeof(out)), 3);
	CHECK_INT(read(s.err, out, sizeof(out)), 3);
	CHECK_INT(read(s.out, out, sizeof(out)), 0);
	streams_done(&s);
	CHECK_INT(s.in, -1);
}

TEST(streams_our_ends_do_not_block)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	char out[16];

	CHECK_OK(streams_open(&s, false, false, &err), err);
	CHECK_INT(s.in, -1);
	CHECK_INT(read(s.out, out, sizeof(out)), -1);
	CHECK_INT(errno, EAGAIN);
	/* The container's end does, as programs expect. */
	CHECK((fcntl(s.child[1], F_GETFL) & O_NONBLOCK) == 0);
	streams_done(&s);
}

static int send_terminal(const char *path)
{
	scoped_fd int sock = sock_connect_unix(AT_FDCWD, path, SOCK_STREAM, NULL);
	scoped_fd int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0;

	if (sock < 0 || master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -1;
	return sock_send_fds(sock, "/dev/pts/7", 10, &master, 1);
}

TEST(streams_terminal)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	unsigned short rows, cols;
	struct stat st;
	char path[64];

	CHECK_OK(streams_open(&s, true, true, &err), err);
	memcpy(path, s.console_path, sizeof(path));
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	/* A resize before there is a terminal is remembered. */
	CHECK_INT(streams_resize(&s, 40, 100), 0);
	CHECK_INT(send_terminal(path), 0);
	CHECK_OK(streams_take_console(&s, &err), err);
	CHECK(stat(path, &st) < 0);
	CHECK(s.in >= 0 && s.out >= 0 && s.in != s.out);
	CHECK_INT(s.err, -1);
	CHECK_INT(tty_get_size(s.out, &rows, &cols), 0);
	CHECK_INT(rows, 40);
	CHECK_INT(cols, 100);
	CHECK_INT(streams_resize(&s, 41, 101), 0);
	CHECK_INT(tty_get_size(s.out, &rows, &cols), 0);
	CHECK_INT(cols, 101);
	CHECK(streams_reopen_peer(&s) >= 0);
	streams_done(&s);
}

TEST(streams_no_terminal_came)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	char path[64];

	CHECK_OK(streams_open(&s, true, true, &err), err);
	memcpy(path, s.console_path, sizeof(path));
	CHECK_FAILS(streams_take_console(&s, &err), err, ERROR_STATE, "did not send a terminal");
	CHECK(access(path, F_OK) != 0);
	streams_done(&s);
}

TEST(streams_something_else_came)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	scoped_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	scoped_fd int sock = -1;

	CHECK_OK(streams_open(&s, true, true, &err), err);
	sock = sock_connect_unix(AT_FDCWD, s.console_path, SOCK_STREAM, NULL);
	CHECK_INT(sock_send_fds(sock, "x", 1, &null, 1), 0);
	CHECK_FAILS(streams_take_console(&s, &err), err, ERROR_INVALID, "something else");
	streams_done(&s);
}
