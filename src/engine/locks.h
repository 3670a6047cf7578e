/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks: one lock file per object below RUNROOT/locks, held by open file description (sys/lock).
 * Order: pod, container, volume, network, storage, image; several of one kind in the order of their
 * names.  Taking one out of order is a bug and aborts in debug builds.
 */
#ifndef CORACLE_ENGINE_LOCKS_H
#define CORACLE_ENGINE_LOCKS_H

#include "engine/engine.h"

enum lock_kind {
	LOCK_POD,
	LOCK_CONTAINER,
	LOCK_VOLUME,
	LOCK_NETWORK,
	LOCK_STORAGE,
	LOCK_IMAGE,
	LOCK_KIND_COUNT
};

struct object_lock {
	int fd;
	enum lock_kind kind;
};
#define OBJECT_LOCK_INIT ((struct object_lock){ .fd = -1 })

int locks_take(struct engine *e, enum lock_kind kind, const char *name, struct object_lock *ret,
	       struct error *err);
/* ERROR_BUSY at once when somebody has it. */
int locks_try(struct engine *e, enum lock_kind kind, const char *name, struct object_lock *ret,
	      struct error *err);
void locks_release(struct object_lock *l);
/* Object is gone: unlink the file while holding it. */
void locks_remove(struct engine *e, struct object_lock *l, const char *name);
DEFINE_SCOPED_STRUCT(struct object_lock, locks_release)

#endif
