/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: one error value for the whole tree.
 *
 * Two kinds of function exist.  A leaf returns >= 0 or a negative errno and never logs.  An
 * operation returns the same and takes a last parameter `struct error *err`, which it fills
 * exactly when it fails.  `err` may be NULL everywhere: the caller then gets only the number.
 *
 * A message is a lower-case verb phrase without a final period, with paths and user strings in
 * single quotes: "open root filesystem '/x': No such file or directory".
 */
#ifndef CORACLE_BASE_ERROR_H
#define CORACLE_BASE_ERROR_H

#include <stdarg.h>

enum error_kind {
	ERROR_NONE = 0,
	ERROR_OS,	   /* a system call failed; num is its errno */
	ERROR_INVALID,	   /* the caller's or the user's input is wrong */
	ERROR_NOT_FOUND,   /* the named object does not exist */
	ERROR_EXISTS,	   /* the name or object is taken */
	ERROR_STATE,	   /* the object is not in a state that allows this */
	ERROR_BUSY,	   /* in use by something else */
	ERROR_DENIED,	   /* policy or permission */
	ERROR_UNSUPPORTED, /* this build, kernel or version cannot do it */
	ERROR_LIMIT,	   /* a bound of ours was exceeded */
	ERROR_TIMEOUT,
	ERROR_CORRUPT,	/* stored or fetched data contradicts itself */
	ERROR_REMOTE,	/* a server answered with an error */
	ERROR_CANCELED, /* interrupted by the user */
	ERROR_INTERNAL, /* a bug of ours */
	ERROR_KIND_COUNT
};

/* Longest message; longer ones are cut (runtime stderr in a monitor reply is at most 8191). */
#define ERROR_MSG_MAX 2048

struct error {
	enum error_kind kind;
	int num; /* positive errno; for kinds other than ERROR_OS the one that stands for the kind
		  */
	char msg[ERROR_MSG_MAX];
};

#define ERROR_INIT ((struct error){ .kind = ERROR_NONE })

/* Fill err with the kind and message; returns the negative errno that stands for the kind. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
int error_vset(struct error *err, enum error_kind kind, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0), cold));

/* Fill err with ERROR_OS, "<message>: <strerror(num)>"; num positive.  Returns -num. */
int error_os(struct error *err, int num, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Put "<prefix>: " before the message that is already there; returns -err->num (or -EIO). */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Copy src into err (both may be NULL); returns -src->num. */
int error_copy(struct error *err, const struct error *src);

#if defined(__clang_analyzer__) && !defined(ERROR_H_PLAIN)
/* For clang-tidy, which cannot see that these are negative and would follow paths that do not
 * exist. */
static inline int error_is_negative(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}
#define error_set(...) error_is_negative(error_set(__VA_ARGS__))
#define error_os(...) error_is_negative(error_os(__VA_ARGS__))
#define error_prefix(...) error_is_negative(error_prefix(__VA_ARGS__))
#define error_copy(...) error_is_negative(error_copy(__VA_ARGS__))
#endif

/* Kind name in lower case ("not_found"), for JSON and tests. */
const char *error_kind_name(enum error_kind kind);

/* The errno that stands for a kind (positive). */
int error_kind_errno(enum error_kind kind);

#endif
