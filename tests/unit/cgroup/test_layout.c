/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "sys/userns.h"

TEST(v1_directories_name_their_controllers)
{
	fake_v1("cpu,cpuacct memory systemd");
	CHECK(symlink("cpu,cpuacct", fake_path("cpu", "")) == 0);
	cgroup_system_override(fake_path("", ""));
	CHECK_INT(cgroup_layout(), CGROUP_LAYOUT_V1);
	CHECK_INT(cgroup_system()->n, 3);
	CHECK(cgroup_hier_of("cpuacct") == cgroup_hier_of("cpu"));
	CHECK(cgroup_hier_of("name=systemd") != NULL);
	CHECK(cgroup_hier_of("pids") == NULL);
	CHECK(cgroup_hier_v2() == NULL);
	CHECK_STR(cgroup_hier_main()->name, "memory");
}

TEST(a_v2_tree_beside_is_hybrid)
{
	fake_v1("memory unified");
	fake_file("unified", "cgroup.controllers", "hugetlb\n");
	cgroup_system_override(fake_path("", ""));
	CHECK_INT(cgroup_layout(), CGROUP_LAYOUT_HYBRID);
	CHECK_STR(cgroup_layout_name(cgroup_layout()), "hybrid");
	CHECK(cgroup_hier_of("hugetlb")->v2);
	CHECK(!cgroup_hier_of("memory")->v2);
	CHECK(cgroup_hier_of("cgroup") == cgroup_hier_v2());
}

TEST(v2_alone)
{
	fake_v2("cpuset cpu io memory pids strange\n");
	CHECK_INT(cgroup_layout(), CGROUP_LAYOUT_V2);
	CHECK_STR(cgroup_controllers()[0], "cpuset");
	CHECK_STR(cgroup_controllers()[4], "pids");
	CHECK(cgroup_controllers()[5] == NULL);
	CHECK(cgroup_hier_main()->v2);
}

TEST(mountinfo_is_the_fallback)
{
	static struct cgroup_system sys;
	char text[] = "31 23 0:28 / /cg rw - tmpfs tmpfs rw\n"
		      "32 31 0:29 / /cg/one rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct\n"
		      "33 31 0:30 / /cg/two rw master:1 - cgroup cgroup rw,xattr,name=systemd\n"
		      "34 31 0:31 / /cg/bad\\040blank rw - cgroup cgroup rw,memory\n"
		      "35 31 0:32 / /cg/other rw - cgroup cgroup rw,name=elogind\n"
		      "cut off line\n"
		      "36 31 0:33 / /cg/u rw - cgroup2 cgroup2 rw\n";

	CHECK_INT(cgroup_mountinfo_parse(text, &sys), 0);
	CHECK_INT(sys.n, 3);
	CHECK_STR(sys.hier[0].mount, "/cg/one");
	CHECK_STR(sys.hier[0].controllers[1], "cpuacct");
	CHECK_STR(sys.hier[1].controllers[0], "name=systemd");
	CHECK(sys.hier[2].v2);
}

TEST(one_hierarchy_is_found_without_the_others)
{
	struct cgroup_hier h = { 0 };
	const struct cgroup_hier *same;

	cgroup_system_override(NULL);
	if (cgroup_hier_probe("freezer", &h)) {
		same = cgroup_hier_of("freezer");
		CHECK(same != NULL && !same->v2);
		CHECK_STR(h.mount, same->mount);
		CHECK_STR(h.name, "freezer");
		CHECK_STR(h.controllers[0], "freezer");
	} else {
		same = cgroup_hier_of("freezer");
		CHECK(same == NULL || same->v2 ||
		      strcmp(same->mount, "/sys/fs/cgroup/freezer") != 0);
	}
	CHECK(!cgroup_hier_probe("strange", &h));
	/* The machine's is not the other tree's. */
	fake_v1("freezer memory");
	cgroup_system_override(fake_path("", ""));
	CHECK(!cgroup_hier_probe("freezer", &h));
}

TEST(text_numbers)
{
	uint64_t n = 7;

	CHECK_INT(cgroup_text_u64("oom 1\noom_kill 5\nx 2", "oom_kill", &n), 0);
	CHECK_INT(n, 5);
	CHECK(cgroup_text_u64("oom_kill_disable 0\n", "oom_kill", &n) < 0);
	CHECK(cgroup_text_u64("oom_kill\n", "oom_kill", &n) < 0);
	CHECK(cgroup_text_u64("oom_kill 12345678901234567890123456789012345\n", "oom_kill", &n) <
	      0);
	CHECK_INT(cgroup_text_u64("a 1\nb 2", "b", &n), 0);
	CHECK_INT(n, 2);
}

