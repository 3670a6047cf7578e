/* SPDX-License-Identifier: Apache-2.0 */
/* fd: descriptors.  Everything opened here is CLOEXEC.  Leaf functions: >= 0 or -errno. */
#ifndef CORACLE_SYS_FD_H
#define CORACLE_SYS_FD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

int fd_close(int fd); /* closes when >= 0; keeps errno; returns -1 */
static inline void fd_close_ptr(int *fd)
{
	fd_close(*fd);
}
#define scoped_fd __attribute__((cleanup(fd_close_ptr)))
#define take_fd(fd)                   \
	({                            \
		int _taken_fd = (fd); \
		(fd) = -1;            \
		_taken_fd;            \
	})

int fd_open(int dirfd, const char *path, int flags,
	    mode_t mode); /* openat + O_CLOEXEC, EINTR retried */
/* Whole file up to max bytes (ERROR_LIMIT / -EFBIG beyond). */
int fd_read_all(int fd, size_t max, struct buf *out);
int fd_read_file(int dirfd, const char *path, size_t max, struct buf *out);
/* One line or value, trailing newline cut, into a fixed buffer; returns length. */
int fd_read_line(int dirfd, const char *path, char *out, size_t size);
int fd_write_all(int fd, const void *data, size_t len);
/* Write one value to an existing file (O_WRONLY|O_TRUNC not O_CREAT): sysfs, cgroup and proc files.
 */
int fd_write_file(int dirfd, const char *path, const char *data);
/* Write a file, made or emptied, with exactly this mode: for files that nobody looks at before we
 * say so.  Killed before, part of it is there (atomic_file.h for all others). */
int fd_make_file(int dirfd, const char *path, const void *data, size_t len, mode_t mode);
int fd_set_cloexec(int fd, bool on);
int fd_set_nonblock(int fd, bool on);
/* dup to the lowest number >= min, CLOEXEC. */
int fd_dup_min(int fd, int min);
/* close_range(first, ~0U) or with CLOSE_RANGE_CLOEXEC; falls back to /proc/self/fd. */
int fd_close_from(int first);
int fd_cloexec_from(int first);
/* Close first..last, both included (last < first: none). */
int fd_close_range(int first, int last);
/* Close everything from 3 on but these, in ascending order. */
int fd_close_except(const int *fds, size_t n);
/* pipe2(O_CLOEXEC). */
int fd_pipe(int ret[2], int extra_flags);
/* statx-free fstat of (dirfd, path), AT_EMPTY_PATH when path is "". */
int fd_stat(int dirfd, const char *path, int flags, struct stat *ret);
/* Path of the descriptor for messages: readlink /proc/self/fd/N; out "fd N" when that fails. */
void fd_path(int fd, char *out, size_t size);
/* poll one descriptor; 1 ready, 0 timeout. timeout_msec -1: none. */
int fd_wait(int fd, short events, int timeout_msec);
/* Bytes that a pipe, socket or terminal has for its reader (FIONREAD). */
int fd_readable(int fd);
/* mkdir -p below dirfd, mode for each new directory; existing directories are fine. */
int fd_mkdir_p(int dirfd, const char *path, mode_t mode);
/* Call first thing in main: a caller may have closed 0, 1 or 2, which the next file that we open
 * would become, and with it the container's (/dev/null takes their place). */
int fd_complete_stdio(void);
int fd_memfd(const char *name, bool sealable);
int fd_eventfd(void);
/* Reopen an O_PATH descriptor for real through /proc/self/fd. */
int fd_reopen(int fd, int flags);
/* Remove a tree below (dirfd, name) by descriptors, never following links, never crossing into
 * mounts (a mount is -EBUSY).  Missing is 0. */
int fd_remove_tree(int dirfd, const char *name);

#endif
