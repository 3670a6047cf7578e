/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening is on the path of every command, so it runs no pragma but the two that read the
 * versions: journal mode is a property of the file (set once, when it is new), everything else is
 * set by calls that touch no file.
 *
 * Durability in WAL mode: synchronous=FULL syncs the log at each commit; NORMAL leaves it to the
 * kernel, and only a checkpoint syncs, so the file never becomes inconsistent.
 */
#include "base/sqldb.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/sqldb/walindex.h"

/* The wait between two tries for a lock grows to this: short enough that a queue of commands
 * moves, long enough not to burn a CPU. */
#define BUSY_STEP_MAX_NSEC (4 * NSEC_PER_MSEC)

enum synchronous { SYNC_UNKNOWN = -1, SYNC_NORMAL = 1, SYNC_FULL = 2 };

struct sqldb_stmt {
	struct sqldb *db;
	const char *sql; /* the caller's literal; its address is the cache key */
	sqlite3_stmt *stmt;
	struct sqldb_stmt *next;
};

#define STMT_BUCKETS 64

struct sqldb {
	sqlite3 *handle;
	char *path;
	struct walindex *index;
	enum synchronous synchronous;
	int64_t busy_since; /* monotonic; of the wait in progress */
	struct sqldb_stmt *stmts[STMT_BUCKETS];
};

static int fail(struct sqldb *db, struct error *err, int rc, const char *doing)
{
	const char *text = sqlite3_errmsg(db->handle);
	int num = sqlite3_system_errno(db->handle);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_BUSY,
				 "%s: database '%s' is locked by another process for %d s", doing,
				 db->path, SQLDB_BUSY_MSEC / 1000);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(
			err, ERROR_CORRUPT,
			"%s: database '%s' is damaged (%s); restore it from a copy or move "
			"it away",
			doing, db->path, text);
	case SQLITE_CONSTRAINT:
		if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    rc == SQLITE_CONSTRAINT_ROWID)
			return error_set(err, ERROR_EXISTS, "%s: database '%s': %s", doing,
					 db->path, text);
		break;
	case SQLITE_FULL:
		return error_os(err, ENOSPC, "%s: database '%s'", doing, db->path);
	case SQLITE_READONLY:
		return error_os(err, num > 0 ? num : EROFS, "%s: database '%s'", doing, db->path);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_IOERR:
		return error_os(err, num > 0 ? num : EIO, "%s: database '%s': %s", doing, db->path,
				text);
	default:
		break;
	}
	return error_set(err, ERROR_INTERNAL, "%s: database '%s': %s", doing, db->path, text);
}

/* SQLite can only ask again: it tells nobody that a lock was released.  Bounded by
 * SQLDB_BUSY_MSEC. */
static int on_busy(void *arg, int count)
{
	struct sqldb *db = arg;
	int64_t now = time_monotonic_nsec(), step = 100 * NSEC_PER_USEC;
	struct timespec ts = { 0 };

	if (count == 0)
		db->busy_since = now;
	if (now - db->busy_since > (int64_t)SQLDB_BUSY_MSEC * NSEC_PER_MSEC)
		return 0;
	step = count < 6 ? step << count : BUSY_STEP_MAX_NSEC;
	ts.tv_nsec = (long)MIN(step, BUSY_STEP_MAX_NSEC);
	ppoll(NULL, 0, &ts, NULL);
	return 1;
}

/* SQL without arguments or rows that matter. */
static int run(struct sqldb *db, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, err, sqlite3_extended_errcode(db->handle), sql);
}

static int read_number(struct sqldb *db, const char *sql, int64_t *ret, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : fail(db, err, rc, "open");
}

static int set_synchronous(struct sqldb *db, enum synchronous want, struct error *err)
{
	int r;

	if (db->synchronous == want)
		return 0;
	r = run(db, want == SYNC_FULL ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
		err);
	if (r == 0)
		db->synchronous = want;
	return r;
}

/* Changing to WAL needs the file alone; SQLite does not call the busy handler for it. */
static int set_wal(struct sqldb *db, struct error *err)
{
	for (int count = 0;; count++) {
		int rc = sqlite3_exec(db->handle, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);

		if (rc == SQLITE_OK)
			return 0;
		if ((rc & 0xff) != SQLITE_BUSY || !on_busy(db, count))
			return fail(db, err, rc, "open");
	}
}

static int set_versions(struct sqldb *db, uint32_t application_id, int version, struct error *err)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		 (int)application_id, version);
	return run(db, sql, err);
}

/* Another process may be doing the same: whoever gets the write lock first does it. */
static int create_schema(struct sqldb *db, uint32_t application_id, int version, const char *schema,
			 struct error *err)
{
	int64_t have = 0;
	int r = set_wal(db, err);

