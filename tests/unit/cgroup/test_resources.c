/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "fake.h"

#define MIB (1 << 20)

static char *text_of(const struct oci_resources *res, const struct cgroup_record *r,
		     struct error *err)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };

	if (cgroup_resources_settings(res, r, &s, err) < 0)
		return NULL;
	return settings_text(&s);
}

#define CHECK_SETTINGS(res, r, want)                                                      \
	do {                                                                              \
		struct error e_ = ERROR_INIT;                                             \
		scoped_free char *text_ = text_of((res), (r), &e_);                       \
		test_check_str(__FILE__, __LINE__, #res, text_ ? text_ : e_.msg, (want)); \
	} while (0)

TEST(shares_to_weight_follows_the_new_formula)
{
	CHECK_INT(cgroup_shares_to_weight(2), 1);
	CHECK_INT(cgroup_shares_to_weight(1024), 100);
	CHECK_INT(cgroup_shares_to_weight(262144), 10000);
	CHECK_INT(cgroup_shares_to_weight(0), 1);
	CHECK_INT(cgroup_shares_to_weight(1 << 30), 10000);
	/* Monotonic all the way. */
	for (uint64_t s = 2; s < 262144; s += 97)
		CHECK(cgroup_shares_to_weight(s) <= cgroup_shares_to_weight(s + 97));
	CHECK_INT(cgroup_shares_to_weight(512), 59);
	CHECK_INT(cgroup_shares_to_weight(2048), 174);
}

TEST(blkio_weight_ends)
{
	CHECK_INT(cgroup_blkio_to_io_weight(10), 1);
	CHECK_INT(cgroup_blkio_to_io_weight(1000), 10000);
	CHECK_INT(cgroup_blkio_to_io_weight(500), 4950);
}

TEST(v1_memory_limit_before_swap_on_a_new_group)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB),
				.swap = OPT_SET(128 * MIB),
				.reservation = OPT_SET(32 * MIB) };
	struct oci_resources res = { .memory = &m };

	fake_v1("memory");
	CHECK_SETTINGS(&res, NULL,
		       "memory.limit_in_bytes=67108864\nmemory.memsw.limit_in_bytes=134217728\n"
		       "memory.soft_limit_in_bytes=33554432\n");
}

TEST(v1_memory_update_orders_by_direction)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB), .swap = OPT_SET(128 * MIB) };
	struct oci_resources res = { .memory = &m };

	fake_v1("memory");
	fake_file("memory", "g/memory.limit_in_bytes", "1048576\n");
	CHECK_SETTINGS(&res, fake_group(),
		       "memory.memsw.limit_in_bytes=134217728\nmemory.limit_in_bytes=67108864\n");
	fake_file("memory", "g/memory.limit_in_bytes", "1048576000\n");
	CHECK_SETTINGS(&res, fake_group(),
		       "memory.limit_in_bytes=67108864\nmemory.memsw.limit_in_bytes=134217728\n");
	/* No limit at all: the sum has to go first, and goes by itself. */
	m.limit.value = -1;
	m.swap = (struct opt_i64){ .set = false };
	fake_file("memory", "g/memory.memsw.limit_in_bytes", "2097152\n");
	CHECK_SETTINGS(&res, fake_group(),
		       "memory.memsw.limit_in_bytes=-1\nmemory.limit_in_bytes=-1\n");
}

TEST(memory_refusals)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB), .swap = OPT_SET(MIB) };
	struct oci_resources res = { .memory = &m };
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("memory");
	CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_INVALID,
		    "below memory.limit");
	m = (struct oci_memory){ .swap = OPT_SET(MIB) };
	CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_INVALID,
		    "needs memory.limit");
	m = (struct oci_memory){ .swappiness = OPT_SET(101) };
	CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_INVALID,
		    "swappiness");
}

TEST(v1_cpu_and_pids)
{
	struct oci_cpu c = { .shares = OPT_SET(512),
			     .quota = OPT_SET(50000),
			     .period = OPT_SET(100000),
			     .burst = OPT_SET(1000),
			     .cpus = (char *)"0",
			     .mems = (char *)"0" };
	struct oci_pids p = { .limit = OPT_SET(0) };
	struct oci_resources res = { .cpu = &c, .pids = &p };

	fake_v1("cpu,cpuacct cpuset pids");
	CHECK_SETTINGS(&res, NULL,
		       "cpu.shares=512\ncpu.cfs_period_us=100000\ncpu.cfs_quota_us=50000\n"
		       "cpu.cfs_burst_us=1000\ncpuset.cpus=0\ncpuset.mems=0\npids.max=0\n");
	/* A burst above the new quota goes down before it. */
	fake_file("cpu,cpuacct", "g/cpu.cfs_burst_us", "9000\n");
	c = (struct oci_cpu){ .quota = OPT_SET(-5), .burst = OPT_SET(1000), .idle = OPT_SET(0) };
	p.limit.value = -1;
	CHECK_SETTINGS(&res, fake_group(),
		       "cpu.idle=0\ncpu.cfs_burst_us=1000\ncpu.cfs_quota_us=-1\npids.max=max\n");
}

