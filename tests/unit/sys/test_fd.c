/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"

static bool has_cloexec(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

TEST(open_is_cloexec_and_gives_errno)
{
	scoped_fd int fd = fd_open(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);

	CHECK(fd >= 0);
	CHECK(has_cloexec(fd));
	CHECK_INT(fd_open(fd, "no-such-file-here", O_RDONLY, 0), -ENOENT);
}

TEST(close_keeps_errno)
{
	errno = EXDEV;
	CHECK_INT(fd_close(-1), -1);
	CHECK_INT(fd_close(1000000), -1);
	CHECK_INT(errno, EXDEV);
}

TEST(read_all_up_to_max)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	const char *path = test_path("ten");

	CHECK_INT(test_write_file(path, "0123456789"), 0);
	buf_adds(&out, "+");
	CHECK_INT(fd_read_file(AT_FDCWD, path, 10, &out), 0);
	CHECK_STR(buf_str(&out), "+0123456789");
	CHECK_INT(fd_read_file(AT_FDCWD, path, 9, &out), -EFBIG);
	CHECK_STR(buf_str(&out), "+0123456789");
	CHECK_INT(fd_read_file(AT_FDCWD, "/proc/self/none", 9, &out), -ENOENT);
	/* Endless input ends at the bound. */
	CHECK_INT(fd_read_file(AT_FDCWD, "/dev/zero", 1 << 20, &out), -EFBIG);
}

TEST(read_line_cuts_newline)
{
	const char *path = test_path("line");
	char line[8];

	CHECK_INT(test_write_file(path, "value\nmore\n"), 0);
	CHECK_INT(fd_read_line(AT_FDCWD, path, line, sizeof(line)), 5);
	CHECK_STR(line, "value");
	CHECK_INT(test_write_file(path, "1234567"), 0);
	CHECK_INT(fd_read_line(AT_FDCWD, path, line, sizeof(line)), 7);
	CHECK_STR(line, "1234567");
	CHECK_INT(test_write_file(path, "1234567\n"), 0);
	CHECK_INT(fd_read_line(AT_FDCWD, path, line, sizeof(line)), 7);
	CHECK_INT(test_write_file(path, "12345678"), 0);
	CHECK_INT(fd_read_line(AT_FDCWD, path, line, sizeof(line)), -EFBIG);
	CHECK_INT(test_write_file(path, ""), 0);
	CHECK_INT(fd_read_line(AT_FDCWD, path, line, sizeof(line)), 0);
	CHECK_STR(line, "");
}

TEST(write_file_never_creates)
{
	const char *path = test_path("existing");
	scoped_free char *text = NULL;

	CHECK_INT(fd_write_file(AT_FDCWD, path, "x"), -ENOENT);
	CHECK_INT(test_write_file(path, "longer than that"), 0);
	CHECK_INT(fd_write_file(AT_FDCWD, path, "short"), 0);
	text = test_read_file(path);
	CHECK_STR(text, "short");
}

TEST(flags_and_dup)
{
	int p[2];
	scoped_fd int r = -1;
	scoped_fd int w = -1;
	scoped_fd int high = -1;

	CHECK_INT(fd_pipe(p, 0), 0);
	r = p[0];
	w = p[1];
	CHECK(has_cloexec(r) && has_cloexec(w));
	CHECK_INT(fd_set_cloexec(r, false), 0);
	CHECK(!has_cloexec(r));
	CHECK_INT(fd_set_nonblock(r, true), 0);
	CHECK((fcntl(r, F_GETFL) & O_NONBLOCK) != 0);
	CHECK_INT(fd_set_nonblock(r, false), 0);
	CHECK((fcntl(r, F_GETFL) & O_NONBLOCK) == 0);
	high = fd_dup_min(r, 50);
	CHECK(high >= 50);
	CHECK(has_cloexec(high));
	CHECK_INT(fd_wait(r, POLLIN, 0), 0);
	CHECK_INT(fd_wait(r, POLLIN, 5), 0);
	CHECK_INT(fd_write_all(w, "x", 1), 0);
	CHECK_INT(fd_wait(r, POLLIN, -1), 1);
}