	if (r == 0)
		r = sqldb_begin(db, SQLDB_DURABLE, err);
	if (r < 0)
		return r;
	r = read_number(db, "SELECT count(*) FROM sqlite_master", &have, err);
	if (r == 0 && have == 0)
		r = run(db, schema, err);
	if (r == 0 && have == 0)
		r = set_versions(db, application_id, version, err);
	return sqldb_end(db, r, err);
}

static int migrate_schema(struct sqldb *db, uint32_t application_id, int version,
			  int (*migrate)(struct sqldb *db, int from, struct error *err),
			  struct error *err)
{
	int64_t from = 0;
	int r = sqldb_begin(db, SQLDB_DURABLE, err);

	if (r < 0)
		return r;
	r = read_number(db, "PRAGMA user_version", &from, err);
	if (r == 0 && from < version) {
		r = migrate(db, (int)from, err);
		if (r >= 0)
			r = set_versions(db, application_id, version, err);
	}
	if (r < 0) {
		sqldb_rollback(db);
		return error_prefix(err, "migrate database '%s' from version %d to %d", db->path,
				    (int)from, version);
	}
	return sqldb_commit(db, err);
}

static int read_versions(struct sqldb *db, uint32_t *ret_id, int *ret_version, struct error *err)
{
	int64_t id = 0, version = 0;
	int r = 0;

	/* Two reads, and a creator may commit between them: one number without the other is read
	 * once more, which is after that commit. */
	for (int round = 0; r == 0 && round < 2 && (round == 0 || (id == 0) != (version == 0));
	     round++) {
		r = read_number(db, "PRAGMA application_id", &id, err);
		if (r == 0)
			r = read_number(db, "PRAGMA user_version", &version, err);
	}
	*ret_id = (uint32_t)id;
	*ret_version = (int)version;
	return r;
}

static int check_owner(const struct sqldb *db, uint32_t id, uint32_t want, struct error *err)
{
	if (id == want)
		return 0;
	return error_set(err, ERROR_CORRUPT,
			 "database '%s' belongs to another program (application id %#x, want %#x)",
			 db->path, id, want);
}

/* The file is ours and of our version when this returns 0. */
static int settle_versions(struct sqldb *db, uint32_t application_id, int version,
			   const char *schema,
			   int (*migrate)(struct sqldb *db, int from, struct error *err),
			   struct error *err)
{
	uint32_t id = 0;
	int have = 0;
	int r = read_versions(db, &id, &have, err);

	if (r == 0 && id == 0 && have == 0) {
		r = create_schema(db, application_id, version, schema, err);
		if (r == 0)
			r = read_versions(db, &id, &have, err);
	}
	if (r == 0)
		r = check_owner(db, id, application_id, err);
	if (r < 0)
		return r;
	if (have > version)
		return error_set(err, ERROR_UNSUPPORTED,
				 "database '%s' has version %d, this program knows %d; install the "
				 "newer program that wrote it",
				 db->path, have, version);
	if (have == version)
		return 0;
	if (migrate == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "database '%s' has version %d, which this program (version %d) "
				 "cannot read any more",
				 db->path, have, version);
	return migrate_schema(db, application_id, version, migrate, err);
}

/* SQLite creates with 0644; -wal and -shm take the mode of the file. */
static int create_file(const char *path, struct error *err)
{
	struct stat st;
	int fd;

	/* Never opened here when it exists: closing it would drop the locks that another
	 * connection of this process holds (POSIX). */
	if (stat(path, &st) == 0)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : error_os(err, errno, "create database '%s'", path);
	close(fd);
	return 0;
}

/* Will the next process find the log's index as we leave it? */
static bool keep_index(struct sqldb *db)
{
	return walindex_held(db->index) || walindex_mark(db->index) == 0;
}

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* Before the first connection of the process: no statistics of memory, which nobody asks for and
 * each allocation would pay with a lock.  Fails where SQLite runs already, and changes nothing
 * then. */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int sqldb_open(const char *path, uint32_t application_id, int version, const char *schema,
	       int (*migrate)(struct sqldb *db, int from, struct error *err), struct sqldb **ret,
	       struct error *err)
{
	scoped(sqldb_close) struct sqldb *db = NULL;
	int r, rc;

	r = create_file(path, err);
	if (r < 0)
		return r;
	db = xnew(struct sqldb);
	db->path = xstrdup(path);
	db->synchronous = SYNC_UNKNOWN;
	db->index = walindex_enter(path);
	pthread_once(&configured, configure);
	rc = sqlite3_open_v2(path, &db->handle,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc != SQLITE_OK)
		return fail(db, err, rc, "open");
	sqlite3_busy_handler(db->handle, on_busy, db);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	r = settle_versions(db, application_id, version, schema, migrate, err);
	if (r < 0)
		return r;
	sqlite3_wal_autocheckpoint(db->handle,
				   keep_index(db) ? SQLDB_WAL_PAGES : SQLDB_WAL_PAGES_REREAD);
	*ret = take_ptr(db);
	return 0;
}

