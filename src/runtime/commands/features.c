/* SPDX-License-Identifier: Apache-2.0 */
/* features: the OCI features document (features.md). */
#include <unistd.h>

#include "fs/mount_options.h"
#include "runtime/commands/commands.h"
#include "runtime/plan.h"
#include "seccomp/seccomp.h"
#include "sys/feature.h"

static json_t *names_array(const char *const *names)
{
	json_t *a = json_array();

	for (; *names; names++)
		json_array_append_new(a, json_string(*names));
	return a;
}

static json_t *hooks_array(void)
{
	json_t *a = json_array();

	for (int k = 0; k < PLAN_HOOK_COUNT; k++)
		json_array_append_new(a, json_string(plan_hook_name((enum plan_hook_kind)k)));
	return a;
}

static json_t *namespaces_array(void)
{
	json_t *a = json_array();

	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		if (feature_namespace(ns_proc_name((enum ns_type)t)))
			json_array_append_new(a, json_string(ns_oci_name((enum ns_type)t)));
	}
	return a;
}

static json_t *capabilities_array(void)
{
	json_t *a = json_array();

	for (int c = 0; c <= caps_last() && caps_name(c); c++)
		json_array_append_new(a, json_string(caps_name(c)));
	return a;
}

static json_t *supported_flags(void)
{
	json_t *a = json_array();

	for (const char *const *f = seccomp_flag_names(); *f; f++) {
		if (seccomp_flag_supported(*f))
			json_array_append_new(a, json_string(*f));
	}
	return a;
}

static json_t *enabled(bool on)
{
	return json_pack("{s:b}", "enabled", on);
}

static json_t *linux_features(void)
{
	json_t *l = json_object();
	json_t *seccomp = enabled(feature_seccomp());

	json_object_set_new(l, "namespaces", namespaces_array());
	json_object_set_new(l, "capabilities", capabilities_array());
	json_object_set_new(l, "cgroup",
			    json_pack("{s:b,s:b,s:b,s:b,s:b}", "v1", 1, "v2", 1, "systemd", 1,
				      "systemdUser", 1, "rdma", 1));
	json_object_set_new(seccomp, "actions", names_array(seccomp_action_names()));
	json_object_set_new(seccomp, "operators", names_array(seccomp_operator_names()));
	json_object_set_new(seccomp, "archs", names_array(seccomp_arch_names()));
	json_object_set_new(seccomp, "knownFlags", names_array(seccomp_flag_names()));
	json_object_set_new(seccomp, "supportedFlags", supported_flags());
	json_object_set_new(l, "seccomp", seccomp);
	json_object_set_new(l, "apparmor", enabled(true));
	json_object_set_new(l, "selinux", enabled(true));
	json_object_set_new(
		l, "intelRdt",
		json_pack("{s:b,s:b,s:b}", "enabled", 1, "schemata", 1, "monitoring", 1));
	json_object_set_new(l, "memoryPolicy",
			    json_pack("{s:o,s:o}", "modes", names_array(plan_memory_modes()),
				      "flags", names_array(plan_memory_flags())));
	json_object_set_new(l, "netDevices", enabled(true));
	json_object_set_new(l, "mountExtensions", json_pack("{s:o}", "idmap", enabled(true)));
	return l;
}

void runtime_features(struct buf *out)
{
	scoped_json json_t *j = json_object();

	json_object_set_new(j, "ociVersionMin", json_string("1.0.0"));
	json_object_set_new(j, "ociVersionMax", json_string(OCI_RUNTIME_SPEC_VERSION));
	json_object_set_new(j, "hooks", hooks_array());
	json_object_set_new(j, "mountOptions", names_array(mount_option_names()));
	json_object_set_new(j, "linux", linux_features());
	json_object_set_new(j, "annotations",
			    json_pack("{s:s,s:s}", "io.github.seccomp.libseccomp.version",
				      seccomp_library_version(), "org.coracle.runtime.version",
				      CORACLE_VERSION));
	json_object_set_new(j, "potentiallyUnsafeConfigAnnotations",
			    json_pack("[s,s]", "run.oci.", "org.systemd.property."));
	json_text_dump(j, 4, out);
	buf_addc(out, '\n');
}

static int features_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct positional p;
	int r = command_parse(&runtime_command_features, argc, argv, NULL, 0, 0, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	runtime_features(&b);
	return command_print(&b, err);
}

const struct command runtime_command_features = {
	"features", "features", "print what this runtime can do", NULL, 0, features_run
};
