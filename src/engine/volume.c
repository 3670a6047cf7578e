/* SPDX-License-Identifier: Apache-2.0 */
/* Named and anonymous volumes: a row in the database and a directory VOLUMES/NAME/_data. */
#include "engine/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/ident.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "engine/container.h"
#include "engine/engine_priv.h"
#include "sys/fd.h"

char *volume_mountpoint(struct engine *e, const struct volume *v)
{
	return xasprintf("%s/%s/_data", e->volume_path, v->name);
}

static int check_wish(const struct volume *v, struct error *err)
{
	if (!ident_name_valid(v->name))
		return error_set(
			err, ERROR_INVALID,
			"invalid volume name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*",
			v->name);
	for (size_t i = 0; i < v->options.n; i++)
		return error_set(err, ERROR_UNSUPPORTED, "volume option '%s' is not supported yet",
				 v->options.items[i].key);
	return 0;
}

/* The row is written before the directory, so that a killed create leaves a volume that later use
 * completes, never a directory without owner. */
static int make_directory(struct engine *e, const struct volume *v, struct error *err)
{
	scoped_free char *path = volume_mountpoint(e, v);
	int r = fd_mkdir_p(AT_FDCWD, path, 0755);

	return r < 0 ? error_os(err, -r, "make volume directory '%s'", path) : 0;
}

int volume_create(struct engine *e, struct volume *v, bool ignore, struct error *err)
{
	scoped(locks_release) struct object_lock lock = OBJECT_LOCK_INIT;
	struct error sub = ERROR_INIT;
	struct db *db;
	int r;

	if (!v->name) {
		v->name = xnew_n(char, ID_BUF);
		ident_generate(v->name);
	}
	if (!v->driver)
		v->driver = xstrdup("local");
	v->created_nsec = time_now_nsec();
	v->needs_copy_up = true;
	r = check_wish(v, err);
	if (r >= 0)
		r = engine_db(e, &db, err);
	if (r >= 0)
		r = locks_take(e, LOCK_VOLUME, v->name, &lock, err);
	if (r < 0)
		return r;
	r = db_volume_insert(db, v, true, &sub);
	if (r < 0 && sub.kind == ERROR_EXISTS && ignore)
		return make_directory(e, v, err);
	if (r < 0 && sub.kind == ERROR_EXISTS)
		return error_set(err, ERROR_EXISTS,
				 "volume with name %s already exists: volume already exists",
				 v->name);
	if (r < 0)
		return error_copy(err, &sub);
	return make_directory(e, v, err);
}

struct collected {
	struct volume *items;
	size_t n;
	const char *prefix; /* NULL: all */
};

static int collect(void *arg, struct volume *v, struct error *err)
{
	struct collected *c = arg;

	if (c->prefix && !str_has_prefix(v->name, c->prefix))
		return 0;
	/* the callback's volume is freed after it: take a copy */
	json_table_copy(&volume_table, ARRAY_ADD(c->items, c->n), v);
	return 0;
}

int volume_list(struct engine *e, struct volume **ret, size_t *ret_n, struct error *err)
{
	struct collected c = { 0 };
	struct db *db;
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = db_volume_each(db, collect, &c, err);
	if (r < 0) {
		volume_list_free(c.items, c.n);
		return r;
	}
	*ret = c.items;
	*ret_n = c.n;
	return 0;
}

void volume_list_free(struct volume *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		volume_done(&l[i]);
	free(l);
}

static int get_by_prefix(struct db *db, const char *word, struct volume *ret, struct error *err)
{
	struct collected c = { .prefix = word };
	int r = db_volume_each(db, collect, &c, err);

	if (r >= 0 && c.n == 1) {
		*ret = c.items[0];
		c.items[0] = (struct volume){ 0 };
	} else if (r >= 0 && c.n > 1) {
		r = error_set(err, ERROR_INVALID,
			      "more than one result for volume name %s: volume already exists",
			      word);
	} else if (r >= 0) {
		r = error_set(err, ERROR_NOT_FOUND,
			      "no volume with name \"%s\" found: no such volume", word);
	}
	volume_list_free(c.items, c.n);
	return r;
}

