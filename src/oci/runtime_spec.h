/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_spec: OCI runtime specification 1.0 to 1.3, config.json, as structs (the Linux parts; the
 * solaris, windows, vm and zos sections are refused by name when present).
 *
 * Member names are the specification's in our spelling; absent objects are NULL, absent scalars are
 * unset opt_*.  Decoding is case-sensitive and ignores unknown keys (the specification's
 * extensibility rule); validation is runtime_spec_validate.
 */
#ifndef CORACLE_OCI_RUNTIME_SPEC_H
#define CORACLE_OCI_RUNTIME_SPEC_H

#include "base/json.h"

struct oci_hook {
	char *path;
	char **args;
	char **env;
	struct opt_i64 timeout; /* seconds, > 0 */
};
struct oci_hooks {
	struct oci_hook *prestart, *create_runtime, *create_container, *start_container, *poststart,
		*poststop;
	size_t n_prestart, n_create_runtime, n_create_container, n_start_container, n_poststart,
		n_poststop;
};

struct oci_id_mapping {
	uint32_t container_id, host_id, size;
};

struct oci_mount {
	char *destination;
	char *type;
	char *source;
	char **options;
	struct oci_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
};

struct oci_root {
	char *path;
	bool readonly;
};

struct oci_console_size {
	uint32_t height, width;
};
struct oci_user {
	uint32_t uid, gid;
	struct opt_u32 umask;
	uint32_t *additional_gids;
	size_t n_additional_gids;
	char *username; /* Windows only; refused when set */
};
struct oci_capabilities {
	char **bounding, **effective, **inheritable, **permitted, **ambient;
};
struct oci_rlimit {
	char *type;
	uint64_t hard, soft;
};
struct oci_scheduler {
	char *policy;
	int32_t nice;
	int32_t priority;
	char **flags;
	uint64_t runtime, deadline, period;
};
struct oci_io_priority {
	char *io_class;
	int32_t priority;
};
struct oci_exec_cpu_affinity {
	char *initial, *final;
};
struct oci_process {
	bool terminal;
	struct oci_console_size *console_size;
	struct oci_user user;
	char **args;
	char *command_line; /* Windows only; refused when set */
	char **env;
	char *cwd;
	struct oci_capabilities *capabilities;
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	char *selinux_label;
	struct opt_i32 oom_score_adj;
	struct oci_scheduler *scheduler;
	struct oci_io_priority *io_priority;
	struct oci_exec_cpu_affinity *exec_cpu_affinity;
};

struct oci_namespace {
	char *type; /* "pid", "network", "mount", ... */
	char *path; /* NULL: new */
};
struct oci_device {
	char *path;
	char *type; /* "c" "b" "u" "p" */
	struct opt_i64 major, minor;
	struct opt_u32 file_mode, uid, gid;
};

struct oci_device_rule {
	bool allow;
	char *type; /* NULL: "a" */
	struct opt_i64 major, minor;
	char *access;
};
struct oci_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};
struct oci_cpu {
	struct opt_u64 shares;
	struct opt_i64 quota;
	struct opt_u64 burst;
	struct opt_u64 period;
	struct opt_i64 realtime_runtime;
	struct opt_u64 realtime_period;
	char *cpus, *mems;
	struct opt_i64 idle;
};
struct oci_weight_device {
	int64_t major, minor;
	struct opt_u32 weight, leaf_weight;
};
struct oci_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};
struct oci_block_io {
	struct opt_u32 weight, leaf_weight;
	struct oci_weight_device *weight_device;
	struct oci_throttle_device *read_bps, *write_bps, *read_iops, *write_iops;
	size_t n_weight_device, n_read_bps, n_write_bps, n_read_iops, n_write_iops;
};
struct oci_hugepage_limit {
	char *page_size;
	uint64_t limit;
};
struct oci_interface_priority {
	char *name;
	uint32_t priority;
};
struct oci_network_resources {
	struct opt_u32 class_id;
	struct oci_interface_priority *priorities;
	size_t n_priorities;
};
struct oci_rdma {
	char *key; /* device */
	struct opt_u32 hca_handles, hca_objects;
};
struct oci_pids {
	struct opt_i64 limit;
};
struct oci_resources {
	struct oci_device_rule *devices;
	size_t n_devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_pids *pids;
	struct oci_block_io *block_io;
	struct oci_hugepage_limit *hugepage_limits;
	size_t n_hugepage_limits;
	struct oci_network_resources *network;
	struct oci_rdma *rdma;
	size_t n_rdma;
	struct strmap unified;
};

