/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_file: write to a temporary name in the same directory, then rename: a reader never sees
 * half. */
#ifndef CORACLE_SYS_ATOMIC_FILE_H
#define CORACLE_SYS_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* durable: fsync file and directory.  Temporary name ".NAME.XXXXXX", removed on failure. */
int atomic_file_write(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      bool durable);

#endif
