/* SPDX-License-Identifier: Apache-2.0 */
#define ERROR_H_PLAIN
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int num;
} kinds[] = {
	[ERROR_NONE] = { "none", EIO },
	[ERROR_OS] = { "os", EIO },
	[ERROR_INVALID] = { "invalid", EINVAL },
	[ERROR_NOT_FOUND] = { "not_found", ENOENT },
	[ERROR_EXISTS] = { "exists", EEXIST },
	[ERROR_STATE] = { "state", EBADFD },
	[ERROR_BUSY] = { "busy", EBUSY },
	[ERROR_DENIED] = { "denied", EPERM },
	[ERROR_UNSUPPORTED] = { "unsupported", EOPNOTSUPP },
	[ERROR_LIMIT] = { "limit", EOVERFLOW },
	[ERROR_TIMEOUT] = { "timeout", ETIMEDOUT },
	[ERROR_CORRUPT] = { "corrupt", EUCLEAN },
	[ERROR_REMOTE] = { "remote", EREMOTEIO },
	[ERROR_CANCELED] = { "canceled", ECANCELED },
	[ERROR_INTERNAL] = { "internal", ENOTRECOVERABLE },
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == ERROR_KIND_COUNT, "one row per kind");

const char *error_kind_name(enum error_kind kind)
{
	if ((unsigned)kind >= ERROR_KIND_COUNT)
		return "unknown";
	return kinds[kind].name;
}

int error_kind_errno(enum error_kind kind)
{
	if ((unsigned)kind >= ERROR_KIND_COUNT)
		return EIO;
	return kinds[kind].num;
}

/* Format into err->msg by way of a second buffer: arguments may point into err->msg itself. */
static void __attribute__((format(printf, 3, 0)))
format_msg(struct error *err, const char *suffix, const char *fmt, va_list ap)
{
	char text[ERROR_MSG_MAX];
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (n < 0)
		text[0] = '\0';
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	if (suffix != NULL)
		snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? ": " : "", suffix);
	memcpy(err->msg, text, strlen(text) + 1);
}

int error_vset(struct error *err, enum error_kind kind, const char *fmt, va_list ap)
{
	int num = error_kind_errno(kind);

	if (err != NULL) {
		format_msg(err, NULL, fmt, ap);
		err->kind = kind;
		err->num = num;
	}
	return -num;
}

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = error_vset(err, kind, fmt, ap);
	va_end(ap);
	return r;
}

int error_os(struct error *err, int num, const char *fmt, ...)
{
	char scratch[128];
	va_list ap;

	/* A caller that passes 0 or a negative number has a bug, yet must not look successful. */
	if (num <= 0)
		num = num < 0 ? -num : EIO;
	if (err == NULL)
		return -num;
	va_start(ap, fmt);
	format_msg(err, strerror_r(num, scratch, sizeof(scratch)), fmt, ap);
	va_end(ap);
	err->kind = ERROR_OS;
	err->num = num;
	return -num;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char prefix[ERROR_MSG_MAX];
	char joined[2 * ERROR_MSG_MAX + 2];
	va_list ap;

	if (err == NULL)
		return -EIO;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	snprintf(joined, sizeof(joined), "%s: %s", prefix, err->msg);
	joined[ERROR_MSG_MAX - 1] = '\0';
	memcpy(err->msg, joined, strlen(joined) + 1);
	return err->num > 0 ? -err->num : -EIO;
}

int error_copy(struct error *err, const struct error *src)
{
	if (src == NULL)
		return -EIO;
	if (err != NULL && err != src) {
		err->kind = src->kind;
		err->num = src->num;
		memcpy(err->msg, src->msg, strnlen(src->msg, ERROR_MSG_MAX - 1) + 1);
		err->msg[ERROR_MSG_MAX - 1] = '\0';
	}
	return src->num > 0 ? -src->num : -EIO;
}
