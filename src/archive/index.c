/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: random access to the regular members of an outer archive.
 *
 * An uncompressed regular file is used as it is.  Anything else (compressed, or a pipe) is copied
 * once, decompressed, into a file without a name below TMPDIR or /var/tmp, which vanishes with us.
 * Members are found by clean name; of several with one name the first counts.  Nothing is ever
 * unpacked, so names that climb are merely never found.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/decompress.h"
#include "archive/tar_reader.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/fd.h"

/* uthash's default has a fall-through that clang warns of. */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

/* A chain of links longer than this is a loop: docker save makes one link at most. */
#define LINK_HOPS 8

struct member {
	char *link; /* clean name that it stands for, NULL: a file of its own */
	uint64_t offset, size;
	UT_hash_handle hh;
	char name[];
};
struct archive_index {
	int fd;
	struct member *members;
};

void archive_index_free(struct archive_index *ix)
{
	struct member *m;

	if (ix == NULL)
		return;
	m = ix->members;
	HASH_CLEAR(hh, ix->members);
	while (m != NULL) {
		struct member *next = m->hh.next;

		free(m->link);
		free(m);
		m = next;
	}
	fd_close(ix->fd);
	free(ix);
}
DEFINE_SCOPED(struct archive_index *, archive_index_free)

/* Clean name without leading slash; NULL when it climbs out or is the top itself. */
static char *clean(const char *name)
{
	scoped_free char *rooted = xasprintf("/%s", name);
	scoped_free char *c = path_has_dotdot(name) ? NULL : path_clean(rooted);

	return c == NULL || streq(c, "/") ? NULL : xstrdup(c + 1);
}

/* What a link at `name` points to. */
static char *link_target(const char *name, const char *target)
{
	scoped_free char *dir = path_dir(name);
	scoped_free char *joined = xasprintf("/%s/%s", dir, target);
	scoped_free char *c = path_absolute(target) ? path_clean(target) : path_clean(joined);

	return streq(c, "/") ? NULL : xstrdup(c + 1);
}

static int add_member(struct archive_index *ix, const struct tar_entry *e, uint64_t offset,
		      struct error *err)
{
	scoped_free char *name = clean(e->name);
	scoped_free char *link = NULL;
	struct member *m;

	if (name == NULL)
		return 0;
	if (e->type == TAR_SYMLINK)
		link = link_target(name, e->link);
	else if (e->type == TAR_HARD_LINK)
		link = clean(e->link);
	else if (e->type != TAR_REGULAR || e->sparse)
		return 0;
	if (link == NULL && e->type != TAR_REGULAR)
		return 0;
	HASH_FIND_STR(ix->members, name, m);
	if (m != NULL)
		return 0;
	if (HASH_COUNT(ix->members) == ARCHIVE_INDEX_MAX)
		return error_set(err, ERROR_LIMIT, "read archive: more than %d members",
				 ARCHIVE_INDEX_MAX);
	m = xcalloc(1, sizeof(*m) + strlen(name) + 1);
	memcpy(m->name, name, strlen(name));
	m->link = take_ptr(link);
	m->offset = offset;
	m->size = e->size;
	HASH_ADD_STR(ix->members, name, m);
	return 0;
}

/* ---- a file to read at random ---- */

static int open_unnamed(struct error *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (str_empty(dir))
		dir = "/var/tmp";
	fd = fd_open(AT_FDCWD, dir, O_TMPFILE | O_RDWR | O_EXCL, 0600);
	return fd < 0 ? error_os(err, -fd, "make a temporary file in '%s'", dir) : fd;
}

static int spool(struct decompress *d, struct error *err)
{
	scoped_fd int fd = open_unnamed(err);

	while (fd >= 0) {
		const unsigned char *p;
		ssize_t n = decompress_next(d, &p, err);
		int w;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		w = fd_write_all(fd, p, (size_t)n);
		if (w < 0)
			return error_os(err, -w, "copy the archive to a temporary file");
	}
	return take_fd(fd);
}

