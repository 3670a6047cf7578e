/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountapi: the descriptor based mount calls (fsopen, fsconfig, fsmount, open_tree, move_mount,
 * mount_setattr, statmount, listmount), with the classic calls behind the same names where the new
 * ones are missing or denied (ENOSYS, EPERM by a seccomp filter).  Leaves unless they take err.
 */
#ifndef CORACLE_SYS_MOUNTAPI_H
#define CORACLE_SYS_MOUNTAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/strv.h"

int mountapi_fsopen(const char *type);
int mountapi_fsconfig_string(int fsfd, const char *key, const char *value);
int mountapi_fsconfig_flag(int fsfd, const char *key);
int mountapi_fsconfig_fd(int fsfd, const char *key, int fd);
int mountapi_fsconfig_create(int fsfd);
int mountapi_fsmount(int fsfd, uint64_t mount_attr);
/* The kernel's own messages of the context, joined, for errors ("" when none). */
void mountapi_fs_log(int fsfd, char *out, size_t size);

/* One call: a detached mount of `type` with source and "key=value"/"flag" options.
 * mount_attr: MOUNT_ATTR_*.  Message carries the kernel's reason. */
int mountapi_new(const char *type, const char *source, char *const *options, uint64_t mount_attr,
		 struct error *err);
/* Detached copy of the tree (or mount) at (dirfd,path). AT_RECURSIVE in flags for rbind. */
int mountapi_open_tree(int dirfd, const char *path, unsigned flags);
/* Attach a detached mount on the directory or file that target_fd (O_PATH) refers to. */
int mountapi_attach(int mount_fd, int target_fd);
/* Bind source on target (both O_PATH descriptors), by open_tree and move_mount or by mount(2).
 * target_fd still refers to what lies below. */
int mountapi_bind(int source_fd, int target_fd, bool recursive);
/* mountapi_new() attached at target_fd, or mount(2) where the new calls are missing. */
int mountapi_new_at(const char *type, const char *source, char *const *options, uint64_t mount_attr,
		    int target_fd, struct error *err);
int mountapi_move(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags);
/* Without mount_setattr(2) only what is not recursive, and an attached mount, can be changed;
 * else -EOPNOTSUPP.
 * attr_set/attr_clr: MOUNT_ATTR_*; propagation MS_SHARED.. or 0; userns_fd for MOUNT_ATTR_IDMAP
 * else -1; recursive: AT_RECURSIVE. */
int mountapi_setattr(int fd, const char *path, unsigned at_flags, uint64_t attr_set,
		     uint64_t attr_clr, uint64_t propagation, int userns_fd);
/* MS_* bits (RDONLY NOSUID NODEV NOEXEC NOATIME ... NOSYMFOLLOW) to MOUNT_ATTR_*. */
uint64_t mountapi_attr_from_ms(unsigned long ms_flags);
unsigned long mountapi_ms_from_attr(uint64_t mount_attr);

/* Flags of the mount that fd lies on, as MS_*: a classic remount replaces all of them. */
int mountapi_current_ms(int fd, unsigned long *ret);

/* Classic calls, for propagation, old kernels and remounts. */
int mountapi_mount(const char *source, const char *target, const char *type, unsigned long flags,
		   const char *data);
/* Target by descriptor: through /proc/self/fd/N of a verified procfs. */
int mountapi_mount_fd(const char *source, int target_fd, const char *type, unsigned long flags,
		      const char *data);
int mountapi_umount(const char *path, int flags); /* UMOUNT_NOFOLLOW always added */
/* Detach the mount that fd is the root of, by that descriptor.  fd_dir: /proc/PID/fd of this
 * process; it becomes the working directory. */
int mountapi_umount_fd(int fd_dir, int fd);
int mountapi_pivot_root(int new_root_fd); /* fchdir + pivot_root(".", ".") + umount old + chdir / */
/* Mount id (statx STATX_MNT_ID) of the mount that fd lies on. */
int mountapi_id(int fd, uint64_t *ret);
/* Is path itself a mount point (statx STATX_ATTR_MOUNT_ROOT)?  1/0/-errno */
int mountapi_is_root(int dirfd, const char *path);
/* Are the new calls usable here? (asked once per process) */
bool mountapi_available(void);
/* For tests: behave as if the new calls were denied. */
void mountapi_disable(void);

#endif
