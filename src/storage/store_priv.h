/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_priv: what the files of storage/ share.
 *
 * Lock order: the mutex of the store object, then the write transaction of the index.  Renames that
 * publish or hide something happen inside a write transaction, so the transaction lock is also what
 * orders them between processes; nothing slow is done inside one.
 */
#ifndef CORACLE_STORAGE_STORE_PRIV_H
#define CORACLE_STORAGE_STORE_PRIV_H

#include <pthread.h>

#include "base/sqldb.h"
#include "base/strv.h"
#include "storage/driver.h"
#include "storage/store.h"

#define LEASE_NAME_LEN 16

struct lease {
	char name[LEASE_NAME_LEN + 1];
	int dir_fd, lock_fd; /* -1: no lease */
	unsigned next;	     /* number of the next directory in it */
};

/* A directory that holds layers and images: ours first, then the read-only ones. */
struct place {
	char *root;
	struct sqldb *db;
};

struct store {
	pthread_mutex_t mutex; /* recursive */
	char *runroot;
	const struct store_driver *driver;
	struct place *places;
	size_t n_places;
	int root_fd, layers_fd, images_fd, staging_fd;
	char boot[37];
	bool looked; /* for what a crash left */
	struct lease lease;
};

static inline struct store *store_mutex_lock(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	return s;
}
static inline void store_mutex_unlock(struct store *s)
{
	pthread_mutex_unlock(&s->mutex);
}
DEFINE_SCOPED(struct store *, store_mutex_unlock)
/* For the rest of the scope. */
#define STORE_LOCKED(s)                                  \
	scoped(store_mutex_unlock) struct store *locked_ \
		__attribute__((unused)) = store_mutex_lock(s)

static inline struct sqldb *store_db(const struct store *s)
{
	return s->places[0].db;
}

/* ---- store.c ---- */
/* Repair if a crash left something; every writer calls it first. */
int store_writer(struct store *s, struct error *err);
/* Directory of a layer or container below a place; new string. */
char *store_dir_of(const struct store *s, const struct place *p, const char *id);
/* One integer of a query without arguments. */
int store_count(struct sqldb *db, const char *sql, int64_t *ret, struct error *err);
int store_boot_noted(const struct store *s); /* 1, 0 */
int store_note_boot(const struct store *s, struct error *err);

/* ---- lease.c ---- */
/* A lease without looking for crashes (repair itself needs one). */
int lease_take(struct store *s, struct error *err);
/* End it; the last one collects what nobody needs. */
void lease_end(struct store *s);
/* Make the directory NUMBER in the lease; name >= 16 bytes. */
int lease_new_dir(struct store *s, char *name, size_t size, struct error *err);
/* Name for something that is moved into the lease. */
void lease_next_name(struct store *s, char *name, size_t size);
/* Names of staging directories but ours: those whose owner lives, or is dead.  Inside a write
 * transaction. */
int lease_others_alive(struct store *s, bool *ret, struct error *err);
int lease_list_dead(struct store *s, char ***ret, struct error *err);

/* ---- collect.c ---- */
/* Inside a write transaction: mark layers that nothing needs; the number of them, ids into *ret. */
int collect_mark(struct store *s, char ***ret, struct error *err);
/* Is there anything to mark? */
int collect_has_garbage(struct store *s, bool *ret, struct error *err);
/* Move what is marked out of sight, delete its rows, then its content.  image: directory of an
 * image without row, too (NULL: none). */
int collect_finish(struct store *s, const char *image, unsigned *ret_layers, struct error *err);

/* ---- layers.c ---- */
/* Row of a visible layer in any place: 1 and the place, 0 when there is none. */
int layer_find(struct store *s, const char *id, struct store_layer *ret,
	       const struct place **ret_place, struct error *err);
/* Ids of the chain that ends with id, topmost first; ERROR_CORRUPT when a parent is missing. */
int layer_chain(struct store *s, const char *id, char ***ret, struct error *err);
/* Their directories, topmost first. */
int layer_chain_dirs(struct store *s, const char *id, char ***ret, struct error *err);

#endif
