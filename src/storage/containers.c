/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers: the row first, then the directories, so that nothing without a row is ever made; a
 * row without directories gets them when it is mounted.  Removing: the content first, then the row,
 * so that a killed removal can be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "storage/images_priv.h"
#include "sys/fd.h"

struct row {
	char *image, *top_layer;
	bool durable;
};

static void row_done(struct row *r)
{
	free(r->image);
	free(r->top_layer);
}
DEFINE_SCOPED_STRUCT(struct row, row_done)

/* 1, or 0 when there is none; removing: also one that is being removed. */
static int find_row(struct store *s, const char *id, bool removing, struct row *ret,
		    struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err,
			    "SELECT image, top_layer, durable FROM containers WHERE id = ?"
			    " AND (? OR NOT removing)",
			    "si", id, (int64_t)removing);

	if (n == 0)
		n = sqldb_step(q, err);
	if (n <= 0)
		return n;
	*ret = (struct row){
		.image = xstrdup_opt(sqldb_text(q, 0)),
		.top_layer = xstrdup_opt(sqldb_text(q, 1)),
		.durable = sqldb_int(q, 2) != 0,
	};
	sqldb_reset(q);
	return 1;
}

/* Directory of the container's topmost layer; NULL when it has none. */
static int top_dir(struct store *s, const char *top_layer, char **ret, struct error *err)
{
	const struct place *p;
	int n;

	*ret = NULL;
	if (top_layer == NULL)
		return 0;
	n = layer_find(s, top_layer, NULL, &p, err);
	if (n == 0)
		return error_set(err, ERROR_CORRUPT,
				 "layer '%s' is missing in the storage; pull the image again",
				 top_layer);
	if (n > 0)
		*ret = store_dir_of(s, p, top_layer);
	return n < 0 ? n : 0;
}

static int insert_row(struct store *s, const struct store_container_new *c, char **ret_top,
		      struct error *err)
{
	scoped(store_image_done) struct store_image i = { 0 };
	int n = c->image_id != NULL ? image_require(s, c->image_id, &i, NULL, err) : 0;

	if (n < 0)
		return n;
	n = sqldb_exec(store_db(s), err,
		       "INSERT OR IGNORE INTO containers(id, image, top_layer, durable, created)"
		       " VALUES(?, ?, ?, ?, ?)",
		       "sssii", c->id, c->image_id, i.top_layer, (int64_t)c->durable,
		       time_now_nsec());
	if (n == 0)
		return error_set(err, ERROR_EXISTS, "the storage has a container '%s' already",
				 c->id);
	*ret_top = take_ptr(i.top_layer);
	return n < 0 ? n : 0;
}

static int make_dirs(struct store *s, const char *id, const char *top_layer, struct error *err)
{
	scoped_free char *dir = store_dir_of(s, &s->places[0], id);
	scoped_free char *top = NULL;
	int n = top_dir(s, top_layer, &top, err);

	return n < 0 ? n : s->driver->container_create(dir, top, err);
}

