/* SPDX-License-Identifier: Apache-2.0 */
/* images: looking up, listing, reading, naming.  Putting and removing: images_put.c,
 * images_remove.c. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "storage/images_priv.h"
#include "sys/fd.h"

void store_image_done(struct store_image *i)
{
	free(i->id);
	strv_free(i->names);
	free(i->digest);
	strv_free(i->repo_digests);
	free(i->top_layer);
	free(i->manifest_type);
	*i = (struct store_image){ 0 };
}

void store_image_list_free(struct store_image *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		store_image_done(&list[i]);
	free(list);
}

#define COLUMNS "id, digest, type, top_layer, created, stored, size"

static void fill(const struct store *s, const struct place *p, struct sqldb_stmt *q,
		 struct store_image *i)
{
	*i = (struct store_image){
		.id = xstrdup(sqldb_text(q, 0)),
		.digest = xstrdup(sqldb_text(q, 1)),
		.manifest_type = xstrdup(sqldb_text(q, 2)),
		.top_layer = xstrdup_opt(sqldb_text(q, 3)),
		.created_nsec = sqldb_int(q, 4),
		.stored_nsec = sqldb_int(q, 5),
		.size = (uint64_t)sqldb_int(q, 6),
		.readonly = p != &s->places[0],
	};
}

/* First column of all rows appended. */
static int add_column(struct sqldb *db, const char *sql, const char *id, char ***ret,
		      struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(db, &q, err, sql, "s", id);

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		strv_add(ret, sqldb_text(q, 0));
		n = 0;
	}
	return n;
}

int image_find(struct store *s, const char *id, struct store_image *ret,
	       const struct place **ret_place, struct error *err)
{
	for (size_t i = 0; i < s->n_places; i++) {
		const struct place *p = &s->places[i];
		struct sqldb_stmt *q;
		int n = sqldb_query(p->db, &q, err, "SELECT " COLUMNS " FROM images WHERE id = ?",
				    "s", id);

		if (n == 0)
			n = sqldb_step(q, err);
		if (n < 0)
			return n;
		if (n == 0)
			continue;
		if (ret != NULL)
			fill(s, p, q, ret);
		sqldb_reset(q);
		if (ret_place != NULL)
			*ret_place = p;
		return 1;
	}
	return 0;
}

int image_require(struct store *s, const char *id, struct store_image *ret,
		  const struct place **ret_place, struct error *err)
{
	int n = image_find(s, id, ret, ret_place, err);

	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND, "no image '%s' in the storage", id);
	return n < 0 ? n : 0;
}

int image_writable(struct store *s, const char *id, const struct place *p, struct error *err)
{
	if (p == NULL || p == &s->places[0])
		return 0;
	return error_set(err, ERROR_DENIED, "image '%.12s' is in the read-only store '%s'", id,
			 p->root);
}

int store_image_get(struct store *s, const char *id, struct store_image *ret, struct error *err)
{
	STORE_LOCKED(s);
	scoped(store_image_done) struct store_image i = { 0 };
	const struct place *p;
	int n = image_require(s, id, &i, &p, err);

	if (n == 0)
		n = add_column(p->db, "SELECT name FROM names WHERE image = ? ORDER BY name", id,
			       &i.names, err);
	if (n == 0)
		n = add_column(p->db, "SELECT name FROM repo_digests WHERE image = ? ORDER BY name",
			       id, &i.repo_digests, err);
	if (n == 0) {
		scoped_strv char **users = NULL;

		n = image_users(s, id, &users, err);
		i.containers = (int64_t)strv_len(users);
	}
	if (n < 0)
		return n;
	*ret = i;
	i = (struct store_image){ 0 };
	return 0;
}

int image_users(struct store *s, const char *id, char ***ret, struct error *err)
{
	return add_column(store_db(s), "SELECT id FROM containers WHERE image = ? ORDER BY id", id,
			  ret, err);
}

