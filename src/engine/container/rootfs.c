/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root file system on the host: mounted by the store's record at a place that
 * derives from the id, so that it is found and unmounted after a crash without any counter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "fs/overlay.h"
#include "storage/store.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

#define MOUNTPOINTS_LAYERS_MAX 128

/* A volatile overlay that was not unmounted in order leaves this mark, and the kernel refuses the
 * directory.  The container dies with the boot anyway, so the mark has no meaning to us. */
static void clear_volatile_mark(const char *work)
{
	scoped_free char *mark = path_join(work, "work/incompat/volatile");

	rmdir(mark);
}

/*
 * The lowest layer of a container: the empty files that the engine's own files are bound over.
 *
 * Most images lack some of /etc/hosts, /etc/resolv.conf, /etc/hostname and /run/.containerenv. Then
 * each container would get them, and the directories above, in its own layer: made at its start,
 * removed at its end, and counted as its changes.  A layer below all of the image's, shared by all
 * containers that get the same files, has them once.  Only files that will be bound are in it, so
 * nobody sees that they are empty; what the image has, or has as something else, covers it.
 *
 *	GRAPHROOT/mountpoints/hosts+hostname+.containerenv/etc/hosts, ...
 *
 * Made below another name and renamed when whole; makers at the same time make the same.
 */
static const char *const engine_files[] = { "/etc/hosts", "/etc/resolv.conf", "/etc/hostname",
					    "/run/.containerenv" };

static int make_file(const char *dir, const char *destination)
{
	scoped_free char *path = path_join(dir, destination + 1);
	scoped_free char *above = path_dir(path);
	int r = fd_mkdir_p(AT_FDCWD, above, 0755);
	int fd;

	if (r < 0)
		return r;
	if (chmod(above, 0755) < 0) /* whatever our umask is */
		return -errno;
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fd;
	fd_close(fd);
	return 0;
}

static int make_layer(const struct container *c, const char *path)
{
	scoped_free char *half = xasprintf("%s.new", path);
	int r = fd_mkdir_p(AT_FDCWD, half, 0755);

	for (size_t i = 0; i < ARRAY_SIZE(engine_files) && r >= 0; i++)
		if (container_gives_file(&c->r, engine_files[i]))
			r = make_file(half, engine_files[i]);
	if (r >= 0 && rename(half, path) < 0)
		r = -errno;
	/* Another start was faster: half was renamed under our hands, or is not wanted any more. */
	if (r < 0 && access(path, F_OK) == 0) {
		fd_remove_tree(AT_FDCWD, half);
		r = 0;
	}
	return r;
}

static int mountpoints_layer(const struct container *c, char **ret, struct error *err)
{
	scoped_strv char **names = NULL;
	scoped_free char *name = NULL, *path = NULL;
	int r = 0;

	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(engine_files); i++)
		if (container_gives_file(&c->r, engine_files[i]))
			strv_add(&names, path_base(engine_files[i]));
	if (!names)
		return 0;
	name = strv_join(names, "+");
	path = engine_path(c->e, "mountpoints/%s", name);
	if (access(path, F_OK) < 0)
		r = make_layer(c, path);
	if (r < 0)
		return error_os(err, -r, "make the layer of mount points '%s'", path);
	*ret = take_ptr(path);
	return 0;
}

/* For images of so many layers that the kernel's limit is near it is left out. */
static int add_mountpoints(struct container *c, struct store_mount *m, struct error *err)
{
	char *layer = NULL;
	int r;

	if (strv_len(m->lower) >= MOUNTPOINTS_LAYERS_MAX)
		return 0;
	r = mountpoints_layer(c, &layer, err);
	if (r >= 0 && layer)
		strv_add_take(&m->lower, layer);
	return r;
}

static int mount_record(struct container *c, struct store_mount *m, struct error *err)
{
	int r = streq(m->type, "overlay") ? add_mountpoints(c, m, err) : 0;

	if (r < 0)
		return r;
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
