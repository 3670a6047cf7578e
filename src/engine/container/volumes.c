/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts that a user asked for, made ready on the host: volumes and bind sources. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "engine/container/container_priv.h"
#include "engine/volume.h"
#include "fs/copytree.h"
#include "sys/fd.h"
#include "sys/root.h"

static bool has(char *const *options, const char *word)
{
	return strv_has(options, word);
}

/* Which options go to the runtime; the rest is done here (z and Z mean nothing without SELinux). */
static char **runtime_options(const struct wish_mount *m, bool volume)
{
	char **options = NULL;
	bool propagation = false;

	STRV_FOREACH (o, m->options) {
		const char *p = str_skip_prefix(*o, "bind-propagation=");
		const char *word = p ? p : *o;
		if (streq(word, "z") || streq(word, "Z") || streq(word, "U") ||
		    streq(word, "copy") || streq(word, "nocopy") || streq(word, "nocreate") ||
		    str_has_prefix(word, "subpath="))
			continue;
		propagation = propagation || strstr(word, "private") || strstr(word, "shared") ||
			      strstr(word, "slave") || strstr(word, "unbindable");
		strv_add(&options, word);
	}
	if (!has(options, "bind") && !has(options, "rbind"))
		strv_add(&options, "rbind");
	if (!propagation)
		strv_add(&options, "rprivate");
	/* as Podman: a named volume cannot bring devices or set-id programs of other containers */
	if (volume && !has(options, "suid") && !has(options, "nosuid"))
		strv_add(&options, "nosuid");
	if (volume && !has(options, "dev") && !has(options, "nodev"))
		strv_add(&options, "nodev");
	return options;
}

/* U: the source belongs to the container's user, all of it. Links are changed, not followed. */
static int chown_tree(int dirfd, const char *name, uid_t uid, gid_t gid, struct error *err);

