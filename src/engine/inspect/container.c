/* SPDX-License-Identifier: Apache-2.0 */
/* container_inspect: from the record and the kernel's facts; takes no lock, starts nothing. */
#include <dirent.h>

#include "base/ident.h"
#include "base/str.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "engine/inspect/inspect_priv.h"
#include "storage/store.h"

/* What the monitor's and the engine's checks have recorded. */
static void set_health(struct engine *e, const struct container_record *r, json_t *o)
{
	const struct health_config *c = &r->wish.health;
	scoped(health_record_done) struct health_record record = { 0 };
	json_t *health;

	if (!health_enabled(c))
		return;
	health_record_read(e, r->id, c->log_destination, &record);
	record.startup_passed = false; /* ours alone, and not shown */
	record.startup_successes = record.startup_failures = 0;
	health = json_table_encode(&health_record_table, &record);
	json_object_set_new(o, "Health", health);
}

static json_t *state_json(struct engine *e, const struct container_record *r)
{
	const struct container_state *s = &r->state;
	scoped_free char *cgroup = container_cgroup_path(r);
	bool live = s->status == CONTAINER_RUNNING || s->status == CONTAINER_PAUSED;
	json_t *o = json_object();

	inspect_str(o, "OciVersion", OCI_RUNTIME_SPEC_VERSION);
	inspect_str(o, "Status", container_status_word((enum container_status)s->status));
	inspect_bool(o, "Running", s->status == CONTAINER_RUNNING);
	inspect_bool(o, "Paused", s->status == CONTAINER_PAUSED);
	inspect_bool(o, "Restarting", s->status == CONTAINER_STOPPED && container_restart_due(r));
	inspect_bool(o, "OOMKilled", s->oom_killed);
	inspect_bool(o, "Dead", false);
	inspect_int(o, "Pid", live ? s->pid : 0);
	inspect_int(o, "ConmonPid", live ? s->monitor_pid : 0);
	inspect_int(o, "ExitCode", s->exit_code);
	inspect_str(o, "Error", s->error);
	inspect_time(o, "StartedAt", s->started_nsec);
	inspect_time(o, "FinishedAt", s->finished_nsec);
	inspect_str(o, "CgroupPath", live ? cgroup : "");
	inspect_time(o, "CheckpointedAt", 0);
	inspect_time(o, "RestoredAt", 0);
	inspect_bool(o, "StoppedByUser", s->stopped_by_user);
	set_health(e, r, o);
	return o;
}

static void set_paths(struct engine *e, const struct container_record *r, json_t *o)
{
	static const char *const rows[][2] = {
		{ "ResolvConfPath", "resolv.conf" },
		{ "HostnamePath", "hostname" },
		{ "HostsPath", "hosts" },
		{ "OCIConfigPath", "config.json" },
		{ "ConmonPidFile", "conmon.pid" },
		{ "PidFile", "pidfile" },
	};
	scoped_free char *dir = engine_path(e, "containers/%s", r->id);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped_free char *path = engine_run_path(e, "containers/%s/%s", r->id, rows[i][1]);
		inspect_str(o, rows[i][0], path);
	}
	inspect_str(o, "StaticDir", dir);
}

static void set_identity(struct engine *e, const struct container_record *r, json_t *o)
{
	const struct wish_process *p = &r->wish.process;
	scoped_strv char **all = strv_dup(p->entrypoint);

	strv_add_all(&all, p->command);
	inspect_str(o, "Id", r->id);
	inspect_time(o, "Created", r->created_nsec);
	inspect_str(o, "Path", all && all[0] ? all[0] : "");
	inspect_strv(o, "Args", all && all[0] ? all + 1 : NULL);
	json_object_set_new(o, "State", state_json(e, r));
	inspect_str(o, "Image", r->wish.image_id);
	inspect_str(o, "ImageName", r->wish.image_name ? r->wish.image_name : r->wish.image);
	inspect_str(o, "Rootfs", r->wish.rootfs);
	inspect_str(o, "Pod", "");
	inspect_str(o, "OCIRuntime", r->wish.runtime ? r->wish.runtime : e->runtime_path);
	inspect_str(o, "Name", r->name);
	inspect_int(o, "RestartCount", r->state.restart_count);
	inspect_str(o, "MountLabel", "");
	inspect_str(o, "ProcessLabel", "");
	inspect_str(o, "AppArmorProfile", r->wish.security.apparmor);
	inspect_strv(o, "EffectiveCaps", r->wish.security.capabilities);
	inspect_strv(o, "BoundingCaps", r->wish.security.capabilities);
}

