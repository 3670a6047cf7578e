/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document: the statistics that `events --stats` prints, in runc's form (its types/events.go is the
 * only description of it: names, units, which members are left out when zero).
 *
 * What a controller that is not there would tell is left out.  Files are read as they are; nothing
 * is kept between two calls.
 */
#ifndef CORACLE_CGROUP_DOCUMENT_H
#define CORACLE_CGROUP_DOCUMENT_H

#include "base/buf.h"
#include "cgroup/cgroup_priv.h"

/* memory.stat is 2 KiB; a line of numbers for each of 8192 processors is the largest. */
#define DOCUMENT_FILE_MAX ((size_t)1 << 20)

/* JSON, member by member: `name` NULL in arrays.  A comma is put where one is due. */
void document_name(struct buf *b, const char *name);
void document_u64(struct buf *b, const char *name, uint64_t v);
void document_nonzero(struct buf *b, const char *name, uint64_t v);
void document_open(struct buf *b, const char *name, char bracket);
void document_close(struct buf *b, char bracket);

/* A whole file of the cgroup; "" when it is not there.  Valid until `text` is used again. */
const char *document_read(const struct cgroup_record *r, const char *controller, const char *file,
			  struct buf *text);
/* A number ("max" is UINT64_MAX), or 0. */
uint64_t document_number(const struct cgroup_record *r, const char *controller, const char *file);
/* The number of a line "key 12", or 0. */
uint64_t document_value(const char *text, const char *key);
/* "key 12" lines as the members of an object. */
void document_raw(struct buf *b, const char *text);
/* "0-2,5" as an array, left out when empty. */
void document_list(struct buf *b, const char *name, const char *text);
/* {"limit":,"usage":,"max":,"failcnt":} */
void document_memory_entry(struct buf *b, const char *name, uint64_t limit, uint64_t usage,
			   uint64_t max, uint64_t failcnt);
void document_io_entry(struct buf *b, const char *major_minor, const char *op, uint64_t v);
/* Pressure stall information of "cpu.pressure" and its like, when the kernel has it. */
void document_pressure(struct buf *b, const struct cgroup_record *r, const char *file);
/* {"current":,"limit":} */
void document_pids(struct buf *b, const struct cgroup_record *r);
/* Page sizes by the files "hugetlb.SIZE.<suffix>" in the cgroup's directory. */
void document_hugetlb(struct buf *b, const struct cgroup_record *r, bool v2);

void cgroup_v1_document(const struct cgroup_record *r, struct buf *out);
void cgroup_v2_document(const struct cgroup_record *r, struct buf *out);

#endif
