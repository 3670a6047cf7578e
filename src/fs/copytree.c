/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copytree: depth first, by descriptors only.  A link is never followed; every entry is made new
 * (O_EXCL, mkdir, mknod, link), except that a directory that exists is filled.  Metadata of a file
 * is set on its descriptor, in the order owner (which clears set-id bits), mode, attributes
 * (capabilities go with a change of owner), times.
 */
#include "fs/copytree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"
#include "fs/inode_table.h"
#include "fs/xattr.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/root.h"

/* Levels below the top: two descriptors each are open at once. */
#define DEPTH_MAX 400
#define COPY_CHUNK 65536

struct copy {
	int dst_root;
	unsigned flags;
	struct inode_table seen;
	struct buf path; /* of the entry at hand, below the roots */
	struct error *err;
};

static int failed(struct copy *c, int num, const char *what)
{
	return error_os(c->err, num, "%s '%s'", what, c->path.len > 0 ? buf_str(&c->path) : ".");
}

static bool forgiven(const struct copy *c, int r)
{
	return (c->flags & COPYTREE_KEEP_GOING_UNPRIVILEGED) != 0 && (r == -EPERM || r == -EINVAL);
}

/* Metadata by a descriptor of any kind (also O_PATH of a link, device...). */
static int set_meta(struct copy *c, int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	char link[40];
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", to);
	if (fchownat(to, "", st->st_uid, st->st_gid, AT_EMPTY_PATH) < 0 && !forgiven(c, -errno))
		return failed(c, errno, "set owner of");
	if (!S_ISLNK(st->st_mode) && chmod(link, st->st_mode & 07777) < 0)
		return failed(c, errno, "set mode of");
	if ((c->flags & COPYTREE_XATTRS) != 0) {
		r = xattr_copy(from, to);
		if (r < 0 && !forgiven(c, r))
			return failed(c, -r, "copy extended attributes of");
	}
	/* An empty name with AT_EMPTY_PATH works for links, too (Linux 5.8). */
	if (utimensat(to, "", times, AT_EMPTY_PATH) < 0)
		return failed(c, errno, "set times of");
	return 0;
}

static int copy_range(int from, int to, off_t at, off_t end)
{
	char chunk[COPY_CHUNK];

	while (at < end) {
		off_t out = at;
		ssize_t n = copy_file_range(from, &at, to, &out, (size_t)(end - at), 0);

		if (n > 0)
			continue;
		/* 0 also from files that lie about their size (procfs): read them. */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP &&
		    errno != ENOSYS && errno != EPERM)
			return -errno;
		n = pread(from, chunk, MIN(sizeof(chunk), (size_t)(end - at)), at);
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (lseek(to, at, SEEK_SET) < 0)
			return -errno;
		if (fd_write_all(to, chunk, (size_t)n) < 0)
			return -errno;
		at += n;
	}
	return 0;
}

/* The content: by reference where the file system can, else what is not a hole. */
static int copy_data(int from, int to, off_t size)
{
	off_t at = 0;

	if (size == 0 || ioctl(to, FICLONE, from) == 0)
		return 0;
	while (at < size) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t hole;
		int r;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			hole = size;
		r = copy_range(from, to, data, hole);
		if (r < 0)
			return r;
		at = hole;
	}
	return ftruncate(to, size) < 0 ? -errno : 0;
}

