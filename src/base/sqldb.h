/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqldb: SQLite with our rules: WAL (readers never block writers), bounded busy wait, prepared
 * statements kept for the life of the connection, explicit durability per transaction.
 *
 * - SQLDB_DURABLE transactions are on disk when commit returns (synchronous=FULL);
 *   SQLDB_VOLATILE ones survive kill -9 of us but may be lost with the power.
 * - The file carries application_id and user_version; a newer user_version is refused by name
 *   with the remedy, an older one is migrated by the caller inside one transaction.
 * - The WAL is not checkpointed at close (that would fsync on every command); it is when it has
 *   grown past SQLDB_WAL_PAGES.  Its index is kept between processes (base/sqldb/walindex.h).
 * - A file that is not a database, or fails its checks, is ERROR_CORRUPT naming the file.
 */
#ifndef CORACLE_BASE_SQLDB_H
#define CORACLE_BASE_SQLDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

/* A checkpoint is some syncs: seldom, where a log's index is found as the last process left it
 * (base/sqldb/walindex.h).  Where each process reads the whole log again, 60 pages cost 0.2 ms and
 * 1000 cost 2 ms. */
#define SQLDB_WAL_PAGES 1000
#define SQLDB_WAL_PAGES_REREAD 64
#define SQLDB_BUSY_MSEC 100000

struct sqldb;
struct sqldb_stmt;

enum sqldb_durability { SQLDB_VOLATILE, SQLDB_DURABLE };

/* Opens or creates (mode 0600).  `schema` runs once, in one transaction, when the file is new;
 * `version` is the expected user_version.  When the file's is lower, `migrate` runs (may be NULL:
 * then lower is an error). */
int sqldb_open(const char *path, uint32_t application_id, int version, const char *schema,
	       int (*migrate)(struct sqldb *db, int from, struct error *err), struct sqldb **ret,
	       struct error *err);
/* Only to read, for files of others: nothing is created or migrated, and a file on a read-only file
 * system is taken as unchanging.  The version must be the expected one. */
int sqldb_open_readonly(const char *path, uint32_t application_id, int version, struct sqldb **ret,
			struct error *err);
void sqldb_close(struct sqldb *db);
DEFINE_SCOPED(struct sqldb *, sqldb_close)

/* Statement by SQL text, prepared once per connection and reset on each call (pointer identity of
 * the literal is the cache key).  args: one char per '?': 's' const char* (NULL is SQL NULL),
 * 'i' int64_t, 'b' const void* + size_t. */
int sqldb_query(struct sqldb *db, struct sqldb_stmt **ret, struct error *err, const char *sql,
		const char *args, ...);
/* 1: a row is there, 0: end, < 0 error. */
int sqldb_step(struct sqldb_stmt *s, struct error *err);
const char *sqldb_text(struct sqldb_stmt *s,
		       int col); /* borrowed until the next step; NULL is SQL NULL */
int64_t sqldb_int(struct sqldb_stmt *s, int col);
const void *sqldb_blob(struct sqldb_stmt *s, int col, size_t *ret_len);
void sqldb_reset(struct sqldb_stmt *s); /* end reading early */
/* Run a statement to its end; returns the number of rows changed.  A UNIQUE or PRIMARY KEY
 * conflict is ERROR_EXISTS.  Outside a transaction the change is durable. */
int sqldb_exec(struct sqldb *db, struct error *err, const char *sql, const char *args, ...);

/* BEGIN IMMEDIATE for writers, BEGIN for one consistent snapshot of readers (taken at the first
 * read).  Commit and rollback end all reads in progress; a failed commit has rolled back. */
int sqldb_begin(struct sqldb *db, enum sqldb_durability how, struct error *err);
int sqldb_begin_read(struct sqldb *db, struct error *err);
int sqldb_commit(struct sqldb *db, struct error *err);
void sqldb_rollback(struct sqldb *db); /* harmless outside a transaction */
/* Commit when r, what came of the transaction, is >= 0, else roll back: r or the commit's error. */
int sqldb_end(struct sqldb *db, int r, struct error *err);
/* PRAGMA quick_check; ERROR_CORRUPT with the first finding. */
int sqldb_check(struct sqldb *db, struct error *err);

#endif