static int open_plain(int fd, struct error *err)
{
	scoped(decompress_free) struct decompress *d = NULL;
	scoped_fd int own = -1;
	struct stat st;
	struct decompress_options o = {
		.read = archive_read_fd,
		.arg = &fd,
		.max_bytes = ARCHIVE_MAX_BYTES,
	};
	int n = fd_stat(fd, "", 0, &st);

	if (n < 0)
		return error_os(err, -n, "stat archive");
	if (S_ISREG(st.st_mode)) {
		/* An offset of our own: from the start, and the caller's stays. */
		own = fd_reopen(fd, O_RDONLY);
		if (own < 0)
			return error_os(err, -own, "open archive");
		o.arg = &own;
	}
	n = decompress_new(&o, &d, err);
	if (n < 0)
		return n;
	if (own < 0 || !streq(decompress_name(d), "none"))
		return spool(d, err);
	return take_fd(own);
}

/* ---- listing: only headers are read, contents are skipped by offset ---- */

struct window {
	int fd;
	uint64_t pos;
	unsigned char data[64 << 10];
};

static ssize_t window_next(void *arg, const unsigned char **ret, struct error *err)
{
	struct window *w = arg;
	ssize_t n;

	do
		n = pread(w->fd, w->data, sizeof(w->data), (off_t)w->pos);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(err, errno, "read archive");
	w->pos += (uint64_t)n;
	*ret = w->data;
	return n;
}

static int list_members(struct archive_index *ix, struct error *err)
{
	scoped_free struct window *w = xnew(struct window);
	struct tar_reader r;
	struct stat st;

	w->fd = ix->fd;
	if (fstat(ix->fd, &st) < 0)
		return error_os(err, errno, "stat archive");
	tar_reader_init(&r, window_next, w);
	for (;;) {
		scoped(tar_entry_done) struct tar_entry e = { 0 };
		uint64_t offset;
		int n = tar_reader_entry(&r, &e, err);

		if (n <= 0)
			return n;
		offset = tar_reader_offset(&r);
		if (e.stored > (uint64_t)st.st_size || offset > (uint64_t)st.st_size - e.stored)
			return error_set(err, ERROR_CORRUPT, "read tar: the archive is truncated");
		n = add_member(ix, &e, offset, err);
		if (n < 0)
			return n;
		/* Jump when the content goes past what is at hand. */
		if (e.stored > r.left) {
			r.data -= e.stored;
			r.offset += e.stored;
			r.left = 0;
			w->pos = r.offset;
		}
	}
}

int archive_index_open(int fd, struct archive_index **ret, struct error *err)
{
	scoped(archive_index_free) struct archive_index *ix = xnew(struct archive_index);
	int n;

	ix->fd = open_plain(fd, err);
	if (ix->fd < 0)
		return ix->fd;
	n = list_members(ix, err);
	if (n < 0)
		return n;
	*ret = take_ptr(ix);
	return 0;
}

int archive_index_member(struct archive_index *ix, const char *name, int *ret_fd,
			 uint64_t *ret_size, struct error *err)
{
	scoped_free char *wanted = clean(name);
	struct member *m = NULL;
	int fd;

	for (unsigned hop = 0; wanted != NULL && hop < LINK_HOPS; hop++) {
		HASH_FIND_STR(ix->members, wanted, m);
		if (m == NULL || m->link == NULL)
			break;
		free(wanted);
		wanted = xstrdup(m->link);
		m = NULL;
	}
	if (m == NULL)
		return error_set(err, ERROR_NOT_FOUND, "the archive has no file '%s'", name);
	fd = fd_reopen(ix->fd, O_RDONLY);
	if (fd < 0)
		return error_os(err, -fd, "open archive");
	if (lseek(fd, (off_t)m->offset, SEEK_SET) < 0) {
		int e = errno;

		fd_close(fd);
		return error_os(err, e, "seek to '%s' in the archive", name);
	}
	*ret_fd = fd;
	*ret_size = m->size;
	return 0;
}
