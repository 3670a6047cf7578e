/* SPDX-License-Identifier: Apache-2.0 */
/* tarmake: archives for tests, byte by byte, also such as no program would write. */
#ifndef CORACLE_TESTS_ARCHIVE_TARMAKE_H
#define CORACLE_TESTS_ARCHIVE_TARMAKE_H

#include <stdio.h>
#include <string.h>

#include "archive/tar_format.h"
#include "base/buf.h"
#include "base/error.h"

struct tarmake {
	const char *name, *link;
	char type; /* 0: regular */
	unsigned mode;
	unsigned uid, gid, major, minor;
	unsigned long mtime;
	const void *data;
	size_t len; /* 0: strlen(data) */
};

static inline void tarmake_pad(struct buf *b)
{
	static const char zeros[TAR_BLOCK];

	buf_add(b, zeros, -b->len & (TAR_BLOCK - 1));
}

static inline struct tar_header tarmake_header(const struct tarmake *m, size_t len)
{
	struct tar_header h = { 0 };

	memcpy(h.name, m->name, strnlen(m->name, sizeof(h.name)));
	if (m->link != NULL)
		memcpy(h.linkname, m->link, strnlen(m->link, sizeof(h.linkname)));
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	h.typeflag = m->type != 0 ? m->type : TAR_REGULAR;
	tar_put_number(h.mode, sizeof(h.mode), m->mode != 0 ? m->mode : 0644);
	tar_put_number(h.uid, sizeof(h.uid), m->uid);
	tar_put_number(h.gid, sizeof(h.gid), m->gid);
	tar_put_number(h.size, sizeof(h.size), len);
	tar_put_number(h.mtime, sizeof(h.mtime), m->mtime != 0 ? m->mtime : 1000000000);
	tar_put_number(h.devmajor, sizeof(h.devmajor), m->major);
	tar_put_number(h.devminor, sizeof(h.devminor), m->minor);
	tar_put_checksum(&h);
	return h;
}

static inline void tarmake_entry(struct buf *b, const struct tarmake *m)
{
	size_t len = m->len > 0 || m->data == NULL ? m->len : strlen(m->data);
	struct tar_header h = tarmake_header(m, len);

	buf_add(b, &h, sizeof(h));
	buf_add(b, m->data, len);
	tarmake_pad(b);
}
#define TAR_ADD(b, ...) tarmake_entry((b), &(struct tarmake){ __VA_ARGS__ })

/* One pax record; value may have NULs. */
static inline void tarmake_record(struct buf *r, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;

	while (rest + (size_t)snprintf(NULL, 0, "%zu", total) != total)
		total = rest + (size_t)snprintf(NULL, 0, "%zu", total);
	buf_addf(r, "%zu %s=", total, key);
	buf_add(r, value, len);
	buf_addc(r, '\n');
}

/* A pax header with one record. */
static inline void tarmake_pax(struct buf *b, const char *key, const void *value, size_t len)
{
	struct buf r = BUF_INIT;

	tarmake_record(&r, key, value, len);
	TAR_ADD(b, .name = "pax", .type = TAR_PAX, .data = r.data, .len = r.len);
	buf_done(&r);
}

/* One with several: "key", "value", ..., NULL. */
static inline void tarmake_pax_list(struct buf *b, const char *const *pairs)
{
	struct buf r = BUF_INIT;

	for (; *pairs != NULL; pairs += 2)
		tarmake_record(&r, pairs[0], pairs[1], strlen(pairs[1]));
	TAR_ADD(b, .name = "pax", .type = TAR_PAX, .data = r.data, .len = r.len);
	buf_done(&r);
}
#define TAR_PAX_ADD(b, ...) tarmake_pax_list((b), (const char *const[]){ __VA_ARGS__, NULL })

static inline void tarmake_end(struct buf *b)
{
	static const char zeros[2 * TAR_BLOCK];

	buf_add(b, zeros, sizeof(zeros));
}

/* An archive_read_fn over a buffer, `step` bytes at a time (0: all). */
struct tarmake_source {
	const struct buf *b;
	size_t pos, step;
};

static inline ssize_t tarmake_read(void *arg, void *out, size_t size, struct error *err)
{
	struct tarmake_source *s = arg;
	size_t n = s->b->len - s->pos;

	n = n < size ? n : size;
	n = s->step > 0 && s->step < n ? s->step : n;
	if (n > 0)
		memcpy(out, s->b->data + s->pos, n);
	s->pos += n;
	return (ssize_t)n;
}

#endif
