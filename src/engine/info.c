/* SPDX-License-Identifier: Apache-2.0 */
/* `info` and `version` with Podman's keys. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup.h"
#include "engine/container/container_priv.h"
#include "engine/logs/driver.h"
#include "storage/store.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/feature.h"
#include "sys/procfs.h"
#include "sys/spawn.h"

/* The REST interface of the Podman whose behaviour we follow. */
#define API_VERSION "5.0.0"
#define SMALL_FILE_BYTES ((size_t)64 << 10)

static void set_str(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string(value ? value : ""));
}

static void set_int(json_t *o, const char *key, int64_t value)
{
	json_object_set_new(o, key, json_integer(value));
}

static void set_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

static void set_list(json_t *o, const char *key, const char *const *list)
{
	json_t *a = json_array();

	for (; list && *list; list++)
		json_array_append_new(a, json_string(*list));
	json_object_set_new(o, key, a);
}

/* Value of KEY=value in os-release form, quotes taken off; new string or NULL. */
static char *release_value(const char *text, const char *key)
{
	scoped_free char *want = xasprintf("\n%s=", key);
	const char *at = strstr(text, want);
	char *value;
	size_t len;

	if (!at)
		return NULL;
	at += strlen(want);
	at += *at == '"';
	len = strcspn(at, "\n");
	if (len && at[len - 1] == '"')
		len--;
	value = xstrndup(at, len);
	return value;
}

static json_t *distribution(void)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	json_t *o = json_object();
	static const char *const keys[][2] = { { "distribution", "ID" },
					       { "variant", "VARIANT_ID" },
					       { "version", "VERSION_ID" },
					       { "codename", "VERSION_CODENAME" } };

	buf_addc(&text, '\n');
	fd_read_file(AT_FDCWD, "/etc/os-release", SMALL_FILE_BYTES, &text);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		scoped_free char *value = release_value(buf_str(&text), keys[i][1]);

		if (value)
			set_str(o, keys[i][0], value);
		else if (i == 0)
			set_str(o, keys[i][0], "unknown");
	}
	return o;
}

/* "Key:  123 kB" of /proc/meminfo, in bytes. */
static int64_t meminfo(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) * 1024 : 0;
}

static void add_memory(json_t *host)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	fd_read_file(AT_FDCWD, "/proc/meminfo", SMALL_FILE_BYTES, &text);
	set_int(host, "memFree", meminfo(buf_str(&text), "MemFree:"));
	set_int(host, "memTotal", meminfo(buf_str(&text), "MemTotal:"));
	set_int(host, "swapFree", meminfo(buf_str(&text), "SwapFree:"));
	set_int(host, "swapTotal", meminfo(buf_str(&text), "SwapTotal:"));
}

/* Percent with two digits, as Podman prints it. */
static json_t *percent(double part, double all)
{
	return json_real((double)(int64_t)(part * 10000.0 / all) / 100.0);
}

/* The first line of /proc/stat: "cpu  USER NICE SYSTEM IDLE ...", in ticks since boot. */
static json_t *cpu_utilization(void)
{
	scoped_strv char **words = NULL;
	uint64_t ticks[4] = { 0 };
	json_t *o = json_object();
	char line[256];
	double all;

	if (fd_read_line(AT_FDCWD, "/proc/stat", line, sizeof(line)) > 0)
		words = strv_split(line, " ", false);
	for (size_t i = 0; words && i < ARRAY_SIZE(ticks) && i + 1 < strv_len(words); i++)
		if (num_u64(words[i + 1], &ticks[i]) < 0)
			ticks[i] = 0;
	all = (double)(ticks[0] + ticks[1] + ticks[2] + ticks[3]);
	if (all <= 0)
		all = 1;
	json_object_set_new(o, "userPercent", percent((double)(ticks[0] + ticks[1]), all));
	json_object_set_new(o, "systemPercent", percent((double)ticks[2], all));
	json_object_set_new(o, "idlePercent", percent((double)ticks[3], all));
	return o;
}

