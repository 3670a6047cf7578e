/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/document.h"

#include <jansson.h>

#include "base/str.h"
#include "fake.h"

/* The document as JSON: what does not parse is a failure. */
static json_t *document(void)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	json_error_t where;
	json_t *j;

	buf_addc(&b, '{');
	if (cgroup_stats_document(fake_group(), &b, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	buf_addc(&b, '}');
	j = json_loads(buf_str(&b), JSON_REJECT_DUPLICATES, &where);
	if (j == NULL)
		test_fail(__FILE__, __LINE__, "%s in %s", where.text, buf_str(&b));
	return j;
}

/* The value at "a.b.2.c" as text; "" when there is none. */
static const char *at(json_t *j, const char *path)
{
	static char *last[8];
	static unsigned next;
	scoped_free char *copy = xstrdup(path);
	char *save = NULL;
	char **slot = &last[next++ % ARRAY_SIZE(last)];

	for (char *w = strtok_r(copy, "/", &save); w != NULL; w = strtok_r(NULL, "/", &save))
		j = json_is_array(j) ? json_array_get(j, (size_t)strtoul(w, NULL, 10))
				     : json_object_get(j, w);
	free(*slot);
	*slot = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : xstrdup("");
	return *slot;
}

TEST(v2_has_what_runc_prints)
{
	json_t *j;

	fake_v2("cpu cpuset memory io pids hugetlb");
	fake_file("", "g/cpu.stat",
		  "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 4\nnr_throttled 1\n"
		  "throttled_usec 9\n");
	fake_file("", "g/cpu.pressure",
		  "some avg10=1.50 avg60=0.00 avg300=0.00 total=33\n"
		  "full avg10=0.00 avg60=0.00 avg300=0.00 total=32\n");
	fake_file("", "g/cpuset.cpus.effective", "0-2,5\n");
	fake_file("", "g/memory.current", "100\n");
	fake_file("", "g/memory.max", "200\n");
	fake_file("", "g/memory.peak", "150\n");
	fake_file("", "g/memory.swap.current", "7\n");
	fake_file("", "g/memory.swap.max", "50\n");
	fake_file("", "g/memory.stat", "anon 1\nfile 2\nkernel 3\n");
	fake_file("", "g/memory.events", "low 0\nhigh 0\nmax 6\noom 0\n");
	fake_file("", "g/pids.current", "2\n");
	fake_file("", "g/pids.max", "max\n");
	fake_file("", "g/io.stat", "8:16 rbytes=1 wbytes=2 rios=3 wios=0 dbytes=5 dios=6\n");
	fake_file("", "g/hugetlb.2MB.current", "2097152\n");
	fake_file("", "g/hugetlb.2MB.rsvd.current", "9\n");
	fake_file("", "g/hugetlb.2MB.events", "max 3\n");
	j = document();
	CHECK_STR(at(j, "cpu/usage"), "{\"total\":5000,\"kernel\":2000,\"user\":3000}");
	CHECK_STR(at(j, "cpu/throttling"),
		  "{\"periods\":4,\"throttledPeriods\":1,\"throttledTime\":9000}");
	CHECK_STR(at(j, "cpu/psi/some/total"), "33");
	CHECK_STR(at(j, "cpu/psi/some/avg10"), "1.5");
	CHECK_STR(at(j, "cpuset/cpus"), "[0,1,2,5]");
	CHECK_STR(at(j, "memory/cache"), "2");
	CHECK_STR(at(j, "memory/usage"), "{\"limit\":200,\"usage\":100,\"max\":150,\"failcnt\":6}");
	/* As on v1: memory plus swap. */
	CHECK_STR(at(j, "memory/swap/limit"), "250");
	CHECK_STR(at(j, "memory/swap/usage"), "107");
	CHECK_STR(at(j, "memory/raw"), "{\"anon\":1,\"file\":2,\"kernel\":3}");
	CHECK_STR(at(j, "pids"), "{\"current\":2}");
	CHECK_STR(at(j, "blkio/ioServiceBytesRecursive"),
		  "[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
		  "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2},"
		  "{\"major\":8,\"minor\":16,\"op\":\"Discard\",\"value\":5}]");
	CHECK_STR(at(j, "blkio/ioServicedRecursive/1"),
		  "{\"major\":8,\"minor\":16,\"op\":\"Write\"}");
	CHECK_STR(at(j, "hugetlb"), "{\"2MB\":{\"usage\":2097152,\"failcnt\":3}}");
	json_decref(j);
}

TEST(v1_has_what_runc_prints)
{
	json_t *j;

	fake_v1("cpu cpuacct cpuset memory pids blkio hugetlb freezer");
	fake_file("cpuacct", "g/cpuacct.usage", "9006444\n");
	fake_file("cpuacct", "g/cpuacct.usage_percpu", "832798 8173646 \n");
	fake_file("cpuacct", "g/cpuacct.usage_all", "cpu user system\n0 1 2\n1 3 4\n");
	fake_file("cpuacct", "g/cpuacct.stat", "user 1\nsystem 2\n");
	fake_file("cpu", "g/cpu.stat", "nr_periods 4\nnr_throttled 1\nthrottled_time 9\n");
	fake_file("cpuset", "g/cpuset.cpus", "0-1\n");
	fake_file("cpuset", "g/cpuset.sched_load_balance", "1\n");
	fake_file("cpuset", "g/cpuset.sched_relax_domain_level", "-1\n");
	fake_file("memory", "g/memory.limit_in_bytes", "200\n");
	fake_file("memory", "g/memory.usage_in_bytes", "100\n");
	fake_file("memory", "g/memory.memsw.limit_in_bytes", "300\n");
	fake_file("memory", "g/memory.kmem.tcp.failcnt", "5\n");
	fake_file("memory", "g/memory.stat", "cache 8\nrss 1\n");
	fake_file("blkio", "g/blkio.throttle.io_service_bytes_recursive",
		  "8:16 Read 4096\n8:16 Total 4096\nTotal 4096\n");
	fake_file("blkio", "g/blkio.bfq.time_recursive", "8:16 55\nTotal 55\n");
	fake_file("hugetlb", "g/hugetlb.2MB.usage_in_bytes", "0\n");
	fake_file("hugetlb", "g/hugetlb.2MB.failcnt", "3\n");
	j = document();
	CHECK_STR(at(j, "cpu/usage/percpu"), "[832798,8173646]");
	CHECK_STR(at(j, "cpu/usage/percpu_user"), "[1,3]");
	CHECK_STR(at(j, "cpu/usage/percpu_kernel"), "[2,4]");
	CHECK_STR(at(j, "cpu/usage/total"), "9006444");
	CHECK_STR(at(j, "cpu/throttling/throttledTime"), "9");
	CHECK_STR(at(j, "cpuset/sched_relax_domain_level"), "-1");
	CHECK_STR(at(j, "cpuset/sched_load_balance"), "1");
	CHECK_STR(at(j, "memory/usage"), "{\"limit\":200,\"usage\":100,\"failcnt\":0}");
	CHECK_STR(at(j, "memory/swap/limit"), "300");
	CHECK_STR(at(j, "memory/kernelTCP/failcnt"), "5");
	CHECK_STR(at(j, "memory/raw"), "{\"cache\":8,\"rss\":1}");
	CHECK_STR(at(j, "blkio/ioServiceBytesRecursive"),
		  "[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":4096},"
		  "{\"major\":8,\"minor\":16,\"op\":\"Total\",\"value\":4096}]");
	CHECK_STR(at(j, "blkio/ioTimeRecursive/0/value"), "55");
	CHECK_STR(at(j, "hugetlb/2MB/failcnt"), "3");
	json_decref(j);
}

TEST(without_controllers_it_is_still_a_document)
{
	json_t *j;

	fake_v2("");
	j = document();
	CHECK_STR(at(j, "memory/usage/limit"), "0");
	CHECK_STR(at(j, "blkio"), "{}");
	CHECK_STR(at(j, "hugetlb"), "{}");
	json_decref(j);
	fake_v1("freezer");
	j = document();
	CHECK_STR(at(j, "pids"), "{}");
	json_decref(j);
}

TEST(a_group_that_is_gone_is_named)
{
	const struct cgroup_record gone = { .path = (char *)"/gone" };
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;

	fake_v2("");
	CHECK_FAILS(cgroup_stats_document(&gone, &b, &err), err, ERROR_NOT_FOUND, "'/gone'");
}

TEST(no_limit_is_the_largest_number)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;

	fake_v2("memory");
	fake_file("", "g/memory.max", "200\n");
	fake_file("", "g/memory.swap.max", "max\n");
	CHECK_OK(cgroup_stats_document(fake_group(), &b, &err), err);
	CHECK(strstr(buf_str(&b), "\"swap\":{\"limit\":18446744073709551615,") != NULL);
}
