/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroupfs: the driver that makes the directories itself.
 *
 * Everything that can be refused without touching anything (values, missing controllers, device
 * rules) is checked before the first mkdir; whatever fails later takes away the directories that
 * this call made, and no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

#define DEFAULT_PARENT "coracle"

static int plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err)
{
	scoped_free char *path = NULL, *clean = NULL;

	if (!str_empty(rq->cgroups_path))
		path = path_join("/", rq->cgroups_path);
	else
		path = xasprintf("/%s/%s",
				 str_empty(rq->default_parent) ? DEFAULT_PARENT
							       : rq->default_parent,
				 rq->id);
	if (path_has_dotdot(path))
		return error_set(err, ERROR_INVALID, "cgroup path '%s' has a '..'", path);
	clean = path_clean(path);
	if (streq(clean, "/"))
		return error_set(err, ERROR_INVALID,
				 "cgroup path '%s' is the root of the hierarchy: a container needs "
				 "one of its own",
				 rq->cgroups_path);
	if (strlen(clean) > PATH_MAX - 512)
		return error_set(err, ERROR_INVALID, "cgroup path is longer than %d bytes",
				 PATH_MAX - 512);
	*ret = (struct cgroup_record){ .driver = CGROUP_DRIVER_CGROUPFS, .path = take_ptr(clean) };
	return 0;
}

/* What create did, per hierarchy of the system. */
struct made {
	bool made[CGROUP_HIER_MAX];
	int skipped[CGROUP_HIER_MAX]; /* errno that made us pass it over, rootless only */
	bool reused;
	bool held; /* a process of ours waits inside */
};

static bool unavailable(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

static int make_one(const struct cgroup_request *rq, const struct cgroup_record *r, size_t i,
		    struct made *m, struct error *err)
{
	const struct cgroup_hier *h = &cgroup_system()->hier[i];
	size_t existed;
	int n = cgroup_tree_make(h, r->path, &existed);

	if (n < 0 && rq->rootless && unavailable(n)) {
		m->skipped[i] = -n;
		return 0;
	}
	if (n < 0)
		return error_os(err, -n, "create cgroup '%s%s'", h->mount, r->path);
	m->made[i] = n == 1;
	if (n == 0) {
		m->reused = !m->held;
		n = m->held ? 1 : cgroup_tree_empty(h, r->path);
		if (n == 0)
			return error_set(
				err, ERROR_EXISTS,
				"cgroup '%s%s' exists and has processes: another container "
				"uses it",
				h->mount, r->path);
	}
	if (h->v2) {
		n = cgroup_v2_enable_controllers(h, r->path, err);
		if (n >= 0 && rq->owner != (uid_t)-1)
			n = cgroup_v2_delegate(h, r->path, rq->owner, err);
		return n;
	}
	return cgroup_hier_has(h, "cpuset") ? cgroup_v1_cpuset_inherit(h, r->path, existed, err)
					    : 0;
}

/* A hierarchy that rootless passed over must not be one that a limit needs. */
static int check_skipped(const struct cgroup_settings *s, const struct made *m, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();

	for (size_t i = 0; i < s->n; i++) {
		const struct cgroup_hier *h = cgroup_hier_of(s->items[i].controller);

		if (h != NULL && m->skipped[h - sys->hier] != 0)
			return error_os(
				err, m->skipped[h - sys->hier],
				"limit '%s' needs a cgroup in '%s', which is not delegated to "
				"this user",
				s->items[i].limit, h->mount);
	}
	return 0;
}

static int apply_devices(const struct cgroup_request *rq, const struct cgroup_record *r,
			 const struct cgroup_devices *d, const struct made *m, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	const struct cgroup_hier *h = cgroup_hier_of("devices");
	int n;

	if (h == NULL && sys->layout == CGROUP_LAYOUT_V2) {
		n = m->skipped[0] != 0 ? 0 : cgroup_v2_devices_apply(r, d, err);

		/* bpf(2) is not for ordinary users; they cannot open foreign devices anyway. */
		return n == -EPERM && rq->rootless ? 0 : n;
	}
	if (h != NULL && m->skipped[h - sys->hier] != 0)
		return 0;
	if (h == NULL && rq->rootless)
		return 0;
	n = cgroup_v1_devices_apply(r, d, h != NULL && m->made[h - sys->hier], err);
	/* In a user namespace, where the kernel wants the right over the host's devices. */
	return n == -EPERM && rq->rootless ? 0 : n;
}

static int make_and_apply(const struct cgroup_request *rq, const struct cgroup_record *r,
			  const struct cgroup_devices *devices, struct made *m, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	int n = 0;

	for (size_t i = 0; n >= 0 && i < sys->n; i++)
		n = make_one(rq, r, i, m, err);
	if (n < 0)
		return n;
	if (rq->resources != NULL) {
		/* A leftover directory has limits of its own: their order matters. */
		n = cgroup_resources_settings(rq->resources, m->reused ? r : NULL, &settings, err);
		if (n >= 0)
			n = check_skipped(&settings, m, err);
		if (n >= 0)
			n = cgroup_settings_apply(&settings, r, NULL, err);
	}
	return n < 0 ? n : apply_devices(rq, r, devices, m, err);
}

int cgroup_fs_check(const struct cgroup_request *rq, struct cgroup_devices *devices,
		    struct error *err)
{
	static const struct oci_resources none;
	const struct oci_resources *res = rq->resources != NULL ? rq->resources : &none;
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	int n;

	if (cgroup_layout() == CGROUP_LAYOUT_NONE && !rq->rootless)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"no cgroup file system is mounted on /sys/fs/cgroup: mount cgroup2 "
			"there, or run without cgroups (--cgroups=disabled)");
	n = cgroup_resources_settings(res, NULL, &settings, err);
	if (n >= 0)
		n = cgroup_settings_check(&settings, err);
	if (n >= 0)
		n = cgroup_devices_from_spec(res->devices, res->n_devices, true, devices, err);
	if (n >= 0 && cgroup_hier_of("devices") != NULL)
		n = cgroup_v1_devices_check(devices, err);
	return n;
}