int store_image_by_name(struct store *s, const char *name, char out[65], struct error *err)
{
	STORE_LOCKED(s);
	const char *sql = strchr(name, '@') != NULL
				  ? "SELECT image FROM repo_digests WHERE name = ? LIMIT 1"
				  : "SELECT image FROM names WHERE name = ?";

	for (size_t i = 0; i < s->n_places; i++) {
		struct sqldb_stmt *q;
		int n = sqldb_query(s->places[i].db, &q, err, sql, "s", name);

		if (n == 0)
			n = sqldb_step(q, err);
		if (n < 0)
			return n;
		if (n == 0)
			continue;
		snprintf(out, 65, "%s", sqldb_text(q, 0));
		sqldb_reset(q);
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "no image named '%s' in the storage", name);
}

int store_image_by_prefix(struct store *s, const char *prefix, char out[65], struct error *err)
{
	STORE_LOCKED(s);
	scoped_free char *end = NULL;
	char found[65] = "";

	if (!str_is_hex(prefix, 0) || strlen(prefix) > 64)
		return error_set(err, ERROR_NOT_FOUND, "no image '%s' in the storage", prefix);
	end = xasprintf("%sg", prefix);
	for (size_t i = 0; i < s->n_places; i++) {
		struct sqldb_stmt *q;
		int n = sqldb_query(s->places[i].db, &q, err,
				    "SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2", "ss",
				    prefix, end);

		while (n == 0 && (n = sqldb_step(q, err)) > 0) {
			const char *id = sqldb_text(q, 0);

			if (found[0] != '\0' && !streq(found, id)) {
				n = error_set(err, ERROR_INVALID,
					      "the id '%s' is ambiguous: it begins '%.12s' and "
					      "'%.12s'",
					      prefix, found, id);
				sqldb_reset(q);
				return n;
			}
			snprintf(found, sizeof(found), "%s", id);
			n = 0;
		}
		if (n < 0)
			return n;
	}
	if (found[0] == '\0')
		return error_set(err, ERROR_NOT_FOUND, "no image '%s' in the storage", prefix);
	memcpy(out, found, sizeof(found));
	return 0;
}

/* ---- list ---- */

struct list {
	struct store_image *items;
	size_t n;
};

static int by_id(const void *a, const void *b)
{
	const struct store_image *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int newest_first(const void *a, const void *b)
{
	const struct store_image *x = a, *y = b;

	if (x->created_nsec != y->created_nsec)
		return x->created_nsec < y->created_nsec ? 1 : -1;
	return strcmp(x->id, y->id);
}

static struct store_image *find_listed(struct list *l, size_t n, const char *id)
{
	const struct store_image key = { .id = (char *)(uintptr_t)id };

	return n > 0 ? bsearch(&key, l->items, n, sizeof(key), by_id) : NULL;
}

/* Images of one place that no place before it has; the list is sorted by id again. */
static int list_rows(struct store *s, const struct place *p, struct list *l, struct error *err)
{
	size_t before = l->n;
	struct sqldb_stmt *q;
	int n = sqldb_query(p->db, &q, err, "SELECT " COLUMNS " FROM images", "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		if (find_listed(l, before, sqldb_text(q, 0)) == NULL)
			fill(s, p, q, ARRAY_ADD(l->items, l->n));
		n = 0;
	}
	if (l->n > 0)
		qsort(l->items, l->n, sizeof(*l->items), by_id);
	return n;
}

/* sql gives image, name in order of names; slot is the offset of a vector in struct store_image. */
static int list_names(const struct place *p, struct list *l, bool readonly, const char *sql,
		      size_t slot, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(p->db, &q, err, sql, "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		struct store_image *i = find_listed(l, l->n, sqldb_text(q, 0));

		if (i != NULL && i->readonly == readonly)
			strv_add((char ***)((char *)i + slot), sqldb_text(q, 1));
		n = 0;
	}
	return n;
}

static int list_users(struct store *s, struct list *l, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err,
			    "SELECT image, count(*) FROM containers WHERE image IS NOT NULL"
			    " GROUP BY image",
			    "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		struct store_image *i = find_listed(l, l->n, sqldb_text(q, 0));

		if (i != NULL)
			i->containers = sqldb_int(q, 1);
		n = 0;
	}
	return n;
}

