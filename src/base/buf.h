/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing byte buffer with a maximum.
 *
 * Invariants: data[len] is always NUL when data is not NULL; len <= max.  Appending past max sets
 * `overflow` and drops the bytes; callers check buf_ok() once at the end.
 */
#ifndef CORACLE_BASE_BUF_H
#define CORACLE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* 0 means BUF_MAX_DEFAULT */
	bool overflow;
};

/* Room for any document we write ourselves (a config.json with every option is below 1 MiB). */
#define BUF_MAX_DEFAULT ((size_t)64 << 20)
#define BUF_INIT ((struct buf){ 0 })
#define BUF_INIT_MAX(m) ((struct buf){ .max = (m) })

void buf_done(struct buf *b);
DEFINE_SCOPED_STRUCT(struct buf, buf_done)

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Append a code point (at most 0x10ffff) as UTF-8. */
void buf_add_utf8(struct buf *b, uint32_t c);
/* Append s as a JSON string literal with quotes. */
void buf_add_json_string(struct buf *b, const char *s);
/* Room for n more bytes at data+len; NULL when that passes max.  Follow with buf_grow(). */
char *buf_reserve(struct buf *b, size_t n);
void buf_grow(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t len);
/* Remove n bytes at the front. */
void buf_consume(struct buf *b, size_t n);
static inline bool buf_ok(const struct buf *b)
{
	return !b->overflow;
}
/* The string (never NULL; "" when empty); stays owned by b. */
const char *buf_str(struct buf *b);
/* Give the string away (never NULL) and reset b. */
char *buf_take(struct buf *b);

#endif
