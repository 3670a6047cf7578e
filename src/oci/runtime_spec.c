/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field tables of config.json and of the state document (the linux section has a file of its own).
 * Rows stand in the order of the specification's Go structs, which is the order in which peers
 * write.
 */
#include "oci/runtime_spec_priv.h"

static const struct json_field hook_rows[] = {
	JROW(struct oci_hook, "path", path, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_hook, "args", args, JT_STRV, 0),
	JROW(struct oci_hook, "env", env, JT_STRV, 0),
	JROW(struct oci_hook, "timeout", timeout, JT_OPT_I64, 0),
};
static const struct json_table hook_table = JTABLE(struct oci_hook, hook_rows);

static const struct json_field hooks_rows[] = {
	JROW_ARR(struct oci_hooks, "prestart", prestart, n_prestart, JT_ARR, 0, &hook_table),
	JROW_ARR(struct oci_hooks, "createRuntime", create_runtime, n_create_runtime, JT_ARR, 0,
		 &hook_table),
	JROW_ARR(struct oci_hooks, "createContainer", create_container, n_create_container, JT_ARR,
		 0, &hook_table),
	JROW_ARR(struct oci_hooks, "startContainer", start_container, n_start_container, JT_ARR, 0,
		 &hook_table),
	JROW_ARR(struct oci_hooks, "poststart", poststart, n_poststart, JT_ARR, 0, &hook_table),
	JROW_ARR(struct oci_hooks, "poststop", poststop, n_poststop, JT_ARR, 0, &hook_table),
};
static const struct json_table hooks_table = JTABLE(struct oci_hooks, hooks_rows);

static const struct json_field oci_mount_rows[] = {
	JROW(struct oci_mount, "destination", destination, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_mount, "type", type, JT_STR, 0),
	JROW(struct oci_mount, "source", source, JT_STR, 0),
	JROW(struct oci_mount, "options", options, JT_STRV, 0),
	JROW_ARR(struct oci_mount, "uidMappings", uid_mappings, n_uid_mappings, JT_ARR, 0,
		 &oci_id_mapping_table),
	JROW_ARR(struct oci_mount, "gidMappings", gid_mappings, n_gid_mappings, JT_ARR, 0,
		 &oci_id_mapping_table),
};
const struct json_table oci_mount_table = JTABLE(struct oci_mount, oci_mount_rows);

static const struct json_field root_rows[] = {
	JROW(struct oci_root, "path", path, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_root, "readonly", readonly, JT_BOOL, 0),
};
static const struct json_table root_table = JTABLE(struct oci_root, root_rows);

