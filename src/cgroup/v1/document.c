/* SPDX-License-Identifier: Apache-2.0 */
/* v1 document: what runc reads from the v1 hierarchies. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/document.h"

/* Numbers of a line, or of one column of the lines behind a title. */
static void percpu(struct buf *b, const char *name, const char *text, int column)
{
	bool opened = false;

	if (column > 0)
		text += strcspn(text, "\n"), text += *text == '\n';
	while (*text != '\0') {
		char number[3][24];
		uint64_t v;

		if (column == 0
			    ? sscanf(text, "%23s", number[0]) != 1
			    : sscanf(text, "%23s %23s %23s", number[0], number[1], number[2]) != 3)
			break;
		if (num_u64(number[column], &v) < 0)
			break;
		if (!opened)
			document_open(b, name, '[');
		opened = true;
		document_u64(b, NULL, v);
		if (column == 0)
			text += strspn(text, " "), text += strcspn(text, " \n"),
				text += strspn(text, " \n");
		else
			text += strcspn(text, "\n"), text += *text == '\n';
	}
	if (opened)
		document_close(b, ']');
}

static void cpu(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	uint64_t tick = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	const char *t;

	document_open(b, "cpu", '{');
	document_open(b, "usage", '{');
	document_nonzero(b, "total", document_number(r, "cpuacct", "cpuacct.usage"));
	percpu(b, "percpu", document_read(r, "cpuacct", "cpuacct.usage_percpu", text), 0);
	t = document_read(r, "cpuacct", "cpuacct.usage_all", text);
	percpu(b, "percpu_kernel", t, 2);
	percpu(b, "percpu_user", t, 1);
	t = document_read(r, "cpuacct", "cpuacct.stat", text);
	document_u64(b, "kernel", document_value(t, "system") * tick);
	document_u64(b, "user", document_value(t, "user") * tick);
	document_close(b, '}');
	t = document_read(r, "cpu", "cpu.stat", text);
	document_open(b, "throttling", '{');
	document_nonzero(b, "periods", document_value(t, "nr_periods"));
	document_nonzero(b, "throttledPeriods", document_value(t, "nr_throttled"));
	document_nonzero(b, "throttledTime", document_value(t, "throttled_time"));
	document_close(b, '}');
	document_close(b, '}');
}

static void cpuset(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	static const char *const flags[] = {
		"mem_hardwall",	      "mem_exclusive",	 "memory_migrate",     "memory_spread_page",
		"memory_spread_slab", "memory_pressure", "sched_load_balance",
	};
	char file[64], level[16];

	document_open(b, "cpuset", '{');
	document_list(b, "cpus", document_read(r, "cpuset", "cpuset.cpus", text));
	document_u64(b, "cpu_exclusive", document_number(r, "cpuset", "cpuset.cpu_exclusive"));
	document_list(b, "mems", document_read(r, "cpuset", "cpuset.mems", text));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		snprintf(file, sizeof(file), "cpuset.%s", flags[i]);
		document_u64(b, flags[i], document_number(r, "cpuset", file));
	}
	document_name(b, "sched_relax_domain_level");
	/* -1 is "the system's". */
	if (cgroup_read_value(r, "cpuset", "cpuset.sched_relax_domain_level", level,
			      sizeof(level)) > 0 &&
	    str_only(str_trim(level), "-0123456789"))
		buf_adds(b, str_trim(level));
	else
		buf_addc(b, '0');
	document_close(b, '}');
}

static void memory_entry(const struct cgroup_record *r, struct buf *b, const char *name,
			 const char *prefix)
{
	static const char *const files[] = { "limit_in_bytes", "usage_in_bytes",
					     "max_usage_in_bytes", "failcnt" };
	uint64_t v[ARRAY_SIZE(files)];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char file[64];

		snprintf(file, sizeof(file), "memory.%s%s", prefix, files[i]);
		v[i] = document_number(r, "memory", file);
	}
	document_memory_entry(b, name, v[0], v[1], v[2], v[3]);
}

static void memory(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	const char *t = document_read(r, "memory", "memory.stat", text);

	document_open(b, "memory", '{');
	document_nonzero(b, "cache", document_value(t, "cache"));
	memory_entry(r, b, "usage", "");
	memory_entry(r, b, "swap", "memsw.");
	memory_entry(r, b, "kernel", "kmem.");
	memory_entry(r, b, "kernelTCP", "kmem.tcp.");
	document_open(b, "raw", '{');
	document_raw(b, t);
	document_close(b, '}');
	document_close(b, '}');
}

/* Lines "8:0 Read 4096", or "8:0 4096"; the last is the sum of all. */
static void io_table(struct buf *b, const char *name, const char *text)
{
	bool opened = false;

	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		scoped_free char *line = xstrndup(p, strcspn(p, "\n"));
		char device[32], op[24], number[24];
		int n = sscanf(line, "%31s %23s %23s", device, op, number);
		uint64_t v;

		if (n < 2 || strchr(device, ':') == NULL || num_u64(n == 3 ? number : op, &v) < 0)
			continue;
		if (!opened)
			document_open(b, name, '[');
		opened = true;
		document_io_entry(b, device, n == 3 ? op : NULL, v);
	}
	if (opened)
		document_close(b, ']');
}

/* Which files have numbers depends on the I/O scheduler: BFQ's, CFQ's (until 5.0), else those of
 * the throttling, which are always there. */
static void io(const struct cgroup_record *r, struct buf *b, struct buf *text)
{
	static const struct {
		const char *name, *file;
		bool throttle;
	} tables[] = {
		{ "ioServiceBytesRecursive", "io_service_bytes_recursive", true },
		{ "ioServicedRecursive", "io_serviced_recursive", true },
		{ "ioQueueRecursive", "io_queued_recursive", false },
		{ "ioServiceTimeRecursive", "io_service_time_recursive", false },
		{ "ioWaitTimeRecursive", "io_wait_time_recursive", false },
		{ "ioMergedRecursive", "io_merged_recursive", false },
		{ "ioTimeRecursive", "time_recursive", false },
		{ "sectorsRecursive", "sectors_recursive", false },
	};
	static const char *const schedulers[] = { "bfq.", "", "throttle." };

	document_open(b, "blkio", '{');
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const char *t = "";

		for (size_t j = 0; j < ARRAY_SIZE(schedulers) - !tables[i].throttle; j++) {
			char file[80];

			snprintf(file, sizeof(file), "blkio.%s%s", schedulers[j], tables[i].file);
			t = document_read(r, "blkio", file, text);
			if (strchr(t, ':') != NULL)
				break;
		}
		io_table(b, tables[i].name, t);
	}
	document_close(b, '}');
}

void cgroup_v1_document(const struct cgroup_record *r, struct buf *out)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	cpu(r, out, &text);
	cpuset(r, out, &text);
	memory(r, out, &text);
	document_pids(out, r);
	io(r, out, &text);
	document_hugetlb(out, r, false);
}
