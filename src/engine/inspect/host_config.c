/* SPDX-License-Identifier: Apache-2.0 */
/* HostConfig: what the container may use of the host. */
#include <stdio.h>

#include "base/num.h"
#include "base/str.h"
#include "engine/inspect/inspect_priv.h"
#include "engine/logs/driver.h"

#define NANO_PER_CPU 1000000000LL
#define SHM_SIZE_DEFAULT (65536LL * 1024)
#define PIDS_LIMIT_DEFAULT 2048

static void set_binds(struct engine *e, const struct container_record *r, json_t *o)
{
	json_t *binds = json_array(), *tmpfs = json_object();

	for (size_t i = 0; i < r->wish.n_mounts; i++) {
		const struct wish_mount *m = &r->wish.mounts[i];
		scoped_free char *options = strv_join(m->options, ",");
		if (streq(m->type, "tmpfs")) {
			json_object_set_new(tmpfs, m->destination, json_string_nocheck(options));
		} else {
			scoped_free char *bind = xasprintf("%s:%s:%s", m->source, m->destination,
							   *options ? options
								    : "rw,rprivate,rbind");
			json_array_append_new(binds, json_string_nocheck(bind));
		}
	}
	json_object_set_new(o, "Binds", binds);
	json_object_set_new(o, "Tmpfs", tmpfs);
}

static void set_log(struct engine *e, const struct container_record *r, json_t *o)
{
	const struct wish_log *l = &r->wish.log;
	scoped_free char *path = logs_driver_path(e, r);
	json_t *log = json_object();
	char size[32];

	num_human_bytes_si((uint64_t)l->max_size, size, sizeof(size));
	inspect_str(log, "Type", logs_driver_of(r)->name);
	json_object_set_new(log, "Config", json_null());
	inspect_str(log, "Path", path ? path : l->path);
	inspect_str(log, "Tag", l->tag);
	inspect_str(log, "Size", l->max_size ? size : "0B");
	json_object_set_new(o, "LogConfig", log);
}

static void set_cpu(const struct oci_resources *res, json_t *o)
{
	static const struct oci_cpu none;
	const struct oci_cpu *c = res->cpu ? res->cpu : &none;
	bool limited = c->quota.set && c->period.set && c->quota.value > 0 && c->period.value > 0;

	inspect_int(o, "CpuShares", c->shares.set ? (int64_t)c->shares.value : 0);
	inspect_int(o, "NanoCpus",
		    limited ? c->quota.value * NANO_PER_CPU / (int64_t)c->period.value : 0);
	inspect_int(o, "CpuPeriod", c->period.set ? (int64_t)c->period.value : 0);
	inspect_int(o, "CpuQuota", c->quota.set ? c->quota.value : 0);
	inspect_int(o, "CpuRealtimePeriod",
		    c->realtime_period.set ? (int64_t)c->realtime_period.value : 0);
	inspect_int(o, "CpuRealtimeRuntime",
		    c->realtime_runtime.set ? c->realtime_runtime.value : 0);
	inspect_str(o, "CpusetCpus", c->cpus);
	inspect_str(o, "CpusetMems", c->mems);
	inspect_int(o, "CpuCount", 0);
	inspect_int(o, "CpuPercent", 0);
}

static void set_memory(const struct oci_resources *res, json_t *o)
{
	static const struct oci_memory none;
	const struct oci_memory *m = res->memory ? res->memory : &none;

	inspect_int(o, "Memory", m->limit.set ? m->limit.value : 0);
	inspect_int(o, "KernelMemory", 0);
	inspect_int(o, "MemoryReservation", m->reservation.set ? m->reservation.value : 0);
	inspect_int(o, "MemorySwap", m->swap.set ? m->swap.value : 0);
	inspect_int(o, "MemorySwappiness", m->swappiness.set ? (int64_t)m->swappiness.value : 0);
	inspect_bool(o, "OomKillDisable", m->disable_oom_killer.set && m->disable_oom_killer.value);
	inspect_int(o, "PidsLimit",
		    res->pids && res->pids->limit.set ? res->pids->limit.value
						      : PIDS_LIMIT_DEFAULT);
}

static void set_lists(const struct wish *w, json_t *o)
{
	json_t *devices = json_array(), *limits = json_array(), *security = json_array();

	for (size_t i = 0; i < w->n_devices; i++)
		json_array_append_new(devices,
				      json_pack("{ss ss ss}", "PathOnHost", w->devices[i].host,
						"PathInContainer", w->devices[i].container,
						"CgroupPermissions", w->devices[i].permissions));
	for (size_t i = 0; i < w->process.n_rlimits; i++)
		json_array_append_new(limits,
				      json_pack("{ss sI sI}", "Name", w->process.rlimits[i].type,
						"Soft", (json_int_t)w->process.rlimits[i].soft,
						"Hard", (json_int_t)w->process.rlimits[i].hard));
	if (w->security.no_new_privileges)
		json_array_append_new(security, json_string("no-new-privileges"));
	if (w->security.seccomp) {
		scoped_free char *text = xasprintf("seccomp=%s", w->security.seccomp);
		json_array_append_new(security, json_string_nocheck(text));
	}
	json_object_set_new(o, "Devices", devices);
	json_object_set_new(o, "Ulimits", limits);
	json_object_set_new(o, "SecurityOpt", security);
}