static const struct json_field console_size_rows[] = {
	JROW(struct oci_console_size, "height", height, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_console_size, "width", width, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table console_size_table = JTABLE(struct oci_console_size,
							   console_size_rows);

static const struct json_field user_rows[] = {
	JROW(struct oci_user, "uid", uid, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_user, "gid", gid, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_user, "umask", umask, JT_OPT_U32, 0),
	JROW_U32V(struct oci_user, "additionalGids", additional_gids, n_additional_gids, 0),
	JROW(struct oci_user, "username", username, JT_STR, 0),
};
static const struct json_table user_table = JTABLE(struct oci_user, user_rows);

static const struct json_field capabilities_rows[] = {
	JROW(struct oci_capabilities, "bounding", bounding, JT_STRV, 0),
	JROW(struct oci_capabilities, "effective", effective, JT_STRV, 0),
	JROW(struct oci_capabilities, "inheritable", inheritable, JT_STRV, 0),
	JROW(struct oci_capabilities, "permitted", permitted, JT_STRV, 0),
	JROW(struct oci_capabilities, "ambient", ambient, JT_STRV, 0),
};
static const struct json_table capabilities_table = JTABLE(struct oci_capabilities,
							   capabilities_rows);

static const struct json_field rlimit_rows[] = {
	JROW(struct oci_rlimit, "type", type, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_rlimit, "hard", hard, JT_U64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_rlimit, "soft", soft, JT_U64, JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table rlimit_table = JTABLE(struct oci_rlimit, rlimit_rows);

static const struct json_field scheduler_rows[] = {
	JROW(struct oci_scheduler, "policy", policy, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_scheduler, "nice", nice, JT_I32, 0),
	JROW(struct oci_scheduler, "priority", priority, JT_I32, 0),
	JROW(struct oci_scheduler, "flags", flags, JT_STRV, 0),
	JROW(struct oci_scheduler, "runtime", runtime, JT_U64, 0),
	JROW(struct oci_scheduler, "deadline", deadline, JT_U64, 0),
	JROW(struct oci_scheduler, "period", period, JT_U64, 0),
};
static const struct json_table scheduler_table = JTABLE(struct oci_scheduler, scheduler_rows);

static const struct json_field io_priority_rows[] = {
	JROW(struct oci_io_priority, "class", io_class, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_io_priority, "priority", priority, JT_I32, JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table io_priority_table = JTABLE(struct oci_io_priority, io_priority_rows);

static const struct json_field exec_cpu_affinity_rows[] = {
	JROW(struct oci_exec_cpu_affinity, "initial", initial, JT_STR, 0),
	JROW(struct oci_exec_cpu_affinity, "final", final, JT_STR, 0),
};
static const struct json_table exec_cpu_affinity_table = JTABLE(struct oci_exec_cpu_affinity,
								exec_cpu_affinity_rows);

static const struct json_field oci_process_rows[] = {
	JROW(struct oci_process, "terminal", terminal, JT_BOOL, 0),
	JROW_OBJ(struct oci_process, "consoleSize", console_size, JT_PTR, 0, &console_size_table),
	JROW_OBJ(struct oci_process, "user", user, JT_OBJ, JF_EMIT_EMPTY, &user_table),
	JROW(struct oci_process, "args", args, JT_STRV, 0),
	JROW(struct oci_process, "commandLine", command_line, JT_STR, 0),
	JROW(struct oci_process, "env", env, JT_STRV, 0),
	JROW(struct oci_process, "cwd", cwd, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW_OBJ(struct oci_process, "capabilities", capabilities, JT_PTR, 0, &capabilities_table),
	JROW_ARR(struct oci_process, "rlimits", rlimits, n_rlimits, JT_ARR, 0, &rlimit_table),
	JROW(struct oci_process, "noNewPrivileges", no_new_privileges, JT_BOOL, 0),
	JROW(struct oci_process, "apparmorProfile", apparmor_profile, JT_STR, 0),
	JROW(struct oci_process, "oomScoreAdj", oom_score_adj, JT_OPT_I32, 0),
	JROW_OBJ(struct oci_process, "scheduler", scheduler, JT_PTR, 0, &scheduler_table),
	JROW(struct oci_process, "selinuxLabel", selinux_label, JT_STR, 0),
	JROW_OBJ(struct oci_process, "ioPriority", io_priority, JT_PTR, 0, &io_priority_table),
	JROW_OBJ(struct oci_process, "execCPUAffinity", exec_cpu_affinity, JT_PTR, 0,
		 &exec_cpu_affinity_table),
};
const struct json_table oci_process_table = JTABLE(struct oci_process, oci_process_rows);

static const struct json_field oci_spec_rows[] = {
	JROW(struct oci_spec, "ociVersion", oci_version, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW_OBJ(struct oci_spec, "process", process, JT_PTR, 0, &oci_process_table),
	JROW_OBJ(struct oci_spec, "root", root, JT_PTR, 0, &root_table),
	JROW(struct oci_spec, "hostname", hostname, JT_STR, 0),
	JROW(struct oci_spec, "domainname", domainname, JT_STR, 0),
	JROW_ARR(struct oci_spec, "mounts", mounts, n_mounts, JT_ARR, 0, &oci_mount_table),
	JROW_OBJ(struct oci_spec, "hooks", hooks, JT_PTR, 0, &hooks_table),
	JROW(struct oci_spec, "annotations", annotations, JT_MAP, 0),
	JROW_OBJ(struct oci_spec, "linux", linux_, JT_PTR, 0, &oci_linux_table),
	JROW(struct oci_spec, "windows", windows, JT_RAW, 0),
	JROW(struct oci_spec, "solaris", solaris, JT_RAW, 0),
	JROW(struct oci_spec, "vm", vm, JT_RAW, 0),
	JROW(struct oci_spec, "zos", zos, JT_RAW, 0),
	JROW(struct oci_spec, "freebsd", freebsd, JT_RAW, 0),
};
const struct json_table oci_spec_table = JTABLE(struct oci_spec, oci_spec_rows);

static const struct json_field oci_state_rows[] = {
	JROW(struct oci_state, "ociVersion", oci_version, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_state, "id", id, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_state, "status", status, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_state, "pid", pid, JT_I32, JF_EMIT_EMPTY),
	JROW(struct oci_state, "bundle", bundle, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_state, "rootfs", rootfs, JT_STR, 0),
	JROW(struct oci_state, "created", created_nsec, JT_TIME, 0),
	JROW(struct oci_state, "annotations", annotations, JT_MAP, 0),
	JROW(struct oci_state, "owner", owner, JT_STR, 0),
};
const struct json_table oci_state_table = JTABLE(struct oci_state, oci_state_rows);

void oci_spec_done(struct oci_spec *s)
{
	json_table_free(&oci_spec_table, s);
}

void oci_process_done(struct oci_process *p)
{
	json_table_free(&oci_process_table, p);
}

void oci_state_done(struct oci_state *s)
{
	json_table_free(&oci_state_table, s);
}
