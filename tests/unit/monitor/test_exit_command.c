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

TEST(exit_command_none)
{
	struct monitor_exit_options o = { 0 };
	struct caller caller = { .sync = -1 };
	struct error err = ERROR_INIT;
	pid_t pid = 5;

	CHECK_OK(exit_command_start(&o, &caller, &pid, &err), err);
	CHECK_INT(pid, 0);
}
