/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "engine/engine_priv.h"
#include "runtime/driver.h"
#include "storage/store.h"
#include "sys/fd.h"
#include "sys/procfs.h"
#include "sys/spawn.h"

#define DEFAULT_GRAPHROOT "/var/lib/coracle"
#define DEFAULT_RUNROOT "/run/coracle"
#define DEFAULT_RUNTIME "coracle-runtime"
#define DEFAULT_MONITOR "coracle-monitor"
/* One for all engines of the host, see network.h. */
#define HOST_NETWORK_RUNDIR "/run/coracle/networks"
/* Bridges of both engines live side by side, with pools of their own. */
#define DEFAULT_NETWORK "podman"
#define DEFAULT_SUBNET "10.90.0.0/16"

char *engine_path(const struct engine *e, const char *fmt, ...)
{
	scoped_free char *rel = NULL;
	va_list ap;

	va_start(ap, fmt);
	rel = xvasprintf(fmt, ap);
	va_end(ap);
	return path_join(e->graphroot, rel);
}

char *engine_run_path(const struct engine *e, const char *fmt, ...)
{
	scoped_free char *rel = NULL;
	va_list ap;

	va_start(ap, fmt);
	rel = xvasprintf(fmt, ap);
	va_end(ap);
	return path_join(e->runroot, rel);
}

const char *engine_graphroot(const struct engine *e)
{
	return e->graphroot;
}

const char *engine_runroot(const struct engine *e)
{
	return e->runroot;
}

const json_t *engine_conf(struct engine *e, const char *table, const char *key)
{
	return json_object_get(json_object_get(e->conf, table), key);
}

const char *engine_conf_str(struct engine *e, const char *table, const char *key,
			    const char *fallback)
{
	const json_t *j = engine_conf(e, table, key);

	return json_is_string(j) && *json_string_value(j) ? json_string_value(j) : fallback;
}

int64_t engine_conf_int(struct engine *e, const char *table, const char *key, int64_t fallback)
{
	const json_t *j = engine_conf(e, table, key);

	return json_is_integer(j) ? json_integer_value(j) : fallback;
}

bool engine_conf_bool(struct engine *e, const char *table, const char *key, bool fallback)
{
	const json_t *j = engine_conf(e, table, key);

	return json_is_boolean(j) ? json_is_true(j) : fallback;
}

char **engine_conf_strv(struct engine *e, const char *table, const char *key)
{
	const json_t *j = engine_conf(e, table, key);
	char **v = NULL;

	for (size_t i = 0; i < json_array_size(j); i++) {
		const char *s = json_string_value(json_array_get(j, i));

		if (s)
			strv_add(&v, s);
	}
	return v;
}

/* ---- programs ---- */

static char *executable_in(const char *dir, const char *name)
{
	scoped_free char *path = path_join(dir, name);

	return access(path, X_OK) == 0 ? take_ptr(path) : NULL;
}

char *engine_helper(struct engine *e, const char *name)
{
	static const char *const usual[] = { "/usr/local/libexec/coracle",
					     "/usr/local/bin",
					     "/usr/libexec/coracle",
					     "/usr/libexec/podman",
					     "/usr/lib/podman",
					     "/usr/bin",
					     "/usr/sbin" };
	scoped_strv char **configured = engine_conf_strv(e, "engine", "helper_binaries_dir");
	char *found = NULL;

	if (e->program) {
		scoped_free char *dir = path_dir(e->program);

		found = executable_in(dir, name);
	}
	STRV_FOREACH (dir, configured)
		if (!found)
			found = executable_in(*dir, name);
	for (size_t i = 0; i < ARRAY_SIZE(usual) && !found; i++)
		found = executable_in(usual[i], name);
	return found ? found : spawn_find(name);
}

/* A runtime by path, by its list in [engine.runtimes], or as a helper. */
static char *find_runtime(struct engine *e, const char *word)
{
	const json_t *list = json_object_get(engine_conf(e, "engine", "runtimes"), word);

	if (strchr(word, '/'))
		return xstrdup(word);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *path = json_string_value(json_array_get(list, i));

		if (path && access(path, X_OK) == 0)
			return xstrdup(path);
	}
	return engine_helper(e, word);
}

