/* SPDX-License-Identifier: Apache-2.0 */
/* v1 stats.  A controller that is not mounted leaves its members as they are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* memory.stat of a kernel with many node types is about 2 KiB. */
#define STAT_TEXT_MAX ((size_t)64 << 10)

static const char *read_text(const struct cgroup_record *r, const char *controller,
			     const char *file, struct buf *out)
{
	const struct cgroup_hier *h = cgroup_hier_of(controller);
	char full[PATH_MAX];

	out->max = STAT_TEXT_MAX;
	if (out->data != NULL)
		buf_truncate(out, 0);
	if (h == NULL || cgroup_file_path(full, h, r->path, file) < 0)
		return "";
	return fd_read_file(AT_FDCWD, full, STAT_TEXT_MAX, out) < 0 ? "" : buf_str(out);
}

static void get(const struct cgroup_record *r, const char *controller, const char *file,
		uint64_t *ret)
{
	(void)cgroup_read_u64(r, controller, file, ret);
}

static void cpu(const struct cgroup_record *r, struct cgroup_stats *s, struct buf *text)
{
	uint64_t user = 0, sys = 0, nsec = 0;
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	const char *t;

	get(r, "cpuacct", "cpuacct.usage", &nsec);
	s->cpu_usage_usec = nsec / NSEC_PER_USEC;
	t = read_text(r, "cpuacct", "cpuacct.stat", text);
	if (cgroup_text_u64(t, "user", &user) == 0 && cgroup_text_u64(t, "system", &sys) == 0) {
		s->cpu_user_usec = user * (1000000 / ticks);
		s->cpu_system_usec = sys * (1000000 / ticks);
	}
	t = read_text(r, "cpu", "cpu.stat", text);
	(void)cgroup_text_u64(t, "nr_periods", &s->cpu_periods);
	(void)cgroup_text_u64(t, "nr_throttled", &s->cpu_throttled_periods);
	if (cgroup_text_u64(t, "throttled_time", &nsec) == 0)
		s->cpu_throttled_usec = nsec / NSEC_PER_USEC;
}

/* The kernel's "no limit" is the largest multiple of a page. */
static void no_limit(uint64_t *limit)
{
	if (*limit >= (uint64_t)INT64_MAX / 4096 * 4096)
		*limit = UINT64_MAX;
}

static void memory(const struct cgroup_record *r, struct cgroup_stats *s, struct buf *text)
{
	uint64_t sum = 0, sum_limit = UINT64_MAX;
	const char *t;

	get(r, "memory", "memory.usage_in_bytes", &s->memory_usage);
	get(r, "memory", "memory.limit_in_bytes", &s->memory_limit);
	get(r, "memory", "memory.max_usage_in_bytes", &s->memory_max_usage);
	get(r, "memory", "memory.failcnt", &s->memory_failcnt);
	no_limit(&s->memory_limit);
	if (cgroup_read_u64(r, "memory", "memory.memsw.usage_in_bytes", &sum) == 0 &&
	    sum > s->memory_usage)
		s->swap_usage = sum - s->memory_usage;
	get(r, "memory", "memory.memsw.limit_in_bytes", &sum_limit);
	no_limit(&sum_limit);
	if (sum_limit != UINT64_MAX && sum_limit >= s->memory_limit)
		s->swap_limit = sum_limit - s->memory_limit;
	t = read_text(r, "memory", "memory.stat", text);
	(void)cgroup_text_u64(t, "total_cache", &s->memory_cache);
	(void)cgroup_text_u64(t, "total_rss", &s->memory_rss);
	t = read_text(r, "memory", "memory.oom_control", text);
	(void)cgroup_text_u64(t, "oom_kill", &s->oom_kills);
}

/* Lines "8:0 Read 4096". */
static void io_sum(const char *text, uint64_t *reads, uint64_t *writes)
{
	for (const char *p = text; *p != '\0';) {
		char op[16], number[24];
		uint64_t n;

		if (sscanf(p, "%*u:%*u %15s %23s", op, number) == 2 && num_u64(number, &n) == 0) {
			if (streq(op, "Read"))
				*reads += n;
			else if (streq(op, "Write"))
				*writes += n;
		}
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
}

int cgroup_v1_stats(const struct cgroup_record *r, struct cgroup_stats *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	(void)err;
	cpu(r, s, &text);
	memory(r, s, &text);
	get(r, "pids", "pids.current", &s->pids_current);
	get(r, "pids", "pids.max", &s->pids_limit);
	io_sum(read_text(r, "blkio", "blkio.throttle.io_service_bytes_recursive", &text),
	       &s->io_read_bytes, &s->io_write_bytes);
	io_sum(read_text(r, "blkio", "blkio.throttle.io_serviced_recursive", &text),
	       &s->io_read_ops, &s->io_write_ops);
	return 0;
}
