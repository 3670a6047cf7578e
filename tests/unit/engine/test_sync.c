/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and states: exit file before process, process before nothing. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/container/container_priv.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/procfs.h"

static struct engine engine_at(const char *name)
{
	struct engine e = { .runroot = (char *)(uintptr_t)test_path(name),
			    .graphroot = (char *)(uintptr_t)test_path("graph") };
	scoped_free char *exits = engine_run_path(&e, "exits");

	fd_mkdir_p(AT_FDCWD, exits, 0700);
	return e;
}

static struct container_record running(bool alive)
{
	struct container_record r = { .state.status = CONTAINER_RUNNING, .state.pid = getpid() };
	struct proc_stat self = { 0 };

	memset(r.id, 'e', 64);
	proc_stat(getpid(), &self);
	r.state.pid_start = alive ? self.start_time : self.start_time + 1;
	return r;
}

static void write_exit(struct engine *e, const char *id, const char *text)
{
	scoped_free char *path = engine_run_path(e, "exits/%s", id);

	test_write_file(path, text);
}

TEST(a_living_process_keeps_its_state)
{
	struct engine e = engine_at("alive");
	struct container_record r = running(true);

	CHECK(!container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_RUNNING);
	r.state.status = CONTAINER_STOPPING; /* the command that stopped it is gone */
	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_RUNNING);
	r.state.status = CONTAINER_STOPPING; /* it is at work */
	r.state.intent = xstrdup("stop");
	CHECK(!container_refine(&e, &r));
	container_record_done(&r);
}

TEST(the_exit_file_comes_first)
{
	struct engine e = engine_at("exit");
	struct container_record r = running(true);

	write_exit(&e, r.id, "137");
	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_STOPPED);
	CHECK_INT(r.state.exit_code, 137);
	CHECK(r.state.exited);
	CHECK(r.state.finished_nsec > 0);
	CHECK(!r.state.oom_killed);
	container_record_done(&r);
}

TEST(a_file_that_makes_no_sense_is_an_unknown_code)
{
	struct engine e = engine_at("bad");
	struct container_record r = running(false);

	write_exit(&e, r.id, "not a number");
	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.exit_code, -1);
	container_record_done(&r);
}

TEST(a_dead_process_without_file_or_monitor_is_lost)
{
	struct engine e = engine_at("lost");
	struct container_record r = running(false);

	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_STOPPED);
	CHECK_INT(r.state.exit_code, -1);
	CHECK(strstr(r.state.error, "monitor died") != NULL);
	container_record_done(&r);
}

TEST(while_the_monitor_lives_the_end_is_awaited)
{
	struct engine e = engine_at("monitor");
	struct container_record r = running(false);
	struct proc_stat self;

	CHECK_INT(proc_stat(getpid(), &self), 0);
	r.state.monitor_pid = getpid();
	r.state.monitor_start = self.start_time;
	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_STOPPING);
	write_exit(&e, r.id, "0");
	CHECK(container_refine(&e, &r));
	CHECK_INT(r.state.status, CONTAINER_STOPPED);
	CHECK_INT(r.state.exit_code, 0);
	container_record_done(&r);
}

TEST(states_without_a_process_are_left_alone)
{
	static const enum container_status still[] = { CONTAINER_CONFIGURED, CONTAINER_STOPPED,
						       CONTAINER_EXITED, CONTAINER_REMOVING };
	struct engine e = engine_at("still");

	for (size_t i = 0; i < ARRAY_SIZE(still); i++) {
		struct container_record r = running(false);

		r.state.status = (int)still[i];
		write_exit(&e, r.id, "3");
		CHECK(!container_refine(&e, &r));
		CHECK_INT(r.state.status, still[i]);
	}
}

TEST(a_listing_agrees)
{
	struct engine e = engine_at("list");
	struct container_record r = running(false);
	struct container_summary s = { .status = CONTAINER_RUNNING,
				       .pid = r.state.pid,
				       .pid_start = r.state.pid_start };

	memcpy(s.id, r.id, sizeof(s.id));
	container_refine_summary(&e, &s);
	CHECK_INT(s.status, CONTAINER_STOPPED);
	CHECK_INT(s.exit_code, -1);
	s.status = CONTAINER_RUNNING;
	write_exit(&e, r.id, "9");
	container_refine_summary(&e, &s);
	CHECK_INT(s.exit_code, 9);
}

TEST(waiting_ends_when_the_monitor_does)
{
	struct engine e = engine_at("wait");
	struct container_record r = running(false);
	scoped(pidref_done) struct pidref child = PIDREF_INIT;
	pid_t pid = fork();
	int code;
	int64_t when;

	if (pid == 0)
		_exit(0);
	CHECK_INT(pidref_set(&child, pid), 0);
	CHECK_INT(exit_record_wait(&e, r.id, &child, 60000), 0);
	pid_reap(pid, &code);
	write_exit(&e, r.id, "4");
	CHECK_INT(exit_record_wait(&e, r.id, NULL, 0), 1);
	CHECK_INT(exit_record_read(&e, r.id, &code, &when), 1);
	CHECK_INT(code, 4);
	exit_record_rotate(&e, r.id);
	CHECK_INT(exit_record_read(&e, r.id, &code, &when), 0);
}
