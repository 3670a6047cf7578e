/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_tree: a directory as one pax tar stream.  In a directory first what is no directory, then
 * the directories, each in order of names, so that the same tree gives the same bytes.  Directories
 * are opened by path inside the tree, without links: one descriptor at a time, whatever the depth.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/tar_writer.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/inode_table.h"
#include "fs/xattr.h"
#include "sys/fd/dir.h"
#include "sys/fd.h"
#include "sys/root.h"

struct tree {
	int root;
	bool as_layer;
	struct tar_writer *w;
	struct inode_table links;
	uint64_t bytes, entries;
};

static void tree_done(struct tree *t)
{
	inode_table_done(&t->links);
}
DEFINE_SCOPED_STRUCT(struct tree, tree_done)

static int read_xattrs(int fd, struct tar_entry *e)
{
	scoped(buf_done) struct buf names = BUF_INIT_MAX(1 << 17);
	int n = xattr_list(fd, &names);

	if (n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return n;
	for (const char *s = names.data; s != NULL && s < names.data + names.len;
	     s += strlen(s) + 1) {
		scoped(buf_done) struct buf value = BUF_INIT_MAX(1 << 17);
		struct tar_xattr *x;

		/* Overlay's own, and the labels of this machine. */
		if (str_has_prefix(s, "trusted.overlay.") || streq(s, "security.selinux"))
			continue;
		n = xattr_get(fd, s, &value);
		if (n == -ENODATA)
			continue;
		if (n < 0)
			return n;
		x = ARRAY_ADD(e->xattrs, e->n_xattrs);
		x->name = xstrdup(s);
		x->len = value.len;
		x->value = buf_take(&value);
	}
	return 0;
}

static char type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return TAR_REGULAR;
	case S_IFDIR:
		return TAR_DIRECTORY;
	case S_IFLNK:
		return TAR_SYMLINK;
	case S_IFCHR:
		return TAR_CHAR;
	case S_IFBLK:
		return TAR_BLOCK_DEVICE;
	case S_IFIFO:
		return TAR_FIFO;
	default:
		return '\0';
	}
}

static void fill_entry(struct tar_entry *e, const struct stat *st, const char *name)
{
	e->type = type_of(st->st_mode);
	e->name = e->type == TAR_DIRECTORY ? xasprintf("%s/", name) : xstrdup(name);
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->mtime_sec = st->st_mtim.tv_sec;
	e->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	e->devmajor = major(st->st_rdev);
	e->devminor = minor(st->st_rdev);
	if (e->type == TAR_REGULAR)
		e->size = (uint64_t)st->st_size;
}

/* Exactly as many bytes as the header said: a file that changes under us is filled or cut. */
static int write_content(struct tree *t, int fd, uint64_t size, const char *name, struct error *err)
{
	scoped_free char *chunk = xmalloc(DATA_CHUNK);
	bool ended = false;

	t->bytes += size;
	for (uint64_t left = size; left > 0;) {
		size_t part = (size_t)MIN(left, (uint64_t)DATA_CHUNK);
		ssize_t n = ended ? 0 : read(fd, chunk, part);
		int w;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(err, errno, "read '%s'", name);
		if (n == 0) {
			ended = true;
			memset(chunk, 0, part);
			n = (ssize_t)part;
		}
		w = tar_writer_data(t->w, chunk, (size_t)n, err);
		if (w < 0)
			return w;
		left -= (uint64_t)n;
	}
	return tar_writer_pad(t->w, size, err);
}

static int write_mark(struct tree *t, const struct stat *st, const char *dir, const char *mark,
		      struct error *err)
{
	scoped(tar_entry_done) struct tar_entry e = { 0 };

	fill_entry(&e, st, "");
	free(e.name);
	e.name = *dir != '\0' ? xasprintf("%s/%s", dir, mark) : xstrdup(mark);
	e.type = TAR_REGULAR;
	e.mode = 0;
	e.size = 0;
	t->entries++;
	return tar_writer_entry(t->w, &e, err);
}

