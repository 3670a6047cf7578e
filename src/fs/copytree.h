/* SPDX-License-Identifier: Apache-2.0 */
/* copytree: copy a directory's content by descriptors: owner, mode, times, xattrs, links, devices,
 * holes; reflinked where the file system can. */
#ifndef CORACLE_FS_COPYTREE_H
#define CORACLE_FS_COPYTREE_H

#include <stdbool.h>

#include "base/error.h"

#define COPYTREE_XATTRS 1u
#define COPYTREE_KEEP_GOING_UNPRIVILEGED 2u /* skip owner and device nodes when not permitted */

/* Content of src_fd (directory) into dst_fd (directory, its own metadata set from src too). */
int copytree(int src_fd, int dst_fd, unsigned flags, struct error *err);
/* Bytes (sizes of what is no directory, as the engines count) and inodes below dirfd, hard links
 * once, not crossing mounts. */
int tree_usage(int dirfd, unsigned long long *ret_bytes, unsigned long long *ret_inodes);
bool tree_is_empty(int dirfd);

#endif
