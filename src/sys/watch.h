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
/* what: WATCH_*; name: in the watched directory, "" for the file itself.  wd -1: the kernel had no
 * room for more, events were lost. */
typedef void (*watch_fn)(void *arg, int wd, uint32_t what, const char *name);
/* Read all pending events; 1 when there were some. */
int watch_read(int fd, watch_fn fn, void *arg);
/* ... and drop them. */
int watch_drain(int fd);

#endif