int store_container_create(struct store *s, const struct store_container_new *c, struct error *err)
{
	STORE_LOCKED(s);
	scoped_free char *top = NULL;
	int n;

	if (!path_name_valid(c->id))
		return error_set(err, ERROR_INVALID, "'%s' is no container id", c->id);
	n = store_writer(s, err);
	if (n == 0)
		n = sqldb_begin(store_db(s), c->durable ? SQLDB_DURABLE : SQLDB_VOLATILE, err);
	if (n < 0)
		return n;
	n = insert_row(s, c, &top, err);
	if (n == 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	if (n < 0)
		return n;
	n = make_dirs(s, c->id, top, err);
	if (n < 0)
		store_container_remove(s, c->id, NULL);
	return n;
}

static int mark_removing(struct store *s, const char *id, struct error *err)
{
	int n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);

	if (n < 0)
		return n;
	n = sqldb_exec(store_db(s), err, "UPDATE containers SET removing = 1 WHERE id = ?", "s",
		       id);
	if (n >= 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	return n;
}

static int delete_row(struct store *s, const char *id, struct error *err)
{
	int n = sqldb_begin(store_db(s), SQLDB_VOLATILE, err);

	if (n < 0)
		return n;
	n = sqldb_exec(store_db(s), err, "DELETE FROM containers WHERE id = ?", "s", id);
	if (n >= 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	return n;
}

static int remove_dirs(struct store *s, const char *id, struct error *err)
{
	int n = fd_remove_tree(s->layers_fd, id);

	if (n == -EBUSY)
		return error_set(err, ERROR_BUSY,
				 "remove the layer of container '%.12s': it is still mounted", id);
	return n < 0 ? error_os(err, -n, "remove the layer of container '%.12s'", id) : 0;
}

/* Forgotten, and whoever was to remove them was killed.  Layers live beside containers. */
static int remove_unrecorded(struct store *s, const char *id, struct error *err)
{
	const struct place *p;
	int n = path_name_valid(id) ? layer_find(s, id, NULL, &p, err) : 1;

	return n == 0 ? remove_dirs(s, id, err) : MIN(n, 0);
}

int store_container_remove(struct store *s, const char *id, struct error *err)
{
	STORE_LOCKED(s);
	scoped(row_done) struct row r = { 0 };
	int n = find_row(s, id, true, &r, err);

	if (n == 0)
		return remove_unrecorded(s, id, err);
	/* The mark must outlive a power cut when the row does. */
	if (n > 0 && r.durable)
		n = mark_removing(s, id, err);
	if (n >= 0)
		n = remove_dirs(s, id, err);
	return n < 0 ? n : delete_row(s, id, err);
}

int store_container_forget(struct store *s, const char *id, struct error *err)
{
	STORE_LOCKED(s);
	scoped(row_done) struct row r = { 0 };
	int n = find_row(s, id, true, &r, err);

	if (n <= 0 || r.durable)
		return n < 0 ? n : n == 0;
	n = delete_row(s, id, err);
	return n < 0 ? n : 1;
}

char *store_container_dir(struct store *s, const char *id)
{
	return store_dir_of(s, &s->places[0], id);
}

bool store_container_exists(struct store *s, const char *id)
{
	STORE_LOCKED(s);
	scoped(row_done) struct row r = { 0 };

	return find_row(s, id, false, &r, NULL) > 0;
}

static int require_row(struct store *s, const char *id, struct row *ret, struct error *err)
{
	int n = find_row(s, id, false, ret, err);

	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND, "no container '%s' in the storage", id);
	return n < 0 ? n : 0;
}

int store_container_size(struct store *s, const char *id, uint64_t *ret_rw, struct error *err)
{
	scoped(row_done) struct row r = { 0 };
	scoped_free char *dir = NULL;
	scoped_free char *top = NULL;

	{
		STORE_LOCKED(s);
		int n = require_row(s, id, &r, err);

		if (n == 0)
			n = top_dir(s, r.top_layer, &top, err);
		if (n < 0)
			return n;
		dir = store_dir_of(s, &s->places[0], id);
	}
	/* A walk; not under the mutex. */
	return s->driver->container_size(dir, top, ret_rw, err);
}

int store_container_list(struct store *s, char ***ret_ids, struct error *err)
{
	STORE_LOCKED(s);
	scoped_strv char **ids = NULL;
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err,
			    "SELECT id FROM containers WHERE NOT removing ORDER BY id", "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		strv_add(&ids, sqldb_text(q, 0));
		n = 0;
	}
	if (n < 0)
		return n;
	*ret_ids = take_ptr(ids);
	return 0;
}

/* ---- mounts ---- */

void store_mount_done(struct store_mount *m)
{
	free(m->type);
	strv_free(m->lower);
	free(m->upper);
	free(m->work);
	free(m->source);
	free(m->merged);
	*m = (struct store_mount){ 0 };
}

int store_container_mount(struct store *s, const char *id, struct store_mount *ret,
			  struct error *err)
{
	STORE_LOCKED(s);
	scoped(row_done) struct row r = { 0 };
	scoped_strv char **dirs = NULL;
	scoped_free char *dir = NULL;
	char diff[NAME_MAX + 8];
	struct stat st;
	int n = require_row(s, id, &r, err);

	if (n == 0)
		n = layer_chain_dirs(s, r.top_layer, &dirs, err);
	if (n < 0)
		return n;
	/* Killed between row and directories (diff is the last), or lost with the power. */
	snprintf(diff, sizeof(diff), "%s/diff", id);
	if (fd_stat(s->layers_fd, diff, AT_SYMLINK_NOFOLLOW, &st) < 0) {
		n = make_dirs(s, id, r.top_layer, err);
		if (n < 0)
			return n;
	}
	dir = store_dir_of(s, &s->places[0], id);
	return s->driver->mount_record(dir, dirs, ret, err);
}

int store_image_mount(struct store *s, const char *image_id, struct store_mount *ret,
		      struct error *err)
{
	STORE_LOCKED(s);
	scoped(store_image_done) struct store_image i = { 0 };
	scoped_strv char **dirs = NULL;
	int n = image_require(s, image_id, &i, NULL, err);

	if (n == 0)
		n = layer_chain_dirs(s, i.top_layer, &dirs, err);
	if (n == 0 && dirs == NULL)
		return error_set(err, ERROR_STATE, "image '%.12s' has no layers to mount",
				 image_id);
	return n < 0 ? n : s->driver->mount_record(NULL, dirs, ret, err);
}