int cgroup_fs_fill(const struct cgroup_request *rq, const struct cgroup_record *r,
		   const struct cgroup_devices *devices, bool held, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	struct made m = { .held = held };
	int n = make_and_apply(rq, r, devices, &m, err);

	for (size_t i = 0; n < 0 && i < sys->n; i++) {
		if (m.made[i])
			(void)cgroup_tree_remove(&sys->hier[i], r->path);
	}
	return n;
}

static int create(const struct cgroup_request *rq, const struct cgroup_record *r,
		  struct cgroup_hold *hold, struct error *err)
{
	scoped(cgroup_devices_done) struct cgroup_devices devices = { 0 };
	int n = cgroup_fs_check(rq, &devices, err);

	(void)hold;
	return n < 0 ? n : cgroup_fs_fill(rq, r, &devices, false, err);
}

int cgroup_fs_check_update(const struct cgroup_record *r, const struct oci_resources *res,
			   struct cgroup_settings *settings, struct cgroup_devices *devices,
			   struct error *err)
{
	int n = cgroup_resources_settings(res, r, settings, err);

	if (n >= 0)
		n = cgroup_settings_check(settings, err);
	if (n >= 0 && res->n_devices > 0)
		n = cgroup_devices_from_spec(res->devices, res->n_devices, true, devices, err);
	if (n >= 0 && cgroup_hier_of("devices") != NULL)
		n = cgroup_v1_devices_check(devices, err);
	return n;
}

int cgroup_fs_devices(const struct cgroup_record *r, const struct cgroup_devices *devices,
		      struct error *err)
{
	return cgroup_hier_of("devices") != NULL || cgroup_layout() != CGROUP_LAYOUT_V2
		       ? cgroup_v1_devices_apply(r, devices, false, err)
		       : cgroup_v2_devices_apply(r, devices, err);
}

static int update(const struct cgroup_record *r, const struct oci_resources *res, struct error *err)
{
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	scoped(cgroup_devices_done) struct cgroup_devices devices = { 0 };
	scoped(cgroup_undo_done) struct cgroup_undo undo = { 0 };
	int n = cgroup_fs_check_update(r, res, &settings, &devices, err);

	if (n >= 0)
		n = cgroup_settings_apply(&settings, r, &undo, err);
	if (n < 0 || res->n_devices == 0)
		return n;
	n = cgroup_fs_devices(r, &devices, err);
	if (n < 0)
		cgroup_undo_run(&undo);
	return n;
}

/* One pass over all hierarchies: 0 all gone, else the first error. */
static int remove_all(const struct cgroup_record *r, const struct cgroup_hier **ret_which)
{
	const struct cgroup_system *sys = cgroup_system();
	int first = 0;

	for (size_t i = 0; i < sys->n; i++) {
		int n = cgroup_tree_remove(&sys->hier[i], r->path);

		if (n < 0 && first == 0) {
			first = n;
			*ret_which = &sys->hier[i];
		}
	}
	return first;
}

static int busy(const struct cgroup_record *r, const struct cgroup_hier *h, struct error *err)
{
	scoped_free pid_t *pids = NULL;
	size_t n = 0;

	(void)cgroup_tree_pids(h, r->path, 1, &pids, &n);
	return error_set(err, ERROR_BUSY, "remove cgroup '%s%s': process %d is still in it",
			 h->mount, r->path, n > 0 ? (int)pids[0] : 0);
}

static int cgroupfs_remove(const struct cgroup_record *r, bool kill, struct error *err)
{
	const struct cgroup_hier *h = NULL;
	int n = remove_all(r, &h);

	if (n == -EBUSY && kill) {
		n = cgroup_kill_all(r, SIGKILL, err);
		if (n < 0)
			return n;
		n = remove_all(r, &h);
	}
	/* Processes that are just ending. */
	if (n == -EBUSY) {
		n = cgroup_remove_when_empty(r, kill ? CGROUP_EMPTY_MSEC : CGROUP_EXITING_MSEC);
		if (n == 0)
			return busy(r, h, err);
		n = remove_all(r, &h);
	}
	if (n == -EBUSY)
		return busy(r, h, err);
	return n < 0 ? error_os(err, -n, "remove cgroup '%s%s'", h->mount, r->path) : 0;
}

const struct cgroup_driver_ops cgroup_driver_cgroupfs = {
	.name = "cgroupfs",
	.plan = plan,
	.create = create,
	.update = update,
	.remove = cgroupfs_remove,
};
