/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden plans: config.json in, printed plan out.  NAME.json and NAME.plan lie in
 * tests/data/runtime; UPDATE_GOLDEN=1 writes the .plan files anew (look at the diff).
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/test.h"
#include "runtime/plan.h"

static void resolve_text(const char *text, struct plan *ret, int *ret_r, struct error *err)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	struct plan_request rq = {
		.id = "c1", .bundle = "/bundle", .spec = &spec, .new_keyring = true
	};

	*ret_r = json_table_parse(&oci_spec_table, text, strlen(text), &spec, "config.json", 0,
				  err);
	if (*ret_r == 0)
		*ret_r = oci_spec_validate(&spec, err);
	if (*ret_r == 0)
		*ret_r = plan_resolve(&rq, ret, err);
}

static void golden(const char *name)
{
	scoped_free char *in = xasprintf("%s/%s.json", DATA_DIR, name);
	scoped_free char *out = xasprintf("%s/%s.plan", DATA_DIR, name);
	scoped_free char *text = test_read_file(in);
	scoped_free char *want = NULL;
	scoped(buf_done) struct buf got = BUF_INIT;
	scoped(plan_done) struct plan p = { 0 };
	struct error err = ERROR_INIT;
	int r = 0;

	CHECK(text != NULL);
	resolve_text(text, &p, &r, &err);
	CHECK_OK(r, err);
	plan_print(&p, &got);
	if (getenv("UPDATE_GOLDEN"))
		CHECK_INT(test_write_file(out, buf_str(&got)), 0);
	want = test_read_file(out);
	CHECK(want != NULL);
	CHECK_STR(buf_str(&got), want);
}

TEST(podman_default)
{
	golden("podman");
}

TEST(everything)
{
	golden("everything");
}

TEST(user_namespace)
{
	golden("userns");
}

/* The least that is a document, with room for more members of `linux` and of the top. */
static void refused(const char *linux_members, const char *members, enum error_kind kind,
		    const char *why)
{
	scoped_free char *text = xasprintf(
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\","
		"\"args\":[\"true\"]}%s%s,\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
		"{\"type\":\"ipc\"},{\"type\":\"network\"}]%s%s}}",
		members[0] ? "," : "", members, linux_members[0] ? "," : "", linux_members);
	scoped(plan_done) struct plan p = { 0 };
	struct error err = ERROR_INIT;
	int r = 0;

	resolve_text(text, &p, &r, &err);
	CHECK_FAILS(r, err, kind, why);
	CHECK(p.id == NULL);
}

TEST(refusals_name_the_property)
{
	refused("\"intelRdt\":{\"closID\":\"a/b\"}", "", ERROR_INVALID, ".linux.intelRdt.closID");
	refused("\"intelRdt\":{\"closID\":\"info\"}", "", ERROR_INVALID, ".linux.intelRdt.closID");
	refused("\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}", "", ERROR_INVALID,
		".linux.intelRdt.memBwSchema");
	refused("\"netDevices\":{\"eth0\":{\"name\":\"a:b\"}}", "", ERROR_INVALID,
		".linux.netDevices");
	refused("\"rootfsPropagation\":\"most\"", "", ERROR_INVALID, ".linux.rootfsPropagation");
	refused("", "\"hostname\":\"x\"", ERROR_INVALID, ".hostname");
	refused("\"timeOffsets\":{\"boottime\":{\"secs\":1}}", "", ERROR_INVALID, "timeOffsets");
	refused("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
		"", ERROR_INVALID, ".linux.uidMappings");
	refused("\"memoryPolicy\":{\"mode\":\"MPOL_MINE\"}", "", ERROR_INVALID,
		".linux.memoryPolicy.mode");
	refused("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"3-1\"}", "", ERROR_INVALID,
		".linux.memoryPolicy.nodes");
}

TEST(mounts_that_stand_in_for_procfs_are_refused)
{
	refused("", "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]", ERROR_DENIED,
		"/proc");
	refused("", "\"mounts\":[{\"destination\":\"/proc/self/attr\",\"type\":\"tmpfs\"}]",
		ERROR_DENIED, "inside /proc");
	refused("",
		"\"mounts\":[{\"destination\":\"/a/../proc/sys\",\"type\":\"bind\",\"source\":\"/"
		"x\","
		"\"options\":[\"bind\"]}]",
		ERROR_DENIED, "inside /proc");
	refused("", "\"mounts\":[{\"destination\":\"/\",\"type\":\"tmpfs\"}]", ERROR_INVALID,
		"'/'");
}

TEST(mounts_need_a_kind)
{
	refused("", "\"mounts\":[{\"destination\":\"/x\",\"source\":\"/y\"}]", ERROR_INVALID,
		".mounts[0]");
	refused("", "\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\"}]", ERROR_INVALID,
		".mounts[0].source");
	refused("",
		"\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/y\","
		"\"options\":[\"bind\",\"frobnicate\"]}]",
		ERROR_INVALID, "frobnicate");
}
