/* SPDX-License-Identifier: Apache-2.0 */
/* tar_writer: entries as ustar headers, with pax records only where ustar cannot say it; buffered,
 * hashed on the way out. */
#ifndef CORACLE_ARCHIVE_TAR_WRITER_H
#define CORACLE_ARCHIVE_TAR_WRITER_H

#include "archive/tar_reader.h"
#include "base/digest.h"

#define DATA_CHUNK (256U << 10)

struct tar_writer;
int tar_writer_new(int fd, struct tar_writer **ret, struct error *err); /* fd is borrowed */
void tar_writer_free(struct tar_writer *w);
DEFINE_SCOPED(struct tar_writer *, tar_writer_free)
/* Header; sparse members are not written.  Then, for a regular file, `size` bytes and the padding.
 */
int tar_writer_entry(struct tar_writer *w, const struct tar_entry *e, struct error *err);
int tar_writer_data(struct tar_writer *w, const void *data, size_t len, struct error *err);
int tar_writer_pad(struct tar_writer *w, uint64_t size, struct error *err);
/* End blocks, flush. */
int tar_writer_finish(struct tar_writer *w, struct digest *ret, uint64_t *ret_bytes,
		      struct error *err);

#endif