static void set_names(const struct container_record *r, json_t *o)
{
	const struct wish *w = &r->wish;

	inspect_strv(o, "CapAdd", w->security.cap_add);
	inspect_strv(o, "CapDrop", w->security.cap_drop);
	inspect_strv(o, "Dns", w->network.dns);
	inspect_strv(o, "DnsOptions", w->network.dns_options);
	inspect_strv(o, "DnsSearch", w->network.dns_search);
	inspect_strv(o, "ExtraHosts", w->network.add_host);
	inspect_str(o, "HostsFile", w->network.hosts_file);
	inspect_strv(o, "GroupAdd", w->process.group_add);
	inspect_strv(o, "Links", NULL);
	inspect_strv(o, "VolumesFrom", w->volumes_from);
	inspect_str(o, "VolumeDriver", "");
	inspect_str(o, "ContainerIDFile", w->cidfile);
	inspect_str(o, "Isolation", "");
	inspect_map(o, "Annotations", &w->annotations);
	inspect_str(o, "IpcMode", w->namespaces.ipc ? w->namespaces.ipc : "private");
	inspect_str(o, "PidMode", w->namespaces.pid ? w->namespaces.pid : "private");
	inspect_str(o, "UTSMode", w->namespaces.uts ? w->namespaces.uts : "private");
	inspect_str(o, "UsernsMode", "");
	inspect_str(o, "Cgroup", "");
	inspect_str(o, "Cgroups", w->namespaces.cgroups ? w->namespaces.cgroups : "default");
	inspect_str(o, "CgroupMode", w->namespaces.cgroup ? w->namespaces.cgroup : "host");
	inspect_str(o, "CgroupParent", w->namespaces.cgroup_parent);
	inspect_str(o, "NetworkMode", w->network.mode ? w->network.mode : "bridge");
}

static const char *const blkio_lists[] = { "BlkioWeightDevice", "BlkioDeviceReadBps",
					   "BlkioDeviceWriteBps", "BlkioDeviceReadIOps",
					   "BlkioDeviceWriteIOps" };

json_t *inspect_host_config(struct engine *e, const struct container_record *r)
{
	const struct wish *w = &r->wish;
	json_t *o = json_object();

	set_binds(e, r, o);
	inspect_str(o, "CgroupManager", e->cgroup_manager);
	set_log(e, r, o);
	set_names(r, o);
	json_object_set_new(o, "PortBindings", inspect_ports(&w->network));
	json_object_set_new(o, "RestartPolicy",
			    json_pack("{ss sI}", "Name", restart_policy_names[w->restart.policy],
				      "MaximumRetryCount", (json_int_t)w->restart.max_retries));
	inspect_bool(o, "AutoRemove", w->rm);
	inspect_bool(o, "AutoRemoveImage", false);
	inspect_int(o, "OomScoreAdj",
		    w->process.oom_score_adj.set ? w->process.oom_score_adj.value : 0);
	inspect_bool(o, "Privileged", w->security.privileged);
	inspect_bool(o, "PublishAllPorts", w->network.publish_all);
	inspect_bool(o, "ReadonlyRootfs", w->security.read_only);
	inspect_int(o, "ShmSize", w->shm_size.set ? w->shm_size.value : SHM_SIZE_DEFAULT);
	inspect_str(o, "Runtime", "oci");
	json_object_set_new(o, "ConsoleSize", json_pack("[ii]", 0, 0));
	set_cpu(&w->resources, o);
	set_memory(&w->resources, o);
	set_lists(w, o);
	inspect_int(o, "BlkioWeight",
		    w->resources.block_io && w->resources.block_io->weight.set
			    ? w->resources.block_io->weight.value
			    : 0);
	/* No option of ours sets these yet. */
	for (size_t i = 0; i < ARRAY_SIZE(blkio_lists); i++)
		inspect_strv(o, blkio_lists[i], NULL);
	inspect_int(o, "DiskQuota", 0);
	inspect_int(o, "IOMaximumIOps", 0);
	inspect_int(o, "IOMaximumBandwidth", 0);
	inspect_bool(o, "Init", w->process.init);
	inspect_map(o, "CgroupConf", &w->resources.unified);
	return o;
}
