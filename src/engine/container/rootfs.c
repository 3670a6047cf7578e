/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root file system on the host: mounted by the store's record at a place that
 * derives from the id, so that it is found and unmounted after a crash without any counter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "fs/overlay.h"
#include "storage/store.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

/* A volatile overlay that was not unmounted in order leaves this mark, and the kernel refuses the
 * directory.  The container dies with the boot anyway, so the mark has no meaning to us. */
static void clear_volatile_mark(const char *work)
{
	scoped_free char *mark = path_join(work, "work/incompat/volatile");

	rmdir(mark);
}

static int mount_record(struct container *c, const struct store_mount *m, struct error *err)
{
	int r;

	if (streq(m->type, "overlay")) {
		struct overlay_mount o = { .lower = m->lower,
					   .upper = m->upper,
					   .work = m->work,
					   .is_volatile = c->r.wish.rm,
					   .nodev = !c->r.wish.security.privileged };

		if (c->r.wish.rm && m->work)
			clear_volatile_mark(m->work);
		return overlay_mount_at(&o, m->merged, err);
	}
	r = mountapi_mount(m->source, m->merged, NULL, MS_BIND, NULL);
	if (r < 0)
		return error_os(err, -r, "bind mount '%s' at '%s'", m->source, m->merged);
	return 0;
}

static int mount_store(struct container *c, struct error *err)
{
	struct store_mount m = { 0 };
	struct store *store;
	int r = engine_store(c->e, &store, err);

	if (r < 0)
		return r;
	r = store_container_mount(store, c->r.id, &m, err);
	if (r < 0)
		return r;
	r = mountapi_is_root(AT_FDCWD, m.merged) == 1 ? 0 : mount_record(c, &m, err);
	if (r >= 0) {
		free(c->r.state.mountpoint);
		c->r.state.mountpoint = xstrdup(m.merged);
		c->r.state.mounted = true;
	}
	store_mount_done(&m);
	return r;
}

int container_rootfs_mount(struct container *c, struct error *err)
{
	trace_scope("mount root file system");
	if (!c->r.wish.rootfs)
		return mount_store(c, err);
	free(c->r.state.mountpoint);
	c->r.state.mountpoint = xstrdup(c->r.wish.rootfs);
	c->r.state.mounted = false; /* not ours to unmount */
	return 0;
}

/* Where the store would mount it, also when the record does not know (killed before it was saved).
 */
static char *usual_place(struct container *c)
{
	struct store_mount m = { 0 };
	struct store *store;
	char *place;

	if (c->r.state.mountpoint)
		return xstrdup(c->r.state.mountpoint);
	if (engine_store(c->e, &store, NULL) < 0 || !store_container_exists(store, c->r.id) ||
	    store_container_mount(store, c->r.id, &m, NULL) < 0)
		return NULL;
	place = xstrdup(m.merged);
	store_mount_done(&m);
	return place;
}

int container_rootfs_umount(struct container *c, struct error *err)
{
	scoped_free char *place = NULL;
	int r;

	if (c->r.wish.rootfs)
		return 0;
	place = usual_place(c);
	if (place) {
		r = mountapi_umount(place, MNT_DETACH);
		if (r < 0 && r != -EINVAL && r != -ENOENT)
			return error_os(err, -r, "unmount the root file system at '%s'", place);
	}
	c->r.state.mounted = false;
	free(take_ptr(c->r.state.mountpoint));
	return 0;
}
