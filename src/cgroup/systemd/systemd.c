/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd: the driver that asks systemd for a transient scope, in which the cgroup is then ours
 * (Delegate=yes), and fills in what systemd does not manage.
 *
 *	plan     names, and for a user's systemd its own cgroup: the record knows the path
 *	create   a process to put in (a scope without one is refused, and ends when it is empty)
 *	         StartTransientUnit, its job; then as cgroupfs: the other hierarchies, values, rules
 *	         the caller's first process enters by the gate; then the hold is given up
 *	update   files, with what was there remembered; SetUnitProperties; files again, since
 *	         systemd wrote its rounded values
 *	remove   processes killed, StopUnit and its job, then as cgroupfs: what is left
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "cgroup/systemd/manager.h"
#include "cgroup/systemd/message.h"
#include "cgroup/systemd/properties.h"
#include "cgroup/systemd/unit.h"
#include "sys/ns.h"
#include "sys/pidref.h"
#include "sys/userns.h"

/* The child of the scope that holds the processes, for containers that manage cgroups themselves
 * and want the scope's own directory left to systemd (crun's annotation). */
#define SUBGROUP_ANNOTATION "run.oci.systemd.subgroup"

/* Only root of the machine is heard by the system's manager. */
static bool user_manager(void)
{
	return !userns_initial();
}

static int subgroup(const struct cgroup_request *rq, char **ret, struct error *err)
{
	const char *name = rq->annotations != NULL
				   ? strmap_get(rq->annotations, SUBGROUP_ANNOTATION)
				   : NULL;

	if (str_empty(name))
		return 0;
	if (strchr(name, '/') != NULL || name[0] == '.' || !str_printable(name))
		return error_set(err, ERROR_INVALID,
				 "annotation '" SUBGROUP_ANNOTATION "': '%s' is no name", name);
	*ret = xstrdup(name);
	return 0;
}

static int plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err)
{
	bool user = user_manager();
	scoped(unit_name_done) struct unit_name name = { 0 };
	scoped(bus_done) struct bus bus = BUS_INIT;
	scoped_free char *root = NULL, *slice = NULL, *sub = NULL;
	int n = unit_name_parse(rq->cgroups_path, user ? "user.slice" : "system.slice", rq->id,
				&name, err);

	if (n >= 0)
		n = subgroup(rq, &sub, err);
	if (n < 0)
		return n;
	if (user) {
		n = bus_open(true, &bus, err);
		if (n >= 0)
			n = manager_control_group(&bus, &root, err);
		if (n < 0)
			return n;
	}
	slice = unit_slice_path(name.slice);
	*ret = (struct cgroup_record){
		.driver = CGROUP_DRIVER_SYSTEMD,
		.path = xasprintf("%s%s/%s%s%s", root != NULL ? root : "", slice, name.unit,
				  sub != NULL ? "/" : "", sub != NULL ? sub : ""),
		.scope = take_ptr(name.unit),
		.subgroup = take_ptr(sub),
	};
	return 0;
}

static _Noreturn void wait_for_end(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		(void)pause();
	_exit(0);
}

static int hold_start(struct cgroup_hold *ret, struct error *err)
{
	const struct ns_clone c = { .cgroup_fd = -1, .exit_signal = SIGCHLD };
	pid_t parent = getpid(), pid = ns_clone3(&c);

	if (pid == 0)
		wait_for_end(parent);
	if (pid < 0)
		return error_os(err, -pid, "clone");
	ret->pid = pid;
	return 0;
}

/* The slice that a path lies in is the last directory but the scope (and its subgroup). */
static char *slice_of(const struct cgroup_record *r)
{
	scoped_free char *scope_dir = r->subgroup != NULL ? path_dir(r->path) : xstrdup(r->path);
	scoped_free char *dir = path_dir(scope_dir);
	const char *last = strrchr(dir, '/');

	return last != NULL && str_has_suffix(last, ".slice") ? xstrdup(last + 1)
							      : xstrdup("-.slice");
}

static int scope_properties(const struct cgroup_request *rq, const struct cgroup_record *r,
			    pid_t pid, unsigned version, const struct cgroup_devices *devices,
			    const struct cgroup_settings *settings, struct buf *out,
			    struct error *err)
{
	static const char *const accounting[] = { "CPUAccounting", "MemoryAccounting",
						  "TasksAccounting" };
	bool v2 = cgroup_layout() == CGROUP_LAYOUT_V2;
	scoped_free char *text = xasprintf("Coracle container %s", rq->id);
	scoped_free char *slice = slice_of(r);
	int n;

	property_string(out, "Description", text);
	property_string(out, "Slice", slice);
	property_pids(out, (uint32_t)pid);
	property_bool(out, "Delegate", true);
	property_bool(out, "DefaultDependencies", false);
	property_string(out, "CollectMode", "inactive-or-failed");
	for (size_t i = 0; i < ARRAY_SIZE(accounting); i++)
		property_bool(out, accounting[i], true);
	property_bool(out, v2 ? "IOAccounting" : "BlockIOAccounting", true);
	n = property_add_settings(out, settings, NULL, version, err);
	if (n >= 0 && !v2)
		property_add_devices(out, devices);
	return n < 0 ? n : property_add_annotations(out, rq->annotations, err);
}

/* The process goes to where the container's will be: a v2 group with children that have
 * controllers may have no process itself. */
static int enter_subgroup(const struct cgroup_record *r, pid_t pid, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();

	for (size_t i = 0; r->subgroup != NULL && i < sys->n; i++) {
		size_t existed;
		int n = cgroup_tree_make(&sys->hier[i], r->path, &existed);

		if (n < 0)
			return error_os(err, -n, "create cgroup '%s%s'", sys->hier[i].mount,
					r->path);
	}
	return r->subgroup != NULL ? cgroup_attach(r, pid, err) : 0;
}

