/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strv.h"
#include "harness/test.h"
#include "monitor/launch.h"
#include "sys/fd.h"

static char *words(const struct monitor_options *o, const char *console)
{
	size_t n;
	scoped_free char **argv = monitor_launch_argv(o, "/b", console, &n);

	return argv[n] ? NULL : strv_join(argv, " ");
}

TEST(launch_create)
{
	struct monitor_options o = { .cid = "ID",
				     .container_pidfile = "/p",
				     .runtime = { .path = "/r" } };
	scoped_free char *got = words(&o, NULL);

	CHECK_STR(got, "/r create --bundle /b --pid-file /p ID");
}

TEST(launch_create_with_everything)
{
	const char *args[] = { "--log", "L" }, *opts[] = { "--preserve-fds", "2" };
	struct monitor_options o = {
		.cid = "ID",
		.container_pidfile = "/p",
		.runtime = { .path = "/r",
			     .args = { args, 2 },
			     .opts = { opts, 2 },
			     .no_pivot = true,
			     .no_new_keyring = true,
			     .systemd_cgroup = true },
	};
	scoped_free char *got = words(&o, "/c");

	CHECK_STR(got, "/r --systemd-cgroup --log L create --bundle /b --pid-file /p --no-pivot "
		       "--no-new-keyring --preserve-fds 2 --console-socket /c ID");
}

TEST(launch_restore)
{
	struct monitor_options o = { .cid = "ID",
				     .container_pidfile = "/p",
				     .runtime = { .path = "/r", .restore = "/ckpt" } };
	scoped_free char *got = words(&o, NULL);

	CHECK_STR(got, "/r restore --bundle /b --pid-file /p --detach --image-path /ckpt "
		       "--work-path /b ID");
}

TEST(launch_exec)
{
	struct monitor_options o = {
		.cid = "ID",
		.exec = true,
		.container_pidfile = "/p",
		.runtime = { .path = "/r", .process_spec = "/s", .systemd_cgroup = true },
	};
	scoped_free char *got = words(&o, "/c");

	CHECK_STR(got, "/r exec --pid-file /p --process /s --detach --console-socket /c ID");
}

/* What the function that stands for our runtime saw: written to its stdout. */
static int fake_runtime(int argc, char **argv)
{
	dprintf(1, "%d %s %s fd9:%d\n", argc, argv[1], argv[argc - 1], fd_set_cloexec(9, true));
	dprintf(2, "complaint\n");
	return 5;
}

TEST(launch_in_process)
{
	struct monitor_options o = { .cid = "ID",
				     .container_pidfile = "/p",
				     .runtime = { .path = "/nonexistent/coracle-runtime" } };
	struct caller caller = { .sync = -1, .start = -1, .attach = -1 };
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	char out[128] = "", message[128] = "";
	int status;
	size_t n;
	pid_t pid;
	scoped_free char **argv = monitor_launch_argv(&o, "/b", NULL, &n);

	CHECK_OK(streams_open(&s, false, false, &err), err);
	CHECK(dup2(s.out, 9) == 9); /* a descriptor of ours that the runtime must not see */
	CHECK_OK(monitor_launch_start(&o, &caller, &s, argv, n, fake_runtime, &pid, &err), err);
	streams_close_child(&s);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 5);
	CHECK(read(s.out, out, sizeof(out) - 1) > 0);
	CHECK_STR(out, "7 create ID fd9:-9\n");
	CHECK_INT(read(s.err, message, sizeof(message) - 1), 10);
	CHECK_STR(message, "complaint\n");
	close(9);
	streams_done(&s);
}

TEST(launch_program_that_is_missing)
{
	struct monitor_options o = { .cid = "ID",
				     .container_pidfile = "/p",
				     .runtime = { .path = "/nonexistent/runc" } };
	char *self[] = { (char *)(uintptr_t) "test", NULL };
	struct error err = ERROR_INIT;

	CHECK_FAILS(monitor_launch_check(&o, self, fake_runtime, &err), err, ERROR_OS,
		    "/nonexistent/runc");
}
