/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((noreturn, cold)) die_no_memory(void)
{
	static const char msg[] = "coracle: out of memory\n";
	ssize_t r = write(STDERR_FILENO, msg, sizeof(msg) - 1);

	(void)r;
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = n > 0 && size > 0 ? calloc(n, size) : calloc(1, 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t bytes;
	void *q;

	if (__builtin_mul_overflow(n, size, &bytes))
		die_no_memory();
	q = realloc(p, bytes > 0 ? bytes : 1);
	if (q == NULL)
		die_no_memory();
	return q;
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xstrdup_opt(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void *xmemdup(const void *p, size_t size)
{
	void *q = xmalloc(size);

	if (size > 0)
		memcpy(q, p, size);
	return q;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0 || s == NULL)
		die_no_memory();
	return s;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void *array_add_raw(void **items, size_t *n, size_t size)
{
	size_t have = *n;
	char *slot;

	/* Capacity is the power of two at or above the count, so it is full exactly at powers. */
	if ((have & (have - 1)) == 0) {
		size_t want = have > 0 ? have * 2 : 1;

		if (want < have)
			die_no_memory();
		*items = xrealloc(*items, want, size);
	}
	slot = (char *)*items + have * size;
	memset(slot, 0, size);
	*n = have + 1;
	return slot;
}
