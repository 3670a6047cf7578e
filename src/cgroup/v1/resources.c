/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1 resources: settings of one controller of cgroup v1 (Documentation/admin-guide/cgroup-v1).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"

#define MEMORY "memory"
#define LIMIT_FILE "memory.limit_in_bytes"
#define MEMSW_FILE "memory.memsw.limit_in_bytes"

/* Zero is "not set". */
static bool wanted(const struct opt_i64 *v)
{
	return v->set && v->value != 0;
}

static void add_i64(struct cgroup_settings *out, const char *limit, const char *file, int64_t v)
{
	cgroup_setting_add(out, MEMORY, limit, file, "%" PRId64, v < 0 ? -1 : v);
}

/*
 * The kernel holds limit <= limit plus swap at every moment.  A new cgroup has both unlimited, so
 * the limit goes first; raising an existing limit needs the sum raised before it.
 */
static int memory_limits(const struct oci_memory *m, const struct cgroup_record *r,
			 struct cgroup_settings *out, struct error *err)
{
	int64_t limit = wanted(&m->limit) ? m->limit.value : 0;
	int64_t swap = wanted(&m->swap) ? m->swap.value : 0;
	uint64_t now = 0;
	bool raising;

	if (limit > 0 && swap > 0 && swap < limit)
		return error_set(err, ERROR_INVALID,
				 "memory.swap (%" PRId64
				 ", memory plus swap) is below memory.limit "
				 "(%" PRId64 ")",
				 swap, limit);
	if (limit < 0 && swap > 0)
		return error_set(err, ERROR_INVALID,
				 "memory.swap is limited, but memory.limit is not: the sum of both "
				 "cannot be below one of them");
	if (swap > 0 && limit == 0 && r == NULL)
		return error_set(err, ERROR_INVALID, "memory.swap needs memory.limit, too");
	/* Without a limit the sum has none either. */
	if (limit < 0 && swap == 0 && r != NULL &&
	    cgroup_read_u64(r, MEMORY, MEMSW_FILE, &now) == 0)
		swap = -1;
	now = 0;
	raising = r != NULL && limit != 0 && swap != 0 &&
		  (limit < 0 ||
		   (cgroup_read_u64(r, MEMORY, LIMIT_FILE, &now) == 0 && (uint64_t)limit > now));
	if (raising)
		add_i64(out, "memory.swap", MEMSW_FILE, swap);
	if (limit != 0)
		add_i64(out, "memory.limit", LIMIT_FILE, limit);
	if (swap != 0 && !raising)
		add_i64(out, "memory.swap", MEMSW_FILE, swap);
	return 0;
}

static int memory(const struct oci_memory *m, const struct cgroup_record *r,
		  struct cgroup_settings *out, struct error *err)
{
	int n;

	if (m == NULL)
		return 0;
	if (m->use_hierarchy.set)
		cgroup_setting_add(out, MEMORY, "memory.useHierarchy", "memory.use_hierarchy", "%d",
				   m->use_hierarchy.value);
	n = memory_limits(m, r, out, err);
	if (n < 0)
		return n;
	if (wanted(&m->reservation))
		add_i64(out, "memory.reservation", "memory.soft_limit_in_bytes",
			m->reservation.value);
	if (m->kernel.set && m->kernel.value > 0)
		cgroup_setting_add(out, MEMORY, "memory.kernel", "memory.kmem.limit_in_bytes",
				   "%" PRId64, m->kernel.value)
			->flags = SETTING_READ_BACK;
	if (m->kernel_tcp.set && m->kernel_tcp.value > 0)
		add_i64(out, "memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes",
			m->kernel_tcp.value);
	/* UINT64_MAX is -1 of those who mean "as the parent". */
	if (m->swappiness.set && m->swappiness.value != UINT64_MAX) {
		if (m->swappiness.value > 100)
			return error_set(err, ERROR_INVALID,
					 "memory.swappiness is %" PRIu64
					 ", at most 100 is possible",
					 m->swappiness.value);
		cgroup_setting_add(out, MEMORY, "memory.swappiness", "memory.swappiness",
				   "%" PRIu64, m->swappiness.value);
	}
	/* Off is the state of a new cgroup. */
	if (m->disable_oom_killer.set && (m->disable_oom_killer.value || r != NULL))
		cgroup_setting_add(out, MEMORY, "memory.disableOOMKiller", "memory.oom_control",
				   "%d", m->disable_oom_killer.value)
			->flags = SETTING_OOMCTL;
	return 0;
}

static void cpu_quota(const struct oci_cpu *c, const struct cgroup_record *r,
		      struct cgroup_settings *out)
{
	uint64_t burst_now = 0;
	bool burst_first = c->burst.set && r != NULL &&
			   cgroup_read_u64(r, "cpu", "cpu.cfs_burst_us", &burst_now) == 0 &&
			   c->burst.value < burst_now;

