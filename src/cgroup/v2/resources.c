/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v2 resources: settings of one controller of cgroup v2 (Documentation/admin-guide/cgroup-v2).
 *
 * The specification speaks v1; what has no counterpart in v2 is refused by name, for a limit that
 * is silently not there is worse than an error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"

#define CPU_PERIOD_DEFAULT 100000

static bool wanted(const struct opt_i64 *v)
{
	return v->set && v->value != 0;
}

static int only_v1(const char *limit, struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED,
			 "limit '%s' does not exist on cgroup v2: leave it out of the container's "
			 "configuration",
			 limit);
}

/* A number, or "max" for -1. */
static void add_max(struct cgroup_settings *out, const char *controller, const char *limit,
		    const char *file, int64_t v)
{
	if (v < 0)
		cgroup_setting_add(out, controller, limit, file, "max");
	else
		cgroup_setting_add(out, controller, limit, file, "%" PRId64, v);
}

/* The specification's swap is memory plus swap; the file's is swap alone. */
static int memory_swap(const struct oci_memory *m, const struct cgroup_record *r,
		       struct cgroup_settings *out, struct error *err)
{
	int64_t limit = wanted(&m->limit) ? m->limit.value : 0;
	uint64_t now;

	if (!wanted(&m->swap))
		return 0;
	if (m->swap.value < 0) {
		add_max(out, "memory", "memory.swap", "memory.swap.max", -1);
		return 0;
	}
	if (limit == 0 && r != NULL && cgroup_read_u64(r, "memory", "memory.max", &now) == 0)
		limit = now > INT64_MAX ? -1 : (int64_t)now;
	if (limit <= 0)
		return error_set(err, ERROR_INVALID,
				 "memory.swap needs memory.limit, too: it is the sum of memory and "
				 "swap");
	if (m->swap.value < limit)
		return error_set(err, ERROR_INVALID,
				 "memory.swap (%" PRId64
				 ", memory plus swap) is below memory.limit "
				 "(%" PRId64 ")",
				 m->swap.value, limit);
	add_max(out, "memory", "memory.swap", "memory.swap.max", m->swap.value - limit);
	return 0;
}

static int memory(const struct oci_memory *m, const struct cgroup_record *r,
		  struct cgroup_settings *out, struct error *err)
{
	uint64_t used;
	int n;

	if (m == NULL)
		return 0;
	if (m->kernel.set && m->kernel.value > 0)
		return only_v1("memory.kernel", err);
	if (m->kernel_tcp.set && m->kernel_tcp.value > 0)
		return only_v1("memory.kernelTCP", err);
	if (m->swappiness.set && m->swappiness.value != UINT64_MAX)
		return only_v1("memory.swappiness", err);
	if (m->disable_oom_killer.set && m->disable_oom_killer.value)
		return only_v1("memory.disableOOMKiller", err);
	/* v2 would reclaim and kill until the usage fits; v1 refuses. */
	if (m->check_before_update.value && r != NULL && wanted(&m->limit) && m->limit.value > 0 &&
	    cgroup_read_u64(r, "memory", "memory.current", &used) == 0 &&
	    used > (uint64_t)m->limit.value)
		return error_set(err, ERROR_BUSY,
				 "memory.limit %" PRId64 " is below the present use of %" PRIu64
				 " bytes (memory.checkBeforeUpdate is set)",
				 m->limit.value, used);
	n = memory_swap(m, r, out, err);
	if (n < 0)
		return n;
	if (wanted(&m->limit))
		add_max(out, "memory", "memory.limit", "memory.max", m->limit.value);
	if (wanted(&m->reservation))
		add_max(out, "memory", "memory.reservation", "memory.low", m->reservation.value);
	return 0;
}

