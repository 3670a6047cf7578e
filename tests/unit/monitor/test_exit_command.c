/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/exit_command.h"
#include "wire/monitor.h"

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

/* The holder of the lock has left its files to us: all that is named goes, the command is left out,
 * and what cannot be removed keeps the ones behind it. */
TEST(exit_command_removes_what_is_left)
{
	const char *paths[] = { test_path("tree"), test_path("missing"), test_path("lock"),
				test_path("last") };
	const char *args[] = { test_path("made") };
	struct monitor_exit_options o = { .command = "/bin/touch",
					  .command_args = { args, 1 },
					  .lock = test_path("lock"),
					  .remove = { paths, 4 } };
	struct caller caller = { .sync = -1 };
	struct error err = ERROR_INIT;
	static const char *const texts[] = { "", "left", MONITOR_EXIT_LEFT "x", MONITOR_EXIT_LEFT };
	int status;
	pid_t pid;

	for (size_t i = 0; i < 4; i++) {
		bool removes = i == 3;

		unlink(args[0]);
		mkdir(paths[0], 0700);
		CHECK_INT(test_write_file(test_path("tree/file"), "x"), 0);
		CHECK_INT(test_write_file(paths[2], texts[i]), 0);
		CHECK_INT(test_write_file(paths[3], ""), 0);
		CHECK_OK(exit_command_start(&o, &caller, &pid, &err), err);
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK_INT(status, 0);
		CHECK_INT(access(args[0], F_OK) == 0, !removes);
		for (size_t k = 0; k < 4; k++)
			CHECK_INT(access(paths[k], F_OK) == 0, k != 1 && !removes);
	}
	paths[0] = "/proc/self/status"; /* nobody can */
	CHECK_INT(test_write_file(paths[2], MONITOR_EXIT_LEFT), 0);
	CHECK_OK(exit_command_start(&o, &caller, &pid, &err), err);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(access(paths[2], F_OK), 0);
	CHECK(access(args[0], F_OK) != 0);
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
