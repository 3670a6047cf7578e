/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define BUF_FIRST 64

void buf_done(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	*b = (struct buf){ .max = b->max };
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max > 0 ? b->max : BUF_MAX_DEFAULT;
	size_t cap;

	if (b->overflow || n > max || b->len > max - n) {
		b->overflow = true;
		return NULL;
	}
	if (b->data == NULL || b->cap < b->len + n + 1) {
		cap = b->cap > 0 ? b->cap : BUF_FIRST;
		while (cap < b->len + n + 1)
			cap *= 2;
		b->data = xrealloc(b->data, cap, 1);
		b->cap = cap;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_grow(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = buf_reserve(b, len);

	if (to == NULL)
		return;
	if (len > 0)
		memcpy(to, data, len);
	buf_grow(b, len);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	if (b->len + 1 < b->cap && !b->overflow && b->len < (b->max ? b->max : BUF_MAX_DEFAULT)) {
		b->data[b->len++] = c;
		b->data[b->len] = '\0';
		return;
	}
	buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		b->overflow = true;
	} else if ((to = buf_reserve(b, (size_t)n)) != NULL) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		buf_grow(b, (size_t)n);
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* The letter behind the backslash for a byte that JSON escapes in short form; 0 for none. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return '"';
	case '\\':
		return '\\';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

void buf_add_json_string(struct buf *b, const char *s)
{
	const char *run = s;

	buf_addc(b, '"');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		char e;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, run, (size_t)(s - run));
		run = s + 1;
		e = short_escape(c);
		if (e != 0) {
			buf_addc(b, '\\');
			buf_addc(b, e);
		} else {
			buf_addf(b, "\\u%04x", c);
		}
	}
	buf_add(b, run, (size_t)(s - run));
	buf_addc(b, '"');
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0 || b->data == NULL)
		return;
	if (n > b->len)
		n = b->len;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

const char *buf_str(struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *s = b->data != NULL ? b->data : xstrdup("");

	*b = (struct buf){ .max = b->max };
	return s;
}
