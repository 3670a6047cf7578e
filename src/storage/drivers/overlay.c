/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay: layers are the lower directories, a container's diff/ the upper one.
 *
 * The attributes of the merged top directory are those of the upper one, so a new container's diff/
 * takes the owner and mode of its image's top layer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/copytree.h"
#include "fs/xattr.h"
#include "storage/driver.h"
#include "sys/fd.h"
#include "sys/feature.h"

/* Attributes of the kind that whiteouts need, trusted.*, which network file systems lack.  The one
 * that is set stays: it says what the directory is, and nothing is made that a kill could leave. */
static int probe_xattr(const char *graphroot, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, graphroot, O_RDONLY | O_DIRECTORY, 0);
	int n = fd < 0 ? fd : xattr_set(fd, "trusted.coracle.store", "overlay", 7);

	if (n < 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the file system of '%s' cannot hold overlay layers (attribute "
				 "trusted.coracle.store: %s); choose another graphroot or the "
				 "driver vfs",
				 graphroot, strerror(-n));
	return 0;
}

static int overlay_probe(const char *graphroot, struct error *err)
{
	struct statfs sfs;
	int n = feature_require_overlay(err);

	if (n < 0)
		return n;
	if (statfs(graphroot, &sfs) < 0)
		return error_os(err, errno, "statfs '%s'", graphroot);
	if (sfs.f_type == OVERLAYFS_SUPER_MAGIC)
		return error_set(err, ERROR_UNSUPPORTED,
				 "'%s' lies on an overlay file system, which cannot be below "
				 "another one; choose another graphroot or the driver vfs",
				 graphroot);
	return probe_xattr(graphroot, err);
}

/* What is unpacked already is what is mounted. */
static int overlay_layer_finish(const char *dir, const char *parent_dir, struct error *err)
{
	return 0;
}

/* Mode and owner of the top layer's directory, which the container's diff takes. */
static int stat_top(const char *top_layer_dir, struct stat *ret)
{
	scoped_free char *path = NULL;

	*ret = (struct stat){ .st_mode = 0555 };
	if (top_layer_dir == NULL)
		return 0;
	path = path_join(top_layer_dir, "diff");
	return stat(path, ret) < 0 ? -errno : 0;
}

static int make_dir(int at, const char *name)
{
	return mkdirat(at, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* It appears with its owner and mode: root's at once, others' by rename. */
static int make_diff(int at, const char *top_layer_dir)
{
	scoped_fd int diff = -1;
	struct stat st;
	int n = stat_top(top_layer_dir, &st);

	if (n < 0)
		return n;
	/* mkdir(2) takes the nine bits and the sticky one. */
	if (st.st_uid == geteuid() && st.st_gid == getegid() && (st.st_mode & 06000) == 0) {
		mode_t mask = umask(0);

		n = mkdirat(at, "diff", st.st_mode & 07777) < 0 ? -errno : 0;
		umask(mask);
		return n;
	}
	n = make_dir(at, "diff.new");
	if (n == 0)
		diff = fd_open(at, "diff.new", O_RDONLY | O_DIRECTORY, 0);
	if (n < 0 || diff < 0)
		return n < 0 ? n : diff;
	if (fchown(diff, st.st_uid, st.st_gid) < 0 || fchmod(diff, st.st_mode & 07777) < 0 ||
	    renameat(at, "diff.new", at, "diff") < 0)
		return -errno;
	return 0;
}

static int overlay_container_create(const char *dir, const char *top_layer_dir, struct error *err)
{
	scoped_fd int fd = -1;
	int n = make_dir(AT_FDCWD, dir);

	if (n == 0)
		fd = fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	if (n == 0)
		n = fd < 0 ? fd : make_dir(fd, "work");
	if (n == 0)
		n = make_dir(fd, "merged");
	/* diff, complete, is what tells that all is there. */
	if (n == 0)
		n = make_diff(fd, top_layer_dir);
	return n < 0 && n != -EEXIST ? error_os(err, -n, "make the container's directory '%s'", dir)
				     : 0;
}

static int overlay_mount_record(const char *dir, char *const *layer_dirs, struct store_mount *ret,
				struct error *err)
{
	struct store_mount m = { 0 };

	STRV_FOREACH (layer, layer_dirs)
		strv_add_take(&m.lower, path_join(*layer, "diff"));
	if (dir != NULL) {
		m.upper = path_join(dir, "diff");
		m.work = path_join(dir, "work");
		m.merged = path_join(dir, "merged");
	}
	m.type = xstrdup("overlay");
	/* One directory alone is no overlay: the kernel wants an upper or a second lower one. */
	if (dir != NULL ? m.lower == NULL : m.lower != NULL && m.lower[1] == NULL) {
		free(m.type);
		m.type = xstrdup("bind");
		m.source = xstrdup(dir != NULL ? m.upper : m.lower[0]);
		m.lower = strv_free(m.lower);
		free(take_ptr(m.upper));
		free(take_ptr(m.work));
	}
	*ret = m;
	return 0;
}

static int overlay_container_size(const char *dir, const char *top_layer_dir, uint64_t *ret,
				  struct error *err)
{
	scoped_free char *path = path_join(dir, "diff");
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	unsigned long long bytes, inodes;
	int n = fd < 0 ? fd : tree_usage(fd, &bytes, &inodes);

	if (n < 0)
		return error_os(err, -n, "measure '%s'", path);
	*ret = bytes;
	return 0;
}

const struct store_driver store_driver_overlay = {
	.name = "overlay",
	.whiteouts = ARCHIVE_WHITEOUT_OVERLAY,
	.probe = overlay_probe,
	.layer_finish = overlay_layer_finish,
	.container_create = overlay_container_create,
	.mount_record = overlay_mount_record,
	.container_size = overlay_container_size,
};