static int resolve_programs(struct engine *e, const struct engine_options *o, struct error *err)
{
	const char *runtime = o->runtime;

	if (o->program)
		e->program = xstrdup(o->program);
	if (!runtime)
		runtime = engine_conf_str(e, "engine", "runtime", DEFAULT_RUNTIME);
	e->runtime_path = find_runtime(e, runtime);
	if (!e->runtime_path && o->runtime)
		return error_set(err, ERROR_NOT_FOUND,
				 "default OCI runtime \"%s\" not found: invalid argument", runtime);
	if (o->conmon) {
		e->conmon_path = xstrdup(o->conmon);
	} else {
		e->conmon_path = engine_helper(e, DEFAULT_MONITOR);
	}
	return 0;
}

/* Stored in records and handed to other programs: absolute, without links left relative. */
static char *absolute(const char *path)
{
	scoped_free char *cwd = NULL, *joined = NULL;

	if (path_absolute(path))
		return path_clean(path);
	cwd = getcwd(NULL, 0);
	joined = path_join(cwd ? cwd : "/", path);
	return path_clean(joined);
}

static void resolve_roots(struct engine *e, const struct engine_options *o)
{
	e->graphroot = absolute(o->root ? o->root : DEFAULT_GRAPHROOT);
	e->runroot = absolute(o->runroot ? o->runroot : DEFAULT_RUNROOT);
}

static const char *keep(struct engine *e, char *s)
{
	strv_add_take(&e->network_strings, s);
	return s;
}

static void resolve_network(struct engine *e, const struct engine_options *o)
{
	const char *dir = o->network_config_dir;

	if (!dir)
		dir = engine_conf_str(e, "network", "network_config_dir", NULL);
	e->network.confdir = keep(e, dir ? absolute(dir) : engine_path(e, "networks"));
	e->network.rundir = keep(e, engine_run_path(e, "networks"));
	e->network.host_rundir = HOST_NETWORK_RUNDIR;
	e->network.default_network = engine_conf_str(e, "network", "default_network",
						     DEFAULT_NETWORK);
	e->network.default_subnet = engine_conf_str(e, "network", "default_subnet", DEFAULT_SUBNET);
}

/* As Podman: systemd where it runs the machine, who is asked otherwise by option or configuration.
 */
static int resolve_cgroup_manager(struct engine *e, const struct engine_options *o,
				  struct error *err)
{
	const char *m = o->cgroup_manager;

	if (!m)
		m = engine_conf_str(e, "engine", "cgroup_manager", NULL);
	if (str_empty(m))
		m = access("/run/systemd/system", F_OK) == 0 ? "systemd" : "cgroupfs";
	if (!streq(m, "systemd") && !streq(m, "cgroupfs"))
		return error_set(err, ERROR_INVALID,
				 "cgroup manager '%s' is unknown: choose cgroupfs or systemd", m);
	e->cgroup_manager = xstrdup(m);
	return 0;
}

int engine_open(const struct engine_options *o, struct engine **ret, struct error *err)
{
	scoped(engine_close) struct engine *e = xnew(struct engine);
	const char *volumes;
	int r;

	trace_scope("open engine");
	if (geteuid() != 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "rootless mode is not supported yet: run as root");
	r = conf_load(&e->conf, err);
	if (r < 0)
		return r;
	resolve_roots(e, o);
	r = resolve_programs(e, o, err);
	if (r < 0)
		return r;
	e->storage_driver = xstrdup_opt(o->storage_driver);
	r = resolve_cgroup_manager(e, o, err);
	if (r < 0)
		return r;
	volumes = o->volume_path ? o->volume_path
				 : engine_conf_str(e, "engine", "volume_path", NULL);
	e->volume_path = volumes ? absolute(volumes) : engine_path(e, "volumes");
	resolve_network(e, o);
	r = proc_boot_id(e->boot_id);
	if (r < 0)
		return error_os(err, -r, "read the boot id of this machine");
	*ret = take_ptr(e);
	return 0;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	db_close(e->db);
	store_close(e->store);
	for (size_t i = 0; i < e->n_runtimes; i++)
		runtime_driver_free(e->runtimes[i]);
	free(e->runtimes);
	json_decref(e->conf);
	strv_free(e->network_strings);
	free(e->graphroot);
	free(e->runroot);
	free(e->runtime_path);
	free(e->conmon_path);
	free(e->program);
	free(e->storage_driver);
	free(e->cgroup_manager);
	free(e->volume_path);
	free(e);
}