struct oci_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	char *op;
};
struct oci_seccomp_syscall {
	char **names;
	char *action;
	struct opt_u32 errno_ret;
	struct oci_seccomp_arg *args;
	size_t n_args;
};
struct oci_seccomp {
	char *default_action;
	struct opt_u32 default_errno_ret;
	char **architectures;
	char **flags;
	char *listener_path, *listener_metadata;
	struct oci_seccomp_syscall *syscalls;
	size_t n_syscalls;
};
struct oci_intel_rdt {
	char *clos_id;
	char **schemata;
	char *l3_cache_schema, *mem_bw_schema;
	bool enable_cmt, enable_mbm, enable_monitoring;
};
struct oci_personality {
	char *domain;
	char **flags;
};
struct oci_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};
struct oci_time_offsets {
	struct oci_time_offset *boottime, *monotonic;
};
struct oci_net_device {
	char *key; /* host interface */
	char *name;
};
struct oci_memory_policy {
	char *mode, *nodes;
	char **flags;
};
struct oci_linux {
	struct oci_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
	struct strmap sysctl;
	struct oci_resources *resources;
	char *cgroups_path;
	struct oci_namespace *namespaces;
	size_t n_namespaces;
	struct oci_device *devices;
	size_t n_devices;
	struct oci_net_device *net_devices;
	size_t n_net_devices;
	struct oci_seccomp *seccomp;
	char *rootfs_propagation;
	char **masked_paths, **readonly_paths;
	char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
	struct oci_time_offsets *time_offsets;
};

struct oci_spec {
	char *oci_version;
	struct oci_root *root;
	struct oci_process *process;
	char *hostname, *domainname;
	struct oci_mount *mounts;
	size_t n_mounts;
	struct oci_hooks *hooks;
	struct strmap annotations;
	struct oci_linux *linux_;			/* "linux" is a macro of gnu17 */
	json_t *windows, *solaris, *vm, *zos, *freebsd; /* JT_RAW; refused by validate */
};

extern const struct json_table oci_spec_table;	    /* config.json */
extern const struct json_table oci_process_table;   /* process.json for exec */
extern const struct json_table oci_resources_table; /* update --resources */
extern const struct json_table oci_seccomp_table;
extern const struct json_table oci_mount_table;

/* What the specification demands of a document, whatever the kernel: version 1.x, root, cwd
 * absolute, args, duplicate namespaces and rlimits, mounts, hooks, seccomp, mappings that come in
 * pairs. Messages carry the JSON path.  A major version other than 1 is ERROR_UNSUPPORTED. */
int oci_spec_validate(const struct oci_spec *spec, struct error *err);
int oci_process_validate(const struct oci_process *p, struct error *err);
int oci_mounts_validate(const struct oci_mount *mounts, size_t n, struct error *err);

void oci_spec_done(struct oci_spec *s);
void oci_process_done(struct oci_process *p);
DEFINE_SCOPED_STRUCT(struct oci_spec, oci_spec_done)
DEFINE_SCOPED_STRUCT(struct oci_process, oci_process_done)

/* Newest version that we write and accept fully. */
#define OCI_RUNTIME_SPEC_VERSION "1.3.0"

/* state: `runtime state` and hooks' stdin */
struct oci_state {
	char *oci_version;
	char *id;
	char *status; /* creating created running paused stopped */
	int32_t pid;
	char *bundle;
	struct strmap annotations;
	/* what runc adds */
	char *rootfs;
	int64_t created_nsec;
	char *owner;
};
extern const struct json_table oci_state_table;
void oci_state_done(struct oci_state *s);
DEFINE_SCOPED_STRUCT(struct oci_state, oci_state_done)

#endif
