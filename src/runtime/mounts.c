/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: change the mounts of a container that is there.
 *
 * As in a start: the plan of the mounts is made and its sources are opened here, with the caller's
 * rights and paths; a child that has joined the container's namespaces applies it (init/live.c).
 * What is to be mounted is in the record before it is, so that the destinations of an `add` that
 * was killed are known to `remove`.
 */
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "runtime/launch.h"
#include "runtime/plan/plan_priv.h"
#include "runtime/record.h"
#include "runtime/target.h"
#include "sys/fd.h"
#include "sys/lock.h"

struct mounts_change {
	struct target target;
	struct plan plan;
	struct launch launch;
	int lock_fd;
};

static void change_done(struct mounts_change *c)
{
	target_done(&c->target);
	plan_done(&c->plan);
	launch_done(&c->launch);
	fd_close(c->lock_fd);
}
DEFINE_SCOPED_STRUCT(struct mounts_change, change_done)

/* The namespaces of the container count as joined by path: what can be mounted depends on them. */
static int describe_namespaces(struct mounts_change *c, struct error *err)
{
	struct plan_namespaces *ns = &c->plan.ns;
	uint64_t listed = record_namespaces(&c->target.record);
	pid_t pid = c->target.init.pid;
	int r = 0;

	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		if ((listed & ns_clone_flag((enum ns_type)t)) != 0)
			ns->path[t] = xasprintf("/proc/%d/ns/%s", (int)pid,
						ns_proc_name((enum ns_type)t));
	}
	if (ns->path[NS_MOUNT] == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "container '%s' has no mount namespace of its own",
				 c->target.record.id);
	if (ns->path[NS_USER]) {
		r = userns_read_map(pid, "uid_map", &ns->uids);
		if (r == 0)
			r = userns_read_map(pid, "gid_map", &ns->gids);
	}
	c->plan.initial_userns = ns->path[NS_USER] == NULL && userns_initial();
	return r < 0 ? error_os(err, -r, "read id maps of container '%s'", c->target.record.id) : 0;
}

static int begin(const struct runtime_context *cx, const char *id, struct mounts_change *c,
		 struct error *err)
{
	scoped_fd int dir = record_open_dir(cx, id, err);
	int r;

	plan_init(&c->plan);
	if (dir < 0)
		return dir;
	c->lock_fd = lock_file(dir, RECORD_MOUNTS_LOCK, true, true);
	if (c->lock_fd < 0)
		return error_os(err, -c->lock_fd, "lock the mounts of container '%s'", id);
	/* After the lock: the record is what the one before us has left. */
	r = target_open(cx, id, "change mounts", &c->target, err);
	if (r < 0)
		return r;
	c->plan.id = xstrdup(id);
	c->plan.bundle = xstrdup(c->target.record.bundle);
	c->plan.mount_label = xstrdup_opt(record_default_text(&c->target.record, "mountLabel"));
	r = describe_namespaces(c, err);
	if (r == 0)
		r = plan_resolve_annotations(&c->target.record.annotations, &c->plan, err);
	return r < 0 ? r : target_open_namespaces(&c->target, err);
}

static int apply(struct mounts_change *c, launch_entry entry, struct error *err)
{
	struct init_args a = target_init_args(&c->target, &c->plan);
	struct sync_message m;
	int r = launch_start(&a, entry, c->target.pidns_fd, &c->launch, err);

	if (r < 0)
		return r;
	r = launch_receive(&c->launch, &m, err);
	(void)pidref_reap(&c->launch.init, NULL);
	if (r < 0)
		return r;
	return r == SYNC_READY ? 0 : error_set(err, ERROR_INTERNAL, "mounts: wrong message %d", r);
}

/* What cannot be taken back when a later mount fails. */
static int refuse_lasting(const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		if (m->kind == PLAN_MOUNT_REMOUNT || m->copy_symlink)
			return error_set(
				err, ERROR_UNSUPPORTED,
				"config.json: .mounts[%zu].options: '%s' cannot be done to "
				"a container that is there",
				i, m->copy_symlink ? "copy-symlink" : "remount");
	}
	return 0;
}

static int make_plan(struct mounts_change *c, const struct oci_mount *mounts, size_t n,
		     struct error *err)
{
	int r = oci_mounts_validate(mounts, n, err);

	if (r == 0)
		r = plan_resolve_mounts(mounts, n, &c->plan, err);
	if (r == 0)
		r = refuse_lasting(&c->plan, err);
	if (r == 0)
		r = plan_open_mounts(&c->plan, err);
	return r < 0 ? r : plan_open_cgroup_mounts(&c->plan, &c->target.record.cgroup, err);
}

int runtime_mounts_add(const struct runtime_context *cx, const char *id,
		       const struct oci_mount *mounts, size_t n, struct error *err)
{
	trace_scope("runtime mounts add");
	scoped(change_done) struct mounts_change c = { .target = TARGET_INIT,
						       .launch = LAUNCH_INIT,
						       .lock_fd = -1 };
	struct runtime_record *rec = &c.target.record;
	size_t before;
	int r = begin(cx, id, &c, err);

	if (r == 0)
		r = make_plan(&c, mounts, n, err);
	if (r < 0)
		return r;
	before = strv_len(rec->added_mounts);
	for (size_t i = 0; i < n; i++)
		strv_add(&rec->added_mounts, c.plan.mounts[i].destination);
	r = record_save(c.target.dir, rec, err);
	if (r < 0)
		return r;
	r = apply(&c, init_add_mounts, err);
	if (r == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		free(take_ptr(rec->added_mounts[before + i]));
	(void)record_save(c.target.dir, rec, NULL);
	return r;
}

/* From the newest on; what is found is taken off the list. */
static bool take_added(struct runtime_record *rec, const char *destination)
{
	size_t n = strv_len(rec->added_mounts);
	char **v = rec->added_mounts;

	for (size_t i = n; i-- > 0;) {
		if (!streq(v[i], destination))
			continue;
		free(v[i]);
		memmove(&v[i], &v[i + 1], (n - i) * sizeof(v[i]));
		return true;
	}
	return false;
}

int runtime_mounts_remove(const struct runtime_context *cx, const char *id,
			  const struct oci_mount *mounts, size_t n, struct error *err)
{
	trace_scope("runtime mounts remove");
	scoped(change_done) struct mounts_change c = { .target = TARGET_INIT,
						       .launch = LAUNCH_INIT,
						       .lock_fd = -1 };
	int r = begin(cx, id, &c, err);

	if (r == 0)
		r = oci_mounts_validate(mounts, n, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct plan_mount *m = ARRAY_ADD(c.plan.mounts, c.plan.n_mounts);
		scoped_free char *absolute = path_join("/", mounts[i].destination);

		*m = (struct plan_mount){ .index = i, .fd = -1, .userns_fd = -1 };
		m->destination = path_clean(absolute);
		m->added = take_added(&c.target.record, m->destination);
	}
	if (r == 0)
		r = apply(&c, init_remove_mounts, err);
	return r < 0 ? r : record_save(c.target.dir, &c.target.record, err);
}
