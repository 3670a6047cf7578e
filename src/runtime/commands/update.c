/* SPDX-License-Identifier: Apache-2.0 */
/* update: limits from flags or from a JSON document. */
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "runtime/commands/commands.h"
#include "runtime/runtime.h"
#include "sys/fd.h"

struct update_flags {
	const char *resources, *blkio_weight, *cpu_burst, *cpu_idle, *cpu_period, *cpu_quota,
		*cpu_rt_period, *cpu_rt_runtime, *cpu_share, *cpuset_cpus, *cpuset_mems,
		*kernel_memory, *kernel_memory_tcp, *l3, *mem_bw, *memory, *memory_reservation,
		*memory_swap, *pids_limit;
};

#define ROW(name, short_name, member, value, help)                                             \
	{                                                                                      \
		name, short_name, OPTION_STRING, offsetof(struct update_flags, member), value, \
			help                                                                   \
	}

static const struct option_row update_rows[] = {
	ROW("resources", 'r', resources, "FILE",
	    "resources as JSON; - is stdin; other limits are not read"),
	ROW("blkio-weight", 0, blkio_weight, "N", "block I/O weight, 10 to 1000"),
	ROW("cpu-burst", 0, cpu_burst, "USEC", "CFS burst"),
	ROW("cpu-idle", 0, cpu_idle, "0|1", "1: SCHED_IDLE"),
	ROW("cpu-period", 0, cpu_period, "USEC", "CFS period"),
	ROW("cpu-quota", 0, cpu_quota, "USEC", "CFS quota"),
	ROW("cpu-rt-period", 0, cpu_rt_period, "USEC", "realtime period"),
	ROW("cpu-rt-runtime", 0, cpu_rt_runtime, "USEC", "realtime runtime"),
	ROW("cpu-share", 0, cpu_share, "N", "CPU shares"),
	ROW("cpuset-cpus", 0, cpuset_cpus, "LIST", "CPUs"),
	ROW("cpuset-mems", 0, cpuset_mems, "LIST", "memory nodes"),
	ROW("kernel-memory", 0, kernel_memory, "BYTES", NULL),
	ROW("kernel-memory-tcp", 0, kernel_memory_tcp, "BYTES", NULL),
	ROW("l3-cache-schema", 0, l3, "SCHEMA", "RDT schema of the L3 cache"),
	ROW("mem-bw-schema", 0, mem_bw, "SCHEMA", "RDT schema of the memory bandwidth"),
	ROW("memory", 0, memory, "BYTES", "memory limit"),
	ROW("memory-reservation", 0, memory_reservation, "BYTES", "soft memory limit"),
	ROW("memory-swap", 0, memory_swap, "BYTES", "memory plus swap; -1 unlimited"),
	ROW("pids-limit", 0, pids_limit, "N", "number of tasks; -1 unlimited"),
};

static int get_i64(const char *text, const char *name, bool bytes, struct opt_i64 *ret,
		   struct error *err)
{
	int64_t v;

	if (text == NULL)
		return 0;
	if (num_i64(text, &v) < 0 && (!bytes || num_bytes(text, &v) < 0))
		return error_set(err, ERROR_INVALID, "--%s: '%s' is not a number", name, text);
	*ret = (struct opt_i64)OPT_SET(v);
	return 0;
}

static int get_u64(const char *text, const char *name, struct opt_u64 *ret, struct error *err)
{
	uint64_t v;

	if (text == NULL)
		return 0;
	if (num_u64(text, &v) < 0)
		return error_set(err, ERROR_INVALID, "--%s: '%s' is not a number", name, text);
	*ret = (struct opt_u64)OPT_SET(v);
	return 0;
}

/* Structs and strings borrowed from the caller's frame and argv. */
struct update_target {
	struct oci_resources resources;
	struct oci_memory memory;
	struct oci_cpu cpu;
	struct oci_pids pids;
	struct oci_block_io block_io;
};

