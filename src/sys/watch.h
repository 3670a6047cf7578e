/* SPDX-License-Identifier: Apache-2.0 */
/* watch: inotify: wait for files to appear or grow.  Leaves. */
#ifndef CORACLE_SYS_WATCH_H
#define CORACLE_SYS_WATCH_H

#include <stdint.h>

#define WATCH_APPEAR 1u /* a name is created or renamed into the directory */
#define WATCH_WRITE 2u	/* the file, or one in the directory, is written to */
#define WATCH_GONE 4u	/* the file itself is removed, renamed, or a name leaves the directory */

/* An inotify descriptor, non-blocking, pollable. */
int watch_open(void);
/* Watch id, or -errno (-ENOENT: path is missing). */
int watch_add(int fd, const char *path, uint32_t what);
int watch_remove(int fd, int wd);
/* Read and drop all pending events; 1 when there were some. */
int watch_drain(int fd);

#endif
