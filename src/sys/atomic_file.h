/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_file: write to a temporary name in the same directory, then rename: a reader never sees
 * half. */
#ifndef CORACLE_SYS_ATOMIC_FILE_H
#define CORACLE_SYS_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

/* durable: fsync file and directory.  Temporary name ".NAME.XXXXXX", removed on failure. */
int atomic_file_write(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      bool durable);

/* Makes the new text from the old one (len 0: there is none, or it was longer than max).  A
 * negative value is the error of the whole. */
typedef int (*atomic_file_edit_fn)(const char *old, size_t len, struct buf *ret, void *arg);
/* Read, change and write again, under the lock of the file lock_path (made when missing): changes
 * of several processes follow each other.  Not durable. */
int atomic_file_edit(const char *path, const char *lock_path, size_t max, mode_t mode,
		     atomic_file_edit_fn fn, void *arg);

#endif
