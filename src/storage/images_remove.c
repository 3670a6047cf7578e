/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "storage/images_priv.h"

static int check_users(struct store *s, const char *id, struct error *err)
{
	scoped_strv char **users = NULL;
	scoped_free char *text = NULL;
	int n = image_users(s, id, &users, err);

	if (n < 0 || users == NULL)
		return n;
	text = strv_join(users, ", ");
	return error_set(err, ERROR_BUSY, "image '%.12s' is in use by the container%s %s", id,
			 strv_len(users) > 1 ? "s" : "", text);
}

/* Inside the transaction: rows and, when we are alone, the marks of its layers. */
static int remove_rows(struct store *s, const char *id, char ***ret_layers, struct error *err)
{
	struct sqldb *db = store_db(s);
	bool others = false;
	int n = sqldb_exec(db, err, "DELETE FROM names WHERE image = ?", "s", id);

	if (n >= 0)
		n = sqldb_exec(db, err, "DELETE FROM repo_digests WHERE image = ?", "s", id);
	if (n >= 0)
		n = sqldb_exec(db, err, "DELETE FROM images WHERE id = ?", "s", id);
	if (n >= 0)
		n = lease_others_alive(s, &others, err);
	if (n >= 0 && !others)
		n = collect_mark(s, ret_layers, err);
	return n < 0 ? n : 0;
}

int store_image_remove(struct store *s, const char *id, char ***ret_layers, struct error *err)
{
	STORE_LOCKED(s);
	scoped_strv char **layers = NULL;
	const struct place *p = NULL;
	int n = store_lease(s, err);

	if (n == 0)
		n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);
	if (n < 0)
		return n;
	n = image_require(s, id, NULL, &p, err);
	if (n == 0)
		n = image_writable(s, id, p, err);
	if (n == 0)
		n = check_users(s, id, err);
	if (n == 0)
		n = remove_rows(s, id, &layers, err);
	if (n == 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	if (n == 0)
		n = collect_finish(s, id, NULL, err);
	if (n < 0)
		return n;
	if (ret_layers != NULL)
		*ret_layers = take_ptr(layers);
	return 0;
}
