/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices: nodes and links of /dev.  /dev is opened once inside the root and without links, so an
 * image's `/dev -> /somewhere` creates nothing anywhere (2026-41579); nodes are made relative to
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/root.h"

static const struct {
	const char *name, *target;
} dev_links[] = {
	{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },	 { "ptmx", "pts/ptmx" },
};

/* The directory `path` inside the root, made when missing, reached without links. */
static int open_dir(int rootfd, const char *path)
{
	int fd = root_open_nolinks(rootfd, path, O_PATH | O_DIRECTORY, 0);
	scoped_fd int made = -1;

	if (fd != -ENOENT)
		return fd;
	made = root_mkdir_p(rootfd, path, 0755);
	if (made < 0)
		return made;
	return root_open_nolinks(rootfd, path, O_PATH | O_DIRECTORY, 0);
}

static int check_existing(int dirfd, const char *name, const struct plan_device *d,
			  struct error *err)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_os(err, errno, "stat device '%s'", d->path);
	if ((st.st_mode & S_IFMT) == d->type &&
	    (d->type == S_IFIFO || st.st_rdev == makedev(d->major, d->minor)))
		return 0;
	return error_set(err, ERROR_EXISTS,
			 "device '%s': something else stands at its place in the image", d->path);
}

static int make_node(int dirfd, const char *name, const struct plan_device *d, struct error *err)
{
	if (mknodat(dirfd, name, d->type | d->mode, makedev(d->major, d->minor)) < 0) {
		if (errno == EEXIST)
			return check_existing(dirfd, name, d, err);
		return error_os(err, errno, "make device '%s'", d->path);
	}
	if ((d->uid != 0 || d->gid != 0) &&
	    fchownat(dirfd, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_os(err, errno, "set owner of device '%s'", d->path);
	return 0;
}

/* The host's node, bound on an empty file. */
static int bind_node(int dirfd, const char *name, const struct plan_device *d, struct error *err)
{
	scoped_fd int made = fd_open(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
	scoped_fd int target = -1;
	struct stat st;
	int r;

	if (made < 0 && made != -EEXIST)
		return error_os(err, -made, "make mount point for device '%s'", d->path);
	target = fd_open(dirfd, name, O_PATH | O_NOFOLLOW, 0);
	if (target < 0)
		return error_os(err, -target, "open mount point for device '%s'", d->path);
	if (fstat(target, &st) < 0 || S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		return error_set(err, ERROR_EXISTS,
				 "device '%s': something else stands at its place in the image",
				 d->path);
	r = mountapi_attach(d->fd, target);
	return r < 0 ? error_os(err, -r, "bind device '%s'", d->path) : 0;
}

static int make_device(int rootfd, int devfd, const struct plan_device *d, struct error *err)
{
	const char *below = str_skip_prefix(d->path, "/dev/");
	scoped_free char *dir = path_dir(d->path);
	scoped_fd int parent = -1;
	int dirfd = devfd;

	if (below == NULL || strchr(below, '/') != NULL || devfd < 0) {
		parent = open_dir(rootfd, dir);
		if (parent < 0)
			return error_os(err, -parent, "open directory '%s' of the image", dir);
		dirfd = parent;
	}
	return d->fd >= 0 ? bind_node(dirfd, path_base(d->path), d, err)
			  : make_node(dirfd, path_base(d->path), d, err);
}

int init_devices(const struct init_args *a, struct error *err)
{
	const struct plan *p = a->plan;
	scoped_fd int devfd = -1;

	if (p->setup_dev) {
		devfd = open_dir(p->root.fd, "/dev");
		if (devfd == -ELOOP || devfd == -ENOTDIR)
			return error_set(err, ERROR_DENIED,
					 "'/dev' of the image is not a directory");
		if (devfd < 0)
			return error_os(err, -devfd, "open '/dev' of the image");
	}
	for (size_t i = 0; i < p->n_devices; i++) {
		int r = make_device(p->root.fd, devfd, &p->devices[i], err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; p->setup_dev && i < ARRAY_SIZE(dev_links); i++) {
		if (symlinkat(dev_links[i].target, devfd, dev_links[i].name) < 0 && errno != EEXIST)
			return error_os(err, errno, "make link '/dev/%s'", dev_links[i].name);
	}
	return 0;
}
