/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_remove_tree: remove a tree by descriptors.
 *
 * A tree may be hostile: deeper than our descriptors go, written to while it is removed, or with a
 * mount in it.  Depth is bounded by moving a directory below level DEPTH_MAX up to the top of the
 * tree, where it is removed in a later round; a mount is found by its mount id before anything in
 * it is touched.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

/* Levels that are open at once (one descriptor and one 32 KiB directory buffer each). */
#define DEPTH_MAX 32
/* A directory that others keep filling is given up after so many rounds (-ENOTEMPTY). */
#define ROUNDS_MAX 1000

struct removal {
	int top;	/* the tree's own directory */
	uint64_t mount; /* its mount id */
	unsigned long moved;
};

static int remove_entry(struct removal *r, int parent, const char *name, unsigned depth);

static void close_dir(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

/* Open a directory that we own but may lack the bits for. */
static int open_dir(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
	int fd = fd_open(parent, name, flags, 0);
	scoped_fd int path_fd = -1;
	char proc[40];

	if (fd != -EACCES)
		return fd;
	path_fd = fd_open(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (path_fd < 0)
		return path_fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path_fd);
	if (chmod(proc, 0700) < 0)
		return -errno;
	return fd_open(path_fd, ".", flags, 0);
}

/* One pass over the entries; 1 when something was there. */
static int remove_entries(struct removal *r, DIR *d, unsigned depth)
{
	int found = 0;

	for (;;) {
		struct dirent *e;
		int n;

		errno = 0;
		e = readdir(d);
		if (e == NULL)
			return errno != 0 ? -errno : found;
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		n = remove_entry(r, dirfd(d), e->d_name, depth);
		if (n < 0)
			return n;
		found = 1;
	}
}

/* Everything below fd (taken). */
static int empty_dir(struct removal *r, int fd, unsigned depth)
{
	__attribute__((cleanup(close_dir))) DIR *d = fdopendir(fd);

	if (d == NULL) {
		int e = -errno;

		fd_close(fd);
		return e;
	}
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		int n = remove_entries(r, d, depth);

		if (n <= 0)
			return n;
		rewinddir(d);
	}
	return -ENOTEMPTY;
}

static int move_to_top(struct removal *r, int parent, const char *name)
{
	char to[48];

	do {
		snprintf(to, sizeof(to), ".removing-%lu", r->moved++);
		if (renameat2(parent, name, r->top, to, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return errno == ENOENT ? 0 : -errno;
}

static int remove_entry(struct removal *r, int parent, const char *name, unsigned depth)
{
	scoped_fd int fd = -1;
	uint64_t mount;
	int n;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* Linux says EISDIR for a directory, POSIX EPERM. */
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	fd = open_dir(parent, name);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	n = mountapi_id(fd, &mount);
	if (n < 0)
		return n;
	if (mount != r->mount)
		return -EBUSY;
	if (depth >= DEPTH_MAX)
		return move_to_top(r, parent, name);
	n = empty_dir(r, take_fd(fd), depth + 1);
	if (n < 0)
		return n;
	/* Filled again meanwhile: the caller's next pass sees it. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENOTEMPTY)
		return 0;
	return -errno;
}

int fd_remove_tree(int dirfd, const char *name)
{
	scoped_fd int fd = -1;
	struct removal r = { 0 };
	uint64_t parent_mount;
	int n;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = open_dir(dirfd, name);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	n = mountapi_is_root(dirfd, name);
	if (n == -ENOENT) /* another process removes it, too */
		return 0;
	if (n != 0)
		return n < 0 ? n : -EBUSY;
	n = mountapi_id(fd, &parent_mount);
	if (n < 0)
		return n;
	r.mount = parent_mount;
	r.top = fd_dup_min(fd, 3);
	if (r.top < 0)
		return r.top;
	n = empty_dir(&r, take_fd(fd), 0);
	fd_close(r.top);
	if (n < 0)
		return n;
	return unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}