/* cpu.max holds quota and period: what is not asked for stays as it is. */
static void cpu_max(const struct oci_cpu *c, const struct cgroup_record *r,
		    struct cgroup_settings *out)
{
	bool quota = wanted(&c->quota), period = c->period.set && c->period.value != 0;
	char now[64] = "max 100000", quota_text[32], *blank;

	if (!quota && !period)
		return;
	if (r != NULL && !(quota && period))
		(void)cgroup_read_value(r, "cpu", "cpu.max", now, sizeof(now));
	blank = strchr(now, ' ');
	if (blank != NULL)
		*blank++ = '\0';
	if (quota && c->quota.value > 0)
		snprintf(quota_text, sizeof(quota_text), "%" PRId64, c->quota.value);
	else
		snprintf(quota_text, sizeof(quota_text), "%.30s", quota ? "max" : now);
	if (period)
		cgroup_setting_add(out, "cpu", quota ? "cpu.quota" : "cpu.period", "cpu.max",
				   "%s %" PRIu64, quota_text, c->period.value);
	else if (blank != NULL)
		cgroup_setting_add(out, "cpu", "cpu.quota", "cpu.max", "%s %s", quota_text, blank);
	else
		cgroup_setting_add(out, "cpu", "cpu.quota", "cpu.max", "%s %d", quota_text,
				   CPU_PERIOD_DEFAULT);
}

static int cpu(const struct oci_cpu *c, const struct cgroup_record *r, struct cgroup_settings *out,
	       struct error *err)
{
	uint64_t burst_now = 0;
	bool burst_first;

	if (c == NULL)
		return 0;
	if (wanted(&c->realtime_runtime))
		return only_v1("cpu.realtimeRuntime", err);
	if (c->realtime_period.set && c->realtime_period.value != 0)
		return only_v1("cpu.realtimePeriod", err);
	if (c->idle.set && c->idle.value != 0 && c->idle.value != 1)
		return error_set(err, ERROR_INVALID, "cpu.idle is %" PRId64 ", 0 or 1 is possible",
				 c->idle.value);
	/* An idle group refuses a weight: leave idle before, enter it after. */
	if (c->idle.set && c->idle.value == 0 && r != NULL)
		cgroup_setting_add(out, "cpu", "cpu.idle", "cpu.idle", "0");
	if (c->shares.set && c->shares.value != 0)
		cgroup_setting_add(out, "cpu", "cpu.shares", "cpu.weight", "%" PRIu64,
				   cgroup_shares_to_weight(c->shares.value));
	if (c->idle.set && c->idle.value == 1)
		cgroup_setting_add(out, "cpu", "cpu.idle", "cpu.idle", "1");
	/* The kernel holds burst <= quota. */
	burst_first = c->burst.set && r != NULL &&
		      cgroup_read_u64(r, "cpu", "cpu.max.burst", &burst_now) == 0 &&
		      c->burst.value < burst_now;
	if (burst_first)
		cgroup_setting_add(out, "cpu", "cpu.burst", "cpu.max.burst", "%" PRIu64,
				   c->burst.value);
	cpu_max(c, r, out);
	if (c->burst.set && !burst_first)
		cgroup_setting_add(out, "cpu", "cpu.burst", "cpu.max.burst", "%" PRIu64,
				   c->burst.value);
	return 0;
}

static void throttle(const struct oci_throttle_device *d, size_t n, const char *limit,
		     const char *key, struct cgroup_settings *out)
{
	for (size_t i = 0; i < n; i++) {
		struct cgroup_setting *s;

		/* The specification's 0 takes a limit away. */
		if (d[i].rate == 0)
			s = cgroup_setting_add(out, "io", limit, "io.max",
					       "%" PRId64 ":%" PRId64 " %s=max", d[i].major,
					       d[i].minor, key);
		else
			s = cgroup_setting_add(out, "io", limit, "io.max",
					       "%" PRId64 ":%" PRId64 " %s=%" PRIu64, d[i].major,
					       d[i].minor, key, d[i].rate);
		s->flags = SETTING_KEYED;
		s->reset = xasprintf("%" PRId64 ":%" PRId64
				     " rbps=max wbps=max riops=max wiops=max",
				     d[i].major, d[i].minor);
	}
}

