/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/follow/takeover.h"
#include "sys/fd.h"

TEST(takeover_nothing_to_receive)
{
	struct takeover t = TAKEOVER_INIT;
	struct error err = ERROR_INIT;

	unsetenv(TAKEOVER_ENV);
	CHECK_OK(takeover_receive(&t, &err), err);
	CHECK(!t.here);
}

TEST(takeover_passes_descriptors)
{
	struct takeover t = TAKEOVER_INIT, got = TAKEOVER_INIT;
	struct error err = ERROR_INIT;

	t.journal = fd_open(AT_FDCWD, "/dev/null", O_RDONLY, 0);
	t.out = fd_open(AT_FDCWD, "/dev/null", O_RDONLY, 0);
	t.init.pid = 77;
	t.init.start_time = 88;
	t.keeper.pid = 99;
	CHECK_INT(takeover_pass(&t), 0);
	CHECK_INT(fcntl(t.out, F_GETFD), 0);
	CHECK_OK(takeover_receive(&got, &err), err);
	CHECK(got.here && got.journal == t.journal && got.out == t.out && got.in == -1);
	CHECK(got.init.pid == 77 && got.init.start_time == 88 && got.keeper.pid == 99);
	CHECK_INT(fcntl(t.out, F_GETFD), FD_CLOEXEC);
	CHECK(getenv(TAKEOVER_ENV) == NULL);
	takeover_done(&got);
	CHECK(fcntl(t.out, F_GETFD) < 0);
}

TEST(takeover_refuses_nonsense)
{
	static const char *const bad[] = { "", "1 2 3", "1 2 3 x x x x x x x x x x x",
					   "1 2 3 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1",
					   "1 2 3 999999 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1" };
	struct takeover t = TAKEOVER_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv(TAKEOVER_ENV, bad[i], 1);
		CHECK(takeover_receive(&t, &err) < 0);
	}
	unsetenv(TAKEOVER_ENV);
}

/* The other ends of pipes that a process has, whichever numbers they have there. */
TEST(takeover_finds_pipes_of_a_process)
{
	struct streams s = STREAMS_INIT, found = STREAMS_INIT;
	struct takeover t = TAKEOVER_INIT;
	struct error err = ERROR_INIT;
	const char *dir = test_path("bundle");
	char got[8] = "";
	pid_t pid;

	CHECK_INT(mkdir(dir, 0700), 0);
	CHECK_OK(streams_open(&s, false, true, &err), err);
	CHECK_INT(takeover_note_streams(&s, dir), 0);
	pid = fork();
	if (pid == 0) {
		fd_close(s.in);
		fd_close(s.out);
		fd_close(s.err);
		pause();
		_exit(0);
	}
	streams_done(&s);
	CHECK_OK(takeover_find(pid, dir, &t, &err), err);
	CHECK(t.here && t.in >= 0 && t.out >= 0 && t.err >= 0);
	takeover_streams(&t, &found);
	CHECK_INT(fcntl(found.out, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_INT(fcntl(found.in, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK(read(found.out, got, 1) < 0); /* open, and empty */
	kill(pid, SIGKILL);
	CHECK_INT(pid_reap(pid, NULL), 0);
	CHECK_INT(read(found.out, got, 1), 0);
	streams_done(&found);
	takeover_done(&t);
	CHECK(takeover_find(pid, dir, &t, &err) < 0);
}
