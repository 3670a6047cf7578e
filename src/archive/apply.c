/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/decompress.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/root.h"

/* ---- content ---- */

static int write_at(int fd, const unsigned char *p, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int write_plain(struct apply *a, int fd, const char *name, struct error *err)
{
	for (;;) {
		const unsigned char *p;
		ssize_t n = tar_reader_data(&a->reader, &p, err);
		int w;

		if (n <= 0)
			return (int)n;
		w = fd_write_all(fd, p, (size_t)n);
		if (w < 0)
			return error_os(err, -w, "write '%s'", name);
	}
}

static int write_sparse(struct apply *a, const struct tar_entry *e, int fd, const char *name,
			struct error *err)
{
	const unsigned char *p = NULL;
	size_t left = 0;

	if (ftruncate(fd, (off_t)e->size) < 0)
		return error_os(err, errno, "set size of '%s'", name);
	for (size_t i = 0; i < e->n_segments; i++) {
		uint64_t offset = e->segments[i].offset, todo = e->segments[i].length;

		while (todo > 0) {
			size_t part;
			int w;

			if (left == 0) {
				ssize_t n = tar_reader_data(&a->reader, &p, err);

				if (n < 0)
					return (int)n;
				left = (size_t)n;
			}
			part = (size_t)MIN(todo, (uint64_t)left);
			w = write_at(fd, p, part, offset);
			if (w < 0)
				return error_os(err, -w, "write '%s'", name);
			p += part;
			left -= part;
			offset += part;
			todo -= part;
		}
	}
	return 0;
}

static int count_bytes(struct apply *a, const struct tar_entry *e, const char *name,
		       struct error *err)
{
	if (e->size > a->max_bytes - a->result.unpacked_bytes)
		return error_set(err, ERROR_LIMIT, "unpack '%s': more than %llu bytes in all", name,
				 (unsigned long long)a->max_bytes);
	a->result.unpacked_bytes += e->size;
	return 0;
}

/* ---- entries by type ---- */

/* Where the entry goes; what stands there is removed.  The descriptor is borrowed. */
static int clear_place(struct apply *a, const char *name, const char **ret_base, struct error *err)
{
	int parent = apply_parent(a, name, ret_base, err);
	int n;

	if (parent < 0)
		return parent;
	n = apply_clear(a, parent, *ret_base, name, err);
	if (n < 0)
		return n;
	return apply_parent(a, name, ret_base, err);
}

static int make_file(struct apply *a, const struct tar_entry *e, const char *name,
		     struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY;
	scoped_fd int fd = -1;
	const char *base;
	int parent = apply_parent(a, name, &base, err);
	int n;

	if (parent < 0)
		return parent;
	n = count_bytes(a, e, name, err);
	if (n < 0)
		return n;
	fd = fd_open(parent, base, flags, 0600);
	if (fd == -EEXIST) {
		parent = clear_place(a, name, &base, err);
		if (parent < 0)
			return parent;
		fd = fd_open(parent, base, flags, 0600);
	}
	if (fd < 0)
		return error_os(err, -fd, "make file '%s'", name);
	n = e->sparse ? write_sparse(a, e, fd, name, err) : write_plain(a, fd, name, err);
	return n < 0 ? n : apply_metadata(a, e, fd, name, err);
}

static int make_directory(struct apply *a, const struct tar_entry *e, const char *name,
			  struct error *err)
{
	scoped_fd int fd = -1;
	const char *base;
	struct stat st;
	bool hide = false;
	int parent = apply_parent(a, name, &base, err);

	if (parent < 0)
		return parent;
	if (mkdirat(parent, base, 0700) < 0) {
		if (errno != EEXIST)
			return error_os(err, errno, "make directory '%s'", name);
		if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_os(err, errno, "stat '%s'", name);
		if (!S_ISDIR(st.st_mode)) {
			/* In place of a whiteout: what lay below must stay hidden. */
			hide = apply_is_whiteout(a, parent, base);
			parent = clear_place(a, name, &base, err);
			if (parent < 0)
				return parent;
			if (mkdirat(parent, base, 0700) < 0)
				return error_os(err, errno, "make directory '%s'", name);
		}
	}
	if (hide) {
		int n = apply_set_opaque(parent, base, name, err);

		if (n < 0)
			return n;
	}
	fd = fd_open(parent, base, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_os(err, -fd, "open directory '%s'", name);
	return apply_dir_metadata(a, e, fd, name, err);
}

/* The target of a hard link: resolved inside the target directory, itself not followed. */
static int open_link_target(struct apply *a, const char *raw, char *base, const char *name,
			    struct error *err)
{
	scoped_free char *target = NULL;
	int n = apply_clean_name(raw, &target, err);
	int fd;

	if (n < 0)
		return error_prefix(err, "hard link '%s'", name);
	if (*target == '\0')
		return error_set(err, ERROR_INVALID, "hard link '%s' to the top directory", name);
	fd = root_open_parent(a->o->target_fd, target, false, base, NAME_MAX + 1);
	return fd < 0 ? error_os(err, -fd, "open target '%s' of hard link '%s'", target, name) : fd;
}

static int make_hard_link(struct apply *a, const struct tar_entry *e, const char *name,
			  struct error *err)
{
	char target[NAME_MAX + 1];
	scoped_fd int fd = -1;
	scoped_fd int dir = -1;
	const char *base;
	int parent = clear_place(a, name, &base, err);

	if (parent < 0)
		return parent;
	dir = open_link_target(a, e->link, target, name, err);
	if (dir < 0)
		return dir;
	if (linkat(dir, target, parent, base, 0) < 0)
		return error_os(err, errno, "hard link '%s' to '%s'", name, e->link);
	fd = fd_open(parent, base, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_os(err, -fd, "open '%s'", name);
	/* The engines take the attributes of the link's own entry. */
	return apply_metadata(a, e, fd, name, err);
}

static int make_other(struct apply *a, const struct tar_entry *e, const char *name,
		      struct error *err)
{
	static const mode_t types[] = {
		[TAR_CHAR - '0'] = S_IFCHR,
		[TAR_BLOCK_DEVICE - '0'] = S_IFBLK,
		[TAR_FIFO - '0'] = S_IFIFO,
	};
	scoped_fd int fd = -1;
	const char *base;
	int parent = clear_place(a, name, &base, err);
	int n;

	if (parent < 0)
		return parent;
	if (e->type == TAR_SYMLINK)
		n = symlinkat(e->link, parent, base);
	else
		n = mknodat(parent, base, types[e->type - '0'] | 0600,
			    makedev(e->devmajor, e->devminor));
	if (n < 0)
		return error_os(err, errno, "make %s '%s'",
				e->type == TAR_SYMLINK ? "link" : "special file", name);
	fd = fd_open(parent, base, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_os(err, -fd, "open '%s'", name);
	return apply_metadata(a, e, fd, name, err);
}

static int apply_entry(struct apply *a, const struct tar_entry *e, struct error *err)
{
	scoped_free char *name = NULL;
	int n = apply_clean_name(e->name, &name, err);

	if (n < 0)
		return n;
	if (++a->result.entries > a->max_entries)
		return error_set(err, ERROR_LIMIT, "unpack archive: more than %llu entries",
				 (unsigned long long)a->max_entries);
	/* The top directory is the caller's: its attributes stay. */
	if (*name == '\0') {
		if (e->type == TAR_DIRECTORY)
			return 0;
		return error_set(err, ERROR_INVALID,
				 "unpack archive: the entry '%s' would replace the top directory",
				 e->name);
	}
	n = apply_whiteout(a, e, name, err);
	if (n != 0)
		return n < 0 ? n : 0;
	apply_note(a, name);
	switch (e->type) {
	case TAR_REGULAR:
		return make_file(a, e, name, err);
	case TAR_DIRECTORY:
		return make_directory(a, e, name, err);
	case TAR_HARD_LINK:
		return make_hard_link(a, e, name, err);
	default:
		return make_other(a, e, name, err);
	}
}

static int apply_entries(struct apply *a, struct error *err)
{
	for (;;) {
		scoped(tar_entry_done) struct tar_entry e = { 0 };
		int n = tar_reader_entry(&a->reader, &e, err);

		if (n <= 0)
			return n;
		n = apply_entry(a, &e, err);
		if (n < 0)
			return n;
	}
}

int archive_apply(const struct archive_apply *o, struct archive_result *ret, struct error *err)
{
	scoped(apply_done) struct apply a = { .o = o, .parent_fd = -1 };
	scoped(decompress_free) struct decompress *d = NULL;
	struct decompress_options in = {
		.read = o->read,
		.arg = o->arg,
		.digests = true,
		.progress = o->progress,
		.progress_arg = o->progress_arg,
	};
	int n;

	a.max_bytes = o->max_bytes > 0 ? o->max_bytes : ARCHIVE_MAX_BYTES;
	a.max_entries = o->max_entries > 0 ? o->max_entries : ARCHIVE_MAX_ENTRIES;
	/* Headers, padding and what follows the archive count, too: an entry takes up to three
	 * blocks besides its extended headers. */
	in.max_bytes = a.max_bytes > UINT64_MAX / 4 ? 0 : 2 * a.max_bytes + (64U << 20);
	n = decompress_new(&in, &d, err);
	if (n < 0)
		return n;
	tar_reader_init(&a.reader, decompress_next, d);
	n = apply_entries(&a, err);
	if (n == 0)
		n = apply_finish_dirs(&a, err);
	if (n == 0)
		n = tar_reader_drain(&a.reader, err);
	if (n == 0)
		n = decompress_result(d, &a.result, err);
	if (n < 0)
		return n;
	*ret = a.result;
	return 0;
}

ssize_t archive_read_fd(void *fd_pointer, void *buf, size_t size, struct error *err)
{
	int fd = *(int *)fd_pointer;
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? error_os(err, errno, "read archive") : n;
}