int volume_get(struct engine *e, const char *word, struct volume *ret, struct error *err)
{
	struct error sub = ERROR_INIT;
	struct db *db;
	int r = engine_db(e, &db, err);

	if (r < 0)
		return r;
	r = db_volume_load(db, word, ret, &sub);
	if (r >= 0)
		return r;
	return sub.kind == ERROR_NOT_FOUND && *word ? get_by_prefix(db, word, ret, err)
						    : error_copy(err, &sub);
}

int volume_users(struct engine *e, const char *name, char ***ret, struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	return r < 0 ? r : db_users(db, "volume", name, ret, err);
}

static int release_users(struct engine *e, const char *name, bool force, struct error *err)
{
	struct container_remove_options o = { .force = true, .ignore = true };
	scoped_strv char **users = NULL;
	int r = volume_users(e, name, &users, err);

	if (r < 0 || !users || !users[0])
		return r;
	if (!force) {
		scoped_free char *list = strv_join(users, ", ");
		return error_set(err, ERROR_BUSY,
				 "volume %s is being used by the following container(s): %s: "
				 "volume is being used",
				 name, list);
	}
	STRV_FOREACH (u, users) {
		r = container_remove(e, *u, &o, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Directory first: a killed removal leaves the row, and the next one goes on from there. */
static int remove_locked(struct engine *e, struct db *db, const struct volume *v, struct error *err)
{
	int r = release_users(e, v->name, false, err); /* none came meanwhile */
	int dir;

	if (r < 0)
		return r;
	dir = fd_open(AT_FDCWD, e->volume_path, O_PATH | O_DIRECTORY, 0);
	if (dir < 0 && dir != -ENOENT)
		return error_os(err, -dir, "open volume directory '%s'", e->volume_path);
	r = dir < 0 ? 0 : fd_remove_tree(dir, v->name);
	fd_close(dir);
	if (r < 0)
		return error_os(err, -r, "remove volume directory '%s/%s'", e->volume_path,
				v->name);
	return db_volume_delete(db, v->name, err);
}

int volume_remove(struct engine *e, const char *word, bool force, struct error *err)
{
	scoped(locks_release) struct object_lock lock = OBJECT_LOCK_INIT;
	struct volume v = { 0 };
	struct db *db;
	int r = volume_get(e, word, &v, err);

	if (r >= 0)
		r = release_users(e, v.name, force,
				  err); /* before the lock: containers come first in the order */
	if (r >= 0)
		r = engine_db(e, &db, err);
	if (r >= 0)
		r = locks_take(e, LOCK_VOLUME, v.name, &lock, err);
	if (r >= 0)
		r = remove_locked(e, db, &v, err);
	if (r >= 0)
		locks_remove(e, &lock, v.name);
	volume_done(&v);
	return r;
}

int volume_inspect(struct engine *e, const char *word, json_t **ret, struct error *err)
{
	scoped_free char *mountpoint = NULL;
	struct volume v = { 0 };
	char created[TIME_STR_MAX];
	json_t *labels = json_object(), *options = json_object();
	int r = volume_get(e, word, &v, err);

	if (r < 0) {
		json_decref(labels);
		json_decref(options);
		return r;
	}
	mountpoint = volume_mountpoint(e, &v);
	time_format_rfc3339(v.created_nsec, created);
	for (size_t i = 0; i < v.labels.n; i++)
		json_object_set_new(labels, v.labels.items[i].key,
				    json_string_nocheck(v.labels.items[i].value));
	for (size_t i = 0; i < v.options.n; i++)
		json_object_set_new(options, v.options.items[i].key,
				    json_string_nocheck(v.options.items[i].value));
	*ret = json_pack("{ss ss ss ss so ss so sb si sb sb ss si}", "Name", v.name, "Driver",
			 v.driver, "Mountpoint", mountpoint, "CreatedAt", created, "Labels", labels,
			 "Scope", "local", "Options", options, "Anonymous", (int)v.anonymous,
			 "MountCount", 0, "NeedsCopyUp", (int)v.needs_copy_up, "NeedsChown", 0,
			 "StorageID", "", "LockNumber", 0);
	volume_done(&v);
	return 0;
}
