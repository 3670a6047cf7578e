/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "engine/volume.h"
#include "storage/store.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "wire/monitor.h"

static int remove_storage(struct container *c, struct error *err)
{
	struct store *store;
	int r = engine_store(c->e, &store, err);

	if (r < 0)
		return r;
	trace_scope("remove storage");
	if (c->leave_files) {
		r = store_container_forget(store, c->r.id, err);
		if (r != 0)
			return MIN(r, 0);
	}
	return store_container_remove(store, c->r.id, err);
}

static int remove_tree(const char *path, struct error *err)
{
	int r = fd_remove_tree(AT_FDCWD, path);

	return r < 0 ? error_os(err, -r, "remove '%s'", path) : 0;
}

int container_remove_run_dir(struct container *c, struct error *err)
{
	scoped_free char *run = engine_run_path(c->e, "containers/%s", c->r.id);

	return remove_tree(run, err);
}

static int remove_static_dir(struct container *c, struct error *err)
{
	scoped_free char *dir = engine_path(c->e, "containers/%s", c->r.id);

	return remove_tree(dir, err);
}

char **container_exit_files(const struct engine *e, const char *id)
{
	char **files = NULL;

	strv_add_take(&files, engine_run_path(e, "exits/%s", id));
	strv_add_take(&files, engine_run_path(e, "exits/%s-old", id));
	strv_add_take(&files, container_exit_lock_path(e, id));
	return files;
}

static void remove_exit_files(struct container *c)
{
	scoped_strv char **files = container_exit_files(c->e, c->r.id);

	STRV_FOREACH (f, files)
		unlink(*f);
}

int container_erase_files(struct container *c, struct error *err)
{
	scoped_free char *exit_lock = container_exit_lock_path(c->e, c->r.id);
	int r;

	/* Its monitor is at it (container_erase_leaving). */
	if (lock_is_held(AT_FDCWD, exit_lock) == 1) {
		locks_release(&c->lock);
		return 0;
	}
	r = remove_storage(c, err);
	if (r >= 0)
		r = container_remove_run_dir(c, err);
	if (r >= 0)
		r = remove_static_dir(c, err);
	if (r < 0) /* the lock's file stays, for the next command */
		return r;
	remove_exit_files(c);
	locks_remove(c->e, &c->lock, c->r.id);
	return 0;
}

/* Anonymous volumes go with their container; one that another container uses stays. */
static void remove_volumes(struct engine *e, const struct wish *w)
{
	for (size_t i = 0; i < w->n_mounts; i++) {
		const struct wish_mount *m = &w->mounts[i];
		struct error err = ERROR_INIT;

		if (!m->anonymous || !streq(m->type, "volume") || str_empty(m->source))
			continue;
		if (volume_remove(e, m->source, false, &err) < 0 && err.kind != ERROR_BUSY &&
		    err.kind != ERROR_NOT_FOUND)
			log_warn("anonymous volume %s is kept: %s", m->source, err.msg);
	}
}

/* Everything but what is left when c->leave_files. */
static int erase(struct container *c, struct error *err)
{
	int r = container_teardown(c, true, err);

	if (r >= 0)
		r = remove_storage(c, err);
	if (r >= 0 && !c->leave_files)
		r = remove_static_dir(c, err);
	if (r < 0)
		return r;
	/* The record goes before the lock file and the exit files: whoever waits finds one of them.
	 */
	r = db_container_delete(c->db, c->r.id, err);
	if (r >= 0 && c->r.wish.cidfile)
		unlink(c->r.wish.cidfile);
	return r;
}

int container_erase(struct container *c, bool volumes, struct error *err)
{
	int r = erase(c, err);

	if (r < 0)
		return r;
	remove_exit_files(c);
	locks_remove(c->e, &c->lock, c->r.id);
	if (volumes)
		remove_volumes(c->e, &c->r.wish);
	return 0;
}

int container_erase_leaving(struct container *c, bool volumes, int lock_fd, struct error *err)
{
	int r;

	c->leave_files = true;
	r = erase(c, err);
	if (r < 0)
		return r;
	if (volumes)
		remove_volumes(c->e, &c->r.wish);
	/* Where it cannot be told, they stay for the next command (recover.c). */
	r = fd_write_all(lock_fd, MONITOR_EXIT_LEFT, strlen(MONITOR_EXIT_LEFT));
	if (r < 0)
		log_warn("tell the monitor of container %s to remove its files: %s; the next "
			 "command removes them",
			 c->r.name, strerror(-r));
	locks_release(&c->lock);
	return 0;
}

static int check_dependents(struct container *c, struct error *err)
{
	scoped_strv char **users = NULL;
	scoped_free char *list = NULL;
	int r = db_users(c->db, "container", c->r.id, &users, err);

	if (r < 0 || !users)
		return r;
	list = strv_join(users, ", ");
	return error_set(
		err, ERROR_BUSY,
		"container %s has dependent containers which must be removed before it: %s: "
		"container already exists",
		c->r.id, list);
}

/* With force, what depends on it goes first. */
static int remove_dependents(struct engine *e, const char *id,
			     const struct container_remove_options *o, struct error *err)
{
	scoped_strv char **users = NULL;
	struct db *db;
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = db_users(db, "container", id, &users, err);
	STRV_FOREACH (u, users) {
		if (r >= 0)
			r = container_remove(e, *u, o, err);
	}
	return r;
}

static int remove_open(struct container *c, const struct container_remove_options *o,
		       struct error *err)
{
	enum container_status s = (enum container_status)c->r.state.status;
	int r = container_allowed(CONTAINER_OP_REMOVE, &c->r, o->force, err);

	if (r >= 0)
		r = check_dependents(c, err);
	if (r < 0)
		return r;
	if (s == CONTAINER_RUNNING || s == CONTAINER_PAUSED || s == CONTAINER_STOPPING) {
		r = container_halt(c, container_stop_timeout(c->e, &c->r, o->timeout), err);
		if (r < 0)
			return r;
	}
	c->r.state.status = CONTAINER_REMOVING;
	r = container_intend(c, o->volumes || c->r.wish.rm ? "remove-volumes" : "remove", err);
	return r < 0 ? r : container_erase(c, o->volumes || c->r.wish.rm, err);
}

int container_remove(struct engine *e, const char *word, const struct container_remove_options *o,
		     struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	struct error why = ERROR_INIT;
	char id[65];
	int r = container_lookup(e, word, id, &why);

	if (r < 0) {
		if (o->ignore && why.kind == ERROR_NOT_FOUND)
			return 0;
		return error_copy(err, &why);
	}
	if (o->force) {
		r = remove_dependents(e, id, o, err);
		if (r < 0)
			return r;
	}
	r = container_open_id(e, id, true, &c, &why);
	if (r < 0) {
		/* It was there when we looked: a killed removal that was finished now, or another
		 * command that was faster. */
		return why.kind == ERROR_NOT_FOUND ? 0 : error_copy(err, &why);
	}
	r = remove_open(&c, o, err);
	container_done(&c);
	c = CONTAINER_INIT;
	engine_reclaim(e);
	return r;
}
