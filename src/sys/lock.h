/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock: per-object locks as open-file-description locks on a file of their own.  No table, no
 * limit; the kernel frees them when the holder dies.
 */
#ifndef CORACLE_SYS_LOCK_H
#define CORACLE_SYS_LOCK_H

#include <stdbool.h>

#include "base/error.h"

/* Opens (and creates 0600) the file and takes the lock.  wait: block until free, else -EAGAIN.
 * Returns the descriptor that holds it; close it to unlock.  A file that was unlinked meanwhile
 * (object removed) is noticed and the open repeated. */
int lock_file(int dirfd, const char *path, bool exclusive, bool wait);
/* Wait for the exclusive lock of a file that is there; -ENOENT when it is missing, or was removed
 * by whoever held it. */
int lock_existing(int dirfd, const char *path);
/* 1 when somebody holds it (F_OFD_GETLK), 0 free or missing. */
int lock_is_held(int dirfd, const char *path);

#endif
