/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Always through /proc/self/fd: the calls by descriptor refuse O_PATH descriptors, and the link of
 * a descriptor of a symbolic link leads to the link itself and no further.
 */
#include "fs/xattr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/str.h"

/* XATTR_SIZE_MAX and XATTR_LIST_MAX of the kernel. */
#define VALUE_MAX 65536
#define LIST_MAX 65536
/* What nearly all are shorter than: one call instead of two. */
#define FIRST_TRY 1024

struct fd_link {
	char path[40];
};

static struct fd_link link_of(int fd)
{
	struct fd_link l;

	snprintf(l.path, sizeof(l.path), "/proc/self/fd/%d", fd);
	return l;
}

int xattr_set(int fd, const char *name, const void *value, size_t len)
{
	struct fd_link l = link_of(fd);

	return setxattr(l.path, name, value, len, 0) < 0 ? -errno : 0;
}

int xattr_get(int fd, const char *name, struct buf *out)
{
	struct fd_link l = link_of(fd);
	size_t room = FIRST_TRY;

	for (;;) {
		char *to = buf_reserve(out, room);
		ssize_t n;

		if (to == NULL)
			return -EFBIG;
		n = getxattr(l.path, name, to, room);
		if (n >= 0) {
			buf_grow(out, (size_t)n);
			return 0;
		}
		if (errno != ERANGE || room >= VALUE_MAX)
			return -errno;
		room = VALUE_MAX;
	}
}

int xattr_list(int fd, struct buf *out)
{
	struct fd_link l = link_of(fd);
	size_t room = FIRST_TRY;

	for (;;) {
		char *to = buf_reserve(out, room);
		ssize_t n;

		if (to == NULL)
			return -EFBIG;
		n = listxattr(l.path, to, room);
		if (n >= 0) {
			buf_grow(out, (size_t)n);
			return 0;
		}
		if (errno != ERANGE || room >= LIST_MAX)
			return -errno;
		room = LIST_MAX;
	}
}

int xattr_copy(int from, int to)
{
	scoped(buf_done) struct buf names = BUF_INIT;
	int r = xattr_list(from, &names);

	/* A file system without attributes has none to copy. */
	if (r < 0)
		return r == -EOPNOTSUPP ? 0 : r;
	for (size_t i = 0; i < names.len; i += strlen(names.data + i) + 1) {
		scoped(buf_done) struct buf value = BUF_INIT;
		const char *name = names.data + i;

		if (streq(name, "security.selinux"))
			continue;
		r = xattr_get(from, name, &value);
		if (r == -ENODATA)
			continue;
		if (r == 0)
			r = xattr_set(to, name, value.data, value.len);
		if (r < 0)
			return r;
	}
	return 0;
}
