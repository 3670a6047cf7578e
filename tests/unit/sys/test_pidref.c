/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/pidref.h"
#include "sys/procfs.h"

static pid_t start_pausing(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

TEST(own_process)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;
	struct proc_stat st;

	CHECK_INT(pidref_set(&p, getpid()), 0);
	CHECK_INT(proc_stat(0, &st), 0);
	CHECK_INT(p.pid, getpid());
	CHECK(p.start_time != 0 && p.start_time == st.start_time);
	CHECK_INT(pidref_alive(&p), 1);
	CHECK_INT(pidref_wait(&p, 0), 0);
	CHECK_INT(pidref_alive_at(getpid(), p.start_time), 1);
	CHECK_INT(pidref_alive_at(getpid(), 0), 1);
	/* A reused number is another process. */
	CHECK_INT(pidref_alive_at(getpid(), p.start_time + 1), 0);
	CHECK_INT(pidref_open(&p, getpid(), p.start_time + 1), -ESRCH);
	CHECK_INT(p.pid, getpid());
	CHECK_INT(pidref_set(&p, 0), -ESRCH);
	CHECK_INT(pidref_set(&p, -1), -ESRCH);
}

TEST(kill_wait_reap)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;
	pid_t pid = start_pausing();
	int status = -1;

	CHECK_INT(pidref_set(&p, pid), 0);
	CHECK_INT(pidref_kill(&p, 0), 0);
	CHECK_INT(pidref_kill(&p, SIGTERM), 0);
	CHECK_INT(pidref_wait(&p, 60000), 1);
	/* A zombie is dead. */
	CHECK_INT(pidref_alive(&p), 0);
	CHECK_INT(pidref_alive_at(pid, p.start_time), 0);
	CHECK_INT(pidref_reap(&p, &status), 0);
	CHECK_INT(status, 128 + SIGTERM);
	CHECK_INT(pidref_kill(&p, 0), -ESRCH);
	CHECK_INT(pidref_set(&p, pid), -ESRCH);
}

/* Without a descriptor the start time protects. */
TEST(by_number_and_start_time)
{
	pid_t pid = start_pausing();
	struct pidref p = { .pid = pid, .start_time = 1, .fd = -1 };
	struct proc_stat st;
	int status;

	CHECK_INT(pidref_kill(&p, SIGKILL), -ESRCH);
	CHECK_INT(proc_stat(pid, &st), 0);
	p.start_time = st.start_time;
	CHECK_INT(pidref_kill(&p, SIGKILL), 0);
	CHECK_INT(pidref_reap(&p, &status), 0);
	CHECK_INT(status, 128 + SIGKILL);
	CHECK_INT(pidref_wait(&p, 0), 1);
}

TEST(exit_statuses)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(42);
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 42);
	CHECK_INT(pid_reap(pid, &status), -ECHILD);
	CHECK_INT(pid_exit_status(0x0100), 1);
	CHECK_INT(pid_exit_status(9), 137);
	CHECK_INT(pid_exit_status(0x8b), 139); /* with core */
}

/* While it is a zombie, and (Linux 6.15) after that. */
TEST(end_of_a_process)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;
	pid_t pid = start_pausing();
	int status = -1;

	CHECK_INT(pidref_set(&p, pid), 0);
	CHECK_INT(pidref_kill(&p, SIGKILL), 0);
	CHECK_INT(pidref_wait(&p, 60000), 1);
	if (geteuid() == 0) {
		CHECK_INT(pidref_end(&p, &status), 0);
		CHECK_INT(pid_exit_status(status), 137);
	}
	CHECK_INT(pid_reap(pid, NULL), 0);
	status = -1;
	CHECK(pidref_end(&p, &status) == -ENODATA || pid_exit_status(status) == 137);
}
