/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources: the specification's limits to settings, by the version of the hierarchy that has each
 * controller (on a hybrid machine a controller may be on either side).
 *
 * Zero means "not set" for memory, CPU and block I/O values (what runc's and Docker's documents
 * write for every limit they do not want); -1 means "no limit".  For pids a limit of 0 is real.
 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"

uint64_t cgroup_shares_to_weight(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	/* A parabola through (2, 1), (1024, 100) and (262144, 10000) on logarithmic axes. */
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

uint64_t cgroup_blkio_to_io_weight(uint64_t weight)
{
	return weight <= 10 ? 1 : 1 + (weight - 10) * 9999 / 990;
}

/* What is asked for, per section: the first member's name, NULL when nothing. */
static const char *memory_first(const struct oci_memory *m)
{
	if (m == NULL)
		return NULL;
	return m->limit.set && m->limit.value != 0		 ? "memory.limit"
	       : m->reservation.set && m->reservation.value != 0 ? "memory.reservation"
	       : m->swap.set && m->swap.value != 0		 ? "memory.swap"
	       : m->kernel.set && m->kernel.value > 0		 ? "memory.kernel"
	       : m->kernel_tcp.set && m->kernel_tcp.value > 0	 ? "memory.kernelTCP"
	       : m->swappiness.set && m->swappiness.value <= 100 ? "memory.swappiness"
	       : m->disable_oom_killer.value			 ? "memory.disableOOMKiller"
								 : NULL;
}

static const char *cpu_first(const struct oci_cpu *c)
{
	if (c == NULL)
		return NULL;
	return c->shares.value != 0		? "cpu.shares"
	       : c->quota.value != 0		? "cpu.quota"
	       : c->period.value != 0		? "cpu.period"
	       : c->burst.set			? "cpu.burst"
	       : c->idle.set			? "cpu.idle"
	       : c->realtime_runtime.value != 0 ? "cpu.realtimeRuntime"
	       : c->realtime_period.value != 0	? "cpu.realtimePeriod"
	       : !str_empty(c->cpus)		? "cpu.cpus"
	       : !str_empty(c->mems)		? "cpu.mems"
						: NULL;
}

const char *cgroup_resources_first(const struct oci_resources *res)
{
	const char *name;

	if (res == NULL)
		return NULL;
	name = memory_first(res->memory);
	if (name == NULL)
		name = cpu_first(res->cpu);
	if (name != NULL)
		return name;
	if (res->pids != NULL && res->pids->limit.set && res->pids->limit.value >= 0)
		return "pids.limit";
	if (res->block_io != NULL &&
	    (res->block_io->weight.value != 0 || res->block_io->n_weight_device > 0 ||
	     res->block_io->n_read_bps + res->block_io->n_write_bps + res->block_io->n_read_iops +
			     res->block_io->n_write_iops >
		     0))
		return "blockIO";
	if (res->n_hugepage_limits > 0)
		return "hugepageLimits";
	if (res->network != NULL &&
	    (res->network->class_id.value != 0 || res->network->n_priorities > 0))
		return "network";
	if (res->n_rdma > 0)
		return "rdma";
	return res->unified.n > 0 ? "unified" : NULL;
}

/* The kernel's control files are not for a limit. */
static bool unified_key_valid(const char *key)
{
	static const char *const control[] = {
		"cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
		"cgroup.type",	"cgroup.kill",	  "cgroup.freeze"
	};

	if (strchr(key, '/') != NULL || strchr(key, '.') == NULL || key[0] == '.')
		return false;
	return str_table_find(control, ARRAY_SIZE(control), key) < 0;
}

/* Files with one line per device. */
static void unified_keyed(struct cgroup_setting *s)
{
	size_t device = strcspn(s->value, " ");

	if (streq(s->file, "rdma.max") || streq(s->file, "misc.max"))
		s->flags |= SETTING_KEYED;
	if (streq(s->file, "misc.max"))
		s->reset = xasprintf("%.*s max", (int)device, s->value);
	if (strncmp(s->file, "io.", 3) != 0 || memchr(s->value, ':', device) == NULL)
		return;
	s->flags |= SETTING_KEYED;
	if (streq(s->file, "io.max"))
		s->reset = xasprintf("%.*s rbps=max wbps=max riops=max wiops=max", (int)device,
				     s->value);
}

static int unified_settings(const struct strmap *unified, struct cgroup_settings *out,
			    struct error *err)
{
	for (size_t i = 0; i < unified->n; i++) {
		const char *key = unified->items[i].key;
		scoped_free char *controller = xstrndup(key, strcspn(key, "."));
		const struct cgroup_hier *h = cgroup_hier_of(controller);
		const char *name = "cgroup";

		if (!unified_key_valid(key))
			return error_set(err, ERROR_INVALID,
					 "linux.resources.unified: '%s' is not the name of a limit",
					 key);
		if (h == NULL || !h->v2)
			return error_set(
				err, ERROR_UNSUPPORTED,
				"linux.resources.unified: '%s' needs the controller '%s' on "
				"cgroup v2 (cgroup layout: %s)",
				key, controller, cgroup_layout_name(cgroup_layout()));
		for (const char *const *c = h->controllers; *c != NULL; c++)
			name = streq(*c, controller) ? *c : name;
		unified_keyed(
			cgroup_setting_add(out, name, key, key, "%s", unified->items[i].value));
	}
	return 0;
}

int cgroup_resources_settings(const struct oci_resources *res, const struct cgroup_record *r,
			      struct cgroup_settings *out, struct error *err)
{
	static const char *const controllers[] = { "memory",  "cpu",	  "cpuset",
						   "pids",    "blkio",	  "hugetlb",
						   "net_cls", "net_prio", "rdma" };

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		const struct cgroup_hier *h = cgroup_hier_of(controllers[i]);
		bool v2 = h != NULL ? h->v2 : cgroup_layout() == CGROUP_LAYOUT_V2;
		int n;

		/* Block I/O is called "io" on v2; on hybrid it may live there. */
		if (h == NULL && streq(controllers[i], "blkio") && cgroup_hier_of("io") != NULL)
			v2 = true;
		n = v2 ? cgroup_v2_resources(res, controllers[i], r, out, err)
		       : cgroup_v1_resources(res, controllers[i], r, out, err);
		if (n < 0)
			return n;
	}
	return unified_settings(&res->unified, out, err);
}