static int start(const struct cgroup_request *rq, const struct cgroup_record *r, pid_t pid,
		 const struct cgroup_devices *devices, struct bus *bus, struct error *err)
{
	static const struct oci_resources none;
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	scoped(buf_done) struct buf properties = BUF_INIT_MAX(DBUS_MESSAGE_MAX);
	int n = cgroup_resources_settings(rq->resources != NULL ? rq->resources : &none, NULL,
					  &settings, err);

	if (n >= 0)
		n = bus_open(user_manager(), bus, err);
	if (n >= 0)
		n = scope_properties(rq, r, pid,
				     property_needs_version(&settings) ? manager_version(bus) : 0,
				     devices, &settings, &properties, err);
	return n < 0 ? n : manager_start(bus, r->scope, &properties, err);
}

static int create(const struct cgroup_request *rq, const struct cgroup_record *r,
		  struct cgroup_hold *hold, struct error *err)
{
	scoped(cgroup_devices_done) struct cgroup_devices devices = { 0 };
	scoped(bus_done) struct bus bus = BUS_INIT;
	int n = cgroup_fs_check(rq, &devices, err);

	if (n >= 0)
		n = hold_start(hold, err);
	if (n >= 0)
		n = start(rq, r, hold->pid, &devices, &bus, err);
	if (n < 0)
		return n;
	n = enter_subgroup(r, hold->pid, err);
	if (n >= 0)
		n = cgroup_fs_fill(rq, r, &devices, true, err);
	if (n < 0) {
		cgroup_hold_done(hold);
		(void)manager_stop(&bus, r->scope, NULL);
	}
	return n;
}

/* Tell systemd the settings; `r` NULL: they are whole. */
static int tell(struct bus *bus, const struct cgroup_record *r,
		const struct cgroup_settings *settings, const struct cgroup_devices *devices,
		struct error *err)
{
	scoped(buf_done) struct buf properties = BUF_INIT_MAX(DBUS_MESSAGE_MAX);
	int n = property_add_settings(&properties, settings, r,
				      property_needs_version(settings) ? manager_version(bus) : 0,
				      err);

	if (n >= 0 && devices != NULL)
		property_add_devices(&properties, devices);
	if (n < 0 || properties.len == 0)
		return n;
	return manager_set_properties(bus, r->scope, &properties, err);
}

/* What was there before, in the files and at systemd. */
static void put_back(struct bus *bus, const struct cgroup_record *r, const struct cgroup_undo *undo)
{
	scoped(cgroup_settings_done) struct cgroup_settings old = { 0 };
	struct error err = ERROR_INIT;

	cgroup_undo_run(undo);
	for (size_t i = 0; i < undo->n; i++) {
		const char *file = strrchr(undo->items[i].path, '/');
		struct cgroup_setting *s;

		if (file == NULL)
			continue;
		s = cgroup_setting_add(&old, "", "undo", file + 1, "%s", undo->items[i].value);
		(void)str_trim(s->value);
	}
	if (tell(bus, r, &old, NULL, &err) < 0)
		log_debug("put back the properties of unit '%s': %s", r->scope, err.msg);
	/* systemd's writing is rounded. */
	cgroup_undo_run(undo);
}

static int update(const struct cgroup_record *r, const struct oci_resources *res, struct error *err)
{
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	scoped(cgroup_devices_done) struct cgroup_devices devices = { 0 };
	scoped(cgroup_undo_done) struct cgroup_undo undo = { 0 };
	scoped(bus_done) struct bus bus = BUS_INIT;
	const struct cgroup_devices *v1_devices =
		res->n_devices > 0 && cgroup_layout() != CGROUP_LAYOUT_V2 ? &devices : NULL;
	int n = cgroup_fs_check_update(r, res, &settings, &devices, err);

	if (n >= 0)
		n = bus_open(user_manager(), &bus, err);
	if (n >= 0)
		n = cgroup_settings_apply(&settings, r, &undo, err);
	if (n < 0)
		return n;
	n = tell(&bus, r, &settings, v1_devices, err);
	if (n >= 0)
		n = cgroup_settings_apply(&settings, r, NULL, err);
	if (n >= 0 && res->n_devices > 0)
		n = cgroup_fs_devices(r, &devices, err);
	if (n < 0)
		put_back(&bus, r, &undo);
	return n;
}

static int remove_unit(const struct cgroup_record *r, bool kill, struct error *err)
{
	scoped(bus_done) struct bus bus = BUS_INIT;
	struct error unreachable = ERROR_INIT;
	int n = kill ? cgroup_kill_all(r, SIGKILL, err) : 0;

	if (n < 0)
		return n;
	/* StopUnit would kill; without `kill` the directories tell whether somebody is inside. */
	if (!kill) {
		n = cgroup_driver_cgroupfs.remove(r, false, err);
		if (n < 0)
			return n;
	}
	/* A manager that is gone (its user logged out) has no units; the kernel's part is left. */
	if (bus_open(user_manager(), &bus, &unreachable) < 0)
		log_debug("remove cgroup '%s': %s", r->path, unreachable.msg);
	else
		n = manager_stop(&bus, r->scope, err);
	return n < 0 ? n : cgroup_driver_cgroupfs.remove(r, kill, err);
}

const struct cgroup_driver_ops cgroup_driver_systemd = {
	.name = "systemd",
	.plan = plan,
	.create = create,
	.update = update,
	.remove = remove_unit,
};
