/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decompress: a stage of its own between the bytes as fetched and the tar reader, so that both
 * digests are taken over exactly what passes: compressed bytes on the way in, tar bytes on the way
 * out.
 *
 * The compression is found from the first bytes.  gzip (zlib) and zstd (libzstd) are ours; xz and
 * bzip2 go through libarchive's filters.  All libraries are loaded on first use.  Several gzip
 * members or zstd frames in a row are one stream; an end in the middle, and garbage behind the end,
 * is ERROR_CORRUPT.
 */
#ifndef CORACLE_ARCHIVE_DECOMPRESS_H
#define CORACLE_ARCHIVE_DECOMPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/archive_layer.h"
#include "base/mem.h"

/* Bytes asked from the source at a time, and given on at a time: below the size of a usual L2
 * cache. */
#define DECOMPRESS_IN (256U << 10)
#define DECOMPRESS_OUT (256U << 10)

struct decompress_options {
	archive_read_fn read;
	void *arg;
	bool digests;
	uint64_t max_bytes; /* out; more is ERROR_LIMIT */
	void (*progress)(void *arg, uint64_t compressed_bytes);
	void *progress_arg;
};
struct decompress;
int decompress_new(const struct decompress_options *o, struct decompress **ret, struct error *err);
void decompress_free(struct decompress *d);
DEFINE_SCOPED(struct decompress *, decompress_free)
/* A tar_next_fn: the next bytes, valid until the next call; 0 at the end. */
ssize_t decompress_next(void *d, const unsigned char **ret, struct error *err);
/* "none", "gzip", ... static. */
const char *decompress_name(const struct decompress *d);
/* After the end: digests (when asked for) and byte counts. */
int decompress_result(struct decompress *d, struct archive_result *ret, struct error *err);

/* ---- inside: codecs ---- */

struct decompress_codec {
	const char *name;
	int (*open)(struct decompress *d, void **ret_state, struct error *err);
	/* Fill out; 0 at the end of the stream. */
	ssize_t (*fill)(struct decompress *d, void *state, unsigned char *out, size_t size,
			struct error *err);
	void (*close)(void *state);
};
extern const struct decompress_codec decompress_gzip, decompress_zstd, decompress_xz,
	decompress_bzip2;

/* Unread compressed bytes (refilled when there are none); 0 at the end of the source. */
ssize_t decompress_peek(struct decompress *d, const unsigned char **ret, struct error *err);
void decompress_consume(struct decompress *d, size_t n);

#endif
