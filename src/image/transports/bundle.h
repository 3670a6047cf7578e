/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: named files in a directory or in an archive, the ground of the local transports.
 *
 * Names come from documents in the bundle itself and are hostile: in a directory they are resolved
 * inside it (links cannot lead out), only regular files are opened, and nothing blocks; in an
 * archive only its members are found.
 */
#ifndef CORACLE_IMAGE_TRANSPORTS_BUNDLE_H
#define CORACLE_IMAGE_TRANSPORTS_BUNDLE_H

#include "image/transport.h"

struct bundle;
int bundle_open_dir(const char *path, struct bundle **ret, struct error *err);
int bundle_open_archive(const char *path, struct bundle **ret, struct error *err);
void bundle_free(struct bundle *b);
DEFINE_SCOPED(struct bundle *, bundle_free)
/* Descriptor of its own, positioned at the start; ERROR_NOT_FOUND when there is no such file. */
int bundle_open(struct bundle *b, const char *name, int *ret_fd, uint64_t *ret_size,
		struct error *err);
/* The whole file, at most max bytes. */
int bundle_read(struct bundle *b, const char *name, size_t max, struct buf *out, struct error *err);

/* The blob operations of a source over a bundle; name is copied. */
int bundle_stream_open(struct bundle *b, const char *name, void **ret_stream, struct error *err);
ssize_t bundle_stream_read(void *stream, void *buf, size_t size, struct error *err);
void bundle_stream_close(void *stream);

#endif
