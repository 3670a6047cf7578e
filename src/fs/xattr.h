/* SPDX-License-Identifier: Apache-2.0 */
/* xattr: extended attributes by descriptor (also O_PATH, through /proc/self/fd). */
#ifndef CORACLE_FS_XATTR_H
#define CORACLE_FS_XATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

int xattr_set(int fd, const char *name, const void *value, size_t len);
/* Value up to 64 KiB; -ENODATA when absent. */
int xattr_get(int fd, const char *name, struct buf *out);
/* NUL-separated names. */
int xattr_list(int fd, struct buf *out);
int xattr_copy(int from, int to); /* all but security.selinux */

#endif