TEST(cloexec_from_marks_the_rest)
{
	scoped_fd int low = fd_dup_min(STDERR_FILENO, 60);
	scoped_fd int high = fd_dup_min(STDERR_FILENO, 70);

	CHECK(low >= 60 && high >= 70);
	CHECK_INT(fd_set_cloexec(low, false), 0);
	CHECK_INT(fd_set_cloexec(high, false), 0);
	CHECK_INT(fd_cloexec_from(high), 0);
	CHECK(!has_cloexec(low));
	CHECK(has_cloexec(high));
	CHECK_INT(fd_close_from(low), 0);
	CHECK_INT(fcntl(low, F_GETFD), -1);
	CHECK_INT(fcntl(high, F_GETFD), -1);
	low = high = -1;
}

TEST(mkdir_p)
{
	const char *dir = test_tmpdir();
	scoped_fd int top = fd_open(AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0);
	struct stat st;

	CHECK(top >= 0);
	CHECK_INT(fd_mkdir_p(top, "p/q//r/", 0750), 0);
	CHECK_INT(fd_mkdir_p(top, "p/q", 0700), 0);
	CHECK_INT(fd_stat(top, "p/q/r", 0, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0750);
	CHECK_INT(test_write_file(test_path("p/file"), ""), 0);
	CHECK_INT(fd_mkdir_p(top, "p/file", 0755), -ENOTDIR);
	CHECK_INT(fd_mkdir_p(top, "p/file/x", 0755), -ENOTDIR);
	CHECK_INT(fd_stat(top, "", 0, &st), 0);
	CHECK(S_ISDIR(st.st_mode));
}

TEST(memfd_can_be_sealed)
{
	scoped_fd int fd = fd_memfd("test", true);
	scoped_fd int plain = fd_memfd("test", false);
	char path[64];

	CHECK(fd >= 0 && plain >= 0);
	CHECK(has_cloexec(fd));
	CHECK_INT(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	CHECK_INT(fd_write_all(fd, "x", 1), -EPERM);
	CHECK_INT(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), -1);
	fd_path(fd, path, sizeof(path));
	CHECK(str_has_prefix(path, "/memfd:test"));
	fd_path(-1, path, sizeof(path));
	CHECK_STR(path, "fd -1");
}

TEST(closed_stdio_becomes_dev_null)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct stat st, null;

		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		if (fd_complete_stdio() < 0 || stat("/dev/null", &null) < 0)
			_exit(1);
		for (int fd = 0; fd <= 2; fd++) {
			if (fstat(fd, &st) < 0 || st.st_rdev != null.st_rdev ||
			    fcntl(fd, F_GETFD) != 0)
				_exit(2 + fd);
		}
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST(reopen_gives_the_same_file)
{
	const char *path = test_path("reopened");
	scoped_fd int node = -1;
	scoped_fd int fd = -1;
	scoped_fd int dir = -1;
	char text[8] = "";

	CHECK_INT(test_write_file(path, "text"), 0);
	node = fd_open(AT_FDCWD, path, O_PATH, 0);
	CHECK(node >= 0);
	fd = fd_reopen(node, O_RDONLY | O_NOFOLLOW);
	CHECK(fd >= 0);
	CHECK(has_cloexec(fd));
	CHECK_INT(read(fd, text, sizeof(text)), 4);
	CHECK_INT(fd_reopen(node, O_RDWR | O_TRUNC), -EINVAL);
	CHECK_INT(fd_reopen(node, O_RDONLY | O_DIRECTORY), -ENOTDIR);
	dir = fd_open(AT_FDCWD, test_tmpdir(), O_PATH | O_DIRECTORY, 0);
	fd = fd_close(fd);
	fd = fd_reopen(dir, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_INT(fd_reopen(-1, O_RDONLY), -EBADF);
}

TEST(make_file_has_its_text_and_mode)
{
	const char *path = test_path("made");
	scoped_free char *got = NULL;
	struct stat st;
	mode_t mask = umask(077);

	CHECK_INT(fd_make_file(AT_FDCWD, path, "a longer text", 13, 0644), 0);
	CHECK_INT(fd_make_file(AT_FDCWD, path, "text", 4, 0640), 0);
	umask(mask);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	got = test_read_file(path);
	CHECK_STR(got, "text");
	CHECK_INT(symlink("made", test_path("link")), 0);
	CHECK_INT(fd_make_file(AT_FDCWD, test_path("link"), "x", 1, 0600), -ELOOP);
	CHECK_INT(fd_make_file(AT_FDCWD, test_path("no/file"), "x", 1, 0600), -ENOENT);
}