/* First line that a program prints for --version; "" when it does not run. */
static char *program_version(const char *path)
{
	const char *args[] = { path, "--version", NULL };
	scoped(buf_done) struct buf out = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	int status;

	s.args = (char *const *)args;
	s.flags = SPAWN_NULL_STDIN | SPAWN_NULL_STDERR;
	if (!path || spawn_run(&s, NULL, 0, SMALL_FILE_BYTES, &out, NULL, 10000, &status, NULL) < 0)
		return xstrdup("");
	return xstrdup(str_trim(out.data ? out.data : (char[]){ "" }));
}

static json_t *program(const char *name, const char *path)
{
	scoped_free char *version = program_version(path);
	json_t *o = json_object();

	if (name)
		set_str(o, "name", name);
	set_str(o, "package", "Unknown");
	set_str(o, "path", path);
	set_str(o, "version", version);
	return o;
}

static json_t *security(struct engine *e)
{
	scoped_strv char **names = NULL;
	scoped_free char *list = NULL;
	json_t *o = json_object();
	uint64_t mask = 0;
	struct caps caps = { 0 };

	caps_get(&caps);
	spec_capabilities(NULL, NULL, false, caps.bounding, &mask, NULL);
	for (int cap = 0; cap < 64; cap++)
		if (mask & (UINT64_C(1) << cap) && caps_name(cap))
			strv_add(&names, caps_name(cap));
	strv_sort(names);
	list = strv_join(names, ",");
	set_bool(o, "apparmorEnabled", feature_apparmor());
	set_str(o, "capabilities", list);
	set_bool(o, "rootless", geteuid() != 0);
	set_bool(o, "seccompEnabled", feature_seccomp());
	set_str(o, "seccompProfilePath",
		engine_conf_str(e, "containers", "seccomp_profile",
				access("/etc/containers/seccomp.json", R_OK) == 0
					? "/etc/containers/seccomp.json"
					: "default"));
	set_bool(o, "selinuxEnabled", feature_selinux());
	return o;
}

static void add_uptime(json_t *host)
{
	int64_t sec = (time_now_nsec() - proc_boot_time_nsec()) / NSEC_PER_SEC;
	scoped_free char *text = xasprintf("%lldh %lldm %lld.00s", (long long)sec / 3600,
					   (long long)sec / 60 % 60, (long long)sec % 60);

	set_str(host, "uptime", text);
}

