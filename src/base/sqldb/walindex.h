/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walindex: SQLite's index of a write-ahead log, kept from one process to the next.
 *
 * The index is the file "-shm" beside a database.  The first connection empties it and reads the
 * whole log again (2 ms for 1000 pages), because after a power cut the index may not fit the log.
 * With commands that live some milliseconds nearly every connection is the first one.  Within one
 * boot that reading is needless: an index that living processes share has to survive a kill -9 of
 * each of them, so it is as good when all are gone.
 *
 * SQLite takes a connection for the first one when nobody holds the "dead man's switch" lock of the
 * file.  So before SQLite looks, we hold it for reading by an open file description of our own,
 * when
 * - the file carries this boot's id (extended attribute user.coracle.boot, set by walindex_mark),
 * - and beside it inode and time of change of the database's file, which are still the same: a
 *   database that was put back from a copy is read with the log as SQLite reads it (a checkpoint
 *   changes the file, too, and costs one reading of the log),
 * - both copies of the index's header are the same (a writer was killed in between otherwise),
 * - it speaks of this log: the salts are those of the log's header and the running checksum is that
 *   of the log's last committed frame.
 * In every other case nothing is held and SQLite does what it always does.
 *
 * Forms: sqlite.org/walformat.html (index header, WAL header, frame header).
 */
#ifndef CORACLE_BASE_SQLDB_WALINDEX_H
#define CORACLE_BASE_SQLDB_WALINDEX_H

#include <stdbool.h>

struct walindex;

/* Before the database at path is opened.  Closing a descriptor of the index's file drops the locks
 * that SQLite has on it in this process (POSIX), so all connections of a process to one path share
 * what the first one got, and must be entered, held or not. */
struct walindex *walindex_enter(const char *path);
/* Will SQLite take the index as it is? */
bool walindex_held(const struct walindex *w);
/* After its log was read: the index is of this boot and file.  -errno when that could not be noted
 * (a file system without extended attributes): the next one reads the log again. */
int walindex_mark(const struct walindex *w);
/* After the connection is closed. */
void walindex_leave(struct walindex *w);

#endif
