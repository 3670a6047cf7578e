/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "engine/engine_priv.h"
#include "sys/fd.h"
#include "sys/lock.h"

static const char *const kind_names[LOCK_KIND_COUNT] = {
	[LOCK_POD] = "pod",	    [LOCK_CONTAINER] = "container", [LOCK_VOLUME] = "volume",
	[LOCK_NETWORK] = "network", [LOCK_STORAGE] = "storage",	    [LOCK_IMAGE] = "image",
};

/* How many locks of each kind this process holds: enough to assert the order between kinds.  (A
 * process of ours is single-threaded.) */
static unsigned held[LOCK_KIND_COUNT];

static void assert_order(enum lock_kind kind)
{
#ifndef NDEBUG
	for (int k = kind + 1; k < LOCK_KIND_COUNT; k++) {
		if (held[k]) {
			log_warn("lock order: %s lock asked for while a %s lock is held; aborting",
				 kind_names[kind], kind_names[k]);
			abort();
		}
	}
#else
	(void)kind;
#endif
}

static int take(struct engine *e, enum lock_kind kind, const char *name, bool wait,
		struct object_lock *ret, struct error *err)
{
	scoped_free char *path = NULL;
	int fd;

	if (!path_name_valid(name))
		return error_set(err, ERROR_INVALID, "'%s' is no name of a %s", name,
				 kind_names[kind]);
	assert_order(kind);
	path = engine_run_path(e, "locks/%s/%s", kind_names[kind], name);
	fd = lock_file(AT_FDCWD, path, true, wait);
	if (fd == -ENOENT) { /* the run directory is new */
		int r = engine_make_dirs(e, err);

		if (r < 0)
			return r;
		fd = lock_file(AT_FDCWD, path, true, wait);
	}
	if (fd == -EAGAIN || fd == -EACCES)
		return error_set(err, ERROR_BUSY, "%s '%s' is in use by another command",
				 kind_names[kind], name);
	if (fd < 0)
		return error_os(err, -fd, "lock %s '%s' by '%s'", kind_names[kind], name, path);
	held[kind]++;
	*ret = (struct object_lock){ .fd = fd, .kind = kind };
	return 0;
}

int locks_take(struct engine *e, enum lock_kind kind, const char *name, struct object_lock *ret,
	       struct error *err)
{
	return take(e, kind, name, true, ret, err);
}

int locks_try(struct engine *e, enum lock_kind kind, const char *name, struct object_lock *ret,
	      struct error *err)
{
	return take(e, kind, name, false, ret, err);
}

void locks_release(struct object_lock *l)
{
	if (!l || l->fd < 0)
		return;
	held[l->kind]--;
	l->fd = fd_close(l->fd);
}

void locks_remove(struct engine *e, struct object_lock *l, const char *name)
{
	if (l->fd >= 0) {
		scoped_free char *path = engine_run_path(e, "locks/%s/%s", kind_names[l->kind],
							 name);

		unlink(path);
	}
	locks_release(l);
}