static json_t *host_info(struct engine *e)
{
	json_t *o = json_object(), *ids = json_object(), *socket = json_object(),
	       *net = json_object();
	struct utsname u;

	uname(&u);
	set_str(o, "arch", image_host_arch());
	set_str(o, "buildahVersion", "");
	set_str(o, "cgroupManager", e->cgroup_manager);
	set_str(o, "cgroupVersion", cgroup_layout() == CGROUP_LAYOUT_V2 ? "v2" : "v1");
	set_list(o, "cgroupControllers", cgroup_controllers());
	json_object_set_new(o, "conmon", program(NULL, e->conmon_path));
	set_int(o, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	json_object_set_new(o, "cpuUtilization", cpu_utilization());
	set_str(o, "databaseBackend", "sqlite");
	json_object_set_new(o, "distribution", distribution());
	set_str(o, "eventLogger", "none");
	set_str(o, "hostname", u.nodename);
	json_object_set_new(ids, "gidmap", json_null());
	json_object_set_new(ids, "uidmap", json_null());
	json_object_set_new(o, "idMappings", ids);
	set_str(o, "kernel", u.release);
	set_str(o, "linkmode", "dynamic");
	set_str(o, "logDriver", engine_conf_str(e, "containers", "log_driver", "k8s-file"));
	add_memory(o);
	set_str(o, "networkBackend", "coracle");
	set_str(net, "backend", "coracle");
	set_str(net, "version", CORACLE_VERSION);
	set_str(net, "defaultNetwork", e->network.default_network);
	json_object_set_new(o, "networkBackendInfo", net);
	json_object_set_new(
		o, "ociRuntime",
		program(e->runtime_path ? path_base(e->runtime_path) : "", e->runtime_path));
	set_str(o, "os", "linux");
	set_str(socket, "path", "");
	set_bool(socket, "exists", false);
	json_object_set_new(o, "remoteSocket", socket);
	json_object_set_new(o, "security", security(e));
	set_bool(o, "serviceIsRemote", false);
	add_uptime(o);
	set_str(o, "variant", image_host_variant());
	return o;
}

static int count_containers(struct engine *e, json_t *o, struct error *err)
{
	struct container_summary *list = NULL;
	size_t n = 0, running = 0, paused = 0;
	int r = container_list(e, &list, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		running += list[i].status == CONTAINER_RUNNING;
		paused += list[i].status == CONTAINER_PAUSED;
	}
	container_list_free(list, n);
	set_int(o, "number", (int64_t)n);
	set_int(o, "paused", (int64_t)paused);
	set_int(o, "running", (int64_t)running);
	set_int(o, "stopped", (int64_t)(n - running - paused));
	return 0;
}

static int store_info(struct engine *e, json_t **ret, struct error *err)
{
	scoped_json json_t *o = json_object();
	json_t *containers = json_object(), *images = json_object(), *status = json_object();
	struct store_image *list = NULL;
	struct store *store;
	struct statvfs fs = { 0 };
	size_t n = 0;
	int r = engine_store(e, &store, err);

	json_object_set_new(o, "containerStore", containers);
	json_object_set_new(o, "imageStore", images);
	json_object_set_new(o, "graphStatus", status);
	json_object_set_new(o, "graphOptions", json_object());
	if (r >= 0)
		r = count_containers(e, containers, err);
	if (r >= 0)
		r = store_image_list(store, &list, &n, err);
	if (r < 0)
		return r;
	store_image_list_free(list, n);
	set_int(images, "number", (int64_t)n);
	statvfs(e->graphroot, &fs);
	set_str(o, "configFile", "");
	set_str(o, "graphDriverName", store_driver_name(store));
	set_str(o, "graphRoot", e->graphroot);
	set_int(o, "graphRootAllocated", (int64_t)(fs.f_blocks * fs.f_frsize));
	set_int(o, "graphRootUsed", (int64_t)((fs.f_blocks - fs.f_bfree) * fs.f_frsize));
	set_str(status, "Native Overlay Diff",
		streq(store_driver_name(store), "overlay") ? "true" : "false");
	set_str(o, "imageCopyTmpDir", getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp");
	set_str(o, "runRoot", e->runroot);
	set_str(o, "volumePath", e->volume_path);
	set_bool(o, "transientStore", false);
	*ret = take_ptr(o);
	return 0;
}

static json_t *plugins(void)
{
	static const char *const volume[] = { "local", NULL };
	static const char *const network[] = { "bridge", "macvlan", "ipvlan", NULL };
	scoped_strv char **log = strv_split(LOGS_DRIVER_NAMES, " ", false);
	json_t *o = json_object();

	set_list(o, "volume", volume);
	set_list(o, "network", network);
	set_list(o, "log", (const char *const *)log);
	json_object_set_new(o, "authorization", json_null());
	return o;
}

static json_t *version_object(void)
{
	scoped_free char *arch = xasprintf("linux/%s", image_host_arch());
	json_t *o = json_object();

	set_str(o, "APIVersion", API_VERSION);
	set_str(o, "Version", CORACLE_VERSION);
	set_str(o, "GoVersion", "");
	set_str(o, "GitCommit", "");
	set_str(o, "BuiltTime", "Thu Jan  1 00:00:00 1970");
	set_int(o, "Built", 0);
	set_str(o, "OsArch", arch);
	set_str(o, "Os", "linux");
	return o;
}

int engine_info(struct engine *e, json_t **ret, struct error *err)
{
	scoped_json json_t *o = json_object();
	json_t *store = NULL;
	int r = store_info(e, &store, err);

	if (r < 0)
		return r;
	json_object_set_new(o, "host", host_info(e));
	json_object_set_new(o, "store", store);
	json_object_set_new(o, "registries", json_object());
	json_object_set_new(o, "plugins", plugins());
	json_object_set_new(o, "version", version_object());
	*ret = take_ptr(o);
	return 0;
}

int engine_version(struct engine *e, json_t **ret, struct error *err)
{
	json_t *o = json_object();

	json_object_set_new(o, "Client", version_object());
	*ret = o;
	return 0;
}
