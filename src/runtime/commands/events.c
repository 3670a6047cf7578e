/* SPDX-License-Identifier: Apache-2.0 */
/* events: statistics and OOM notices as JSON lines, in runc's form. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "runtime/commands/commands.h"
#include "runtime/record.h"

struct events_flags {
	const char *interval;
	bool stats;
};
static const struct option_row events_rows[] = {
	{ "interval", 0, OPTION_STRING, offsetof(struct events_flags, interval), "DURATION",
	  "period of statistics (default 5s)" },
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

static int follow(const struct runtime_record *rec, int interval_msec, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	struct cgroup_oom oom = { .fd = -1, .aux_fd = -1 };
	int64_t next = time_monotonic_nsec() + interval_msec * NSEC_PER_MSEC;
	int r = record_init(rec, &init, err);

	if (r < 0)
		return r;
	/* Without OOM notices there are still statistics. */
	(void)cgroup_oom_open_pid(init.pid, &oom);
	while (r >= 0) {
		struct pollfd p[2] = { { .fd = init.fd, .events = POLLIN },
				       { .fd = oom.fd, .events = POLLIN } };
		int64_t left = (next - time_monotonic_nsec()) / NSEC_PER_MSEC;
		int n = poll(p, 2, left < 0 ? 0 : (int)left);

		if (n < 0 && errno != EINTR)
			r = error_os(err, errno, "wait for events");
		if (n > 0 && p[1].revents != 0 && cgroup_oom_check(&oom) > 0)
			r = print_oom(rec, err);
		if (n > 0 && p[0].revents != 0)
			break;
		if (n == 0) {
			r = print_stats(rec, err);
			next += interval_msec * NSEC_PER_MSEC;
		}
	}
	cgroup_oom_done(&oom);
	return r;
}

static int events_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	struct events_flags f = { 0 };
	struct positional p;
	enum runtime_status status;
	int64_t interval = 5 * NSEC_PER_SEC;
	int r = command_parse(&runtime_command_events, argc, argv, &f, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	if (f.interval && (time_parse_duration(f.interval, &interval) < 0 ||
			   interval < NSEC_PER_MSEC || interval > 86400 * NSEC_PER_SEC))
		return error_set(err, ERROR_INVALID, "--interval: '%s' is not a duration",
				 f.interval);
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
	return f.stats ? print_stats(&rec, err)
		       : follow(&rec, (int)(interval / NSEC_PER_MSEC), err);
}

const struct command runtime_command_events = { "events", "events [options] ID",
						"print statistics and OOM notices",
						COMMAND_ROWS(events_rows), events_run };
