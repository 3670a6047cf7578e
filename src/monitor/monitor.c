/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the start (docs/design/monitor-protocol.md):
 * options, log, start byte, background, streams, attach socket, control fifos, [attach handshake],
 * runtime.  With --sync there is no background, and the start byte comes behind the fifos; whatever
 * was made goes again when it does not come.
 */
#include "monitor/monitor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "monitor/complain.h"
#include "monitor/launch.h"
#include "monitor/monitor_priv.h"

/* The conmon whose command line and protocol this is. */
#define CONMON_VERSION "2.1.12"

#ifndef CORACLE_VERSION
#define CORACLE_VERSION "unknown"
#endif

/* ---- places ---- */

static int find_places(struct monitor *m, struct error *err)
{
	struct monitor_options *o = &m->options;
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)))
		return error_os(err, errno, "find working directory");
	if (!o->bundle)
		m->bundle = xstrdup(cwd);
	else if (path_absolute(o->bundle))
		m->bundle = xstrdup(o->bundle);
	else
		m->bundle = path_join(cwd, o->bundle);
	if (!o->container_pidfile)
		o->container_pidfile = m->own_pidfile = xasprintf("%s/pidfile-%s", cwd, o->cid);
	m->places = (struct record_places){
		.cid = o->cid,
		.bundle = m->bundle,
		.exit_dir = o->exit.dir,
		.persist_dir = o->exit.persist_dir,
	};
	return 0;
}

/* No fork at the start: the engine waits for this very process, or there is nothing to wait for. */
static bool stays(const struct monitor *m)
{
	return m->options.sync || m->succession.inherited.here;
}

/* ---- parts ---- */

static int open_log(struct monitor *m, struct error *err)
{
	struct log_source source = {
		.id = m->options.cuuid ? m->options.cuuid : m->options.cid,
		.name = m->options.name,
		.journal = m->options.exec ? NULL : m->succession.journal,
	};
	int r = log_open(&m->options.log, &source, &m->log, err);

	if (r < 0)
		return r;
	m->streams.passthrough = log_is_passthrough(m->log);
	if (m->streams.passthrough && m->options.terminal)
		return error_set(err, ERROR_INVALID,
				 "log driver passthrough cannot be used with --terminal");
	return 0;
}

static void on_stdin_closed(void *arg)
{
	struct monitor *m = arg;

	keeper_drop_stdin(&m->succession.keeper);
}

static int open_clients(struct monitor *m, struct error *err)
{
	const struct monitor_options *o = &m->options;
	struct attach_place place = { .bundle = m->bundle, .uuid = o->cuuid };
	int r;

	if (!o->full_attach) {
		if (!o->cuuid)
			return error_set(
				err, ERROR_INVALID,
				"container UUID not provided: use --cuuid or --full-attach");
		place.socket_dir = o->socket_dir;
	}
	m->input = input_new(m->loop, &m->streams, o->leave_stdin_open);
	input_on_closed(m->input, on_stdin_closed, m);
	r = attach_open(m->loop, &place, m->input, m->log, &m->attach, err);
	if (r < 0)
		return r;
	r = control_open(m->loop, m->bundle, &m->streams, m->log, &m->control, err);
	if (r >= 0)
		control_on_order(m->control, lifecycle_order, m);
	return r;
}

static int open_streams(struct monitor *m, struct error *err)
{
	const struct monitor_options *o = &m->options;

	if (m->succession.inherited.here) {
		m->streams.terminal = o->terminal;
		takeover_streams(&m->succession.inherited, &m->streams);
		return 0;
	}
	record_clear(&m->places);
	return streams_open(&m->streams, o->terminal, o->open_stdin, err);
}

static int open_parts(struct monitor *m, struct error *err)
{
	const struct monitor_options *o = &m->options;
	int r;

	r = open_streams(m, err);
	if (r < 0)
		return r;
	if (!m->streams.passthrough) {
		r = open_clients(m, err);
		if (r < 0)
			return r;
	}
	if (o->notify_socket) {
		r = notify_open(m->loop, m->bundle, o->notify_socket, &m->notify, err);
		if (r < 0)
			return r;
	}
	m->pump = pump_new(m->loop, &m->streams, m->log, m->attach, m->succession.journal);
	m->health = health_new(m->loop, o, &m->caller, m->own_runtime);
	return 0;
}

