/* SPDX-License-Identifier: Apache-2.0 */
/* One change to a valid document per row, and the message it must give. */
#include "oci/runtime_spec.h"

#include "base/str.h"
#include "harness/test.h"

static size_t as_index(const char *s)
{
	uint32_t n = UINT32_MAX;

	if (num_u32(s, &n) < 0)
		test_fail(__FILE__, __LINE__, "'%s' is no index", s);
	return n;
}

/* Set the value at "/a/0/b" (value NULL deletes the last key). */
static int patch(json_t *j, const char *pointer, const char *value)
{
	scoped_strv char **keys = strv_split(pointer, "/", false);
	size_t n = strv_len(keys);
	json_t *v = NULL;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i + 1 < n && j != NULL; i++)
		j = json_is_array(j) ? json_array_get(j, as_index(keys[i]))
				     : json_object_get(j, keys[i]);
	if (j == NULL)
		return -1;
	if (value == NULL)
		return json_object_del(j, keys[n - 1]);
	if (json_text_parse(value, strlen(value), pointer, &v, &err) < 0)
		return -1;
	if (json_is_array(j) && streq(keys[n - 1], "-"))
		return json_array_append_new(j, v);
	if (json_is_array(j))
		return json_array_set_new(j, as_index(keys[n - 1]), v);
	return json_object_set_new(j, keys[n - 1], v);
}

static int validate_patched(const char *pointer, const char *value, struct error *err)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped_free char *text = test_read_file(TEST_DATA "/config-full.json");
	scoped_json json_t *j = NULL;
	int r = json_text_parse(text, strlen(text), "full", &j, err);

	if (r < 0)
		return r;
	if (patch(j, pointer, value) < 0)
		test_fail(__FILE__, __LINE__, "patch %s failed", pointer);
	r = json_table_decode(&oci_spec_table, j, &spec, "full", 0, err);
	return r < 0 ? r : oci_spec_validate(&spec, err);
}

