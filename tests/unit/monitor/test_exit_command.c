/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/exit_command.h"

TEST(exit_command_gets_its_words_and_no_descriptors)
{
	const char *args[] = { "-c", "ls /proc/self/fd | wc -l > \"$0\"; exit 3",
			       test_path("out") };
	struct monitor_exit_options o = { .command = "/bin/sh", .command_args = { args, 3 } };
	struct caller caller = { .sync = -1 };
	struct error err = ERROR_INIT;
	scoped_free char *got = NULL;
	int status;
	pid_t pid;

	CHECK(dup2(0, 77) == 77);
	CHECK_OK(exit_command_start(&o, &caller, &pid, &err), err);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 3);
	got = test_read_file(test_path("out"));
	CHECK_STR(got, "4\n"); /* 0, 1, 2 and the directory itself */
	close(77);
}

static int run_with_lock(const char *lock, const char *made)
{
	const char *args[] = { made };
	struct monitor_exit_options o = { .command = "/bin/touch",
					  .command_args = { args, 1 },
					  .lock = lock };
	struct caller caller = { .sync = -1 };
	struct error err = ERROR_INIT;
	int status = -1;
	pid_t pid;

	if (exit_command_start(&o, &caller, &pid, &err) < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* Whoever held the lock has removed the file: it has cleaned up, the command is not needed. */
TEST(exit_command_is_left_out_when_the_lock_file_is_gone)
{
	test_write_file(test_path("lock"), "");
	CHECK_INT(run_with_lock(test_path("lock"), test_path("one")), 0);
	CHECK_INT(access(test_path("one"), F_OK), 0);
	CHECK_INT(unlink(test_path("lock")), 0);
	CHECK_INT(run_with_lock(test_path("lock"), test_path("two")), 0);
	CHECK(access(test_path("two"), F_OK) != 0);
}

TEST(exit_command_none)
{
	struct monitor_exit_options o = { 0 };
	struct caller caller = { .sync = -1 };
	struct error err = ERROR_INIT;
	pid_t pid = 5;

	CHECK_OK(exit_command_start(&o, &caller, &pid, &err), err);
	CHECK_INT(pid, 0);
}