static int start(struct monitor *m, struct error *err)
{
	int r = stays(m) ? 0 : open_parts(m, err);

	if (r >= 0 && m->succession.inherited.here)
		return succession_resume(m, err);
	if (r >= 0 && m->options.exec_attach)
		r = caller_attach_handshake(&m->caller, err);
	return r < 0 ? r : lifecycle_launch(m, err);
}

/* ---- the program ---- */

/* In the background: errors go to the engine. */
static int monitor_live(struct monitor *m)
{
	struct error err = ERROR_INIT;

	if (start(m, &err) < 0)
		lifecycle_fail(m, -1, err.msg);
	return lifecycle_run(m);
}

static int detach(struct monitor *m, struct error *err)
{
	int r = caller_detach(&m->caller, &m->options, stays(m), err);

	if (r < 0)
		return r;
	r = loop_new(&m->loop);
	return r < 0 ? error_os(err, -r, "make event loop") : 0;
}

/* The engine did not say start. */
static void remove_parts(struct monitor *m)
{
	attach_free(take_ptr(m->attach));
	control_remove(m->control, m->bundle);
	if (m->options.pidfile)
		unlink(m->options.pidfile);
}

/* Where the engine waits for this very process nothing is forked at the start, so all is made ready
 * before it, while the engine prepares the container. */
static int await_start(struct monitor *m, struct error *err)
{
	bool sync = stays(m);
	int r = sync ? detach(m, err) : 0;

	if (r >= 0 && sync)
		r = open_parts(m, err);
	/* Remembered by the process, and by the runtime that is forked from it. */
	if (r >= 0 && sync)
		cgroup_layout();
	if (r >= 0)
		r = caller_wait_start(&m->caller, err);
	if (r < 0 && sync)
		remove_parts(m);
	return r < 0 || sync ? r : detach(m, err);
}

/* In the foreground: errors go to stderr, too. */
static int monitor_prepare(struct monitor *m, char *const *argv, struct error *err)
{
	const struct monitor_options *o = &m->options;
	int r = complain_init(o->log_level, o->syslog, o->cid, err);

	if (r >= 0)
		r = monitor_launch_check(o, argv, m->own_runtime, err);
	if (r >= 0)
		r = caller_init(&m->caller, o, err);
	if (r >= 0)
		r = find_places(m, err);
	if (r >= 0)
		r = succession_init(m, err);
	if (r >= 0)
		r = succession_open_journal(m, err);
	if (r >= 0)
		r = open_log(m, err);
	if (r >= 0)
		r = await_start(m, err);
	if (r >= 0 && !m->streams.passthrough)
		r = caller_leave_stdio(err);
	return r < 0 ? r : lifecycle_watch(m, err);
}

static void monitor_done(struct monitor *m)
{
	health_free(m->health);
	succession_done(m);
	pump_free(m->pump);
	attach_free(m->attach);
	input_free(m->input);
	control_free(m->control);
	notify_free(m->notify);
	streams_done(&m->streams);
	log_free(m->log);
	if (m->oom.fd >= 0)
		cgroup_oom_done(&m->oom);
	loop_free(m->loop);
	caller_done(&m->caller);
	monitor_options_done(&m->options);
	free(m->bundle);
	free(m->own_pidfile);
}

static int fail_early(const struct monitor *m, const struct error *err)
{
	fprintf(stderr, "coracle-monitor: %s\n", err->msg);
	caller_report(&m->caller, -1, err->msg);
	return 1;
}

int monitor_main(int argc, char **argv, monitor_runtime_fn own)
{
	struct monitor m = {
		.own_runtime = own,
		.streams = STREAMS_INIT,
		.oom.fd = -1,
		.caller = { .sync = -1, .start = -1, .attach = -1 },
		.succession = SUCCESSION_INIT,
	};
	struct error err = ERROR_INIT;
	int status;

	m.succession.argv = argv;
	trace_inherit();
	if (monitor_options_parse(argc, argv, &m.options, &err) < 0) {
		fprintf(stderr, "coracle-monitor: %s\n", err.msg);
		return 1;
	}
	if (m.options.help) {
		monitor_options_help();
		return 0;
	}
	if (m.options.version) {
		/* Engines look for this form and compare the number (podman: at least 2.0.1). */
		printf("conmon version %s\ncommit: coracle-monitor %s\n", CONMON_VERSION,
		       CORACLE_VERSION);
		return 0;
	}
	status = monitor_prepare(&m, argv, &err) < 0 ? fail_early(&m, &err) : monitor_live(&m);
	monitor_done(&m);
	return status;
}
