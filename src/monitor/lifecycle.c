/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "monitor/exit_command.h"
#include "monitor/launch.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/process.h"

#define EXIT_FAILED 1
#define EXIT_TIMED_OUT 255
#define STATUS_TIMED_OUT (-1)
/* Quiet for so long means idle: soon after the start, whose pages are most of what there is to give
 * back; then late, so that a container that writes now and then does not pay for it each time. */
#define IDLE_FIRST_MSEC 100
#define IDLE_MSEC 1000

/* ---- the end ---- */

static bool all_done(const struct monitor *m)
{
	if (m->state != MONITOR_LEAVING || m->exit_command_due || m->exit_command_pid > 0)
		return false;
	return m->hurry || !m->attach || (attach_idle(m->attach) && !pump_blocked(m->pump));
}

static int start_exit_command(struct loop_source *s, void *arg)
{
	struct monitor *m = arg;
	struct error err = ERROR_INIT;

	m->exit_command_due = false;
	if (exit_command_start(&m->options.exit, &m->caller, &m->exit_command_pid, &err) < 0)
		log_warn("%s; it is left out", err.msg);
	return 0;
}

static void schedule_exit_command(struct monitor *m)
{
	int64_t delay = MAX(m->options.exit.delay_sec * NSEC_PER_SEC, m->restart_delay_nsec);

	if (!m->options.exit.command)
		return;
	m->exit_command_due = true;
	if (delay == 0 || loop_add_timer(m->loop, delay, start_exit_command, m, &m->exit_delay) < 0)
		start_exit_command(NULL, m);
}

/* The engine starts it again, by the exit command; it is made to wait here, where waiting costs no
 * process. */
static void plan_restart(struct monitor *m, int status)
{
	const struct restart_rule *rule = &m->options.exit.restart;

	if (restart_due(rule, status))
		m->restart_delay_nsec = restart_delay_nsec(rule,
							   time_monotonic_nsec() - m->started_nsec);
}

static void begin_leaving(struct monitor *m)
{
	m->state = MONITOR_LEAVING;
	loop_remove(m->timeout);
	m->timeout = NULL;
	loop_remove(m->oom_source);
	m->oom_source = NULL;
	if (m->attach)
		attach_finish(m->attach);
	succession_end(m);
	schedule_exit_command(m);
}

void lifecycle_fail(struct monitor *m, int64_t data, const char *message)
{
	caller_report(&m->caller, data, message);
	m->exit_status = EXIT_FAILED;
	begin_leaving(m);
}

static void check_oom(struct monitor *m)
{
	struct error err = ERROR_INIT;

	if (m->oom_recorded || m->oom.fd < 0 || cgroup_oom_check(&m->oom) <= 0)
		return;
	m->oom_recorded = true;
	if (record_oom(&m->places, &err) < 0)
		log_warn("%s; the OOM kill is not recorded", err.msg);
	m->succession.journal->life.oom = true;
}

static void report_end(struct monitor *m, int status)
{
	struct error err = ERROR_INIT;

	if (record_exit(&m->places, status, &err) < 0)
		log_warn("%s; the engine will not know the exit status", err.msg);
	m->succession.journal->life.recorded = true;
	if (!m->options.exec)
		return;
	if (m->timed_out)
		caller_report(&m->caller, status, "command timed out");
	else
		caller_report(&m->caller, status, NULL);
}

/* From here on a successor need not find out. */
static void note_end(struct monitor *m, int wait_status)
{
	struct journal_life *life = &m->succession.journal->life;

	life->wait_status = wait_status;
	__atomic_store_n(&life->ended, true, __ATOMIC_RELEASE);
}

/* -1: nobody can say. */
static int end_status(const struct monitor *m, int wait_status)
{
	return m->timed_out || wait_status < 0 ? STATUS_TIMED_OUT : pid_exit_status(wait_status);
}

void lifecycle_leave(struct monitor *m, int wait_status)
{
	plan_restart(m, end_status(m, wait_status));
	begin_leaving(m);
}