/* "file:" form of a path, with everything but plain characters escaped. */
static char *file_uri(const char *path, const char *query)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "file:");
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '/' || *p == '.' || *p == '-' || *p == '_' || isalnum((unsigned char)*p))
			buf_addc(&b, *p);
		else
			buf_addf(&b, "%%%02x", (unsigned char)*p);
	}
	buf_adds(&b, query);
	return buf_take(&b);
}

static int open_to_read(struct sqldb *db, const char *query)
{
	scoped_free char *uri = file_uri(db->path, query);
	int rc;

	sqlite3_close(db->handle);
	db->handle = NULL;
	rc = sqlite3_open_v2(uri, &db->handle,
			     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->handle, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL);
	return rc;
}

int sqldb_open_readonly(const char *path, uint32_t application_id, int version, struct sqldb **ret,
			struct error *err)
{
	scoped(sqldb_close) struct sqldb *db = xnew(struct sqldb);
	uint32_t id = 0;
	int have = 0;
	int r, rc;

	db->path = xstrdup(path);
	db->synchronous = SYNC_UNKNOWN;
	rc = open_to_read(db, "?mode=ro");
	/* Reading a log wants a shared-memory file beside it, which cannot be made here. */
	if ((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY)
		rc = open_to_read(db, "?mode=ro&immutable=1");
	if (rc != SQLITE_OK)
		return fail(db, err, rc, "open");
	sqlite3_busy_handler(db->handle, on_busy, db);
	r = read_versions(db, &id, &have, err);
	if (r == 0)
		r = check_owner(db, id, application_id, err);
	if (r < 0)
		return r;
	if (have != version)
		return error_set(err, ERROR_UNSUPPORTED,
				 "database '%s' has version %d, this program reads %d", path, have,
				 version);
	*ret = take_ptr(db);
	return 0;
}

void sqldb_close(struct sqldb *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < STMT_BUCKETS; i++) {
		while (db->stmts[i] != NULL) {
			struct sqldb_stmt *s = db->stmts[i];

			db->stmts[i] = s->next;
			sqlite3_finalize(s->stmt);
			free(s);
		}
	}
	sqlite3_close(db->handle);
	walindex_leave(db->index);
	free(db->path);
	free(db);
}

static int prepare(struct sqldb *db, const char *sql, struct sqldb_stmt **ret, struct error *err)
{
	size_t bucket = ((uintptr_t)sql >> 3) % STMT_BUCKETS;
	struct sqldb_stmt *s = db->stmts[bucket];
	int rc;

	while (s != NULL && s->sql != sql)
		s = s->next;
	if (s != NULL) {
		sqlite3_reset(s->stmt);
		/* A pointer that is no literal may come again with another text. */
		if (streq(sqlite3_sql(s->stmt), sql)) {
			*ret = s;
			return 0;
		}
		sqlite3_finalize(s->stmt);
		s->stmt = NULL;
	} else {
		s = xnew(struct sqldb_stmt);
		s->db = db;
		s->sql = sql;
		s->next = db->stmts[bucket];
		db->stmts[bucket] = s;
	}
	rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
	if (rc != SQLITE_OK) {
		s->sql = NULL; /* found by no one; freed at close */
		return fail(db, err, rc, sql);
	}
	*ret = s;
	return 0;
}

static int bind(struct sqldb_stmt *s, const char *args, va_list ap, sqlite3_destructor_type life,
		struct error *err)
{
	int rc = SQLITE_OK;

	if ((int)strlen(args) != sqlite3_bind_parameter_count(s->stmt))
		return error_set(err, ERROR_INTERNAL, "%s: %zu arguments for %d parameters", s->sql,
				 strlen(args), sqlite3_bind_parameter_count(s->stmt));
	for (int i = 1; *args != '\0' && rc == SQLITE_OK; i++, args++) {
		const void *data;
		size_t len;

		switch (*args) {
		case 's':
			data = va_arg(ap, const char *);
			rc = sqlite3_bind_text(s->stmt, i, data, -1, life);
			break;
		case 'i':
			rc = sqlite3_bind_int64(s->stmt, i, va_arg(ap, int64_t));
			break;
		case 'b':
			data = va_arg(ap, const void *);
			len = va_arg(ap, size_t);
			if (data != NULL && len == 0)
				rc = sqlite3_bind_zeroblob(s->stmt, i, 0);
			else
				rc = sqlite3_bind_blob64(s->stmt, i, data, len, life);
			break;
		default:
			return error_set(err, ERROR_INTERNAL, "%s: argument type '%c'", s->sql,
					 *args);
		}
	}
	return rc == SQLITE_OK ? 0 : fail(s->db, err, rc, s->sql);
}

