/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sqldb.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "harness/test.h"

#define APP 0x436f7261
static const char schema[] = "CREATE TABLE t(k TEXT PRIMARY KEY, n INTEGER, b BLOB) WITHOUT ROWID;";

static int open_db(const char *path, struct sqldb **ret, struct error *err)
{
	return sqldb_open(path, APP, 2, schema, NULL, ret, err);
}

static int put(struct sqldb *db, const char *k, int64_t n, struct error *err)
{
	return sqldb_exec(db, err, "INSERT INTO t(k,n) VALUES(?,?)", "si", k, n);
}

static int64_t count(struct sqldb *db)
{
	struct sqldb_stmt *s;
	struct error err = ERROR_INIT;
	int64_t n = -1;

	if (sqldb_query(db, &s, &err, "SELECT count(*) FROM t", "") == 0 &&
	    sqldb_step(s, &err) == 1)
		n = sqldb_int(s, 0);
	sqldb_reset(s);
	return n;
}

TEST(create_write_read)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;
	struct sqldb_stmt *s;
	const void *blob;
	struct stat st;
	size_t len;

	CHECK_OK(open_db(test_path("db"), &db, &err), err);
	CHECK_INT(stat(test_path("db"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(sqldb_exec(db, &err, "INSERT INTO t VALUES(?,?,?)", "sib", "a", (int64_t)-5,
			     "x\0y", (size_t)3),
		  1);
	CHECK_INT(sqldb_exec(db, &err, "INSERT INTO t VALUES(?,?,?)", "sib", "b", INT64_MAX, "",
			     (size_t)0),
		  1);
	CHECK_OK(sqldb_query(db, &s, &err, "SELECT k,n,b FROM t ORDER BY k", ""), err);
	CHECK_INT(sqldb_step(s, &err), 1);
	CHECK_STR(sqldb_text(s, 0), "a");
	CHECK_INT(sqldb_int(s, 1), -5);
	blob = sqldb_blob(s, 2, &len);
	CHECK(len == 3 && memcmp(blob, "x\0y", 3) == 0);
	CHECK_INT(sqldb_step(s, &err), 1);
	CHECK(sqldb_int(s, 1) == INT64_MAX);
	CHECK_INT(sqldb_step(s, &err), 0);
	CHECK_OK(sqldb_query(db, &s, &err, "SELECT n FROM t WHERE k=?", "s", NULL), err);
	CHECK_INT(sqldb_step(s, &err), 0);
	CHECK_INT(sqldb_exec(db, &err, "UPDATE t SET n=0", ""), 2);
	CHECK_INT(sqldb_exec(db, &err, "DELETE FROM t WHERE k=?", "s", "zz"), 0);
	CHECK_INT(sqldb_exec(db, &err, "SELECT * FROM t", ""), 0);
	CHECK_OK(sqldb_check(db, &err), err);
}

TEST(conflict_is_exists)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(open_db(test_path("db"), &db, &err), err);
	CHECK_OK(put(db, "a", 1, &err), err);
	CHECK_FAILS(put(db, "a", 2, &err), err, ERROR_EXISTS, "t.k");
	CHECK_FAILS(sqldb_exec(db, &err, "INSERT INTO absent VALUES(1)", ""), err, ERROR_INTERNAL,
		    "no such table");
	CHECK_FAILS(sqldb_exec(db, &err, "DELETE FROM t WHERE k=?", ""), err, ERROR_INTERNAL,
		    "0 arguments for 1 parameters");
}

TEST(transactions)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(open_db(test_path("db"), &db, &err), err);
	CHECK_OK(sqldb_begin(db, SQLDB_VOLATILE, &err), err);
	CHECK_OK(put(db, "a", 1, &err), err);
	sqldb_rollback(db);
	sqldb_rollback(db);
	CHECK_INT(count(db), 0);
	CHECK_OK(sqldb_begin(db, SQLDB_DURABLE, &err), err);
	CHECK_OK(put(db, "a", 1, &err), err);
	CHECK(sqldb_begin(db, SQLDB_DURABLE, &err) < 0);
	CHECK_OK(sqldb_commit(db, &err), err);
	CHECK_INT(count(db), 1);
	CHECK(sqldb_commit(db, &err) < 0);
	sqldb_rollback(NULL);
}

