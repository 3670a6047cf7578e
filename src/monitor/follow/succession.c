/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/follow/succession.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/timeutil.h"
#include "monitor/monitor_priv.h"
#include "sys/fd.h"
#include "sys/process.h"

/* Wait status of "nobody can say": recorded as -1. */
#define STATUS_UNKNOWN (-1)

int succession_init(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	int r = takeover_receive(&s->inherited, err);

	if (r >= 0 && !s->inherited.here && m->options.takeover > 0)
		r = takeover_find((pid_t)m->options.takeover, m->bundle, &s->inherited, err);
	/* An exec has named us after the file. */
	if (s->inherited.here)
		process_set_name(path_base(s->argv[0]));
	return r;
}

int succession_open_journal(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	int r;

	if (s->inherited.journal >= 0) {
		s->journal_fd = take_fd(s->inherited.journal);
		r = journal_take(s->journal_fd, &s->journal);
		return r < 0 ? error_os(err, -r, "read the journal of the monitor before") : 0;
	}
	r = journal_new(&s->journal, m->options.exec ? NULL : &s->journal_fd);
	return r < 0 ? error_os(err, -r, "make the journal") : 0;
}

/* ---- a successor ---- */

static int on_init(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	struct monitor *m = arg;
	struct succession *s = &m->succession;
	int status = STATUS_UNKNOWN;

	loop_remove(s->init_source);
	s->init_source = NULL;
	if (pidref_end(&s->init, &status) < 0)
		log_warn("how the container has ended is unknown: its first monitor was killed, "
			 "and this kernel tells it to nobody else");
	lifecycle_container_ended(m, status);
	return 0;
}

static int resume_timeout(struct monitor *m, struct error *err)
{
	int64_t deadline = m->succession.journal->life.deadline_nsec;

	if (!deadline)
		return 0;
	return lifecycle_set_timeout(m, MAX(deadline - time_monotonic_nsec(), (int64_t)1), err);
}

static int resume_running(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	int r = pump_start(m->pump, err);

	/* Out of reach: its end is still to be recorded. */
	if (r < 0)
		log_warn("%s; its end will be recorded", err->msg);
	r = resume_timeout(m, err);
	if (r >= 0) {
		r = loop_add_io(m->loop, s->init.fd, EPOLLIN, on_init, m, &s->init_source);
		if (r < 0)
			error_os(err, -r, "watch the container");
	}
	if (r < 0)
		return r;
	lifecycle_watch_oom(m);
	if (s->journal->life.program_started || m->options.takeover > 0)
		lifecycle_program_started(m);
	if (s->keeper.pid == 0)
		succession_guard(m);
	/* An engine that has started us waits for it. */
	caller_report(&m->caller, m->container_pid, NULL);
	return 0;
}

int succession_resume(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	const struct journal_life *life = &s->journal->life;

	memcpy(m->caller.oom_score, life->oom_score, sizeof(life->oom_score));
	s->init = s->inherited.init;
	s->inherited.init = PIDREF_INIT;
	s->keeper = s->inherited.keeper;
	s->inherited.keeper = KEEPER_INIT;
	m->state = MONITOR_RUNNING;
	m->container_pid = s->init.pid;
	m->oom_recorded = life->oom;
	m->timed_out = life->timed_out;
	m->started_nsec = life->started_nsec;
	if (life->recorded)
		lifecycle_leave(m, life->wait_status);
	else if (life->ended)
		lifecycle_container_ended(m, life->wait_status);
	else
		return resume_running(m, err);
	return 0;
}

/* ---- for a successor ---- */

static int start_keeper(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	struct keeper_charge charge = {
		.goods = { .journal = s->journal_fd,
			   .in = m->streams.in,
			   .out = m->streams.out,
			   .err = m->streams.err,
			   .init = s->init },
		.journal = s->journal,
		.caller = &m->caller,
		.pidfile = m->options.pidfile,
		.argv = s->argv,
		.cid = m->options.cid,
	};

	memcpy(charge.goods.stage, m->streams.stage, sizeof(charge.goods.stage));
	return keeper_start(&s->keeper, &charge, err);
}

static int guard(struct monitor *m, struct error *err)
{
	struct succession *s = &m->succession;
	int r = 0;

	memcpy(s->journal->life.oom_score, m->caller.oom_score, sizeof(m->caller.oom_score));
	s->journal->life.started_nsec = m->started_nsec;
	if (s->init.fd < 0)
		r = pidref_set(&s->init, m->container_pid);
	if (r >= 0)
		r = takeover_note_streams(&m->streams, m->bundle);
	if (r < 0)
		return error_os(err, -r, "keep what a successor needs");
	return start_keeper(m, err);
}

void succession_guard(struct monitor *m)
{
	struct error err = ERROR_INIT;

	if (!m->options.exec && guard(m, &err) < 0)
		log_warn("%s; if this monitor is killed, output of the container is lost", err.msg);
}

bool succession_reaped(struct monitor *m, pid_t pid)
{
	struct succession *s = &m->succession;
	struct error err = ERROR_INIT;

	if (pid != s->keeper.pid)
		return false;
	keeper_lost(&s->keeper);
	if (m->state == MONITOR_RUNNING && start_keeper(m, &err) < 0)
		log_warn("%s; if this monitor is killed, output of the container is lost", err.msg);
	return true;
}

void succession_end(struct monitor *m)
{
	m->succession.journal->life.over = true;
	keeper_stop(&m->succession.keeper);
}

void succession_done(struct monitor *m)
{
	struct succession *s = &m->succession;

	takeover_done(&s->inherited);
	journal_free(s->journal);
	fd_close(s->journal_fd);
	pidref_done(&s->init);
}