int sqldb_query(struct sqldb *db, struct sqldb_stmt **ret, struct error *err, const char *sql,
		const char *args, ...)
{
	struct sqldb_stmt *s;
	va_list ap;
	int r = prepare(db, sql, &s, err);

	if (r < 0)
		return r;
	va_start(ap, args);
	r = bind(s, args, ap, SQLITE_TRANSIENT, err);
	va_end(ap);
	if (r == 0)
		*ret = s;
	return r;
}

int sqldb_step(struct sqldb_stmt *s, struct error *err)
{
	int rc = sqlite3_step(s->stmt);
	int r;

	if (rc == SQLITE_ROW)
		return 1;
	r = rc == SQLITE_DONE ? 0 : fail(s->db, err, rc, s->sql);
	/* Ends the read, so that the log can be checkpointed. */
	sqlite3_reset(s->stmt);
	return r;
}

const char *sqldb_text(struct sqldb_stmt *s, int col)
{
	return (const char *)sqlite3_column_text(s->stmt, col);
}

int64_t sqldb_int(struct sqldb_stmt *s, int col)
{
	return sqlite3_column_int64(s->stmt, col);
}

const void *sqldb_blob(struct sqldb_stmt *s, int col, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(s->stmt, col);

	*ret_len = (size_t)sqlite3_column_bytes(s->stmt, col);
	return data;
}

void sqldb_reset(struct sqldb_stmt *s)
{
	if (s != NULL)
		sqlite3_reset(s->stmt);
}

/* BEGIN, COMMIT, ROLLBACK: kept prepared as others, and without a look at durability. */
static int run_cached(struct sqldb *db, const char *sql, struct error *err)
{
	struct sqldb_stmt *s = NULL;
	int r = prepare(db, sql, &s, err);

	return r < 0 ? r : sqldb_step(s, err);
}

int sqldb_exec(struct sqldb *db, struct error *err, const char *sql, const char *args, ...)
{
	int before = sqlite3_total_changes(db->handle);
	struct sqldb_stmt *s;
	va_list ap;
	int r = prepare(db, sql, &s, err);

	if (r == 0 && sqlite3_get_autocommit(db->handle) && !sqlite3_stmt_readonly(s->stmt))
		r = set_synchronous(db, SYNC_FULL, err);
	if (r < 0)
		return r;
	va_start(ap, args);
	r = bind(s, args, ap, SQLITE_STATIC, err);
	va_end(ap);
	if (r == 0)
		while ((r = sqldb_step(s, err)) > 0)
			;
	sqlite3_clear_bindings(s->stmt);
	if (r < 0)
		return r;
	return sqlite3_total_changes(db->handle) != before ? sqlite3_changes(db->handle) : 0;
}

int sqldb_begin(struct sqldb *db, enum sqldb_durability how, struct error *err)
{
	int r = set_synchronous(db, how == SQLDB_DURABLE ? SYNC_FULL : SYNC_NORMAL, err);

	if (r < 0)
		return r;
	return run_cached(db, "BEGIN IMMEDIATE", err);
}

int sqldb_begin_read(struct sqldb *db, struct error *err)
{
	return run_cached(db, "BEGIN", err);
}

/* A statement that somebody left in the middle would keep the snapshot open. */
static void reset_all(struct sqldb *db)
{
	for (size_t i = 0; i < STMT_BUCKETS; i++)
		for (struct sqldb_stmt *s = db->stmts[i]; s != NULL; s = s->next)
			sqlite3_reset(s->stmt);
}

int sqldb_commit(struct sqldb *db, struct error *err)
{
	int r;

	reset_all(db);
	r = run_cached(db, "COMMIT", err);
	if (r < 0)
		sqldb_rollback(db);
	return r;
}

void sqldb_rollback(struct sqldb *db)
{
	if (db == NULL || sqlite3_get_autocommit(db->handle))
		return;
	reset_all(db);
	run_cached(db, "ROLLBACK", NULL);
}

int sqldb_end(struct sqldb *db, int r, struct error *err)
{
	if (r >= 0)
		return sqldb_commit(db, err);
	sqldb_rollback(db);
	return r;
}

int sqldb_check(struct sqldb *db, struct error *err)
{
	struct sqldb_stmt *s;
	const char *text;
	int r = sqldb_query(db, &s, err, "PRAGMA quick_check(1)", "");

	if (r == 0)
		r = sqldb_step(s, err);
	if (r < 0)
		return r;
	text = sqldb_text(s, 0);
	if (text != NULL && !streq(text, "ok"))
		r = error_set(err, ERROR_CORRUPT, "database '%s' is damaged: %s", db->path, text);
	else
		r = 0;
	sqldb_reset(s);
	return r;
}
