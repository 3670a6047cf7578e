/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/json_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "monitor/log/file.h"

#define HEAD "{\"log\":\""
/* Besides attrs: the other members and the time. */
#define TAIL_REST 128

struct json_format {
	struct log_file_format format;
	struct buf attrs; /* ,"attrs":{...} or nothing */
};

/* ---- text ---- */

/* Length of the UTF-8 sequence at s; 0 when it is none. */
static size_t sequence(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	return n > 0 && n <= len && s[0] < 0xf5 && str_utf8((const char *)s, n) ? n : 0;
}

static char *put_escape(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	const char *letters = "\"\"\\\\\nn\tt\rr\bb\ff", *at = letters;

	*to++ = '\\';
	for (; *at; at += 2) {
		if ((unsigned char)*at == c) {
			*to++ = at[1];
			return to;
		}
	}
	memcpy(to, "u00", 3);
	to[3] = hex[c >> 4];
	to[4] = hex[c & 15];
	return to + 5;
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Bytes that are no UTF-8 become U+FFFD: at most 6 bytes for one. */
static char *put_text(char *to, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + len;

	while (s < end) {
		size_t n;

		if (plain(*s)) {
			*to++ = (char)*s++;
			continue;
		}
		if (*s < 0x80) {
			to = put_escape(to, *s++);
			continue;
		}
		n = sequence(s, (size_t)(end - s));
		memcpy(to, n > 0 ? (const char *)s : "\xef\xbf\xbd", n > 0 ? n : 3);
		to += n > 0 ? n : 3;
		s += n > 0 ? n : 1;
	}
	return to;
}

/* ---- records ---- */

static void frame(const struct log_file_format *f, const struct log_chunk *c,
		  struct log_file_frame *ret)
{
	const struct json_format *j = (const struct json_format *)f;
	char stamp[TIME_STR_MAX];
	int n;

	time_format_rfc3339_utc(c->time_nsec, stamp);
	n = snprintf(ret->tail, sizeof(ret->tail), "\",\"stream\":\"%s\"%s,\"time\":\"%s\"}\n",
		     c->is_stderr ? "stderr" : "stdout", j->attrs.len > 0 ? j->attrs.data : "",
		     stamp);
	ret->tail_len = (size_t)n; /* add_attr has seen to it that it fits */
	ret->head_len = sizeof(HEAD) - 1;
	memcpy(ret->head, HEAD, sizeof(HEAD) - 1);
}

static size_t record(char *to, const struct log_file_frame *f, const char *text, size_t len,
		     size_t readable, bool partial)
{
	char *start = to;

	memcpy(to, HEAD, sizeof(HEAD) - 1);
	to = put_text(to + sizeof(HEAD) - 1, text, len);
	if (!partial)
		to = put_escape(to, '\n');
	memcpy(to, f->tail, f->tail_len);
	return (size_t)(to - start) + f->tail_len;
}

/* The text ends with \n when the number of backslashes in front of the n is odd. */
static enum log_file_kind kind(const struct log_file_frame *f, const char *text, size_t len)
{
	size_t begin = f->head_len, end = len - f->tail_len, slashes = 0;

	if (end == begin || text[end - 1] != 'n')
		return LOG_FILE_PARTIAL;
	while (end - 1 - slashes > begin && text[end - 2 - slashes] == '\\')
		slashes++;
	if (slashes % 2 == 0)
		return LOG_FILE_PARTIAL;
	return end - begin == 2 ? LOG_FILE_END_ONLY : LOG_FILE_WHOLE;
}

/* ---- opening ---- */

static void free_format(struct log_file_format *f)
{
	struct json_format *j = (struct json_format *)f;

	buf_done(&j->attrs);
	free(j);
}

static int add_attr(struct json_format *j, const char *name, size_t name_len, const char *value,
		    struct error *err)
{
	scoped_free char *escaped = xmalloc(6 * (name_len + strlen(value)) + 1);
	char *at = put_text(escaped, name, name_len);

	buf_adds(&j->attrs, j->attrs.len == 0 ? ",\"attrs\":{\"" : ",\"");
	buf_add(&j->attrs, escaped, (size_t)(at - escaped));
	buf_adds(&j->attrs, "\":\"");
	at = put_text(escaped, value, strlen(value));
	buf_add(&j->attrs, escaped, (size_t)(at - escaped));
	buf_addc(&j->attrs, '"');
	if (j->attrs.len + TAIL_REST <= LOG_FILE_TAIL_MAX)
		return 0;
	return error_set(err, ERROR_LIMIT,
			 "log driver json-file: tag and labels are too long (at most %d bytes)",
			 LOG_FILE_TAIL_MAX - TAIL_REST);
}

static int add_attrs(struct json_format *j, const struct monitor_log_options *o, struct error *err)
{
	int r = o->tag ? add_attr(j, "tag", 3, o->tag, err) : 0;

	for (size_t i = 0; i < o->labels.n && r >= 0; i++) {
		const char *label = o->labels.items[i], *equals = strchr(label, '=');

		if (!equals || equals == label)
			return error_set(err, ERROR_INVALID, "--log-label: '%s' is not LABEL=VALUE",
					 label);
		r = add_attr(j, label, (size_t)(equals - label), equals + 1, err);
	}
	if (j->attrs.len > 0)
		buf_addc(&j->attrs, '}');
	return r;
}

int json_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		   struct error *err)
{
	struct json_format *j = xnew(struct json_format);
	int r;

	j->format = (struct log_file_format){ .name = "json-file",
					      .frame = frame,
					      .record = record,
					      .kind = kind,
					      .free = free_format };
	r = add_attrs(j, o, err);
	if (r < 0) {
		free_format(&j->format);
		return r;
	}
	return log_file_open(path, o, &j->format, ret, err);
}