/* The mode that SQLite is in while a transaction of each kind runs. */
TEST(durability_modes)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;
	struct sqldb_stmt *s;

	CHECK_OK(open_db(test_path("db"), &db, &err), err);
	for (int i = 0; i < 4; i++) {
		enum sqldb_durability how = i % 2 == 0 ? SQLDB_VOLATILE : SQLDB_DURABLE;

		CHECK_OK(sqldb_begin(db, how, &err), err);
		CHECK_OK(sqldb_query(db, &s, &err, "PRAGMA synchronous", ""), err);
		CHECK_INT(sqldb_step(s, &err), 1);
		CHECK_INT(sqldb_int(s, 0), how == SQLDB_DURABLE ? 2 : 1);
		CHECK_OK(sqldb_commit(db, &err), err);
	}
	CHECK_OK(sqldb_begin(db, SQLDB_VOLATILE, &err), err);
	CHECK_OK(sqldb_commit(db, &err), err);
	/* A change outside a transaction is durable. */
	CHECK_OK(put(db, "a", 1, &err), err);
	CHECK_OK(sqldb_query(db, &s, &err, "PRAGMA synchronous", ""), err);
	CHECK_INT(sqldb_step(s, &err), 1);
	CHECK_INT(sqldb_int(s, 0), 2);
}

TEST(reopening_keeps_data_and_mode)
{
	const char *path = test_path("db");
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;
	struct sqldb_stmt *s;

	CHECK_OK(open_db(path, &db, &err), err);
	CHECK_OK(put(db, "a", 1, &err), err);
	sqldb_close(db);
	CHECK_OK(open_db(path, &db, &err), err);
	CHECK_INT(count(db), 1);
	CHECK_OK(sqldb_query(db, &s, &err, "PRAGMA journal_mode", ""), err);
	CHECK_INT(sqldb_step(s, &err), 1);
	CHECK_STR(sqldb_text(s, 0), "wal");
	sqldb_close(db);
	sqldb_close(NULL);
}

TEST(newer_version_is_refused)
{
	const char *path = test_path("db");
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	CHECK_OK(sqldb_open(path, APP, 3, schema, NULL, &db, &err), err);
	sqldb_close(db);
	db = NULL;
	CHECK_FAILS(open_db(path, &db, &err), err, ERROR_UNSUPPORTED, "has version 3");
	CHECK(db == NULL && strstr(err.msg, path) != NULL);
	CHECK_FAILS(sqldb_open(path, APP + 1, 3, schema, NULL, &db, &err), err, ERROR_CORRUPT,
		    "another program");
}

static int migrate_to_2(struct sqldb *db, int from, struct error *err)
{
	if (from != 1)
		return error_set(err, ERROR_INTERNAL, "from %d", from);
	return sqldb_exec(db, err, "ALTER TABLE t ADD COLUMN extra TEXT", "");
}

static int migrate_badly(struct sqldb *db, int from, struct error *err)
{
	sqldb_exec(db, err, "DROP TABLE t", "");
	return error_set(err, ERROR_INVALID, "cannot");
}

TEST(older_version_is_migrated_once)
{
	const char *path = test_path("db");
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	CHECK_OK(sqldb_open(path, APP, 1, schema, NULL, &db, &err), err);
	CHECK_OK(put(db, "a", 1, &err), err);
	sqldb_close(db);
	db = NULL;
	CHECK_FAILS(open_db(path, &db, &err), err, ERROR_UNSUPPORTED, "has version 1");
	CHECK_FAILS(sqldb_open(path, APP, 2, schema, migrate_badly, &db, &err), err, ERROR_INVALID,
		    "migrate database");
	CHECK(db == NULL);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(sqldb_open(path, APP, 2, schema, migrate_to_2, &db, &err), err);
		CHECK_INT(count(db), 1);
		CHECK_OK(sqldb_exec(db, &err, "UPDATE t SET extra='x'", ""), err);
		sqldb_close(db);
	}
}

