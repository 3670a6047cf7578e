/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root: paths confined to a root directory (rule R1).
 *
 * Every path inside a container's root, a volume or an unpack target is resolved here, with
 * openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), or, where openat2 is missing, by a bounded
 * O_PATH walk (at most 40 links) that re-reads each component.  Callers keep the descriptor and
 * never the string.  All functions are leaves (negative errno); -ELOOP for too many links and
 * for magic links.
 */
#ifndef CORACLE_SYS_ROOT_H
#define CORACLE_SYS_ROOT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* Open path as seen from rootfd as its "/".  flags as open(2) (O_CLOEXEC implied). */
int root_open(int rootfd, const char *path, int flags, mode_t mode);
/* The same but a link as the last component is not followed (O_PATH|O_NOFOLLOW gives the link). */
int root_open_nofollow(int rootfd, const char *path, int flags, mode_t mode);
/* Refuse any symbolic link on the way (RESOLVE_NO_SYMLINKS). */
int root_open_nolinks(int rootfd, const char *path, int flags, mode_t mode);
/* Open the parent directory of path (created when `create`, mode 0755 and owner 0:0) and give the
 * last component in name (size >= NAME_MAX + 1).  Links on the way are followed inside the root,
 * the last component is not.  "." and "/" as last component: -EINVAL. */
int root_open_parent(int rootfd, const char *path, bool create, char *name, size_t size);
/* mkdir -p inside the root; returns an O_PATH|O_DIRECTORY descriptor of the last. */
int root_mkdir_p(int rootfd, const char *path, mode_t mode);
/* As root_mkdir_p, with the owner set on directories it creates. */
int root_mkdir_p_owned(int rootfd, const char *path, mode_t mode, uid_t uid, gid_t gid);
/* Make an empty regular file (and its parents) unless something is there; O_PATH descriptor. */
int root_touch(int rootfd, const char *path, mode_t mode);
int root_stat(int rootfd, const char *path, struct stat *ret); /* follows inside the root */
/* Resolve all links inside the root to a clean absolute path (as seen inside).  For display and for
 * config values only, never for a later open.  New string. */
int root_resolve(int rootfd, const char *path, char **ret);
/* Read a small regular file (a FIFO, device, directory or file above max is an error: -EINVAL,
 * -EFBIG); never blocks. */
struct buf;
int root_read_file(int rootfd, const char *path, size_t max, struct buf *out);

/* For tests and kernels without openat2: use only the O_PATH walk. */
void root_disable_openat2(void);

#endif