static int copy_file(struct copy *c, int node, int dst, const char *name, const struct stat *st)
{
	scoped_fd int from = fd_reopen(node, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	scoped_fd int to = -1;
	int r;

	if (from < 0)
		return failed(c, -from, "read");
	to = fd_open(dst, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (to < 0)
		return failed(c, -to, "create");
	r = copy_data(from, to, st->st_size);
	if (r < 0)
		return failed(c, -r, "copy content of");
	return set_meta(c, from, to, st);
}

/* Made without content: link, device, FIFO, socket. */
static int copy_special(struct copy *c, int node, int dst, const char *name, const struct stat *st)
{
	scoped_fd int to = -1;
	int r;

	if (S_ISLNK(st->st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(node, "", target, sizeof(target) - 1);

		if (n < 0)
			return failed(c, errno, "read link");
		target[n] = '\0';
		r = symlinkat(target, dst, name);
	} else {
		r = mknodat(dst, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev);
		if (r < 0 && forgiven(c, -errno))
			return 0;
	}
	if (r < 0)
		return failed(c, errno, "create");
	to = fd_open(dst, name, O_PATH | O_NOFOLLOW, 0);
	if (to < 0)
		return failed(c, -to, "open");
	return set_meta(c, node, to, st);
}

/* A further name of a file that was copied: 1 linked, 0 this is the first name. */
static int copy_link(struct copy *c, int dst, const char *name, const struct stat *st)
{
	const char *first;
	char base[NAME_MAX + 1];
	scoped_fd int dir = -1;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return 0;
	first = inode_table_meet(&c->seen, st->st_dev, st->st_ino, buf_str(&c->path));
	if (first == NULL)
		return 0;
	dir = root_open_parent(c->dst_root, first, false, base, sizeof(base));
	if (dir < 0)
		return failed(c, -dir, "find first name of");
	if (linkat(dir, base, dst, name, 0) == 0)
		return 1;
	/* A device that was not permitted has no first name here either. */
	if (errno == ENOENT && forgiven(c, -EPERM))
		return 1;
	return failed(c, errno, "link");
}

static int copy_dir(struct copy *c, int src, int dst, unsigned depth);

static int copy_subdir(struct copy *c, int node, int dst, const char *name, const struct stat *st,
		       unsigned depth)
{
	scoped_fd int from = fd_reopen(node, O_RDONLY | O_DIRECTORY);
	scoped_fd int to = -1;
	int r;

	if (from < 0)
		return failed(c, -from, "read directory");
	if (depth >= DEPTH_MAX)
		return error_set(c->err, ERROR_LIMIT, "copy '%s': more than %d directories deep",
				 buf_str(&c->path), DEPTH_MAX);
	if (mkdirat(dst, name, 0700) < 0 && errno != EEXIST)
		return failed(c, errno, "create directory");
	to = fd_open(dst, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (to < 0)
		return failed(c, -to, "open directory");
	r = copy_dir(c, from, to, depth + 1);
	return r < 0 ? r : set_meta(c, from, to, st);
}

static int copy_entry(struct copy *c, int src, int dst, const char *name, unsigned depth)
{
	scoped_fd int node = fd_open(src, name, O_PATH | O_NOFOLLOW, 0);
	struct stat st;
	int r;

	if (node < 0)
		return failed(c, -node, "open");
	if (fstat(node, &st) < 0)
		return failed(c, errno, "look at");
	r = copy_link(c, dst, name, &st);
	if (r != 0)
		return r < 0 ? r : 0;
	if (S_ISDIR(st.st_mode))
		return copy_subdir(c, node, dst, name, &st, depth);
	if (S_ISREG(st.st_mode))
		return copy_file(c, node, dst, name, &st);
	return copy_special(c, node, dst, name, &st);
}

static void close_dir(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}
#define scoped_dir __attribute__((cleanup(close_dir)))

/* A stream of its own over the directory; the descriptor stays with the caller. */
static DIR *open_stream(int dirfd)
{
	int fd = fd_open(dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *d;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	d = fdopendir(fd);
	if (d == NULL)
		fd_close(fd);
	return d;
}

static bool is_dot(const char *name)
{
	return streq(name, ".") || streq(name, "..");
}

static int copy_dir(struct copy *c, int src, int dst, unsigned depth)
{
	scoped_dir DIR *d = open_stream(src);
	size_t len = c->path.len;

	if (d == NULL)
		return failed(c, errno, "read directory");
	for (;;) {
		struct dirent *e;
		int r;

		errno = 0;
		e = readdir(d);
		if (e == NULL)
			return errno != 0 ? failed(c, errno, "read directory") : 0;
		if (is_dot(e->d_name))
			continue;
		if (len > 0)
			buf_addc(&c->path, '/');
		buf_adds(&c->path, e->d_name);
		r = copy_entry(c, src, dst, e->d_name, depth);
		if (r < 0)
			return r;
		buf_truncate(&c->path, len);
	}
}

int copytree(int src_fd, int dst_fd, unsigned flags, struct error *err)
{
	struct copy c = { .dst_root = dst_fd, .flags = flags, .err = err };
	struct stat st;
	int r;

	if (fstat(src_fd, &st) < 0)
		return error_os(err, errno, "look at directory to copy");
	r = copy_dir(&c, src_fd, dst_fd, 0);
	if (r == 0) {
		buf_truncate(&c.path, 0);
		r = set_meta(&c, src_fd, dst_fd, &st);
	}
	inode_table_done(&c.seen);
	buf_done(&c.path);
	return r;
}

struct usage {
	struct inode_table seen;
	uint64_t mount;
	unsigned long long bytes, inodes;
};

static int add_usage(struct usage *u, int dirfd, unsigned depth)
{
	scoped_dir DIR *d = open_stream(dirfd);

	if (d == NULL)
		return -errno;
	for (;;) {
		scoped_fd int sub = -1;
		struct dirent *e;
		struct stat st;
		uint64_t mount;
		int r;

		errno = 0;
		e = readdir(d);
		if (e == NULL)
			return -errno;
		if (is_dot(e->d_name))
			continue;
		r = fd_stat(dirfd, e->d_name, AT_SYMLINK_NOFOLLOW, &st);
		/* Removed meanwhile. */
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (st.st_nlink > 1 && !S_ISDIR(st.st_mode) &&
		    inode_table_meet(&u->seen, st.st_dev, st.st_ino, "") != NULL)
			continue;
		u->inodes++;
		if (!S_ISDIR(st.st_mode)) {
			u->bytes += (unsigned long long)st.st_size;
			continue;
		}
		sub = fd_open(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (sub == -ENOENT || sub == -ENOTDIR || sub == -ELOOP)
			continue;
		if (sub < 0)
			return sub;
		r = mountapi_id(sub, &mount);
		if (r == 0 && mount != u->mount)
			continue;
		if (r == 0)
			r = depth < DEPTH_MAX ? add_usage(u, sub, depth + 1) : -ELOOP;
		if (r < 0)
			return r;
	}
}

int tree_usage(int dirfd, unsigned long long *ret_bytes, unsigned long long *ret_inodes)
{
	struct usage u = { 0 };
	int r = mountapi_id(dirfd, &u.mount);

	if (r == 0)
		r = add_usage(&u, dirfd, 0);
	inode_table_done(&u.seen);
	if (r < 0)
		return r;
	*ret_bytes = u.bytes;
	*ret_inodes = u.inodes;
	return 0;
}

bool tree_is_empty(int dirfd)
{
	scoped_dir DIR *d = open_stream(dirfd);
	struct dirent *e;

	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL) {
		if (!is_dot(e->d_name))
			return false;
	}
	return true;
}