TEST(damaged_files_are_named)
{
	const char *path = test_path("db");
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;
	char page[4096];
	FILE *f;

	CHECK_INT(test_write_file(path, "this is not a database, but long enough to look at; "
					"this is not a database, but long enough to look at!!"),
		  0);
	CHECK_FAILS(open_db(path, &db, &err), err, ERROR_CORRUPT, path);
	unlink(path);
	CHECK_OK(open_db(path, &db, &err), err);
	for (int i = 0; i < 200; i++) {
		snprintf(page, sizeof(page), "%03d%0800d", i, i);
		CHECK_OK(put(db, page, i, &err), err);
	}
	CHECK_OK(sqldb_exec(db, &err, "PRAGMA wal_checkpoint(TRUNCATE)", ""), err);
	sqldb_close(db);
	db = NULL;
	f = fopen(path, "r+e");
	CHECK(f != NULL);
	memset(page, 0x5a, sizeof(page));
	CHECK_INT(fseek(f, 4096 * 3, SEEK_SET), 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(fwrite(page, sizeof(page), 1, f), 1);
	fclose(f);
	CHECK_OK(open_db(path, &db, &err), err);
	CHECK_FAILS(sqldb_check(db, &err), err, ERROR_CORRUPT, path);
	sqldb_close(db);
	db = NULL;
	CHECK_FAILS(open_db("/nonexistent/db", &db, &err), err, ERROR_OS, "/nonexistent/db");
	CHECK_INT(err.num, ENOENT);
}

TEST(readers_and_writers_do_not_block_each_other)
{
	const char *path = test_path("db");
	scoped(sqldb_close) struct sqldb *writer = NULL, *reader = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(open_db(path, &writer, &err), err);
	CHECK_OK(open_db(path, &reader, &err), err);
	CHECK_OK(put(writer, "a", 1, &err), err);
	CHECK_OK(sqldb_begin(writer, SQLDB_DURABLE, &err), err);
	CHECK_OK(put(writer, "b", 2, &err), err);
	CHECK_INT(count(reader), 1); /* not the uncommitted row, and without waiting */
	CHECK_OK(sqldb_begin_read(reader, &err), err);
	CHECK_INT(count(reader), 1);
	CHECK_OK(sqldb_commit(writer, &err), err);
	CHECK_INT(count(reader), 1); /* one snapshot */
	CHECK_OK(sqldb_commit(reader, &err), err);
	CHECK_INT(count(reader), 2);
}

/* Processes that all create the same file and all add rows to it. */
TEST(many_processes_create_and_write)
{
	enum { WORKERS = 6, ROWS = 20 };
	const char *path = test_path("db");
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;
	pid_t pids[WORKERS];
	int status;

	for (int w = 0; w < WORKERS; w++) {
		pids[w] = fork();
		if (pids[w] != 0)
			continue;
		int r = open_db(path, &db, &err);

		for (int i = 0; r >= 0 && i < ROWS; i++) {
			char key[32];

			snprintf(key, sizeof(key), "%d-%d", w, i);
			r = sqldb_begin(db, i % 2 ? SQLDB_DURABLE : SQLDB_VOLATILE, &err);
			if (r >= 0)
				r = put(db, key, i, &err);
			if (r >= 0)
				r = sqldb_commit(db, &err);
		}
		if (r < 0)
			test_fail(__FILE__, __LINE__, "worker %d: %s", w, err.msg);
		_exit(r < 0);
	}
	for (int w = 0; w < WORKERS; w++) {
		CHECK_INT(waitpid(pids[w], &status, 0), pids[w]);
		CHECK_INT(status, 0);
	}
	CHECK_OK(open_db(path, &db, &err), err);
	CHECK_INT(count(db), WORKERS * ROWS);
}

/* What a killed writer left behind: committed rows stay, the open transaction goes. */
TEST(killed_writer_loses_only_its_transaction)
{
	const char *path = test_path("db");
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int r = open_db(path, &db, &err);

		r |= sqldb_begin(db, SQLDB_VOLATILE, &err);
		r |= put(db, "kept", 1, &err) < 0;
		r |= sqldb_commit(db, &err);
		r |= sqldb_begin(db, SQLDB_VOLATILE, &err);
		r |= put(db, "lost", 1, &err) < 0;
		_exit(r != 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_OK(open_db(path, &db, &err), err);
	CHECK_INT(count(db), 1);
}

TEST(statement_cache_survives_reused_memory)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	struct error err = ERROR_INIT;
	struct sqldb_stmt *s;
	char sql[64];

	CHECK_OK(open_db(test_path("db"), &db, &err), err);
	for (int i = 0; i < 3; i++) {
		snprintf(sql, sizeof(sql), "SELECT %d", i);
		CHECK_OK(sqldb_query(db, &s, &err, sql, ""), err);
		CHECK_INT(sqldb_step(s, &err), 1);
		CHECK_INT(sqldb_int(s, 0), i);
	}
}
