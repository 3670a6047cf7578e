/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "storage/store_priv.h"

/* Deepest chain that is followed: overlay takes 500 lower directories, images have at most 127. */
#define CHAIN_MAX 1000

void store_layer_done(struct store_layer *l)
{
	free(l->id);
	free(l->parent);
	free(l->diff_id);
	free(l->compressed_digest);
	*l = (struct store_layer){ 0 };
}
DEFINE_SCOPED_STRUCT(struct store_layer, store_layer_done)

/* image-spec, "Layer ChainID": the digest of "<chain id below> <diff id>". */
int store_chain_id(const char *parent, const char *diff_id, char out[65], struct error *err)
{
	scoped_free char *text = NULL;
	struct digest d;
	int n;

	if (digest_parse(diff_id, &d) < 0)
		return error_set(err, ERROR_INVALID, "'%s' is no diff id", diff_id);
	if (parent != NULL) {
		text = xasprintf("sha256:%s %s", parent, diff_id);
		n = digest_of(text, strlen(text), &d, err);
		if (n < 0)
			return n;
	} else if (!streq(digest_algorithm(&d), "sha256")) {
		n = digest_of(diff_id, strlen(diff_id), &d, err);
		if (n < 0)
			return n;
	}
	memcpy(out, digest_hex(&d), 65);
	return 0;
}

static int find_in(struct store *s, const struct place *p, const char *id, struct store_layer *ret,
		   struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(p->db, &q, err,
			    "SELECT parent, diff_id, compressed, created, compressed_bytes,"
			    " diff_bytes FROM layers WHERE id = ? AND NOT removing AND"
			    " (boot IS NULL OR boot = ?)",
			    "ss", id, s->boot);

	if (n == 0)
		n = sqldb_step(q, err);
	if (n <= 0)
		return n;
	if (ret != NULL) {
		*ret = (struct store_layer){
			.id = xstrdup(id),
			.parent = xstrdup_opt(sqldb_text(q, 0)),
			.diff_id = xstrdup(sqldb_text(q, 1)),
			.compressed_digest = xstrdup_opt(sqldb_text(q, 2)),
			.created_nsec = sqldb_int(q, 3),
			.compressed_bytes = (uint64_t)sqldb_int(q, 4),
			.diff_bytes = (uint64_t)sqldb_int(q, 5),
		};
	}
	sqldb_reset(q);
	return 1;
}

int layer_find(struct store *s, const char *id, struct store_layer *ret,
	       const struct place **ret_place, struct error *err)
{
	for (size_t i = 0; i < s->n_places; i++) {
		int n = find_in(s, &s->places[i], id, ret, err);

		if (n < 0)
			return n;
		if (n > 0) {
			if (ret_place != NULL)
				*ret_place = &s->places[i];
			return 1;
		}
	}
	return 0;
}

int store_layer_get(struct store *s, const char *id, struct store_layer *ret, struct error *err)
{
	STORE_LOCKED(s);
	int n = layer_find(s, id, ret, NULL, err);

	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND, "no layer '%s' in the storage", id);
	return n < 0 ? n : 0;
}

bool store_layer_exists(struct store *s, const char *id)
{
	STORE_LOCKED(s);

	return layer_find(s, id, NULL, NULL, NULL) > 0;
}

int store_layer_by_digest(struct store *s, const char *compressed_digest, const char *parent,
			  char out[65], struct error *err)
{
	STORE_LOCKED(s);

	for (size_t i = 0; i < s->n_places; i++) {
		struct sqldb_stmt *q;
		int n = sqldb_query(s->places[i].db, &q, err,
				    "SELECT id FROM layers WHERE compressed = ? AND parent IS ? AND"
				    " NOT removing AND (boot IS NULL OR boot = ?)",
				    "sss", compressed_digest, parent, s->boot);

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
	return error_set(err, ERROR_NOT_FOUND, "no layer '%s' in the storage", compressed_digest);
}

/* With dirs: their directories instead of their ids. */
static int walk_chain(struct store *s, const char *id, bool dirs, char ***ret, struct error *err)
{
	scoped_strv char **out = NULL;
	scoped_free char *next = xstrdup_opt(id);

	for (unsigned i = 0; next != NULL; i++) {
		scoped(store_layer_done) struct store_layer l = { 0 };
		const struct place *p = NULL;
		int n = i < CHAIN_MAX ? layer_find(s, next, &l, &p, err) : 0;

		if (n < 0)
			return n;
		if (n == 0)
			return error_set(
				err, ERROR_CORRUPT,
				"layer '%s' is missing in the storage; run 'coracle system "
				"check --repair' and pull the image again",
				next);
		if (dirs)
			strv_add_take(&out, store_dir_of(s, p, next));
		else
			strv_add(&out, next);
		free(next);
		next = take_ptr(l.parent);
	}
	*ret = take_ptr(out);
	return 0;
}

int layer_chain(struct store *s, const char *id, char ***ret, struct error *err)
{
	return walk_chain(s, id, false, ret, err);
}

int layer_chain_dirs(struct store *s, const char *id, char ***ret, struct error *err)
{
	return walk_chain(s, id, true, ret, err);
}