static const struct {
	const char *pointer, *value;
	enum error_kind kind;
	const char *message;
} refused[] = {
	{ "/ociVersion", "\"\"", ERROR_INVALID, ".ociVersion: '' is no version" },
	{ "/ociVersion", "\"1\"", ERROR_INVALID, "'1' is no version" },
	{ "/ociVersion", "\"1.0\"", ERROR_INVALID, "'1.0' is no version" },
	{ "/ociVersion", "\"1.0.x\"", ERROR_INVALID, "'1.0.x' is no version" },
	{ "/ociVersion", "\"1.00.0\"", ERROR_INVALID, "no version" },
	{ "/ociVersion", "\"1.0.0 \"", ERROR_INVALID, "no version" },
	{ "/ociVersion", "\"2.0.0\"", ERROR_UNSUPPORTED, "version 2.0.0 is not supported" },
	{ "/ociVersion", "\"0.9.0\"", ERROR_UNSUPPORTED, "version 0.9.0" },
	{ "/ociVersion", "\"11.0.0\"", ERROR_UNSUPPORTED, "version 11.0.0" },
	{ "/windows", "{}", ERROR_UNSUPPORTED, ".windows: " },
	{ "/solaris", "{}", ERROR_UNSUPPORTED, ".solaris: " },
	{ "/vm", "{}", ERROR_UNSUPPORTED, ".vm: " },
	{ "/zos", "{}", ERROR_UNSUPPORTED, ".zos: " },
	{ "/freebsd", "{}", ERROR_UNSUPPORTED, ".freebsd: " },
	{ "/root", NULL, ERROR_INVALID, ".root: missing" },
	{ "/root/path", "\"\"", ERROR_INVALID, ".root.path: empty" },
	{ "/process/cwd", "\"srv\"", ERROR_INVALID, ".process.cwd: 'srv' is not absolute" },
	{ "/process/cwd", "\"\"", ERROR_INVALID, ".process.cwd: '' is not absolute" },
	{ "/process/args", "[]", ERROR_INVALID, ".process.args: no program" },
	{ "/process/args", NULL, ERROR_INVALID, ".process.args: no program" },
	{ "/process/commandLine", "\"x\"", ERROR_UNSUPPORTED, ".process.commandLine" },
	{ "/process/user/username", "\"x\"", ERROR_UNSUPPORTED, ".process.user.username" },
	{ "/process/user/uid", "4294967295", ERROR_INVALID, "4294967295 is no id" },
	{ "/process/user/umask", "512", ERROR_INVALID, ".process.user.umask: 512" },
	{ "/process/oomScoreAdj", "1001", ERROR_INVALID, ".process.oomScoreAdj: 1001" },
	{ "/process/rlimits/0/type", "\"RLIMIT_X\"", ERROR_INVALID,
	  ".process.rlimits[0].type: unknown limit 'RLIMIT_X'" },
	{ "/process/rlimits/1/type", "\"RLIMIT_NOFILE\"", ERROR_INVALID,
	  ".process.rlimits[1].type: RLIMIT_NOFILE is set twice" },
	{ "/process/rlimits/1/soft", "1", ERROR_INVALID, ".process.rlimits[1]: the soft limit" },
	{ "/process/scheduler/policy", "\"X\"", ERROR_INVALID, ".process.scheduler.policy" },
	{ "/process/scheduler/nice", "20", ERROR_INVALID, ".process.scheduler.nice" },
	{ "/process/ioPriority/class", "\"X\"", ERROR_INVALID, ".process.ioPriority.class" },
	{ "/process/ioPriority/priority", "8", ERROR_INVALID, ".process.ioPriority.priority" },
	{ "/process/execCPUAffinity/final", "\"x\"", ERROR_INVALID, ".process.execCPUAffinity" },
	{ "/mounts/0/destination", "\"\"", ERROR_INVALID, ".mounts[0].destination: empty" },
	{ "/mounts/1/gidMappings", NULL, ERROR_INVALID, ".mounts[1].gidMappings: missing" },
	{ "/mounts/1/uidMappings", "[]", ERROR_INVALID, ".mounts[1].uidMappings: missing" },
	{ "/mounts/1/uidMappings/0/size", "0", ERROR_INVALID, ".mounts[1].uidMappings[0].size" },
	{ "/hooks/prestart/0/path", "\"x\"", ERROR_INVALID, ".hooks.prestart[0].path: 'x'" },
	{ "/hooks/poststop/0/timeout", "0", ERROR_INVALID, ".hooks.poststop[0].timeout" },
	{ "/hooks/startContainer/0/timeout", "-1", ERROR_INVALID, ".hooks.startContainer[0]" },
	{ "/linux/namespaces/1", "{\"type\":\"ipc\"}", ERROR_INVALID,
	  ".linux.namespaces[2].type: 'ipc' is given twice" },
	{ "/linux/namespaces/0/type", "\"net\"", ERROR_INVALID, "unknown namespace 'net'" },
	{ "/linux/namespaces/0/path", "\"x\"", ERROR_INVALID, ".linux.namespaces[0].path: 'x'" },
	{ "/linux/namespaces", "[{\"type\":\"user\"},{\"type\":\"time\"},{\"type\":\"network\"}]",
	  ERROR_INVALID, ".hostname: needs a UTS namespace" },
	{ "/linux/namespaces", "[{\"type\":\"uts\"}]", ERROR_INVALID,
	  ".linux.uidMappings: needs a user namespace" },
	{ "/linux/namespaces", "[{\"type\":\"uts\"},{\"type\":\"user\"}]", ERROR_INVALID,
	  ".linux.timeOffsets: needs a time namespace" },
	{ "/linux/uidMappings", NULL, ERROR_INVALID, ".linux.uidMappings: missing" },
	{ "/linux/uidMappings/0/hostID", "4294967290", ERROR_INVALID, "beyond 32 bits" },
	{ "/linux/uidMappings/0/size", "0", ERROR_INVALID, ".linux.uidMappings[0].size" },
	{ "/linux/devices/0/type", "\"cc\"", ERROR_INVALID, ".linux.devices[0].type: 'cc'" },
	{ "/linux/devices/0/path", "\"dev\"", ERROR_INVALID, ".linux.devices[0].path: 'dev'" },
	{ "/linux/devices/0/major", NULL, ERROR_INVALID, ".linux.devices[0].major: missing" },
	{ "/linux/devices/0/minor", "-1", ERROR_INVALID, ".linux.devices[0]: no device number" },
	{ "/linux/resources/devices/0/type", "\"x\"", ERROR_INVALID,
	  ".linux.resources.devices[0]" },
	{ "/linux/resources/devices/0/access", "\"rx\"", ERROR_INVALID, "'rx' is not made of" },
	{ "/linux/resources/hugepageLimits/0/pageSize", "\"2mb\"", ERROR_INVALID, "'2mb'" },
	{ "/linux/resources/hugepageLimits/0/pageSize", "\"02MB\"", ERROR_INVALID, "'02MB'" },
	{ "/linux/resources/rdma/x", "{}", ERROR_INVALID, "'x' has no limit" },
	{ "/linux/resources/blockIO/weightDevice/0", "{\"major\":8,\"minor\":0}", ERROR_INVALID,
	  "weightDevice[0]: no weight" },
	{ "/linux/resources/unified", "{\"../x\":\"1\"}", ERROR_INVALID, "'../x' is no file name" },
	{ "/linux/resources/unified", "{\"..\":\"1\"}", ERROR_INVALID, "'..' is no file name" },
	{ "/linux/seccomp/defaultAction", "\"X\"", ERROR_INVALID, "unknown action 'X'" },
	{ "/linux/seccomp/defaultAction", "\"SCMP_ACT_NOTIFY\"", ERROR_INVALID, "SCMP_ACT_NOTIFY" },
	{ "/linux/seccomp/defaultAction", "\"SCMP_ACT_KILL\"", ERROR_INVALID, "takes none" },
	{ "/linux/seccomp/listenerPath", NULL, ERROR_INVALID, "needs listenerPath" },
	{ "/linux/seccomp/flags/0", "\"X\"", ERROR_INVALID, "unknown flag 'X'" },
	{ "/linux/seccomp/architectures/0", "\"X\"", ERROR_INVALID,
	  ".linux.seccomp.architectures" },
	{ "/linux/seccomp/syscalls/0/names", "[]", ERROR_INVALID, "syscalls[0].names: empty" },
	{ "/linux/seccomp/syscalls/0/action", "\"SCMP_ACT_ALLOW\"", ERROR_INVALID, "takes none" },
	{ "/linux/seccomp/syscalls/1/action", "\"X\"", ERROR_INVALID, "syscalls[1].action" },
	{ "/linux/seccomp/syscalls/0/args/0/index", "6", ERROR_INVALID, "6 is above 5" },
	{ "/linux/seccomp/syscalls/0/args/0/op", "\"X\"", ERROR_INVALID, "args[0].op" },
	{ "/linux/rootfsPropagation", "\"x\"", ERROR_INVALID, ".linux.rootfsPropagation" },
	{ "/linux/maskedPaths/0", "\"proc\"", ERROR_INVALID, ".linux.maskedPaths: 'proc'" },
	{ "/linux/readonlyPaths/0", "\"\"", ERROR_INVALID, ".linux.readonlyPaths" },
	{ "/linux/intelRdt/closID", "\"../x\"", ERROR_INVALID, ".linux.intelRdt.closID" },
	{ "/linux/intelRdt/memBwSchema", "\"L3:\"", ERROR_INVALID, ".linux.intelRdt.memBwSchema" },
	{ "/linux/intelRdt/memBwSchema", "\"MB:\\nL3:0=f\"", ERROR_INVALID, "memBwSchema" },
	{ "/linux/personality/domain", "\"BSD\"", ERROR_INVALID, ".linux.personality.domain" },
	{ "/linux/personality/flags", "[\"X\"]", ERROR_UNSUPPORTED, ".linux.personality.flags" },
	{ "/linux/memoryPolicy/mode", "\"X\"", ERROR_INVALID, ".linux.memoryPolicy.mode" },
	{ "/linux/netDevices/eth0/name", "\"a/b\"", ERROR_INVALID, ".linux.netDevices: 'a/b'" },
};

