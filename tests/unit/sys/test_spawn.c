/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/spawn.h"

#define ARGS(...) ((char *[]){ __VA_ARGS__, NULL })

TEST(status_and_output)
{
	scoped(buf_done) struct buf out = BUF_INIT, errout = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	s.args = ARGS("/bin/sh", "-c", "echo out; echo err >&2; exit 3");
	CHECK_OK(spawn_run(&s, NULL, 0, 100, &out, &errout, 60000, &status, &err), err);
	CHECK_INT(status, 3);
	CHECK_STR(buf_str(&out), "out\n");
	CHECK_STR(buf_str(&errout), "err\n");
	s.args = ARGS("/bin/sh", "-c", "kill -9 $$");
	CHECK_OK(spawn_run(&s, NULL, 0, 0, NULL, NULL, -1, &status, &err), err);
	CHECK_INT(status, 137);
}

TEST(input_is_fed)
{
	scoped_free char *big = xcalloc(1, 200001);
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	/* More than a pipe holds. */
	memset(big, 'i', 200000);
	s.args = ARGS("cat");
	s.flags = SPAWN_SEARCH_PATH;
	CHECK_OK(spawn_run(&s, big, 200000, 300000, &out, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 0);
	CHECK_STR(buf_str(&out), big);
	/* A program that does not read it. */
	s.args = ARGS("true");
	CHECK_OK(spawn_run(&s, big, 200000, 0, NULL, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 0);
}

TEST(output_is_bounded)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	s.args = ARGS("/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x");
	CHECK_OK(spawn_run(&s, NULL, 0, 1000, &out, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 0);
	CHECK_INT(out.len, 1000);
}

TEST(timeout_kills)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;

	s.args = ARGS("/bin/sh", "-c", "read x < /dev/tty || exec tail -f /dev/null");
	s.flags = SPAWN_SETSID;
	CHECK_FAILS(spawn_run(&s, NULL, 0, 10, &out, NULL, 50, NULL, &err), err, ERROR_TIMEOUT,
		    "50 ms");
}

/* A daemon that keeps the pipe open does not keep us. */
/* It writes as fast as we read. */
TEST(timeout_kills_what_writes_without_end)
{
	char *args[] = { (char *)(uintptr_t) "yes", NULL };
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status;

	s.args = args;
	s.flags = SPAWN_SEARCH_PATH | SPAWN_NULL_STDIN;
	CHECK_FAILS(spawn_run(&s, NULL, 0, 10, &out, NULL, 200, &status, &err), err, ERROR_TIMEOUT,
		    "did not end");
	CHECK(out.len <= 10); /* none, when it was too slow to begin */
}

TEST(background_child_is_not_waited_for)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;
	uint64_t pid;

	s.args = ARGS("/bin/sh", "-c", "tail -f /dev/null & echo $!");
	CHECK_OK(spawn_run(&s, NULL, 0, 100, &out, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 0);
	pid = strtoull(buf_str(&out), NULL, 10);
	CHECK(pid > 1);
	CHECK_INT(kill((pid_t)pid, SIGKILL), 0);
}

TEST(exec_failures_are_reported)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;

	s.args = ARGS("/no/such/program");
	CHECK_FAILS(spawn_start(&s, &p, &err), err, ERROR_OS, "'/no/such/program'");
	CHECK_INT(err.num, ENOENT);
	s.args = ARGS("/etc/passwd");
	CHECK_FAILS(spawn_start(&s, &p, &err), err, ERROR_OS, "execute '/etc/passwd'");
	CHECK_INT(err.num, EACCES);
	s.args = ARGS("no-such-program-anywhere");
	s.flags = SPAWN_SEARCH_PATH;
	CHECK_FAILS(spawn_start(&s, &p, &err), err, ERROR_OS, "PATH");
	CHECK_INT(err.num, ENOENT);
	s.args = ARGS("/bin/true");
	s.flags = 0;
	s.cwd = "/no/such/dir";
	CHECK_FAILS(spawn_start(&s, &p, &err), err, ERROR_OS, "working directory");
	CHECK_INT(p.pid, 0);
	/* No zombies of those. */
	CHECK_INT(pid_reap(-1, NULL), -ECHILD);
}

/* Only stdio and what is listed gets there, even when numbers cross over. */
TEST(descriptors_are_mapped)
{
	const char *one = test_path("one"), *two = test_path("two");
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	scoped_fd int a = -1;
	scoped_fd int b = -1;
	scoped_fd int leak = -1;
	struct spawn_fd map[2];
	int status = -1;

	CHECK_INT(test_write_file(one, "one"), 0);
	CHECK_INT(test_write_file(two, "two"), 0);
	a = fd_open(AT_FDCWD, one, O_RDONLY, 0);
	b = fd_open(AT_FDCWD, two, O_RDONLY, 0);
	leak = fd_dup_min(b, 100);
	CHECK(a >= 3 && b >= 3 && leak >= 100);
	CHECK_INT(fd_set_cloexec(leak, false), 0);
	/* Crossed: ours at a becomes theirs at b and the other way round. */
	map[0] = (struct spawn_fd){ a, b };
	map[1] = (struct spawn_fd){ b, a };
	s.fds = map;
	s.n_fds = 2;
	s.flags = SPAWN_NULL_STDIN;
	scoped_free char *script = xasprintf(
		"cat /proc/self/fd/%d /proc/self/fd/%d; [ -e /proc/self/fd/%d ] && echo leak; "
		"readlink /proc/self/fd/0",
		a, b, leak);
	s.args = ARGS("/bin/sh", "-c", script);
	CHECK_OK(spawn_run(&s, NULL, 0, 1000, &out, NULL, 60000, &status, &err), err);
	CHECK_STR(buf_str(&out), "twoone/dev/null\n");
}

TEST(mask_handlers_session_and_directory)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	sigset_t block, saved;
	int status = -1;

	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &saved);
	s.args = ARGS("/bin/sh", "-c",
		      "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'; pwd; echo $A; "
		      "set -- $(cat /proc/self/stat); [ $5 = $6 ] || true; "
		      "set -- $(cat /proc/$$/stat); [ $1 = $6 ] && echo leader");
	s.env = ARGS("A=b", "PATH=/usr/bin:/bin");
	s.cwd = "/";
	s.flags = SPAWN_SETSID | SPAWN_PDEATHSIG_KILL | SPAWN_NULL_STDERR;
	CHECK_OK(spawn_run(&s, NULL, 0, 1000, &out, NULL, 60000, &status, &err), err);
	sigprocmask(SIG_SETMASK, &saved, &block);
	signal(SIGUSR2, SIG_DFL);
	CHECK_STR(buf_str(&out), "SigBlk:0000000000000000SigIgn:0000000000000000/\nb\nleader\n");
	/* Our own mask is what it was. */
	CHECK_INT(sigismember(&block, SIGTERM), 1);
}

TEST(execute_by_descriptor)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	scoped_fd int exe = process_protected_exe("/bin/sh");
	int status = -1;

	CHECK(exe >= 0);
	s.exec_fd = exe;
	s.args = ARGS("sh", "-c", "exit 7");
	CHECK_OK(spawn_run(&s, NULL, 0, 100, &out, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 7);
}

TEST(find)
{
	scoped_free char *sh = spawn_find("sh");
	scoped_free char *none = spawn_find("no-such-program-anywhere");
	scoped_free char *path = spawn_find("/bin/sh");

	CHECK(sh != NULL && str_has_suffix(sh, "/sh"));
	CHECK(none == NULL && spawn_find("") == NULL && spawn_find(NULL) == NULL);
	CHECK_STR(path, "/bin/sh");
}
