/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/caller.h"
#include "sys/fd.h"

static void pass(const char *name, int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	setenv(name, text, 1);
}

TEST(caller_pipes_of_the_environment)
{
	struct monitor_options o = { .api_version = true };
	struct error err = ERROR_INIT;
	struct caller c;
	char out[64] = "";
	int sync[2], start[2];

	CHECK(pipe2(sync, 0) == 0 && pipe2(start, 0) == 0);
	pass(MONITOR_ENV_SYNCPIPE, sync[1]);
	pass(MONITOR_ENV_STARTPIPE, start[0]);
	CHECK_OK(caller_init(&c, &o, &err), err);
	/* Not for the runtime, neither the descriptors nor the names. */
	CHECK(fcntl(sync[1], F_GETFD) & FD_CLOEXEC);
	CHECK(!getenv(MONITOR_ENV_SYNCPIPE) && !getenv(MONITOR_ENV_STARTPIPE));
	CHECK(write(start[1], "", 1) == 1);
	CHECK_OK(caller_wait_start(&c, &err), err);
	caller_report(&c, 7, NULL);
	CHECK(read(sync[0], out, sizeof(out)) > 0);
	CHECK_STR(out, "{\"data\": 7}\n");
	caller_done(&c);
	close(sync[0]);
	close(start[1]);
}

TEST(caller_engine_gone_before_start)
{
	struct monitor_options o = { 0 };
	struct error err = ERROR_INIT;
	struct caller c;
	int start[2];

	CHECK(pipe2(start, 0) == 0);
	pass(MONITOR_ENV_STARTPIPE, start[0]);
	CHECK_OK(caller_init(&c, &o, &err), err);
	close(start[1]);
	CHECK_FAILS(caller_wait_start(&c, &err), err, ERROR_CANCELED, "nothing was started");
	caller_done(&c);
}

TEST(caller_bad_environment)
{
	static const char *const bad[] = { "x", "-1", "99999", "4294967295" };
	struct monitor_options o = { 0 };
	struct caller c;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = ERROR_INIT;

		setenv(MONITOR_ENV_SYNCPIPE, bad[i], 1);
		CHECK(caller_init(&c, &o, &err) < 0);
		CHECK(strstr(err.msg, bad[i]) != NULL);
		caller_done(&c);
	}
	unsetenv(MONITOR_ENV_SYNCPIPE);
}

TEST(caller_close_others_keeps_what_was_inherited)
{
	struct caller c = { .sync = -1, .start = -1, .attach = -1 };
	struct error err = ERROR_INIT;
	struct monitor_options o = { 0 };
	int status;
	pid_t pid;

	CHECK(dup2(0, 50) == 50 && dup2(0, 60) == 60);
	CHECK_OK(caller_init(&c, &o, &err), err);
	CHECK(fcntl(0, F_DUPFD_CLOEXEC, 55) >= 55);
	CHECK(fcntl(0, F_DUPFD_CLOEXEC, 70) >= 70);
	pid = fork();
	if (pid == 0) {
		bool good = caller_close_others(&c, 70) == 0 && fcntl(50, F_GETFD) >= 0 &&
			    fcntl(60, F_GETFD) >= 0 && fcntl(70, F_GETFD) >= 0 &&
			    fcntl(55, F_GETFD) < 0 && fcntl(0, F_GETFD) >= 0;

		_exit(good ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 0);
	caller_close_kept(&c);
	CHECK(fcntl(50, F_GETFD) < 0 && fcntl(60, F_GETFD) < 0);
	caller_done(&c);
	fd_close(55);
	fd_close(70);
}