void lifecycle_container_ended(struct monitor *m, int wait_status)
{
	int status = end_status(m, wait_status);

	note_end(m, wait_status);
	m->container_pid = 0;
	health_ended(m->health);
	m->exit_status = status < 0 ? EXIT_TIMED_OUT : status;
	check_oom(m);
	pump_drain(m->pump);
	notify_drain(m->notify);
	log_finish(m->log);
	if (!m->options.log.no_sync)
		log_sync(m->log);
	if (m->caller.n_keep > 0)
		keeper_drop_kept(&m->succession.keeper);
	caller_close_kept(&m->caller);
	report_end(m, status);
	lifecycle_leave(m, wait_status);
}

/* ---- the start ---- */

static int read_pidfile(const char *path, pid_t *ret)
{
	char text[32];
	uint32_t pid;
	int r = fd_read_line(AT_FDCWD, path, text, sizeof(text));

	if (r < 0)
		return r;
	if (num_u32(text, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return -EINVAL;
	*ret = (pid_t)pid;
	return 0;
}

static int on_oom(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	check_oom(arg);
	return 0;
}

void lifecycle_watch_oom(struct monitor *m)
{
	/* Without memory controller there is nothing to tell. */
	if (m->options.exec || cgroup_oom_open_pid(m->container_pid, &m->oom) < 0) {
		m->oom.fd = -1;
		return;
	}
	loop_add_io(m->loop, m->oom.fd, EPOLLIN, on_oom, m, &m->oom_source);
}

static int on_timeout(struct loop_source *s, void *arg)
{
	struct monitor *m = arg;

	m->timed_out = true;
	m->succession.journal->life.timed_out = true;
	if (m->container_pid > 0)
		process_kill_group(m->container_pid);
	return 0;
}

int lifecycle_set_timeout(struct monitor *m, int64_t nsec, struct error *err)
{
	int r = loop_add_timer(m->loop, nsec, on_timeout, m, &m->timeout);

	m->succession.journal->life.deadline_nsec = time_monotonic_nsec() + nsec;
	return r < 0 ? error_os(err, -r, "set timeout") : 0;
}

static int take_terminal(struct monitor *m, struct error *err)
{
	pump_forget_runtime(m->pump);
	return streams_take_console(&m->streams, err);
}

static int container_running(struct monitor *m, struct error *err)
{
	int r = 0;

	if (m->streams.terminal && !m->streams.passthrough)
		r = take_terminal(m, err);
	if (r >= 0 && !m->options.exec) {
		r = streams_open_stage(&m->streams);
		if (r < 0)
			error_os(err, -r, "make a pipe");
	}
	if (r >= 0)
		r = pump_start(m->pump, err);
	if (r >= 0 && m->options.timeout_sec > 0)
		r = lifecycle_set_timeout(m, m->options.timeout_sec * NSEC_PER_SEC, err);
	return r;
}

static void runtime_failed(struct monitor *m, int status)
{
	char message[MONITOR_MESSAGE_MAX + 1];
	int64_t data = m->options.exec && status > 0 ? -(int64_t)status : -1;

	pump_runtime_message(m->pump, message, sizeof(message));
	lifecycle_fail(m, data, message);
}

static void runtime_ended(struct monitor *m, int wait_status)
{
	int status = pid_exit_status(wait_status);
	struct error err = ERROR_INIT;
	int r;

	trace_end(&m->runtime_span);
	pump_runtime_ended(m->pump);
	m->runtime_pid = 0;
	r = read_pidfile(m->options.container_pidfile, &m->container_pid);
	if (status != 0 || r < 0) {
		m->container_pid = 0;
		runtime_failed(m, status);
		return;
	}
	r = container_running(m, &err);
	if (r < 0) {
		kill(m->container_pid, SIGKILL);
		lifecycle_fail(m, -1, err.msg);
		return;
	}
	m->state = MONITOR_RUNNING;
	m->started_nsec = time_monotonic_nsec();
	lifecycle_watch_oom(m);
	/* Before anybody knows that it runs. */
	succession_guard(m);
	caller_report(&m->caller, m->container_pid, NULL);
}

/* ---- signals ---- */

/* Before the kernel forgets it: how the container has ended. */
static void peek_end(struct monitor *m)
{
	siginfo_t si = { 0 };

	if (m->state != MONITOR_RUNNING || m->succession.init_source ||
	    waitid(P_PID, (id_t)m->container_pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    si.si_pid == 0)
		return;
	note_end(m, si.si_code == CLD_EXITED ? W_EXITCODE(si.si_status & 0xff, 0)
					     : W_EXITCODE(0, si.si_status));
}

/* While the runtime works only it is collected: a container that ends at once must wait until we
 * know its pid. */
static void reap(struct monitor *m)
{
	int status;
	pid_t pid;

	peek_end(m);
	for (;;) {
		pid = waitpid(m->state == MONITOR_STARTING ? m->runtime_pid : -1, &status, WNOHANG);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			break;
		if (pid == m->runtime_pid)
			runtime_ended(m, status);
		else if (pid == m->container_pid)
			lifecycle_container_ended(m, status);
		else if (succession_reaped(m, pid))
			continue;
		else if (pid == m->exit_command_pid)
			m->exit_command_pid = 0;
		else
			health_reap(m->health, pid, status);
	}
}

static void forward(struct monitor *m, int sig)
{
	if (m->state == MONITOR_LEAVING)
		m->hurry = true; /* nothing is left but slow clients */
	else if (m->state == MONITOR_RUNNING && m->container_pid > 0)
		kill(m->container_pid, sig);
	else if (m->runtime_pid > 0)
		kill(m->runtime_pid, sig);
}

static int on_signal(struct loop_source *s, int sig, int32_t value, void *arg)
{
	struct monitor *m = arg;

	if (sig == SIGCHLD)
		reap(m);
	else
		forward(m, sig);
	return 0;
}

void lifecycle_program_started(struct monitor *m)
{
	m->succession.journal->life.program_started = true;
	health_started(m->health);
}

bool lifecycle_order(int type, void *arg)
{
	struct monitor *m = arg;

	if (type == MONITOR_CTL_STARTED && m->state == MONITOR_RUNNING)
		lifecycle_program_started(m);
	if (type == MONITOR_CTL_NO_WAIT && m->exit_command_due) {
		loop_remove(m->exit_delay);
		m->exit_delay = NULL;
		start_exit_command(NULL, m);
	}
	return type == MONITOR_CTL_STARTED || type == MONITOR_CTL_NO_WAIT;
}

int lifecycle_watch(struct monitor *m, struct error *err)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	r = loop_add_signals(m->loop, &set, on_signal, m, &m->signals);
	return r < 0 ? error_os(err, -r, "watch signals") : 0;
}

int lifecycle_launch(struct monitor *m, struct error *err)
{
	const char *console = m->streams.console_path[0] ? m->streams.console_path : NULL;
	scoped_free char **argv = NULL;
	size_t n;
	int r;

	/* The runtime writes it anew; an old one would be believed. */
	if (unlink(m->options.container_pidfile) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old pid file '%s'",
				m->options.container_pidfile);
	argv = monitor_launch_argv(&m->options, m->bundle, console, &n);
	m->runtime_span = trace_begin(m->options.exec ? "monitor: runtime exec"
						      : "monitor: runtime create");
	r = monitor_launch_start(&m->options, &m->caller, &m->streams, argv, n, m->own_runtime,
				 &m->runtime_pid, err);
	streams_close_child(&m->streams);
	if (r >= 0)
		pump_watch_runtime(m->pump);
	return r;
}

struct idleness {
	int msec;     /* quiet time before the next trim */
	bool trimmed; /* nothing has happened since the last one */
};

/*
 * One round.  After a while without any event what the last ones needed is given back, once:
 * a monitor that has nothing to do is as small as it can be, and then sleeps for good.
 */
static int run_round(struct monitor *m, struct idleness *idle)
{
	bool may_trim = m->state == MONITOR_RUNNING && !idle->trimmed;
	int64_t before = may_trim ? time_monotonic_nsec() : 0;
	int r = loop_run_once(m->loop, may_trim ? idle->msec : -1);

	idle->trimmed = may_trim && time_monotonic_nsec() - before >= idle->msec * NSEC_PER_MSEC;
	if (idle->trimmed) {
		idle->msec = IDLE_MSEC;
		pump_trim(m->pump);
		log_trim();
		process_trim();
	}
	return r;
}

int lifecycle_run(struct monitor *m)
{
	struct idleness idle = { .msec = IDLE_FIRST_MSEC };

	while (!all_done(m)) {
		if (run_round(m, &idle) < 0)
			return EXIT_FAILED;
	}
	return m->exit_status;
}