static int chown_one(int dirfd, const char *name, uid_t uid, gid_t gid, struct error *err)
{
	if (fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_os(err, errno, "change the owner of '%s'", name);
	return 0;
}

static int chown_children(int fd, uid_t uid, gid_t gid, struct error *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!dir) {
		r = error_os(err, errno, "read a directory of a volume");
		fd_close(fd);
		return r;
	}
	while (r >= 0 && (e = readdir(dir)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			r = chown_tree(dirfd(dir), e->d_name, uid, gid, err);
	closedir(dir);
	return r;
}

static int chown_tree(int dirfd, const char *name, uid_t uid, gid_t gid, struct error *err)
{
	struct stat st;
	int fd, r = fd_stat(dirfd, name, AT_SYMLINK_NOFOLLOW, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : error_os(err, -r, "stat '%s'", name);
	r = chown_one(dirfd, name, uid, gid, err);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	fd = fd_open(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_os(err, -fd, "open directory '%s'", name);
	return chown_children(fd, uid, gid, err);
}

static int prepare_bind(const struct wish_mount *m, struct spec_facts *f, struct error *err)
{
	scoped_strv char **options = runtime_options(m, false);
	struct stat st;
	int r = fd_stat(AT_FDCWD, m->source, 0, &st);

	if (r < 0)
		return error_os(err, -r, "statfs %s", m->source);
	if (has(m->options, "U")) {
		r = chown_tree(AT_FDCWD, m->source, f->user.uid, f->user.gid, err);
		if (r < 0)
			return error_prefix(err, "volume option U of '%s'", m->destination);
	}
	spec_facts_add_bind(f, m->source, m->destination, "bind", options);
	return 0;
}

/* Content of the image at the mount point fills a new, empty volume, once (CVE-2020-1726: never one
 * that has content, never a read-only mount). */
static int copy_up(int rootfs_fd, const struct wish_mount *m, int volume_fd, struct error *err)
{
	scoped_fd int source = root_open(rootfs_fd, m->destination, O_RDONLY | O_DIRECTORY, 0);
	scoped_fd int target = -1;

	if (source == -ENOENT || source == -ENOTDIR)
		return 0;
	if (source < 0)
		return error_os(err, -source, "open '%s' of the image to fill the volume",
				m->destination);
	target = fd_open(volume_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (target < 0)
		return error_os(err, -target, "open volume '%s'", m->source);
	if (!tree_is_empty(target))
		return 0;
	return copytree(source, target, COPYTREE_XATTRS, err);
}

static int fill(struct db *db, struct volume *v, const struct wish_mount *m, int rootfs_fd,
		int volume_fd, struct error *err)
{
	int r = 0;

	if (!v->needs_copy_up || has(m->options, "ro"))
		return 0;
	if (!has(m->options, "nocopy"))
		r = copy_up(rootfs_fd, m, volume_fd, err);
	if (r < 0)
		return error_prefix(err, "fill volume '%s'", v->name);
	v->needs_copy_up = false;
	return db_volume_update(db, v, err);
}

/* A part of a volume: resolved inside it, never outside. */
static int add_subpath(const char *mountpoint, const char *sub, const struct wish_mount *m,
		       char **options, struct spec_facts *f, struct error *err)
{
	scoped_fd int volume = fd_open(AT_FDCWD, mountpoint, O_PATH | O_DIRECTORY, 0);
	scoped_free char *resolved = NULL, *source = NULL;
	int r;

	if (volume < 0)
		return error_os(err, -volume, "open volume '%s'", m->source);
	r = root_resolve(volume, sub, &resolved);
	if (r < 0)
		return error_os(err, -r, "find '%s' in volume '%s'", sub, m->source);
	source = xasprintf("%s%s", mountpoint, resolved);
	spec_facts_add_bind(f, source, m->destination, "bind", options);
	return 0;
}

static const char *subpath_of(const struct wish_mount *m)
{
	STRV_FOREACH (o, m->options) {
		const char *p = str_skip_prefix(*o, "subpath=");
		if (p)
			return p;
	}
	return NULL;
}

static int make_volume(struct engine *e, struct db *db, const struct wish_mount *m,
		       struct volume *v, struct error *err)
{
	struct error sub = ERROR_INIT;
	int r = db_volume_load(db, m->source, v, &sub);

	if (r >= 0)
		return r;
	if (sub.kind != ERROR_NOT_FOUND)
		return error_copy(err, &sub);
	if (has(m->options, "nocreate"))
		return error_set(err, ERROR_NOT_FOUND,
				 "no volume with name \"%s\" found: no such volume", m->source);
	v->name = xstrdup(m->source);
	v->anonymous = m->anonymous;
	return volume_create(e, v, true, err);
}

static int prepare_volume(struct engine *e, struct db *db, const struct wish_mount *m,
			  int rootfs_fd, struct spec_facts *f, struct error *err)
{
	scoped_strv char **options = runtime_options(m, true);
	scoped(locks_release) struct object_lock lock = OBJECT_LOCK_INIT;
	scoped_free char *mountpoint = NULL;
	scoped_fd int fd = -1;
	struct volume v = { 0 };
	int r = make_volume(e, db, m, &v, err);

	if (r >= 0) {
		mountpoint = volume_mountpoint(e, &v);
		r = fd_mkdir_p(AT_FDCWD, mountpoint, 0755);
		if (r < 0)
			error_os(err, -r, "make volume directory '%s'", mountpoint);
	}
	if (r >= 0 && v.needs_copy_up)
		r = locks_take(e, LOCK_VOLUME, v.name, &lock, err);
	if (r >= 0) {
		fd = fd_open(AT_FDCWD, mountpoint, O_PATH | O_DIRECTORY, 0);
		r = fd < 0 ? error_os(err, -fd, "open volume directory '%s'", mountpoint) : 0;
	}
	if (r >= 0)
		r = fill(db, &v, m, rootfs_fd, fd, err);
	if (r >= 0 && has(m->options, "U"))
		r = chown_tree(AT_FDCWD, mountpoint, f->user.uid, f->user.gid, err);
	if (r >= 0 && subpath_of(m))
		r = add_subpath(mountpoint, subpath_of(m), m, options, f, err);
	else if (r >= 0)
		spec_facts_add_bind(f, mountpoint, m->destination, "bind", options);
	volume_done(&v);
	return r;
}

int container_prepare_volumes(struct engine *e, struct container_record *r, int rootfs_fd,
			      const struct image_config *img, struct spec_facts *facts,
			      struct error *err)
{
	struct db *db;
	int n = engine_db(e, &db, err);

	for (size_t i = 0; n >= 0 && i < r->wish.n_mounts; i++) {
		const struct wish_mount *m = &r->wish.mounts[i];
		if (streq(m->type, "bind"))
			n = prepare_bind(m, facts, err);
		else if (streq(m->type, "volume"))
			n = prepare_volume(e, db, m, rootfs_fd, facts, err);
	}
	return n < 0 ? n : 0;
}