TEST(v2_memory_and_cpu)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB),
				.swap = OPT_SET(96 * MIB),
				.reservation = OPT_SET(-1) };
	struct oci_cpu c = { .shares = OPT_SET(1024), .quota = OPT_SET(50000) };
	struct oci_resources res = { .memory = &m, .cpu = &c };

	fake_v2("cpuset cpu io memory pids\n");
	CHECK_SETTINGS(&res, NULL,
		       "memory.swap.max=33554432\nmemory.max=67108864\nmemory.low=max\n"
		       "cpu.weight=100\ncpu.max=50000 100000\n");
	/* Update: the period stays, and swap counts from the limit that is there. */
	fake_file("g", "cpu.max", "max 20000\n");
	fake_file("g", "memory.max", "33554432\n");
	m = (struct oci_memory){ .swap = OPT_SET(64 * MIB) };
	c = (struct oci_cpu){ .quota = OPT_SET(5000) };
	CHECK_SETTINGS(&res, fake_group(), "memory.swap.max=33554432\ncpu.max=5000 20000\n");
	c = (struct oci_cpu){ .period = OPT_SET(50000) };
	m = (struct oci_memory){ .limit = OPT_SET(-1), .swap = OPT_SET(-1) };
	CHECK_SETTINGS(&res, fake_group(),
		       "memory.swap.max=max\nmemory.max=max\ncpu.max=max 50000\n");
}

TEST(v2_block_io_hugepages_rdma_unified)
{
	struct oci_throttle_device rd = { 8, 0, 1000 }, wr = { 8, 16, 0 };
	struct oci_weight_device wd = { 8, 0, OPT_SET(200), { 0 } };
	struct oci_block_io b = { .weight = OPT_SET(500),
				  .weight_device = &wd,
				  .n_weight_device = 1,
				  .read_bps = &rd,
				  .n_read_bps = 1,
				  .write_iops = &wr,
				  .n_write_iops = 1 };
	struct oci_hugepage_limit hp = { (char *)"2MB", 4096 };
	struct oci_rdma rdma = { (char *)"mlx", OPT_SET(3), { 0 } };
	scoped(strmap_done) struct strmap unified = { 0 };
	struct oci_resources res = { .block_io = &b,
				     .hugepage_limits = &hp,
				     .n_hugepage_limits = 1,
				     .rdma = &rdma,
				     .n_rdma = 1 };

	strmap_set(&unified, "memory.high", "1000");
	strmap_set(&unified, "io.max", "8:0 rbps=1");
	res.unified = unified;
	fake_v2("io memory hugetlb rdma\n");
	CHECK_SETTINGS(&res, NULL,
		       "io.bfq.weight=500\nio.bfq.weight=8:0 200\nio.max=8:0 rbps=1000\n"
		       "io.max=8:16 wiops=max\nhugetlb.2MB.max=4096\nhugetlb.2MB.rsvd.max=4096\n"
		       "rdma.max=mlx hca_handle=3\nio.max=8:0 rbps=1\nmemory.high=1000\n");
}

TEST(v2_refuses_what_only_v1_has)
{
	struct oci_memory m = { .swappiness = OPT_SET(10) };
	struct oci_cpu c = { .realtime_runtime = OPT_SET(10) };
	struct oci_network_resources net = { .class_id = OPT_SET(1) };
	struct oci_block_io b = { .leaf_weight = OPT_SET(10) };
	const struct {
		struct oci_resources res;
		const char *name;
	} cases[] = {
		{ { .memory = &m }, "memory.swappiness" },
		{ { .cpu = &c }, "cpu.realtimeRuntime" },
		{ { .network = &net }, "network.classID" },
		{ { .block_io = &b }, "blockIO.leafWeight" },
	};

	fake_v2("io memory cpu\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(cgroup_resources_settings(&cases[i].res, NULL, &s, &err), err,
			    ERROR_UNSUPPORTED, cases[i].name);
	}
}

TEST(unified_is_guarded)
{
	static const char *const bad[] = { "../x.y", "cgroup.procs", "cgroup.kill", "memory", "" };
	struct error err = ERROR_INIT;

	fake_v2("memory\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
		scoped(strmap_done) struct strmap unified = { 0 };
		struct oci_resources res = { 0 };

		strmap_set(&unified, bad[i], "1");
		res.unified = unified;
		CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_INVALID,
			    "not the name of a limit");
	}
}

TEST(unified_needs_v2)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	scoped(strmap_done) struct strmap unified = { 0 };
	struct oci_resources res = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("memory");
	strmap_set(&unified, "memory.high", "1");
	res.unified = unified;
	CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_UNSUPPORTED,
		    "memory.high");
}

TEST(hugepage_size_cannot_be_a_path)
{
	static const char *const bad[] = { "../x", "2M", "MB", "02MB", "2MB/..", "2TB", "" };

	fake_v1("hugetlb");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
		struct oci_hugepage_limit hp = { (char *)bad[i], 1 };
		struct oci_resources res = { .hugepage_limits = &hp, .n_hugepage_limits = 1 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(cgroup_resources_settings(&res, NULL, &s, &err), err, ERROR_INVALID,
			    "page size");
	}
}

TEST(first_limit_is_named)
{
	struct oci_memory m = { .limit = OPT_SET(0) };
	struct oci_pids p = { .limit = OPT_SET(-1) };
	struct oci_resources res = { .memory = &m, .pids = &p };

	CHECK(cgroup_resources_first(&res) == NULL);
	CHECK(cgroup_resources_first(NULL) == NULL);
	p.limit.value = 7;
	CHECK_STR(cgroup_resources_first(&res), "pids.limit");
	m.limit.value = 7;
	CHECK_STR(cgroup_resources_first(&res), "memory.limit");
}
