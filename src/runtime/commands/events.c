/* SPDX-License-Identifier: Apache-2.0 */
/* events: statistics, OOM and memory pressure notices as JSON lines, in runc's form. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "runtime/commands/commands.h"
#include "runtime/record.h"

struct events_flags {
	const char *interval, *pressure;
	bool stats;
};
static const struct option_row events_rows[] = {
	{ "interval", 0, OPTION_STRING, offsetof(struct events_flags, interval), "DURATION",
	  "period of statistics (default 5s)" },
	{ "pressure", 0, OPTION_STRING, offsetof(struct events_flags, pressure), "LEVEL",
	  "print memory pressure too: low, medium or critical" },
	{ "stats", 0, OPTION_FLAG, offsetof(struct events_flags, stats), NULL, "print once" },
};

static int print_stats(const struct runtime_record *rec, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	int r;

	buf_adds(&b, "{\"type\":\"stats\",\"id\":");
	buf_add_json_string(&b, rec->id);
	buf_adds(&b, ",\"data\":{");
	r = cgroup_stats_document(&rec->cgroup, &b, err);
	if (r < 0)
		return r;
	buf_adds(&b, ",\"intel_rdt\":{},\"network_interfaces\":null}}\n");
	return command_print(&b, err);
}

static int print_oom(const struct runtime_record *rec, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "{\"type\":\"oom\",\"id\":");
	buf_add_json_string(&b, rec->id);
	buf_adds(&b, "}\n");
	return command_print(&b, err);
}

static int print_pressure(const struct runtime_record *rec, const char *level, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "{\"type\":\"memory-pressure\",\"id\":");
	buf_add_json_string(&b, rec->id);
	buf_addf(&b, ",\"data\":{\"level\":\"%s\"}}\n", level);
	return command_print(&b, err);
}

/* What follow() waits for. */
struct follow {
	struct pidref init;
	struct cgroup_oom oom;
	struct cgroup_pressure pressure;
	const char *level; /* of pressure, static */
	int interval_msec;
	int64_t next; /* statistics are due */
};

static void follow_done(struct follow *f)
{
	pidref_done(&f->init);
	cgroup_oom_done(&f->oom);
	cgroup_pressure_done(&f->pressure);
}
DEFINE_SCOPED_STRUCT(struct follow, follow_done)

/* Wait once, print what there is: 1 the container has ended, 0. */
static int follow_once(const struct runtime_record *rec, struct follow *f, struct error *err)
{
	struct pollfd p[3] = { { .fd = f->init.fd, .events = POLLIN },
			       { .fd = f->oom.fd, .events = POLLIN },
			       { .fd = f->pressure.fd, .events = f->pressure.events } };
	int64_t left = (f->next - time_monotonic_nsec()) / NSEC_PER_MSEC;
	int n = poll(p, 3, left < 0 ? 0 : (int)left);
	int r = 0;

	if (n < 0)
		return errno == EINTR ? 0 : error_os(err, errno, "wait for events");
	if (n == 0) {
		f->next += f->interval_msec * NSEC_PER_MSEC;
		return print_stats(rec, err);
	}
	if (p[2].revents != 0) {
		r = cgroup_pressure_check(&f->pressure, p[2].revents);
		if (r < 0)
			cgroup_pressure_done(&f->pressure);
		r = r > 0 ? print_pressure(rec, f->level, err) : 0;
	}
	/* The kernel may tell of the kill after the end of the container (v2 tells at most every
	 * 10 ms), but has counted it by then. */
	if (r >= 0 && (p[0].revents != 0 || p[1].revents != 0) && cgroup_oom_check(&f->oom) > 0)
		r = print_oom(rec, err);
	return r < 0 ? r : p[0].revents != 0;
}

static int follow(const struct runtime_record *rec, int64_t interval,
		  enum cgroup_pressure_level level, struct error *err)
{
	scoped(follow_done) struct follow f = { .init = PIDREF_INIT,
						.oom = { .fd = -1, .aux_fd = -1 },
						.pressure = CGROUP_PRESSURE_INIT,
						.interval_msec = (int)(interval / NSEC_PER_MSEC),
						.next = time_monotonic_nsec() + interval };
	int r;

	if (level != CGROUP_PRESSURE_COUNT) {
		r = cgroup_pressure_open(&rec->cgroup, level, &f.pressure, err);
		if (r < 0)
			return r;
		f.level = cgroup_pressure_name(level);
	}
	r = record_init(rec, &f.init, err);
	if (r < 0)
		return r;
	/* Without OOM notices there are still statistics. */
	(void)cgroup_oom_open_pid(f.init.pid, &f.oom);
	do
		r = follow_once(rec, &f, err);
	while (r == 0);
	return r < 0 ? r : 0;
}

static int events_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	struct events_flags f = { 0 };
	struct positional p;
	enum runtime_status status;
	enum cgroup_pressure_level level = CGROUP_PRESSURE_COUNT;
	int64_t interval = 5 * NSEC_PER_SEC;
	int r = command_parse(&runtime_command_events, argc, argv, &f, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	if (f.interval && (time_parse_duration(f.interval, &interval) < 0 ||
			   interval < NSEC_PER_MSEC || interval > 86400 * NSEC_PER_SEC))
		return error_set(err, ERROR_INVALID, "--interval: '%s' is not a duration",
				 f.interval);
	if (f.pressure && cgroup_pressure_parse(f.pressure, &level) < 0)
		return error_set(err, ERROR_INVALID,
				 "--pressure: '%s' is not low, medium or critical", f.pressure);
	r = runtime_record_load(&cx->runtime, p.argv[0], &rec, err);
	if (r < 0)
		return r;
	r = runtime_record_status(&cx->runtime, &rec, &status, err);
	if (r < 0)
		return r;
	if (status == RUNTIME_STOPPED)
		return error_set(err, ERROR_STATE, "container with id %s is not running", rec.id);
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup", p.argv[0]);
	return f.stats ? print_stats(&rec, err) : follow(&rec, interval, level, err);
}

const struct command runtime_command_events = { "events", "events [options] ID",
						"print statistics, OOM and memory pressure notices",
						COMMAND_ROWS(events_rows), events_run };
