/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vfs: every layer and container is a full copy (reflinked where the file system can).  For file
 * systems without overlay.
 *
 * Layers are unpacked with their whiteouts left as they are, so that the parent need not be there
 * yet; layer_finish copies the parent and moves the layer's content over it, where the whiteouts
 * delete.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/copytree.h"
#include "fs/xattr.h"
#include "storage/driver.h"
#include "sys/fd/dir.h"
#include "sys/fd.h"

/* Two descriptors each are open at once; copytree has the same bound. */
#define DEPTH_MAX 400
#define WHITEOUT ".wh."
#define WHITEOUT_META ".wh..wh."
#define OPAQUE ".wh..wh..opq"

static int vfs_probe(const char *graphroot, struct error *err)
{
	return 0;
}

/* ---- a layer over its parent ---- */

static int merge_dirs(int from, int to, unsigned depth, struct error *err);

static int delete (int dir, const char *name, struct error *err)
{
	int n = fd_remove_tree(dir, name);

	return n < 0 ? error_os(err, -n, "delete '%s' of a layer", name) : 0;
}

/* Whiteouts first: they are about what lies below. */
static int apply_whiteouts(char *const *names, int to, struct error *err)
{
	scoped_strv char **older = NULL;
	int n = 0;

	if (strv_has(names, OPAQUE)) {
		n = dir_names(to, &older);
		if (n < 0)
			return error_os(err, -n, "read a directory of a layer");
	}
	STRV_FOREACH (name, older) {
		n = delete (to, *name, err);
		if (n < 0)
			return n;
	}
	STRV_FOREACH (name, names) {
		const char *hidden = str_skip_prefix(*name, WHITEOUT);

		if (hidden == NULL || str_has_prefix(*name, WHITEOUT_META))
			continue;
		if (!path_name_valid(hidden))
			return error_set(err, ERROR_INVALID, "bad whiteout '%s' in a layer", *name);
		n = delete (to, hidden, err);
		if (n < 0)
			return n;
	}
	return 0;
}

/* st is from's before its content moved away, which changed its time. */
static int copy_meta(int from, int to, const struct stat *st)
{
	struct timespec times[2];
	int n;

	if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EPERM)
		return -errno;
	n = xattr_copy(from, to);
	if (n < 0 && n != -EPERM)
		return n;
	if (fchmod(to, st->st_mode & 07777) < 0)
		return -errno;
	times[0] = st->st_atim;
	times[1] = st->st_mtim;
	return futimens(to, times) < 0 ? -errno : 0;
}

