/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "engine/db/db_priv.h"

static const struct json_field volume_fields[] = {
	JROW(struct volume, "name", name, JT_STR, JF_REQUIRED),
	JROW(struct volume, "driver", driver, JT_STR, 0),
	JROW(struct volume, "created", created_nsec, JT_I64, 0),
	JROW(struct volume, "labels", labels, JT_MAP, 0),
	JROW(struct volume, "options", options, JT_MAP, 0),
	JROW(struct volume, "anonymous", anonymous, JT_BOOL, 0),
	JROW(struct volume, "needsCopyUp", needs_copy_up, JT_BOOL, 0),
	JROW(struct volume, "uid", uid, JT_OPT_U32, 0),
	JROW(struct volume, "gid", gid, JT_OPT_U32, 0),
};
const struct json_table volume_table = JTABLE(struct volume, volume_fields);

void volume_done(struct volume *v)
{
	if (v)
		json_table_free(&volume_table, v);
}

static int write_volume(struct db *db, const struct volume *v, bool durable, bool replace,
			struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	int r;

	json_table_dump(&volume_table, v, 0, &text);
	r = sqldb_begin(db->sql, durable ? SQLDB_DURABLE : SQLDB_VOLATILE, err);
	if (r < 0)
		return r;
	r = replace ? sqldb_exec(db->sql, err, "UPDATE volume SET config = ? WHERE name = ?", "ss",
				 buf_str(&text), v->name)
		    : sqldb_exec(db->sql, err,
				 "INSERT INTO volume(name, version, config) VALUES(?, ?, ?)", "sis",
				 v->name, (int64_t)DB_DOCUMENT_VERSION, buf_str(&text));
	if (replace && r == 0)
		r = error_set(err, ERROR_NOT_FOUND, "no such volume %s", v->name);
	return sqldb_end(db->sql, r, err);
}

int db_volume_insert(struct db *db, const struct volume *v, bool durable, struct error *err)
{
	struct error e = ERROR_INIT;
	int r = write_volume(db, v, durable, false, &e);

	if (r < 0 && e.kind == ERROR_EXISTS)
		return error_set(err, ERROR_EXISTS,
				 "volume with name %s already exists: volume already exists",
				 v->name);
	return r < 0 ? error_copy(err, &e) : 0;
}

int db_volume_update(struct db *db, const struct volume *v, struct error *err)
{
	return write_volume(db, v, false, true, err);
}

static int decode(struct sqldb_stmt *s, struct volume *v, struct error *err)
{
	const char *text = sqldb_text(s, 2);
	int r;

	if (sqldb_int(s, 1) > DB_DOCUMENT_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "volume %s was written by a newer version of this program",
				 sqldb_text(s, 0));
	r = json_table_parse(&volume_table, text, strlen(text), v, "stored volume", 0, err);
	return r < 0 ? error_prefix(err, "volume %s", sqldb_text(s, 0)) : 0;
}

int db_volume_load(struct db *db, const char *name, struct volume *ret, struct error *err)
{
	struct volume v = { 0 };
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err,
			    "SELECT name, version, config FROM volume WHERE name = ?", "s", name);

	if (r < 0)
		return r;
	r = sqldb_step(s, err);
	if (r == 1)
		r = decode(s, &v, err);
	else if (r == 0)
		r = error_set(err, ERROR_NOT_FOUND,
			      "no volume with name \"%s\" found: no such volume", name);
	sqldb_reset(s);
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}

int db_volume_delete(struct db *db, const char *name, struct error *err)
{
	int r = sqldb_begin(db->sql, SQLDB_VOLATILE, err);

	if (r < 0)
		return r;
	r = sqldb_exec(db->sql, err, "DELETE FROM volume WHERE name = ?", "s", name);
	return sqldb_end(db->sql, r, err);
}

int db_volume_each(struct db *db, int (*fn)(void *arg, struct volume *v, struct error *err),
		   void *arg, struct error *err)
{
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err,
			    "SELECT name, version, config FROM volume ORDER BY name", "");

	if (r < 0)
		return r;
	while ((r = sqldb_step(s, err)) == 1) {
		struct volume v = { 0 };

		r = decode(s, &v, err);
		if (r >= 0)
			r = fn(arg, &v, err);
		volume_done(&v);
		if (r < 0)
			break;
	}
	sqldb_reset(s);
	return r < 0 ? r : 0;
}