/* Sessions that run now: their directories below the run directory. */
static void set_exec_ids(struct engine *e, const struct container_record *r, json_t *o)
{
	scoped_free char *path = engine_run_path(e, "containers/%s/exec", r->id);
	scoped_strv char **ids = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (str_is_hex(entry->d_name, ID_HEX_LEN))
			strv_add(&ids, entry->d_name);
	if (dir)
		closedir(dir);
	strv_sort(ids);
	inspect_strv(o, "ExecIDs", ids);
}

static int set_storage(struct engine *e, const struct container_record *r, json_t *o,
		       struct error *err)
{
	struct store_mount m = { 0 };
	struct store_image image = { 0 };
	json_t *data = json_object(), *driver = json_object();
	scoped_free char *lower = NULL;
	struct error sub = ERROR_INIT;
	struct store *s;
	int n = engine_store(e, &s, err);

	if (n >= 0 && !r->wish.rootfs && store_container_mount(s, r->id, &m, &sub) >= 0) {
		lower = strv_join(m.lower, ":");
		if (lower && *lower)
			inspect_str(data, "LowerDir", lower);
		if (r->state.mounted)
			inspect_str(data, "MergedDir", m.merged);
		if (m.upper)
			inspect_str(data, "UpperDir", m.upper);
		if (m.work)
			inspect_str(data, "WorkDir", m.work);
	}
	inspect_str(driver, "Name", n >= 0 ? store_driver_name(s) : "");
	json_object_set_new(driver, "Data", data);
	json_object_set_new(o, "GraphDriver", driver);
	inspect_str(o, "Driver", n >= 0 ? store_driver_name(s) : "");
	if (n >= 0 && r->wish.image_id && store_image_get(s, r->wish.image_id, &image, &sub) >= 0)
		inspect_str(o, "ImageDigest", image.digest);
	else
		inspect_str(o, "ImageDigest", "");
	store_image_done(&image);
	store_mount_done(&m);
	return n < 0 ? n : 0;
}

static int set_size(struct engine *e, const struct container_record *r, json_t *o,
		    struct error *err)
{
	uint64_t rw, rootfs;
	int n = container_size(e, r->id, &rw, &rootfs, err);

	if (n < 0)
		return n;
	inspect_int(o, "SizeRw", (int64_t)rw);
	inspect_int(o, "SizeRootFs", (int64_t)rootfs);
	return 0;
}

int container_inspect(struct engine *e, const char *word, bool size, json_t **ret,
		      struct error *err)
{
	scoped(container_record_done) struct container_record r = { 0 };
	scoped_json json_t *o = json_object();
	int n = container_snapshot(e, word, &r, err);

	if (n < 0)
		return n;
	set_identity(e, &r, o);
	set_paths(e, &r, o);
	set_exec_ids(e, &r, o);
	n = set_storage(e, &r, o, err);
	if (n >= 0 && size)
		n = set_size(e, &r, o, err);
	if (n < 0)
		return n;
	json_object_set_new(o, "Mounts", inspect_mounts(e, &r));
	inspect_strv(o, "Dependencies", NULL);
	json_object_set_new(o, "NetworkSettings", inspect_network_settings(e, &r));
	inspect_str(o, "Namespace", "");
	inspect_bool(o, "IsInfra", false);
	inspect_bool(o, "IsService", false);
	inspect_str(o, "KubeExitCodePropagation", "invalid");
	inspect_int(o, "lockNumber", 0);
	json_object_set_new(o, "Config", inspect_config(&r));
	json_object_set_new(o, "HostConfig", inspect_host_config(e, &r));
	inspect_bool(o, "UseImageHosts", false);
	inspect_bool(o, "UseImageHostname", false);
	*ret = take_ptr(o);
	return 0;
}