	/* The kernel holds burst <= quota. */
	if (burst_first)
		cgroup_setting_add(out, "cpu", "cpu.burst", "cpu.cfs_burst_us", "%" PRIu64,
				   c->burst.value);
	if (c->period.set && c->period.value != 0) {
		struct cgroup_setting *s = cgroup_setting_add(
			out, "cpu", "cpu.period", "cpu.cfs_period_us", "%" PRIu64, c->period.value);

		if (wanted(&c->quota))
			s->flags = SETTING_RETRY;
	}
	if (wanted(&c->quota))
		cgroup_setting_add(out, "cpu", "cpu.quota", "cpu.cfs_quota_us", "%" PRId64,
				   c->quota.value < 0 ? -1 : c->quota.value);
	if (c->burst.set && !burst_first)
		cgroup_setting_add(out, "cpu", "cpu.burst", "cpu.cfs_burst_us", "%" PRIu64,
				   c->burst.value);
}

static int cpu(const struct oci_cpu *c, const struct cgroup_record *r, struct cgroup_settings *out,
	       struct error *err)
{
	bool idle_first = c != NULL && c->idle.set && c->idle.value == 0;

	if (c == NULL)
		return 0;
	if (c->idle.set && c->idle.value != 0 && c->idle.value != 1)
		return error_set(err, ERROR_INVALID, "cpu.idle is %" PRId64 ", 0 or 1 is possible",
				 c->idle.value);
	/* An idle group refuses shares: leave idle before, enter it after. */
	if (idle_first && (r != NULL || c->idle.value != 0))
		cgroup_setting_add(out, "cpu", "cpu.idle", "cpu.idle", "0");
	if (c->shares.set && c->shares.value != 0)
		cgroup_setting_add(out, "cpu", "cpu.shares", "cpu.shares", "%" PRIu64,
				   c->shares.value);
	if (c->idle.set && c->idle.value == 1)
		cgroup_setting_add(out, "cpu", "cpu.idle", "cpu.idle", "1");
	cpu_quota(c, r, out);
	if (c->realtime_period.set && c->realtime_period.value != 0) {
		struct cgroup_setting *s = cgroup_setting_add(out, "cpu", "cpu.realtimePeriod",
							      "cpu.rt_period_us", "%" PRIu64,
							      c->realtime_period.value);

		if (wanted(&c->realtime_runtime))
			s->flags = SETTING_RETRY;
	}
	if (wanted(&c->realtime_runtime))
		cgroup_setting_add(out, "cpu", "cpu.realtimeRuntime", "cpu.rt_runtime_us",
				   "%" PRId64, c->realtime_runtime.value);
	return 0;
}

static void cpuset(const struct oci_cpu *c, struct cgroup_settings *out)
{
	if (c != NULL && !str_empty(c->cpus))
		cgroup_setting_add(out, "cpuset", "cpu.cpus", "cpuset.cpus", "%s", c->cpus);
	if (c != NULL && !str_empty(c->mems))
		cgroup_setting_add(out, "cpuset", "cpu.mems", "cpuset.mems", "%s", c->mems);
}

static void throttle(const struct oci_throttle_device *d, size_t n, const char *limit,
		     const char *file, struct cgroup_settings *out)
{
	for (size_t i = 0; i < n; i++) {
		struct cgroup_setting *s = cgroup_setting_add(out, "blkio", limit, file,
							      "%" PRId64 ":%" PRId64 " %" PRIu64,
							      d[i].major, d[i].minor, d[i].rate);

		s->flags = SETTING_KEYED;
		s->reset = xasprintf("%" PRId64 ":%" PRId64 " 0", d[i].major, d[i].minor);
	}
}

/* Which names exist depends on the kernel's I/O schedulers: CFQ's (until 5.0) or BFQ's. */
static void blkio(const struct oci_block_io *b, struct cgroup_settings *out)
{
	if (b == NULL)
		return;
	if (b->weight.set && b->weight.value != 0)
		cgroup_setting_add(out, "blkio", "blockIO.weight", "blkio.weight", "%" PRIu32,
				   b->weight.value)
			->alt_file = xstrdup("blkio.bfq.weight");
	if (b->leaf_weight.set && b->leaf_weight.value != 0)
		cgroup_setting_add(out, "blkio", "blockIO.leafWeight", "blkio.leaf_weight",
				   "%" PRIu32, b->leaf_weight.value);
	for (size_t i = 0; i < b->n_weight_device; i++) {
		const struct oci_weight_device *d = &b->weight_device[i];

		if (d->weight.set && d->weight.value != 0) {
			struct cgroup_setting *s = cgroup_setting_add(
				out, "blkio", "blockIO.weightDevice", "blkio.weight_device",
				"%" PRId64 ":%" PRId64 " %" PRIu32, d->major, d->minor,
				d->weight.value);

			s->alt_file = xstrdup("blkio.bfq.weight_device");
			s->flags = SETTING_KEYED;
			s->reset = xasprintf("%" PRId64 ":%" PRId64 " 0", d->major, d->minor);
		}
		if (d->leaf_weight.set && d->leaf_weight.value != 0)
			cgroup_setting_add(out, "blkio", "blockIO.weightDevice.leafWeight",
					   "blkio.leaf_weight_device",
					   "%" PRId64 ":%" PRId64 " %" PRIu32, d->major, d->minor,
					   d->leaf_weight.value)
				->flags = SETTING_KEYED;
	}
	throttle(b->read_bps, b->n_read_bps, "blockIO.throttleReadBpsDevice",
		 "blkio.throttle.read_bps_device", out);
	throttle(b->write_bps, b->n_write_bps, "blockIO.throttleWriteBpsDevice",
		 "blkio.throttle.write_bps_device", out);
	throttle(b->read_iops, b->n_read_iops, "blockIO.throttleReadIOPSDevice",
		 "blkio.throttle.read_iops_device", out);
	throttle(b->write_iops, b->n_write_iops, "blockIO.throttleWriteIOPSDevice",
		 "blkio.throttle.write_iops_device", out);
}