TEST(plans)
{
	static const struct {
		const char *path, *parent, *want;
	} cases[] = {
		{ NULL, NULL, "/coracle/abc" },
		{ NULL, "libpod_parent", "/libpod_parent/abc" },
		{ "/a//b/./c", NULL, "/a/b/c" },
		{ "rel/x", NULL, "/rel/x" },
		{ "machine.slice:libpod:abc", NULL, "/machine.slice:libpod:abc" },
	};
	static const char *const bad[] = { "/", "/../x", "a/../b", "//" };
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgroup_request rq = { .id = "abc",
					     .cgroups_path = cases[i].path,
					     .default_parent = cases[i].parent };
		struct cgroup_record r = { 0 };

		CHECK_OK(cgroup_plan(&rq, &r, &err), err);
		CHECK_STR(r.path, cases[i].want);
		cgroup_record_done(&r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cgroup_request rq = { .id = "abc", .cgroups_path = bad[i] };
		struct cgroup_record r = { 0 };

		CHECK_FAILS(cgroup_plan(&rq, &r, &err), err, ERROR_INVALID, "cgroup path");
		CHECK(r.path == NULL);
	}
}

TEST(systemd_names_a_scope_in_its_slice)
{
	struct cgroup_request rq = { .id = "abc",
				     .cgroups_path = "a-b.slice:libpod:abc",
				     .driver = CGROUP_DRIVER_SYSTEMD };
	scoped(cgroup_record_done) struct cgroup_record r = { 0 };
	struct error err = ERROR_INIT;

	if (!userns_initial()) {
		test_skip("root");
		return;
	}
	CHECK_OK(cgroup_plan(&rq, &r, &err), err);
	CHECK_STR(r.path, "/a.slice/a-b.slice/libpod-abc.scope");
	CHECK_STR(r.scope, "libpod-abc.scope");
}

TEST(a_subgroup_lies_below_the_scope)
{
	struct strmap annotations = { 0 };
	struct cgroup_request rq = { .id = "abc",
				     .cgroups_path = "a.slice:libpod:abc",
				     .driver = CGROUP_DRIVER_SYSTEMD,
				     .annotations = &annotations };
	scoped(cgroup_record_done) struct cgroup_record r = { 0 };
	struct error err = ERROR_INIT;

	if (!userns_initial()) {
		test_skip("root");
		return;
	}
	strmap_set(&annotations, "run.oci.systemd.subgroup", "payload");
	CHECK_OK(cgroup_plan(&rq, &r, &err), err);
	CHECK_STR(r.path, "/a.slice/libpod-abc.scope/payload");
	CHECK_STR(r.subgroup, "payload");
	CHECK_STR(r.scope, "libpod-abc.scope");
	cgroup_record_done(&r);
	strmap_set(&annotations, "run.oci.systemd.subgroup", "../other");
	CHECK_FAILS(cgroup_plan(&rq, &r, &err), err, ERROR_INVALID, "'../other'");
	strmap_done(&annotations);
}

TEST(disabled_refuses_limits_only)
{
	struct oci_device_rule deny = { .allow = false };
	struct oci_memory m = { .limit = OPT_SET(4096) };
	struct oci_resources res = { .devices = &deny, .n_devices = 1 };
	struct cgroup_request rq = { .id = "abc",
				     .driver = CGROUP_DRIVER_DISABLED,
				     .resources = &res };
	struct cgroup_hold hold = CGROUP_HOLD_INIT;
	struct cgroup_record r = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(cgroup_plan(&rq, &r, &err), err);
	CHECK_OK(cgroup_create(&rq, &r, &hold, &err), err);
	CHECK_OK(cgroup_attach(&r, 1, &err), err);
	CHECK_OK(cgroup_remove(&r, true, &err), err);
	res.memory = &m;
	CHECK_FAILS(cgroup_plan(&rq, &r, &err), err, ERROR_INVALID, "memory.limit");
}

TEST(record_survives_json)
{
	struct cgroup_record r = { .driver = CGROUP_DRIVER_SYSTEMD,
				   .path = (char *)"/x",
				   .scope = (char *)"s.scope" };
	struct cgroup_record back = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	json_table_dump(&cgroup_record_table, &r, 0, &text);
	CHECK_STR(buf_str(&text), "{\"driver\":\"systemd\",\"path\":\"/x\",\"scope\":\"s.scope\"}");
	CHECK_OK(json_table_parse(&cgroup_record_table, text.data, text.len, &back, "record", 0,
				  &err),
		 err);
	CHECK(json_table_equal(&cgroup_record_table, &r, &back));
	cgroup_record_done(&back);
}