static int list_place(struct store *s, const struct place *p, struct list *l, struct error *err)
{
	bool readonly = p != &s->places[0];
	int n = sqldb_begin_read(p->db, err);

	if (n < 0)
		return n;
	n = list_rows(s, p, l, err);
	if (n == 0)
		n = list_names(p, l, readonly, "SELECT image, name FROM names ORDER BY name",
			       offsetof(struct store_image, names), err);
	if (n == 0)
		n = list_names(p, l, readonly, "SELECT image, name FROM repo_digests ORDER BY name",
			       offsetof(struct store_image, repo_digests), err);
	if (n == 0 && !readonly)
		n = list_users(s, l, err);
	sqldb_rollback(p->db);
	return n;
}

int store_image_list(struct store *s, struct store_image **ret, size_t *ret_n, struct error *err)
{
	STORE_LOCKED(s);
	struct list l = { 0 };
	int n = 0;

	for (size_t i = 0; i < s->n_places && n == 0; i++)
		n = list_place(s, &s->places[i], &l, err);
	/* Containers may use images of an additional store. */
	if (n == 0 && s->n_places > 1)
		n = list_users(s, &l, err);
	if (n < 0) {
		store_image_list_free(l.items, l.n);
		return n;
	}
	if (l.n > 0)
		qsort(l.items, l.n, sizeof(*l.items), newest_first);
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}

/* ---- content and names ---- */

int store_image_read(struct store *s, const char *id, const char *what, struct buf *out,
		     struct error *err)
{
	STORE_LOCKED(s);
	scoped(store_image_done) struct store_image i = { 0 };
	scoped_free char *path = NULL;
	const struct place *p;
	int n = image_require(s, id, &i, &p, err);

	if (n < 0)
		return n;
	if (streq(what, "manifest"))
		path = xasprintf("%s/images/%s/manifest-%s", p->root, id,
				 strchr(i.digest, ':') != NULL ? strchr(i.digest, ':') + 1
							       : i.digest);
	else
		path = xasprintf("%s/images/%s/%s", p->root, id, what);
	n = fd_read_file(AT_FDCWD, path, JSON_MAX_BYTES, out);
	return n < 0 ? error_os(err, -n, "read the %s of image '%.12s'", what, id) : 0;
}

int store_image_layers(struct store *s, const char *id, char ***ret, struct error *err)
{
	STORE_LOCKED(s);
	scoped(store_image_done) struct store_image i = { 0 };
	scoped_strv char **chain = NULL;
	int n = image_require(s, id, &i, NULL, err);

	if (n == 0)
		n = layer_chain(s, i.top_layer, &chain, err);
	if (n < 0)
		return n;
	for (size_t a = 0, b = strv_len(chain); chain != NULL && b > a + 1; a++, b--) {
		char *swap = chain[a];

		chain[a] = chain[b - 1];
		chain[b - 1] = swap;
	}
	*ret = take_ptr(chain);
	return 0;
}

int store_image_tag(struct store *s, const char *id, const char *name, struct error *err)
{
	STORE_LOCKED(s);
	const struct place *p = NULL;
	int n = store_writer(s, err);

	if (n == 0)
		n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);
	if (n < 0)
		return n;
	n = image_require(s, id, NULL, &p, err);
	if (n == 0)
		n = image_writable(s, id, p, err);
	if (n == 0)
		n = sqldb_exec(store_db(s), err,
			       "INSERT OR REPLACE INTO names(name, image) VALUES(?, ?)", "ss", name,
			       id);
	if (n >= 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	return n;
}

int store_image_untag(struct store *s, const char *name, struct error *err)
{
	STORE_LOCKED(s);
	int n = store_writer(s, err);

	if (n == 0)
		n = sqldb_exec(store_db(s), err, "DELETE FROM names WHERE name = ?", "s", name);
	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND, "no image named '%s' in the storage", name);
	return n < 0 ? n : 0;
}