static int flags_cpu(const struct update_flags *f, struct oci_cpu *c, struct error *err)
{
	int r = get_u64(f->cpu_share, "cpu-share", &c->shares, err);

	if (r == 0)
		r = get_i64(f->cpu_quota, "cpu-quota", false, &c->quota, err);
	if (r == 0)
		r = get_u64(f->cpu_period, "cpu-period", &c->period, err);
	if (r == 0)
		r = get_u64(f->cpu_burst, "cpu-burst", &c->burst, err);
	if (r == 0)
		r = get_i64(f->cpu_idle, "cpu-idle", false, &c->idle, err);
	if (r == 0)
		r = get_i64(f->cpu_rt_runtime, "cpu-rt-runtime", false, &c->realtime_runtime, err);
	if (r == 0)
		r = get_u64(f->cpu_rt_period, "cpu-rt-period", &c->realtime_period, err);
	c->cpus = (char *)f->cpuset_cpus;
	c->mems = (char *)f->cpuset_mems;
	return r;
}

static int flags_memory(const struct update_flags *f, struct oci_memory *m, struct error *err)
{
	int r = get_i64(f->memory, "memory", true, &m->limit, err);

	if (r == 0)
		r = get_i64(f->memory_reservation, "memory-reservation", true, &m->reservation,
			    err);
	if (r == 0)
		r = get_i64(f->memory_swap, "memory-swap", true, &m->swap, err);
	if (r == 0)
		r = get_i64(f->kernel_memory, "kernel-memory", true, &m->kernel, err);
	if (r == 0)
		r = get_i64(f->kernel_memory_tcp, "kernel-memory-tcp", true, &m->kernel_tcp, err);
	return r;
}

static int update_from_flags(const struct update_flags *f, struct update_target *t,
			     struct error *err)
{
	uint32_t weight;
	int r;

	r = flags_cpu(f, &t->cpu, err);
	if (r == 0)
		r = flags_memory(f, &t->memory, err);
	if (r == 0)
		r = get_i64(f->pids_limit, "pids-limit", false, &t->pids.limit, err);
	if (r < 0)
		return r;
	if (f->blkio_weight) {
		if (num_u32(f->blkio_weight, &weight) < 0)
			return error_set(err, ERROR_INVALID, "--blkio-weight: '%s' is not a number",
					 f->blkio_weight);
		t->block_io.weight = (struct opt_u32)OPT_SET(weight);
		t->resources.block_io = &t->block_io;
	}
	t->resources.cpu = &t->cpu;
	t->resources.memory = &t->memory;
	if (t->pids.limit.set)
		t->resources.pids = &t->pids;
	return 0;
}

static int read_resources(const char *path, struct oci_resources *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(JSON_MAX_BYTES);
	int r = streq(path, "-") ? fd_read_all(STDIN_FILENO, JSON_MAX_BYTES, &b)
				 : fd_read_file(AT_FDCWD, path, JSON_MAX_BYTES, &b);

	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	return json_table_parse(&oci_resources_table, buf_str(&b), b.len, ret, path, 0, err);
}

static int update_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct update_flags f = { 0 };
	struct update_target t = { 0 };
	struct oci_resources read = { 0 };
	struct runtime_update u = { .resources = &t.resources };
	struct positional p;
	int r = command_parse(&runtime_command_update, argc, argv, &f, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	if (f.resources) {
		/* As runc's: of the other flags only those of RDT count then. */
		r = read_resources(f.resources, &read, err);
		u.resources = &read;
	} else {
		r = update_from_flags(&f, &t, err);
	}
	u.l3_cache_schema = f.l3;
	u.mem_bw_schema = f.mem_bw;
	if (r >= 0)
		r = runtime_update(&cx->runtime, p.argv[0], &u, err);
	json_table_free(&oci_resources_table, &read);
	return r;
}

const struct command runtime_command_update = { "update", "update [options] ID",
						"change the limits of a container",
						COMMAND_ROWS(update_rows), update_run };