TEST(each_rule_refuses)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = ERROR_INIT;
		int r = validate_patched(refused[i].pointer, refused[i].value, &err);

		if (r >= 0)
			test_fail(__FILE__, __LINE__, "%s = %s is accepted", refused[i].pointer,
				  refused[i].value);
		else if (err.kind != refused[i].kind || strstr(err.msg, refused[i].message) == NULL)
			test_fail(__FILE__, __LINE__, "%s = %s gives %s: %s", refused[i].pointer,
				  refused[i].value, error_kind_name(err.kind), err.msg);
	}
}

static const struct {
	const char *pointer, *value;
} accepted[] = {
	{ "/ociVersion", "\"1.0.2-dev\"" },
	{ "/ociVersion", "\"1.0.0-rc5+dirty\"" },
	{ "/ociVersion", "\"1.99.0\"" },
	{ "/process", NULL },
	{ "/hooks", NULL },
	{ "/linux/seccomp", NULL },
	{ "/mounts/0/destination", "\"proc\"" },
	{ "/linux/intelRdt/closID", "\"/\"" },
	{ "/linux/rootfsPropagation", "\"\"" },
	{ "/linux/uidMappings/0", "{\"containerID\":0,\"hostID\":0,\"size\":4294967295}" },
	{ "/linux/resources/devices/0/type", "\"\"" },
	{ "/process/oomScoreAdj", "-1000" },
};

TEST(what_the_specification_allows)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct error err = ERROR_INIT;

		if (validate_patched(accepted[i].pointer, accepted[i].value, &err) < 0)
			test_fail(__FILE__, __LINE__, "%s = %s: %s", accepted[i].pointer,
				  accepted[i].value, err.msg);
	}
}

TEST(a_process_alone)
{
	scoped(oci_process_done) struct oci_process p = { 0 };
	static const char text[] = "{\"cwd\":\"x\",\"args\":[\"sh\"]}";
	struct error err = ERROR_INIT;

	CHECK_OK(json_table_parse(&oci_process_table, text, strlen(text), &p, "p", 0, &err), err);
	CHECK_FAILS(oci_process_validate(&p, &err), err, ERROR_INVALID,
		    ".cwd: 'x' is not absolute");
	p.cwd[0] = '/';
	CHECK_OK(oci_process_validate(&p, &err), err);
}
