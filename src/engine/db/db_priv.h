/* SPDX-License-Identifier: Apache-2.0 */
/* db_priv: shared by the files of src/engine/db. */
#ifndef CORACLE_ENGINE_DB_DB_PRIV_H
#define CORACLE_ENGINE_DB_DB_PRIV_H

#include "engine/db.h"

struct db {
	struct sqldb *sql;
};

/* Version of the documents; a newer one is refused by its number. */
#define DB_DOCUMENT_VERSION 1

/* First column of every row, a new vector. */
int db_collect(struct sqldb_stmt *s, char ***ret, struct error *err);

/* What `ps` shows of a container: the rows that are a document (state.c). */
extern const struct json_table container_summary_table;
void container_summary_fill(struct container_summary *s, const struct wish *w);
void container_summary_done(struct container_summary *s);

#endif
