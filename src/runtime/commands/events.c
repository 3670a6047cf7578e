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

#define U64(v) ((unsigned long long)(v))

static void limit_text(uint64_t v, char out[24])
{
	if (v == UINT64_MAX)
		snprintf(out, 24, "18446744073709551615");
	else
		snprintf(out, 24, "%llu", U64(v));
}

static void format_stats(const char *id, const struct cgroup_stats *s, struct buf *out)
{
	char memory[24], swap[24];

	limit_text(s->memory_limit, memory);
	limit_text(s->swap_limit, swap);
	buf_adds(out, "{\"type\":\"stats\",\"id\":");
	buf_add_json_string(out, id);
	buf_addf(out,
		 ",\"data\":{\"cpu\":{\"usage\":{\"total\":%llu,\"kernel\":%llu,\"user\":%llu},"
		 "\"throttling\":{\"periods\":%llu,\"throttledPeriods\":%llu,"
		 "\"throttledTime\":%llu}},",
		 U64(s->cpu_usage_usec * 1000), U64(s->cpu_system_usec * 1000),
		 U64(s->cpu_user_usec * 1000), U64(s->cpu_periods), U64(s->cpu_throttled_periods),
		 U64(s->cpu_throttled_usec * 1000));
	buf_addf(
		out,
		"\"memory\":{\"cache\":%llu,\"usage\":{\"limit\":%s,\"usage\":%llu,\"max\":%llu,"
		"\"failcnt\":%llu},\"swap\":{\"limit\":%s,\"usage\":%llu},\"raw\":{\"rss\":%llu}},",
		U64(s->memory_cache), memory, U64(s->memory_usage), U64(s->memory_max_usage),
		U64(s->memory_failcnt), swap, U64(s->swap_usage), U64(s->memory_rss));
	buf_addf(out, "\"pids\":{\"current\":%llu", U64(s->pids_current));
	if (s->pids_limit != UINT64_MAX)
		buf_addf(out, ",\"limit\":%llu", U64(s->pids_limit));
	buf_addf(out,
		 "},\"blkio\":{\"ioServiceBytesRecursive\":[{\"op\":\"Read\",\"value\":%llu},"
		 "{\"op\":\"Write\",\"value\":%llu}],\"ioServicedRecursive\":[{\"op\":\"Read\","
		 "\"value\":%llu},{\"op\":\"Write\",\"value\":%llu}]},\"hugetlb\":{},"
		 "\"intel_rdt\":{},\"network_interfaces\":null}}\n",
		 U64(s->io_read_bytes), U64(s->io_write_bytes), U64(s->io_read_ops),
		 U64(s->io_write_ops));
}

static int print_stats(const struct runtime_record *rec, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct cgroup_stats s = { 0 };
	int r = cgroup_stats(&rec->cgroup, &s, err);

	if (r < 0)
		return r;
	format_stats(rec->id, &s, &b);
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
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup", p.argv[0]);
	return f.stats ? print_stats(&rec, err)
		       : follow(&rec, (int)(interval / NSEC_PER_MSEC), err);
}

const struct command runtime_command_events = { "events", "events [options] ID",
						"print statistics and OOM notices",
						COMMAND_ROWS(events_rows), events_run };
