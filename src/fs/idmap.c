/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/statfs.h>

#include <linux/magic.h>

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

static const char *filesystem_name(int fd)
{
	static const struct {
		long magic;
		const char *name;
	} known[] = {
		{ FUSE_SUPER_MAGIC, "fuse" },
		{ NFS_SUPER_MAGIC, "nfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlay" },
		{ PROC_SUPER_MAGIC, "proc" },
		{ SYSFS_MAGIC, "sysfs" },
		{ TMPFS_MAGIC, "tmpfs" },
		{ V9FS_MAGIC, "9p" },
	};
	struct statfs sfs;

	if (fstatfs(fd, &sfs) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			if (known[i].magic == (long)sfs.f_type)
				return known[i].name;
		}
	}
	return "this kind";
}

int idmap_apply(int mount_fd, const struct id_map *uids, const struct id_map *gids, bool recursive,
		struct error *err)
{
	scoped_fd int ns = userns_fd(uids, gids, err);
	char path[256];
	int r;

	if (ns < 0)
		return error_prefix(err, "make id-mapped mount");
	r = mountapi_setattr(mount_fd, "", recursive ? AT_RECURSIVE : 0, 0, 0, 0, ns);
	if (r == 0)
		return 0;
	fd_path(mount_fd, path, sizeof(path));
	if (r == -EINVAL || r == -EOPNOTSUPP || r == -ENOSYS)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"the kernel cannot make id-mapped mounts of file systems of %s ('%s')",
			filesystem_name(mount_fd), path);
	return error_os(err, -r, "make id-mapped mount of '%s'", path);
}
