/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/db.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "engine/db/db_priv.h"

/*
 * Configuration and state are rows of their own: a change of state writes one page.  The columns
 * beside the documents repeat what they say, so that a listing or a search for what killed commands
 * left decodes only what it prints.
 */
/* Columns of tables without rowid stand in the order of their keys: quick_check of SQLite 3.40
 * looks for NULL in the wrong ones otherwise. */
static const char schema[] =
	"CREATE TABLE container(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL, version INTEGER NOT NULL, rm INTEGER NOT NULL,"
	" summary TEXT NOT NULL, config TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX container_created ON container(created);"
	"CREATE TABLE container_state(id TEXT PRIMARY KEY, boot TEXT NOT NULL, intent TEXT,"
	" status INTEGER NOT NULL, pid INTEGER NOT NULL, pid_start INTEGER NOT NULL,"
	" started INTEGER NOT NULL, finished INTEGER NOT NULL, exit_code INTEGER NOT NULL,"
	" oom INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX container_state_boot ON container_state(boot);"
	"CREATE INDEX container_state_open ON container_state(id)"
	" WHERE intent IS NOT NULL OR pid > 0;"
	"CREATE TABLE container_volume(volume TEXT NOT NULL, container TEXT NOT NULL,"
	" PRIMARY KEY(volume, container)) WITHOUT ROWID;"
	"CREATE INDEX container_volume_container ON container_volume(container);"
	"CREATE TABLE container_network(network TEXT NOT NULL, container TEXT NOT NULL,"
	" PRIMARY KEY(network, container)) WITHOUT ROWID;"
	"CREATE INDEX container_network_container ON container_network(container);"
	"CREATE TABLE container_image(image TEXT NOT NULL, container TEXT NOT NULL,"
	" PRIMARY KEY(image, container)) WITHOUT ROWID;"
	"CREATE INDEX container_image_container ON container_image(container);"
	"CREATE TABLE container_depends(depends TEXT NOT NULL, container TEXT NOT NULL,"
	" PRIMARY KEY(depends, container)) WITHOUT ROWID;"
	"CREATE INDEX container_depends_container ON container_depends(container);"
	"CREATE TABLE exit_code(id TEXT PRIMARY KEY, time INTEGER NOT NULL, code INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE volume(name TEXT PRIMARY KEY, version INTEGER NOT NULL, config TEXT NOT NULL)"
	" WITHOUT ROWID;";

int db_open(const char *path, struct db **ret, struct error *err)
{
	struct db *db = xnew(struct db);
	int r = sqldb_open(path, DB_APPLICATION_ID, DB_VERSION, schema, NULL, &db->sql, err);

	if (r < 0) {
		free(db);
		return r;
	}
	*ret = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	sqldb_close(db->sql);
	free(db);
}

struct sqldb *db_sql(struct db *db)
{
	return db->sql;
}

bool db_stale(struct db *db, const char *boot_id)
{
	struct sqldb_stmt *s;
	bool stale;

	if (sqldb_query(db->sql, &s, NULL,
			"SELECT 1 FROM container_state WHERE boot < ? OR boot > ? LIMIT 1", "ss",
			boot_id, boot_id) < 0)
		return false;
	stale = sqldb_step(s, NULL) == 1;
	sqldb_reset(s);
	return stale;
}

/* Read one text column of every row. */
int db_collect(struct sqldb_stmt *s, char ***ret, struct error *err)
{
	scoped_strv char **v = NULL;
	int r;

	while ((r = sqldb_step(s, err)) == 1)
		strv_add(&v, sqldb_text(s, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(v);
	return 0;
}

int db_users(struct db *db, const char *kind, const char *name, char ***ret, struct error *err)
{
	struct sqldb_stmt *s;
	int r;

	if (streq(kind, "volume"))
		r = sqldb_query(db->sql, &s, err,
				"SELECT container FROM container_volume WHERE volume = ?", "s",
				name);
	else if (streq(kind, "network"))
		r = sqldb_query(db->sql, &s, err,
				"SELECT container FROM container_network WHERE network = ?", "s",
				name);
	else if (streq(kind, "image"))
		r = sqldb_query(db->sql, &s, err,
				"SELECT container FROM container_image WHERE image = ?", "s", name);
	else if (streq(kind, "container"))
		r = sqldb_query(db->sql, &s, err,
				"SELECT container FROM container_depends WHERE depends = ?", "s",
				name);
	else
		return error_set(err, ERROR_INTERNAL, "no users of kind '%s' are kept", kind);
	if (r < 0)
		return r;
	return db_collect(s, ret, err);
}
