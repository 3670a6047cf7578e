/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_layer: layers as tar streams.
 *
 * Apply: a (compressed) tar stream is unpacked below a directory descriptor, every path through
 * sys/root, with whiteouts turned into the overlay form (0/0 character device,
 * trusted.overlay.opaque xattr) or into plain deletion.  Mode, owner, mtime (nanoseconds), xattrs,
 * file capabilities, hard links, devices, FIFOs, sparse files, long names (pax, GNU) come out as in
 * the archive.  The stream is hostile: names that climb, absolute links, links in the path, hard
 * links to outside, entries below non-directories, huge sizes and counts are one clear error each
 * and the target stays confined.
 *
 * Two digests can be taken in the same pass: of the compressed bytes read and of the tar bytes (the
 * diff id).
 */
#ifndef CORACLE_ARCHIVE_ARCHIVE_LAYER_H
#define CORACLE_ARCHIVE_ARCHIVE_LAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/error.h"
#include "sys/userns.h"

enum archive_whiteouts {
	ARCHIVE_WHITEOUT_OVERLAY,
	ARCHIVE_WHITEOUT_DELETE,
	ARCHIVE_WHITEOUT_LITERAL
};

/* Where compressed bytes come from: returns bytes (0 at the end) or -errno with err filled. */
typedef ssize_t (*archive_read_fn)(void *arg, void *buf, size_t size, struct error *err);

struct archive_apply {
	archive_read_fn read;
	void *arg;
	int target_fd; /* directory */
	enum archive_whiteouts whiteouts;
	bool ignore_chown_errors;	  /* storage.conf overlay.ignore_chown_errors */
	const struct id_map *uids, *gids; /* shift owners; NULL: as in the archive */
	uint64_t max_bytes;		  /* unpacked; 0: ARCHIVE_MAX_BYTES */
	uint64_t max_entries;		  /* 0: ARCHIVE_MAX_ENTRIES */
	void (*progress)(void *arg, uint64_t compressed_bytes);
	void *progress_arg;
};
#define ARCHIVE_MAX_BYTES ((uint64_t)1 << 40) /* 1 TiB: larger than any sane layer */
#define ARCHIVE_MAX_ENTRIES ((uint64_t)100000000)

struct archive_result {
	struct digest compressed; /* of all bytes read */
	struct digest diff_id;	  /* of the uncompressed tar */
	uint64_t compressed_bytes, tar_bytes, unpacked_bytes, entries;
};
/* Compression is found from the bytes (gzip, zstd, xz, bzip2, none). */
int archive_apply(const struct archive_apply *a, struct archive_result *ret, struct error *err);

/* Ready-made reader over a descriptor. */
ssize_t archive_read_fd(void *fd_pointer, void *buf, size_t size, struct error *err);

/* Write the tree below dir_fd as one tar stream (pax); overlay whiteouts become .wh. names when
 * `as_layer`. */
int archive_write_tree(int dir_fd, int out_fd, bool as_layer, struct archive_result *ret,
		       struct error *err);

/*
 * Outer archives (docker-archive, oci-archive): random access to regular members of an uncompressed
 * or compressed tar.  Members are indexed once (name, offset, size; at most ARCHIVE_INDEX_MAX),
 * links inside are resolved by name (docker save links equal layers).
 */
struct archive_index;
#define ARCHIVE_INDEX_MAX 65536
int archive_index_open(int fd, struct archive_index **ret, struct error *err);
void archive_index_free(struct archive_index *ix);
/* -ENOENT when missing; *ret_fd is a new descriptor positioned at the member, *ret_size its length.
 */
int archive_index_member(struct archive_index *ix, const char *name, int *ret_fd,
			 uint64_t *ret_size, struct error *err);

#endif
