/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_reader: a tar stream as a sequence of entries: ustar, GNU (long names, sparse), pax (records,
 * sparse 0.0, 0.1, 1.0), V7.  Our own, because an image's names and attributes are bytes: nothing
 * is converted through a locale.
 *
 * The stream is hostile.  Every header of headers (long name, pax, sparse map) is at most
 * TAR_META_MAX; a broken header, number, checksum or map, and an end in the middle, is
 * ERROR_CORRUPT. Global pax headers are skipped, as the container engines do.
 */
#ifndef CORACLE_ARCHIVE_TAR_READER_H
#define CORACLE_ARCHIVE_TAR_READER_H

#include "archive/tar_format.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

/* Go's archive/tar has the same bound; real ones are below 100 KiB. */
#define TAR_META_MAX ((size_t)1 << 20)

/* Next bytes of the stream: their number (0: the end), *ret valid until the next call. */
typedef ssize_t (*tar_next_fn)(void *arg, const unsigned char **ret, struct error *err);

struct tar_xattr {
	char *name;
	void *value;
	size_t len;
};

struct tar_segment {
	uint64_t offset, length;
};

struct tar_entry {
	char type; /* TAR_REGULAR .. TAR_FIFO */
	char *name, *link;
	uint32_t mode; /* permission and set-id bits */
	uint32_t uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	uint64_t size;	 /* of the file */
	uint64_t stored; /* bytes of it in the stream: less than size when sparse */
	unsigned devmajor, devminor;
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	bool sparse;
	struct tar_segment *segments; /* sparse: ordered, inside size, together `stored` */
	size_t n_segments;
};
void tar_entry_done(struct tar_entry *e);
DEFINE_SCOPED_STRUCT(struct tar_entry, tar_entry_done)

struct tar_reader {
	tar_next_fn next;
	void *arg;
	const unsigned char *p; /* bytes at hand */
	size_t left;
	uint64_t offset; /* of p in the stream */
	uint64_t data;	 /* what is unread of the current entry */
	unsigned pad;	 /* what follows it up to a block */
	bool ended;
};
void tar_reader_init(struct tar_reader *r, tar_next_fn next, void *arg);
/* The next entry into *ret (caller frees): 1, or 0 at the end of the archive. */
int tar_reader_entry(struct tar_reader *r, struct tar_entry *ret, struct error *err);
/* Stored bytes of the current entry: their number, 0 when all were given. */
ssize_t tar_reader_data(struct tar_reader *r, const unsigned char **ret, struct error *err);
/* Offset in the stream of the next stored byte of the current entry. */
uint64_t tar_reader_offset(const struct tar_reader *r);
/* Read the stream to its end, past the end of the archive (digests cover all of it). */
int tar_reader_drain(struct tar_reader *r, struct error *err);

/* ---- inside ---- */

/* Records of a pax header, applied to an entry. */
struct tar_pax {
	char *path, *linkpath;
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size;
	uint32_t uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	bool sparse;			     /* any GNU.sparse record */
	uint64_t sparse_major, sparse_minor; /* both 0: no version was given */
	bool has_realsize;
	uint64_t realsize;
	struct tar_segment *segments;
	size_t n_segments;
	bool half_segment; /* 0.0: an offset whose length has not come */
};
void tar_pax_done(struct tar_pax *p);
DEFINE_SCOPED_STRUCT(struct tar_pax, tar_pax_done)
int tar_pax_parse(struct tar_pax *p, const char *data, size_t len, struct error *err);

#endif
