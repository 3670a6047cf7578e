/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field tables of config.json's linux section.  Rows stand in the order of the
 * specification's Go structs, which is the order in which peers write.
 */
#include "oci/runtime_spec_priv.h"

static const struct json_field oci_id_mapping_rows[] = {
	JROW(struct oci_id_mapping, "containerID", container_id, JT_U32,
	     JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_id_mapping, "hostID", host_id, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_id_mapping, "size", size, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
};
const struct json_table oci_id_mapping_table = JTABLE(struct oci_id_mapping, oci_id_mapping_rows);

static const struct json_field namespace_rows[] = {
	JROW(struct oci_namespace, "type", type, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_namespace, "path", path, JT_STR, 0),
};
static const struct json_table namespace_table = JTABLE(struct oci_namespace, namespace_rows);

static const struct json_field device_rows[] = {
	JROW(struct oci_device, "path", path, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_device, "type", type, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_device, "major", major, JT_OPT_I64, 0),
	JROW(struct oci_device, "minor", minor, JT_OPT_I64, 0),
	JROW(struct oci_device, "fileMode", file_mode, JT_OPT_U32, 0),
	JROW(struct oci_device, "uid", uid, JT_OPT_U32, 0),
	JROW(struct oci_device, "gid", gid, JT_OPT_U32, 0),
};
static const struct json_table device_table = JTABLE(struct oci_device, device_rows);

static const struct json_field device_rule_rows[] = {
	JROW(struct oci_device_rule, "allow", allow, JT_BOOL, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_device_rule, "type", type, JT_STR, 0),
	JROW(struct oci_device_rule, "major", major, JT_OPT_I64, 0),
	JROW(struct oci_device_rule, "minor", minor, JT_OPT_I64, 0),
	JROW(struct oci_device_rule, "access", access, JT_STR, 0),
};
static const struct json_table device_rule_table = JTABLE(struct oci_device_rule, device_rule_rows);

static const struct json_field memory_rows[] = {
	JROW(struct oci_memory, "limit", limit, JT_OPT_I64, 0),
	JROW(struct oci_memory, "reservation", reservation, JT_OPT_I64, 0),
	JROW(struct oci_memory, "swap", swap, JT_OPT_I64, 0),
	JROW(struct oci_memory, "kernel", kernel, JT_OPT_I64, 0),
	JROW(struct oci_memory, "kernelTCP", kernel_tcp, JT_OPT_I64, 0),
	JROW(struct oci_memory, "swappiness", swappiness, JT_OPT_U64, 0),
	JROW(struct oci_memory, "disableOOMKiller", disable_oom_killer, JT_OPT_BOOL, 0),
	JROW(struct oci_memory, "useHierarchy", use_hierarchy, JT_OPT_BOOL, 0),
	JROW(struct oci_memory, "checkBeforeUpdate", check_before_update, JT_OPT_BOOL, 0),
};
static const struct json_table memory_table = JTABLE(struct oci_memory, memory_rows);

static const struct json_field cpu_rows[] = {
	JROW(struct oci_cpu, "shares", shares, JT_OPT_U64, 0),
	JROW(struct oci_cpu, "quota", quota, JT_OPT_I64, 0),
	JROW(struct oci_cpu, "burst", burst, JT_OPT_U64, 0),
	JROW(struct oci_cpu, "period", period, JT_OPT_U64, 0),
	JROW(struct oci_cpu, "realtimeRuntime", realtime_runtime, JT_OPT_I64, 0),
	JROW(struct oci_cpu, "realtimePeriod", realtime_period, JT_OPT_U64, 0),
	JROW(struct oci_cpu, "cpus", cpus, JT_STR, 0),
	JROW(struct oci_cpu, "mems", mems, JT_STR, 0),
	JROW(struct oci_cpu, "idle", idle, JT_OPT_I64, 0),
};
static const struct json_table cpu_table = JTABLE(struct oci_cpu, cpu_rows);

static const struct json_field pids_rows[] = {
	JROW(struct oci_pids, "limit", limit, JT_OPT_I64, 0),
};
static const struct json_table pids_table = JTABLE(struct oci_pids, pids_rows);

static const struct json_field weight_device_rows[] = {
	JROW(struct oci_weight_device, "major", major, JT_I64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_weight_device, "minor", minor, JT_I64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_weight_device, "weight", weight, JT_OPT_U32, 0),
	JROW(struct oci_weight_device, "leafWeight", leaf_weight, JT_OPT_U32, 0),
};
static const struct json_table weight_device_table = JTABLE(struct oci_weight_device,
							    weight_device_rows);

static const struct json_field throttle_device_rows[] = {
	JROW(struct oci_throttle_device, "major", major, JT_I64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_throttle_device, "minor", minor, JT_I64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_throttle_device, "rate", rate, JT_U64, JF_EMIT_EMPTY),
};
static const struct json_table throttle_device_table = JTABLE(struct oci_throttle_device,
							      throttle_device_rows);

static const struct json_field block_io_rows[] = {
	JROW(struct oci_block_io, "weight", weight, JT_OPT_U32, 0),
	JROW(struct oci_block_io, "leafWeight", leaf_weight, JT_OPT_U32, 0),
	JROW_ARR(struct oci_block_io, "weightDevice", weight_device, n_weight_device, JT_ARR, 0,
		 &weight_device_table),
	JROW_ARR(struct oci_block_io, "throttleReadBpsDevice", read_bps, n_read_bps, JT_ARR, 0,
		 &throttle_device_table),
	JROW_ARR(struct oci_block_io, "throttleWriteBpsDevice", write_bps, n_write_bps, JT_ARR, 0,
		 &throttle_device_table),
	JROW_ARR(struct oci_block_io, "throttleReadIOPSDevice", read_iops, n_read_iops, JT_ARR, 0,
		 &throttle_device_table),
	JROW_ARR(struct oci_block_io, "throttleWriteIOPSDevice", write_iops, n_write_iops, JT_ARR,
		 0, &throttle_device_table),
};
static const struct json_table block_io_table = JTABLE(struct oci_block_io, block_io_rows);

static const struct json_field hugepage_limit_rows[] = {
	JROW(struct oci_hugepage_limit, "pageSize", page_size, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_hugepage_limit, "limit", limit, JT_U64, JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table hugepage_limit_table = JTABLE(struct oci_hugepage_limit,
							     hugepage_limit_rows);

static const struct json_field interface_priority_rows[] = {
	JROW(struct oci_interface_priority, "name", name, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_interface_priority, "priority", priority, JT_U32,
	     JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table interface_priority_table = JTABLE(struct oci_interface_priority,
								 interface_priority_rows);

static const struct json_field network_resources_rows[] = {
	JROW(struct oci_network_resources, "classID", class_id, JT_OPT_U32, 0),
	JROW_ARR(struct oci_network_resources, "priorities", priorities, n_priorities, JT_ARR, 0,
		 &interface_priority_table),
};
static const struct json_table network_resources_table = JTABLE(struct oci_network_resources,
								network_resources_rows);

static const struct json_field rdma_rows[] = {
	JROW(struct oci_rdma, "hcaHandles", hca_handles, JT_OPT_U32, 0),
	JROW(struct oci_rdma, "hcaObjects", hca_objects, JT_OPT_U32, 0),
};
static const struct json_table rdma_table = JTABLE(struct oci_rdma, rdma_rows);

static const struct json_field oci_resources_rows[] = {
	JROW_ARR(struct oci_resources, "devices", devices, n_devices, JT_ARR, 0,
		 &device_rule_table),
	JROW_OBJ(struct oci_resources, "memory", memory, JT_PTR, 0, &memory_table),
	JROW_OBJ(struct oci_resources, "cpu", cpu, JT_PTR, 0, &cpu_table),
	JROW_OBJ(struct oci_resources, "pids", pids, JT_PTR, 0, &pids_table),
	JROW_OBJ(struct oci_resources, "blockIO", block_io, JT_PTR, 0, &block_io_table),
	JROW_ARR(struct oci_resources, "hugepageLimits", hugepage_limits, n_hugepage_limits, JT_ARR,
		 0, &hugepage_limit_table),
	JROW_OBJ(struct oci_resources, "network", network, JT_PTR, 0, &network_resources_table),
	JROW_ARR(struct oci_resources, "rdma", rdma, n_rdma, JT_OBJMAP, 0, &rdma_table),
	JROW(struct oci_resources, "unified", unified, JT_MAP, 0),
};
const struct json_table oci_resources_table = JTABLE(struct oci_resources, oci_resources_rows);

static const struct json_field seccomp_arg_rows[] = {
	JROW(struct oci_seccomp_arg, "index", index, JT_U32, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_seccomp_arg, "value", value, JT_U64, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_seccomp_arg, "valueTwo", value_two, JT_U64, 0),
	JROW(struct oci_seccomp_arg, "op", op, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
};
static const struct json_table seccomp_arg_table = JTABLE(struct oci_seccomp_arg, seccomp_arg_rows);

static const struct json_field seccomp_syscall_rows[] = {
	JROW(struct oci_seccomp_syscall, "names", names, JT_STRV, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_seccomp_syscall, "action", action, JT_STR, JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_seccomp_syscall, "errnoRet", errno_ret, JT_OPT_U32, 0),
	JROW_ARR(struct oci_seccomp_syscall, "args", args, n_args, JT_ARR, 0, &seccomp_arg_table),
};
static const struct json_table seccomp_syscall_table = JTABLE(struct oci_seccomp_syscall,
							      seccomp_syscall_rows);

static const struct json_field oci_seccomp_rows[] = {
	JROW(struct oci_seccomp, "defaultAction", default_action, JT_STR,
	     JF_REQUIRED | JF_EMIT_EMPTY),
	JROW(struct oci_seccomp, "defaultErrnoRet", default_errno_ret, JT_OPT_U32, 0),
	JROW(struct oci_seccomp, "architectures", architectures, JT_STRV, 0),
	JROW(struct oci_seccomp, "flags", flags, JT_STRV, 0),
	JROW(struct oci_seccomp, "listenerPath", listener_path, JT_STR, 0),
	JROW(struct oci_seccomp, "listenerMetadata", listener_metadata, JT_STR, 0),
	JROW_ARR(struct oci_seccomp, "syscalls", syscalls, n_syscalls, JT_ARR, 0,
		 &seccomp_syscall_table),
};
const struct json_table oci_seccomp_table = JTABLE(struct oci_seccomp, oci_seccomp_rows);

static const struct json_field intel_rdt_rows[] = {
	JROW(struct oci_intel_rdt, "closID", clos_id, JT_STR, 0),
	JROW(struct oci_intel_rdt, "schemata", schemata, JT_STRV, 0),
	JROW(struct oci_intel_rdt, "l3CacheSchema", l3_cache_schema, JT_STR, 0),
	JROW(struct oci_intel_rdt, "memBwSchema", mem_bw_schema, JT_STR, 0),
	JROW(struct oci_intel_rdt, "enableCMT", enable_cmt, JT_BOOL, 0),
	JROW(struct oci_intel_rdt, "enableMBM", enable_mbm, JT_BOOL, 0),
	JROW(struct oci_intel_rdt, "enableMonitoring", enable_monitoring, JT_BOOL, 0),
};
static const struct json_table intel_rdt_table = JTABLE(struct oci_intel_rdt, intel_rdt_rows);

static const struct json_field personality_rows[] = {
	JROW(struct oci_personality, "domain", domain, JT_STR, 0),
	JROW(struct oci_personality, "flags", flags, JT_STRV, 0),
};
static const struct json_table personality_table = JTABLE(struct oci_personality, personality_rows);

static const struct json_field time_offset_rows[] = {
	JROW(struct oci_time_offset, "secs", secs, JT_I64, 0),
	JROW(struct oci_time_offset, "nanosecs", nanosecs, JT_U32, 0),
};
static const struct json_table time_offset_table = JTABLE(struct oci_time_offset, time_offset_rows);

static const struct json_field time_offsets_rows[] = {
	JROW_OBJ(struct oci_time_offsets, "boottime", boottime, JT_PTR, 0, &time_offset_table),
	JROW_OBJ(struct oci_time_offsets, "monotonic", monotonic, JT_PTR, 0, &time_offset_table),
};
static const struct json_table time_offsets_table = JTABLE(struct oci_time_offsets,
							   time_offsets_rows);

static const struct json_field net_device_rows[] = {
	JROW(struct oci_net_device, "name", name, JT_STR, 0),
};
static const struct json_table net_device_table = JTABLE(struct oci_net_device, net_device_rows);

static const struct json_field memory_policy_rows[] = {
	JROW(struct oci_memory_policy, "mode", mode, JT_STR, 0),
	JROW(struct oci_memory_policy, "nodes", nodes, JT_STR, 0),
	JROW(struct oci_memory_policy, "flags", flags, JT_STRV, 0),
};
static const struct json_table memory_policy_table = JTABLE(struct oci_memory_policy,
							    memory_policy_rows);

static const struct json_field oci_linux_rows[] = {
	JROW_ARR(struct oci_linux, "uidMappings", uid_mappings, n_uid_mappings, JT_ARR, 0,
		 &oci_id_mapping_table),
	JROW_ARR(struct oci_linux, "gidMappings", gid_mappings, n_gid_mappings, JT_ARR, 0,
		 &oci_id_mapping_table),
	JROW(struct oci_linux, "sysctl", sysctl, JT_MAP, 0),
	JROW_OBJ(struct oci_linux, "resources", resources, JT_PTR, 0, &oci_resources_table),
	JROW(struct oci_linux, "cgroupsPath", cgroups_path, JT_STR, 0),
	JROW_ARR(struct oci_linux, "namespaces", namespaces, n_namespaces, JT_ARR, 0,
		 &namespace_table),
	JROW_ARR(struct oci_linux, "devices", devices, n_devices, JT_ARR, 0, &device_table),
	JROW_ARR(struct oci_linux, "netDevices", net_devices, n_net_devices, JT_OBJMAP, 0,
		 &net_device_table),
	JROW_OBJ(struct oci_linux, "seccomp", seccomp, JT_PTR, 0, &oci_seccomp_table),
	JROW(struct oci_linux, "rootfsPropagation", rootfs_propagation, JT_STR, 0),
	JROW(struct oci_linux, "maskedPaths", masked_paths, JT_STRV, 0),
	JROW(struct oci_linux, "readonlyPaths", readonly_paths, JT_STRV, 0),
	JROW(struct oci_linux, "mountLabel", mount_label, JT_STR, 0),
	JROW_OBJ(struct oci_linux, "intelRdt", intel_rdt, JT_PTR, 0, &intel_rdt_table),
	JROW_OBJ(struct oci_linux, "memoryPolicy", memory_policy, JT_PTR, 0, &memory_policy_table),
	JROW_OBJ(struct oci_linux, "personality", personality, JT_PTR, 0, &personality_table),
	JROW_OBJ(struct oci_linux, "timeOffsets", time_offsets, JT_PTR, 0, &time_offsets_table),
};
const struct json_table oci_linux_table = JTABLE(struct oci_linux, oci_linux_rows);