/* [1-9][0-9]*[KMG]B: it becomes part of a file name. */
static bool page_size_valid(const char *s)
{
	size_t digits = s != NULL ? strspn(s, "0123456789") : 0;

	return digits > 0 && digits < 8 && s[0] != '0' && s[digits] != '\0' &&
	       strchr("KMG", s[digits]) != NULL && streq(s + digits + 1, "B");
}

static int hugetlb(const struct oci_resources *res, struct cgroup_settings *out, struct error *err)
{
	for (size_t i = 0; i < res->n_hugepage_limits; i++) {
		const struct oci_hugepage_limit *l = &res->hugepage_limits[i];
		char file[64];

		if (!page_size_valid(l->page_size))
			return error_set(
				err, ERROR_INVALID,
				"hugepageLimits[%zu].pageSize: '%s' is not a page size (an "
				"example: 2MB)",
				i, l->page_size != NULL ? l->page_size : "");
		snprintf(file, sizeof(file), "hugetlb.%s.limit_in_bytes", l->page_size);
		cgroup_setting_add(out, "hugetlb", "hugepageLimits", file, "%" PRIu64, l->limit);
		snprintf(file, sizeof(file), "hugetlb.%s.rsvd.limit_in_bytes", l->page_size);
		cgroup_setting_add(out, "hugetlb", "hugepageLimits", file, "%" PRIu64, l->limit)
			->flags = SETTING_OPTIONAL;
	}
	return 0;
}

static void network(const struct oci_network_resources *net, bool prio, struct cgroup_settings *out)
{
	if (net == NULL)
		return;
	if (!prio && net->class_id.set)
		cgroup_setting_add(out, "net_cls", "network.classID", "net_cls.classid", "%" PRIu32,
				   net->class_id.value);
	for (size_t i = 0; prio && i < net->n_priorities; i++) {
		struct cgroup_setting *s = cgroup_setting_add(
			out, "net_prio", "network.priorities", "net_prio.ifpriomap", "%s %" PRIu32,
			net->priorities[i].name, net->priorities[i].priority);

		s->flags = SETTING_KEYED;
		s->reset = xasprintf("%s 0", net->priorities[i].name);
	}
}

static void rdma(const struct oci_resources *res, struct cgroup_settings *out)
{
	for (size_t i = 0; i < res->n_rdma; i++) {
		const struct oci_rdma *d = &res->rdma[i];
		scoped(buf_done) struct buf value = BUF_INIT;
		struct cgroup_setting *s;

		buf_adds(&value, d->key);
		if (d->hca_handles.set)
			buf_addf(&value, " hca_handle=%" PRIu32, d->hca_handles.value);
		if (d->hca_objects.set)
			buf_addf(&value, " hca_object=%" PRIu32, d->hca_objects.value);
		s = cgroup_setting_add(out, "rdma", "rdma", "rdma.max", "%s", buf_str(&value));
		s->flags = SETTING_KEYED;
		s->reset = xasprintf("%s hca_handle=max hca_object=max", d->key);
	}
}

int cgroup_v1_resources(const struct oci_resources *res, const char *controller,
			const struct cgroup_record *r, struct cgroup_settings *out,
			struct error *err)
{
	if (streq(controller, "memory"))
		return memory(res->memory, r, out, err);
	if (streq(controller, "cpu"))
		return cpu(res->cpu, r, out, err);
	if (streq(controller, "hugetlb"))
		return hugetlb(res, out, err);
	if (streq(controller, "cpuset"))
		cpuset(res->cpu, out);
	else if (streq(controller, "blkio"))
		blkio(res->block_io, out);
	else if (streq(controller, "net_cls") || streq(controller, "net_prio"))
		network(res->network, streq(controller, "net_prio"), out);
	else if (streq(controller, "rdma"))
		rdma(res, out);
	else if (streq(controller, "pids") && res->pids != NULL && res->pids->limit.set) {
		if (res->pids->limit.value < 0)
			cgroup_setting_add(out, "pids", "pids.limit", "pids.max", "max");
		else
			cgroup_setting_add(out, "pids", "pids.limit", "pids.max", "%" PRId64,
					   res->pids->limit.value);
	}
	return 0;
}