static int write_symlink_target(int dir, const char *base, struct tar_entry *e)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, base, text, sizeof(text));

	if (n < 0)
		return -errno;
	if ((size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	e->link = xstrndup(text, (size_t)n);
	return 0;
}

static int write_regular(struct tree *t, int dir, const char *base, struct tar_entry *e,
			 struct error *err)
{
	scoped_fd int fd = fd_open(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	int n;

	if (fd < 0)
		return error_os(err, -fd, "open '%s'", e->name);
	n = tar_writer_entry(t->w, e, err);
	return n < 0 ? n : write_content(t, fd, e->size, e->name, err);
}

/* What is no directory. */
static int write_leaf(struct tree *t, int dir, const char *base, const char *name,
		      const struct stat *st, struct error *err)
{
	scoped(tar_entry_done) struct tar_entry e = { 0 };
	scoped_fd int fd = -1;
	const char *first;
	int n = 0;

	if (t->as_layer && S_ISCHR(st->st_mode) && st->st_rdev == 0) {
		scoped_free char *parent = path_dir(name);
		scoped_free char *mark = xasprintf(".wh.%s", base);

		return write_mark(t, st, streq(parent, ".") ? "" : parent, mark, err);
	}
	fill_entry(&e, st, name);
	if (e.type == '\0')
		return 0; /* a socket: no archive has them */
	t->entries++;
	first = st->st_nlink > 1 ? inode_table_meet(&t->links, st->st_dev, st->st_ino, name) : NULL;
	if (first != NULL) {
		e.type = TAR_HARD_LINK;
		e.size = 0;
		e.link = xstrdup(first);
		return tar_writer_entry(t->w, &e, err);
	}
	if (e.type == TAR_SYMLINK)
		n = write_symlink_target(dir, base, &e);
	fd = fd_open(dir, base, O_PATH | O_NOFOLLOW, 0);
	if (n == 0)
		n = fd < 0 ? fd : read_xattrs(fd, &e);
	if (n < 0)
		return error_os(err, -n, "read attributes of '%s'", name);
	if (e.type == TAR_REGULAR)
		return write_regular(t, dir, base, &e, err);
	return tar_writer_entry(t->w, &e, err);
}

static bool is_opaque(int fd)
{
	scoped(buf_done) struct buf v = BUF_INIT;

	return xattr_get(fd, "trusted.overlay.opaque", &v) >= 0 && v.len > 0 && v.data[0] == 'y';
}

static int write_dir_header(struct tree *t, int dir, const struct stat *st, const char *name,
			    struct error *err)
{
	scoped(tar_entry_done) struct tar_entry e = { 0 };
	int n;

	/* The top has no entry: its attributes belong to whoever unpacks. */
	if (*name != '\0') {
		fill_entry(&e, st, name);
		n = read_xattrs(dir, &e);
		if (n < 0)
			return error_os(err, -n, "read attributes of '%s'", name);
		t->entries++;
		n = tar_writer_entry(t->w, &e, err);
		if (n < 0)
			return n;
	}
	if (t->as_layer && is_opaque(dir))
		return write_mark(t, st, name, ".wh..wh..opq", err);
	return 0;
}

/* Header and leaves of one directory; the names of directories in it come back. */
static int write_level(struct tree *t, const char *name, char ***ret_dirs, struct error *err)
{
	scoped_fd int dir = root_open_nolinks(t->root, *name != '\0' ? name : "/",
					      O_RDONLY | O_DIRECTORY, 0);
	scoped_strv char **names = NULL;
	struct stat st;
	int n = dir < 0 ? dir : fd_stat(dir, "", 0, &st);

	if (n == 0)
		n = dir_names(dir, &names);
	if (names != NULL)
		strv_sort(names);
	if (n < 0)
		return error_os(err, -n, "read directory '%s'", name);
	n = write_dir_header(t, dir, &st, name, err);
	STRV_FOREACH (s, names) {
		scoped_free char *path = *name != '\0' ? path_join(name, *s) : xstrdup(*s);

		if (n < 0)
			return n;
		n = fd_stat(dir, *s, AT_SYMLINK_NOFOLLOW, &st);
		/* Gone since it was listed: a tree in use. */
		if (n == -ENOENT) {
			n = 0;
			continue;
		}
		if (n < 0)
			return error_os(err, -n, "stat '%s'", path);
		if (S_ISDIR(st.st_mode))
			strv_add_take(ret_dirs, take_ptr(path));
		else
			n = write_leaf(t, dir, *s, path, &st, err);
	}
	return n;
}

static int write_dir(struct tree *t, const char *name, struct error *err)
{
	scoped_strv char **dirs = NULL;
	int n = write_level(t, name, &dirs, err);

	STRV_FOREACH (s, dirs) {
		if (n < 0)
			return n;
		n = write_dir(t, *s, err);
	}
	return n;
}

int archive_write_tree(int dir_fd, int out_fd, bool as_layer, struct archive_result *ret,
		       struct error *err)
{
	scoped(tar_writer_free) struct tar_writer *w = NULL;
	scoped(tree_done) struct tree t = { .root = dir_fd, .as_layer = as_layer };
	struct archive_result result = { 0 };
	int n = tar_writer_new(out_fd, &w, err);

	if (n < 0)
		return n;
	t.w = w;
	n = write_dir(&t, "", err);
	if (n == 0)
		n = tar_writer_finish(w, &result.diff_id, &result.tar_bytes, err);
	if (n < 0)
		return n;
	result.compressed = result.diff_id;
	result.compressed_bytes = result.tar_bytes;
	result.unpacked_bytes = t.bytes;
	result.entries = t.entries;
	if (ret != NULL)
		*ret = result;
	return 0;
}