static int merge_subdir(int from, int to, const char *name, unsigned depth, struct error *err)
{
	scoped_fd int from_sub = fd_open(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	scoped_fd int to_sub = -1;
	struct stat before, st;
	int n;

	if (from_sub < 0)
		return error_os(err, -from_sub, "open directory '%s' of a layer", name);
	if (fstat(from_sub, &before) < 0)
		return error_os(err, errno, "stat '%s' of a layer", name);
	if (depth == DEPTH_MAX)
		return error_set(err, ERROR_LIMIT, "directory '%s' of a layer is too deep", name);
	n = fd_stat(to, name, AT_SYMLINK_NOFOLLOW, &st);
	if (n == 0 && !S_ISDIR(st.st_mode)) {
		n = delete (to, name, err);
		if (n < 0)
			return n;
	}
	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return error_os(err, errno, "make directory '%s' of a layer", name);
	to_sub = fd_open(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (to_sub < 0)
		return error_os(err, -to_sub, "open directory '%s' of a layer", name);
	n = merge_dirs(from_sub, to_sub, depth + 1, err);
	if (n < 0)
		return n;
	n = copy_meta(from_sub, to_sub, &before);
	return n < 0 ? error_os(err, -n, "set attributes of '%s' of a layer", name) : 0;
}

static int merge_dirs(int from, int to, unsigned depth, struct error *err)
{
	scoped_strv char **names = NULL;
	int n = dir_names(from, &names);

	if (n < 0)
		return error_os(err, -n, "read a directory of a layer");
	n = apply_whiteouts(names, to, err);
	STRV_FOREACH (name, names) {
		struct stat st;

		if (n < 0)
			return n;
		if (str_has_prefix(*name, WHITEOUT))
			continue;
		n = fd_stat(from, *name, AT_SYMLINK_NOFOLLOW, &st);
		if (n < 0)
			return error_os(err, -n, "stat '%s' of a layer", *name);
		if (S_ISDIR(st.st_mode)) {
			n = merge_subdir(from, to, *name, depth, err);
			continue;
		}
		n = delete (to, *name, err);
		if (n == 0 && renameat(from, *name, to, *name) < 0)
			return error_os(err, errno, "move '%s' of a layer", *name);
	}
	return n;
}

static int open_diff(const char *dir, const char *name, bool make, struct error *err)
{
	scoped_free char *path = path_join(dir, name);
	int fd;

	if (make && mkdir(path, 0555) < 0 && errno != EEXIST)
		return error_os(err, errno, "make directory '%s'", path);
	fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? error_os(err, -fd, "open directory '%s'", path) : fd;
}

/* DIR/NAME becomes DIR/diff, in place of what is there. */
static int put_in_place(const char *dir, const char *name, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	int n = fd < 0 ? fd : fd_remove_tree(fd, "diff");

	if (n == 0 && renameat(fd, name, fd, "diff") < 0)
		n = -errno;
	return n < 0 ? error_os(err, -n, "put '%s/diff' in place", dir) : 0;
}

static int vfs_layer_finish(const char *dir, const char *parent_dir, struct error *err)
{
	scoped_fd int from = open_diff(dir, "diff", false, err);
	scoped_fd int to = from < 0 ? from : open_diff(dir, "full", true, err);
	scoped_fd int parent = -1;
	int n = to < 0 ? to : 0;

	if (n == 0 && parent_dir != NULL) {
		parent = open_diff(parent_dir, "diff", false, err);
		n = parent < 0 ? parent : copytree(parent, to, COPYTREE_XATTRS, err);
	}
	if (n == 0)
		n = merge_dirs(from, to, 0, err);
	return n < 0 ? n : put_in_place(dir, "full", err);
}

/* ---- containers ---- */

static int vfs_container_create(const char *dir, const char *top_layer_dir, struct error *err)
{
	scoped_fd int from = -1;
	scoped_fd int to = -1;
	scoped_free char *partial = path_join(dir, "partial");
	scoped_free char *diff = path_join(dir, "diff");
	int n;

	if (access(diff, F_OK) == 0)
		return 0;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_os(err, errno, "make directory '%s'", dir);
	/* From a killed one. */
	n = fd_remove_tree(AT_FDCWD, partial);
	if (n < 0)
		return error_os(err, -n, "delete '%s'", partial);
	to = open_diff(dir, "partial", true, err);
	if (to < 0)
		return to;
	if (top_layer_dir != NULL) {
		from = open_diff(top_layer_dir, "diff", false, err);
		n = from < 0 ? from : copytree(from, to, COPYTREE_XATTRS, err);
		if (n < 0)
			return n;
	}
	return put_in_place(dir, "partial", err);
}

static int vfs_mount_record(const char *dir, char *const *layer_dirs, struct store_mount *ret,
			    struct error *err)
{
	*ret = (struct store_mount){
		.type = xstrdup("bind"),
		.source = path_join(dir != NULL ? dir : layer_dirs[0], "diff"),
		.merged = dir != NULL ? path_join(dir, "diff") : NULL,
	};
	return 0;
}

static int usage_of(const char *dir, unsigned long long *ret, struct error *err)
{
	scoped_fd int fd = open_diff(dir, "diff", false, err);
	unsigned long long inodes;
	int n;

	if (fd < 0)
		return fd;
	n = tree_usage(fd, ret, &inodes);
	return n < 0 ? error_os(err, -n, "measure '%s'", dir) : 0;
}

/* What it has grown by: which of the copied files have changed is not known. */
static int vfs_container_size(const char *dir, const char *top_layer_dir, uint64_t *ret,
			      struct error *err)
{
	unsigned long long own = 0, base = 0;
	int n = usage_of(dir, &own, err);

	if (n == 0 && top_layer_dir != NULL)
		n = usage_of(top_layer_dir, &base, err);
	if (n < 0)
		return n;
	*ret = own > base ? own - base : 0;
	return 0;
}

const struct store_driver store_driver_vfs = {
	.name = "vfs",
	.whiteouts = ARCHIVE_WHITEOUT_LITERAL,
	.probe = vfs_probe,
	.layer_finish = vfs_layer_finish,
	.container_create = vfs_container_create,
	.mount_record = vfs_mount_record,
	.container_size = vfs_container_size,
};
