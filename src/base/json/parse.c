/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in: jansson's parser behind a scan that bounds depth and the number of values, refuses NUL
 * in strings, and rewrites integers above INT64_MAX (see json/json_priv.h).
 *
 * A parser of our own was tried and measured: runc's 2.5 KB config.json in 14 us instead of 62.
 * Half a per cent of a container start is not worth a second JSON parser to keep right.
 */
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"

/* "18446744073709551615" */
#define U64_DIGITS_MAX 20

struct scan {
	const char *text;
	size_t len;
	size_t line;
	size_t depth, values, containers;
	size_t copied;	/* text before this is in out already */
	struct buf out; /* the rewritten text; empty while nothing was rewritten */
};

/* From behind the opening quote; returns the index behind the closing one, or -EINVAL on NUL. */
static ssize_t scan_string(struct scan *s, size_t i)
{
	while (i < s->len && s->text[i] != '"') {
		if (s->text[i] == '\\') {
			if (s->len - i >= 6 && memcmp(s->text + i, "\\u0000", 6) == 0)
				return -EINVAL;
			i++;
		}
		i++;
	}
	return (ssize_t)(i < s->len ? i + 1 : s->len);
}

/* A number token at i; rewritten when it is an integer that jansson cannot hold. */
static size_t scan_number(struct scan *s, size_t i)
{
	size_t start = i, digits;
	char number[U64_DIGITS_MAX + 1];
	uint64_t v;

	while (i < s->len && s->text[i] >= '0' && s->text[i] <= '9')
		i++;
	digits = i - start;
	while (i < s->len && s->text[i] != '\0' && strchr("0123456789+-.eE", s->text[i]) != NULL)
		i++;
	if (digits != i - start || digits < U64_DIGITS_MAX - 1 || digits > U64_DIGITS_MAX ||
	    s->text[start] == '0')
		return i;
	memcpy(number, s->text + start, digits);
	number[digits] = '\0';
	if (num_u64(number, &v) < 0 || v <= INT64_MAX)
		return i;
	buf_add(&s->out, s->text + s->copied, start - s->copied);
	buf_addf(&s->out, "\"\\u0000%s\"", number);
	s->copied = i;
	return i;
}

static int scan_open(struct scan *s, const char *what, struct error *err)
{
	s->values++;
	if (++s->containers > JSON_MAX_CONTAINERS)
		return error_set(err, ERROR_LIMIT, "%s: more than %zu objects and arrays", what,
				 JSON_MAX_CONTAINERS);
	if (++s->depth > JSON_MAX_DEPTH)
		return error_set(err, ERROR_LIMIT, "%s: line %zu: nested deeper than %d", what,
				 s->line, JSON_MAX_DEPTH);
	return 0;
}

static int scan_text(struct scan *s, const char *what, struct error *err)
{
	for (size_t i = 0; i < s->len;) {
		char c = s->text[i];
		ssize_t end;
		int r;

		switch (c) {
		case '"':
			end = scan_string(s, i + 1);
			if (end < 0)
				return error_set(err, ERROR_INVALID,
						 "%s: line %zu: NUL in a string", what, s->line);
			i = (size_t)end;
			continue;
		case '{':
		case '[':
			r = scan_open(s, what, err);
			if (r < 0)
				return r;
			break;
		case '}':
		case ']':
			if (s->depth > 0)
				s->depth--;
			break;
		case ',':
			if (++s->values > JSON_MAX_VALUES)
				return error_set(err, ERROR_LIMIT, "%s: more than %zu values", what,
						 JSON_MAX_VALUES);
			break;
		case '\n':
			s->line++;
			break;
		default:
			if (c == '-' || (c >= '0' && c <= '9')) {
				i = c == '-' ? i + 1 : i;
				/* Behind a minus sign nothing is above INT64_MAX. */
				if (c == '-')
					while (i < s->len && s->text[i] >= '0' && s->text[i] <= '9')
						i++;
				else
					i = scan_number(s, i);
				continue;
			}
			break;
		}
		i++;
	}
	if (s->copied > 0)
		buf_add(&s->out, s->text + s->copied, s->len - s->copied);
	return 0;
}

/* jansson quotes the text near the place; it may hold anything. */
static void make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

int json_text_parse(const char *text, size_t len, const char *what, json_t **ret, struct error *err)
{
	struct scan s = {
		.text = text, .len = len, .line = 1, .out = BUF_INIT_MAX(4 * JSON_MAX_BYTES)
	};
	json_error_t place;
	json_t *j;
	int r;

	if (len > JSON_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "%s: larger than %zu bytes", what,
				 JSON_MAX_BYTES);
	r = scan_text(&s, what, err);
	if (r < 0) {
		buf_done(&s.out);
		return r;
	}
	json_seed();
	if (s.copied > 0) {
		text = buf_str(&s.out);
		len = s.out.len;
	}
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
		       &place);
	buf_done(&s.out);
	if (j == NULL) {
		make_printable(place.text);
		if (place.line > 0)
			return error_set(err, ERROR_INVALID, "%s: line %d: %s", what, place.line,
					 place.text);
		return error_set(err, ERROR_INVALID, "%s: %s", what, place.text);
	}
	*ret = j;
	return 0;
}
