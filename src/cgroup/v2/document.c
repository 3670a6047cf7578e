/* SPDX-License-Identifier: Apache-2.0 */
/* v2 document: what runc reads from cgroup v2, and what it leaves out: processors, memory.peak. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/document.h"

/* The kernel counts microseconds here, the document nanoseconds. */
static void cpu(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	const char *t = document_read(r, "cgroup", "cpu.stat", text);

	document_open(b, "cpu", '{');
	document_open(b, "usage", '{');
	document_nonzero(b, "total", document_value(t, "usage_usec") * NSEC_PER_USEC);
	document_u64(b, "kernel", document_value(t, "system_usec") * NSEC_PER_USEC);
	document_u64(b, "user", document_value(t, "user_usec") * NSEC_PER_USEC);
	document_close(b, '}');
	document_open(b, "throttling", '{');
	document_nonzero(b, "periods", document_value(t, "nr_periods"));
	document_nonzero(b, "throttledPeriods", document_value(t, "nr_throttled"));
	document_nonzero(b, "throttledTime", document_value(t, "throttled_usec") * NSEC_PER_USEC);
	document_close(b, '}');
	document_pressure(b, r, "cpu.pressure");
	document_close(b, '}');
}

static void cpuset(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	static const char *const v1_only[] = {
		"mem_hardwall",	      "mem_exclusive",
		"memory_migrate",     "memory_spread_page",
		"memory_spread_slab", "memory_pressure",
		"sched_load_balance", "sched_relax_domain_level",
	};

	document_open(b, "cpuset", '{');
	document_list(b, "cpus", document_read(r, "cpuset", "cpuset.cpus.effective", text));
	document_u64(b, "cpu_exclusive", 0);
	document_list(b, "mems", document_read(r, "cpuset", "cpuset.mems.effective", text));
	for (size_t i = 0; i < ARRAY_SIZE(v1_only); i++)
		document_u64(b, v1_only[i], 0);
	document_close(b, '}');
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : a + b;
}

/* As on v1 "swap" is memory plus swap. */
static void memory(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	uint64_t usage = document_number(r, "cgroup", "memory.current");
	uint64_t limit = document_number(r, "cgroup", "memory.max");
	uint64_t swap = document_number(r, "cgroup", "memory.swap.current");
	uint64_t swap_limit = document_number(r, "cgroup", "memory.swap.max");
	uint64_t failcnt = document_value(document_read(r, "cgroup", "memory.events", text), "max");
	const char *t = document_read(r, "cgroup", "memory.stat", text);

	document_open(b, "memory", '{');
	document_nonzero(b, "cache", document_value(t, "file"));
	document_memory_entry(b, "usage", limit, usage, document_number(r, "cgroup", "memory.peak"),
			      failcnt);
	document_memory_entry(b, "swap", sum(limit, swap_limit), usage + swap, 0, 0);
	document_memory_entry(b, "kernel", 0, document_value(t, "kernel"), 0, 0);
	document_memory_entry(b, "kernelTCP", 0, 0, 0, 0);
	document_open(b, "raw", '{');
	document_raw(b, t);
	document_close(b, '}');
	document_pressure(b, r, "memory.pressure");
	document_close(b, '}');
}

/* Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6". */
static void io_table(struct buf *b, const char *name, const char *text, const char *const keys[3])
{
	static const char *const ops[] = { "Read", "Write", "Discard" };

	if (strchr(text, '=') == NULL)
		return;
	document_open(b, name, '[');
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		scoped_free char *line = xstrndup(p, strcspn(p, "\n"));

		for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
			const char *at = strstr(line, keys[i]);

			if (at != NULL)
				document_io_entry(b, line, ops[i],
						  strtoull(at + strlen(keys[i]), NULL, 10));
		}
	}
	document_close(b, ']');
}

static void io(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	static const char *const bytes[] = { " rbytes=", " wbytes=", " dbytes=" };
	static const char *const operations[] = { " rios=", " wios=", " dios=" };
	const char *t = document_read(r, "cgroup", "io.stat", text);

	document_open(b, "blkio", '{');
	io_table(b, "ioServiceBytesRecursive", t, bytes);
	io_table(b, "ioServicedRecursive", t, operations);
	document_pressure(b, r, "io.pressure");
	document_close(b, '}');
}

void cgroup_v2_document(const struct cgroup_record *r, struct buf *out)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	cpu(r, out, &text);
	cpuset(r, out, &text);
	memory(r, out, &text);
	document_pids(out, r);
	io(r, out, &text);
	document_hugetlb(out, r, true);
}