int engine_make_dirs(struct engine *e, struct error *err)
{
	static const char *const graph[] = { "", "containers", "volumes", "networks", "storage" };
	static const char *const run[] = { "",
					   "locks/pod",
					   "locks/container",
					   "locks/volume",
					   "locks/network",
					   "locks/storage",
					   "locks/image",
					   "locks/exit",
					   "containers",
					   "exits",
					   "netns",
					   "runtime",
					   "networks",
					   "storage" };

	if (e->dirs_made)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(graph) + ARRAY_SIZE(run); i++) {
		bool is_graph = i < ARRAY_SIZE(graph);
		scoped_free char *path = is_graph ? engine_path(e, "%s", graph[i])
						  : engine_run_path(e, "%s",
								    run[i - ARRAY_SIZE(graph)]);
		int r = fd_mkdir_p(AT_FDCWD, path, 0711);

		if (r < 0)
			return error_os(err, -r, "create directory '%s'", path);
	}
	e->dirs_made = true;
	return 0;
}

int engine_db(struct engine *e, struct db **ret, struct error *err)
{
	if (!e->db) {
		scoped_free char *path = engine_path(e, "db.sqlite");
		scoped_free char *mark = engine_run_path(e, "boot-id");
		char boot[64];
		int r;

		trace_scope("open database");
		if (access(path, F_OK) != 0) {
			r = engine_make_dirs(e, err);
			if (r < 0)
				return r;
		}
		r = db_open(path, &e->db, err);
		if (r < 0)
			return r;
		r = fd_read_line(AT_FDCWD, mark, boot, sizeof(boot));
		if (r < 0 || !streq(boot, e->boot_id) || db_stale(e->db, e->boot_id)) {
			r = engine_refresh(e, err);
			if (r < 0) {
				db_close(e->db);
				e->db = NULL;
				return error_prefix(err, "refresh containers after a reboot");
			}
		}
	}
	*ret = e->db;
	return 0;
}

int engine_store(struct engine *e, struct store **ret, struct error *err)
{
	if (!e->store) {
		scoped_free char *graph = engine_path(e, "storage");
		scoped_free char *run = engine_run_path(e, "storage");
		struct store_options o = { .graphroot = graph,
					   .runroot = run,
					   .driver = e->storage_driver };
		int r;

		trace_scope("open store");
		if (access(graph, F_OK) != 0 || access(run, F_OK) != 0) {
			r = engine_make_dirs(e, err);
			if (r < 0)
				return r;
		}
		r = store_open(&o, &e->store, err);
		if (r < 0)
			return r;
	}
	*ret = e->store;
	return 0;
}

const struct network_config *engine_network_config(struct engine *e)
{
	return &e->network;
}

int engine_runtime_of(struct engine *e, const char *path, struct runtime_driver **ret,
		      struct error *err)
{
	scoped_free char *root = engine_run_path(e, "runtime");
	struct runtime_driver *d = NULL;
	int r;

	if (!path)
		path = e->runtime_path;
	if (!path)
		return error_set(err, ERROR_NOT_FOUND,
				 "no OCI runtime: '" DEFAULT_RUNTIME
				 "' is neither beside this program nor in a helper directory");
	for (size_t i = 0; i < e->n_runtimes; i++) {
		if (streq(e->runtimes[i]->path, path)) {
			*ret = e->runtimes[i];
			return 0;
		}
	}
	r = runtime_driver_open(path, root, streq(e->cgroup_manager, "systemd"), &d, err);
	if (r < 0)
		return r;
	*ARRAY_ADD(e->runtimes, e->n_runtimes) = d;
	*ret = d;
	return 0;
}

int engine_runtime(struct engine *e, struct runtime_driver **ret, struct error *err)
{
	return engine_runtime_of(e, NULL, ret, err);
}

/* By container_runtime_failed's words: an error of ours that speaks of a missing file is none about
 * the container's program. */
int engine_error_exit_status(const struct error *err)
{
	if (str_has_suffix(err->msg, CONTAINER_NOT_FOUND_WORDS))
		return 127;
	if (str_has_suffix(err->msg, CONTAINER_DENIED_WORDS) ||
	    str_has_prefix(err->msg, CONTAINER_WORKDIR_WORDS))
		return 126;
	return 125;
}

int engine_start_exit_status(const struct error *err)
{
	scoped_free char *text = str_lower(err->msg);

	return strstr(text, "not found") || strstr(text, "no such file") ? 127 : 126;
}
