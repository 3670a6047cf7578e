/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem: allocation and ownership.
 *
 * Program-sized allocations abort on failure (x*).  Anything whose size comes from outside goes
 * through struct buf with a maximum.  Ownership leaves a scope only by take_ptr()/take_fd().
 */
#ifndef CORACLE_BASE_MEM_H
#define CORACLE_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull)); /* overflow-checked */
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull, nonnull));
char *xstrdup_opt(const char *s); /* NULL stays NULL */
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull, nonnull));
void *xmemdup(const void *p, size_t size) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *xvasprintf(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0), malloc, returns_nonnull));

#define xnew(type) ((type *)xcalloc(1, sizeof(type)))
#define xnew_n(type, n) ((type *)xcalloc((n), sizeof(type)))

/*
 * Grow an array by one zeroed element and return a pointer to it:
 *	struct foo *f = ARRAY_ADD(list->items, list->n_items);
 * Capacity grows by powers of two; no capacity member is needed.
 */
void *array_add_raw(void **items, size_t *n, size_t size);
#define ARRAY_ADD(items, n) \
	((__typeof__(items))array_add_raw((void **)&(items), &(n), sizeof(*(items))))

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}
#define scoped_free __attribute__((cleanup(free_ptr)))

/* scoped(foo_free) struct foo *f: calls foo_free(f) at scope end; define the adaptor once. */
#define DEFINE_SCOPED(type, func)                 \
	static inline void func##_scoped(type *p) \
	{                                         \
		func(*p);                         \
	}
#define DEFINE_SCOPED_STRUCT(type, func)          \
	static inline void func##_scoped(type *p) \
	{                                         \
		func(p);                          \
	}
#define scoped(func) __attribute__((cleanup(func##_scoped)))

#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) _taken = (p); \
		(p) = NULL;                 \
		_taken;                     \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