/* BFQ's file takes the specification's weight as it is; the iocost one has a range of its own. */
static int blkio(const struct oci_block_io *b, struct cgroup_settings *out, struct error *err)
{
	struct cgroup_setting *s;

	if (b == NULL)
		return 0;
	if (b->leaf_weight.set && b->leaf_weight.value != 0)
		return only_v1("blockIO.leafWeight", err);
	if (b->weight.set && b->weight.value != 0) {
		s = cgroup_setting_add(out, "io", "blockIO.weight", "io.bfq.weight", "%" PRIu32,
				       b->weight.value);
		s->alt_file = xstrdup("io.weight");
		s->alt_value = xasprintf("default %" PRIu64,
					 cgroup_blkio_to_io_weight(b->weight.value));
	}
	for (size_t i = 0; i < b->n_weight_device; i++) {
		const struct oci_weight_device *d = &b->weight_device[i];

		if (d->leaf_weight.set && d->leaf_weight.value != 0)
			return only_v1("blockIO.weightDevice.leafWeight", err);
		if (!d->weight.set || d->weight.value == 0)
			continue;
		s = cgroup_setting_add(out, "io", "blockIO.weightDevice", "io.bfq.weight",
				       "%" PRId64 ":%" PRId64 " %" PRIu32, d->major, d->minor,
				       d->weight.value);
		s->alt_file = xstrdup("io.weight");
		s->alt_value = xasprintf("%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
					 cgroup_blkio_to_io_weight(d->weight.value));
		s->flags = SETTING_KEYED;
		s->reset = xasprintf("%" PRId64 ":%" PRId64 " default", d->major, d->minor);
	}
	throttle(b->read_bps, b->n_read_bps, "blockIO.throttleReadBpsDevice", "rbps", out);
	throttle(b->write_bps, b->n_write_bps, "blockIO.throttleWriteBpsDevice", "wbps", out);
	throttle(b->read_iops, b->n_read_iops, "blockIO.throttleReadIOPSDevice", "riops", out);
	throttle(b->write_iops, b->n_write_iops, "blockIO.throttleWriteIOPSDevice", "wiops", out);
	return 0;
}

static int hugetlb(const struct oci_resources *res, const struct cgroup_record *r,
		   struct cgroup_settings *out, struct error *err)
{
	size_t first = out->n;
	/* The same checks of the page size; only the files are called differently. */
	int n = cgroup_v1_resources(res, "hugetlb", r, out, err);

	for (size_t i = first; n >= 0 && i < out->n; i++) {
		char *old = out->items[i].file;

		out->items[i].file = str_replace(old, "limit_in_bytes", "max");
		free(old);
	}
	return n;
}

int cgroup_v2_resources(const struct oci_resources *res, const char *controller,
			const struct cgroup_record *r, struct cgroup_settings *out,
			struct error *err)
{
	if (streq(controller, "memory"))
		return memory(res->memory, r, out, err);
	if (streq(controller, "cpu"))
		return cpu(res->cpu, r, out, err);
	if (streq(controller, "blkio"))
		return blkio(res->block_io, out, err);
	if (streq(controller, "hugetlb"))
		return hugetlb(res, r, out, err);
	if (streq(controller, "net_cls") && res->network != NULL &&
	    res->network->class_id.value != 0)
		return only_v1("network.classID", err);
	if (streq(controller, "net_prio") && res->network != NULL && res->network->n_priorities > 0)
		return only_v1("network.priorities", err);
	if (streq(controller, "net_cls") || streq(controller, "net_prio"))
		return 0;
	/* cpuset, pids and rdma are written the same way in both versions. */
	return cgroup_v1_resources(res, controller, r, out, err);
}
