/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to document (RFC 8259, strict).  Recursion is bounded by JSON_MAX_DEPTH.  Lines are counted
 * only when there is an error to report.  The fuzz target compares this parser with jansson's.
 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"

struct parser {
	const char *start, *p, *end;
	const char *what;
	struct error *err;
	unsigned depth;
	size_t values, containers;
	struct buf scratch; /* a key, a string with escapes, or the text of a number */
};

static int __attribute__((format(printf, 3, 4), cold))
fail(struct parser *ps, enum error_kind kind, const char *fmt, ...)
{
	size_t line = 1;
	va_list ap;
	int r;

	for (const char *c = ps->start; c < ps->p; c++)
		line += *c == '\n';
	va_start(ap, fmt);
	r = error_vset(ps->err, kind, fmt, ap);
	va_end(ap);
	error_prefix(ps->err, "%s: line %zu", ps->what, line);
	return r;
}

static int __attribute__((cold)) fail_unexpected(struct parser *ps, const char *wanted)
{
	if (ps->p >= ps->end)
		return fail(ps, ERROR_INVALID, "the text ends, expected %s", wanted);
	if (*ps->p > 0x20 && *ps->p < 0x7f)
		return fail(ps, ERROR_INVALID, "unexpected '%c', expected %s", *ps->p, wanted);
	return fail(ps, ERROR_INVALID, "unexpected byte 0x%02x, expected %s", (unsigned char)*ps->p,
		    wanted);
}

static void skip_space(struct parser *ps)
{
	while (ps->p < ps->end &&
	       (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r' || *ps->p == '\t'))
		ps->p++;
}

static bool at(const struct parser *ps, char c)
{
	return ps->p < ps->end && *ps->p == c;
}

/* Four hex digits behind "\u"; -1. */
static int hex4(struct parser *ps)
{
	int v = 0;

	if (ps->end - ps->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = ps->p[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v |= (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	ps->p += 4;
	return v;
}

/* Behind "\u"; a pair of surrogates is one character. */
static int unicode_escape(struct parser *ps)
{
	int c = hex4(ps), low;

	if (c < 0)
		return fail(ps, ERROR_INVALID, "bad Unicode escape in a string");
	if (c == 0)
		return fail(ps, ERROR_INVALID, "NUL in a string");
	if (c >= 0xd800 && c <= 0xdbff && ps->end - ps->p > 2 && ps->p[0] == '\\' &&
	    ps->p[1] == 'u') {
		ps->p += 2;
		low = hex4(ps);
		if (low < 0xdc00 || low > 0xdfff)
			return fail(ps, ERROR_INVALID, "half of a surrogate pair in a string");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (c >= 0xd800 && c <= 0xdfff)
		return fail(ps, ERROR_INVALID, "half of a surrogate pair in a string");
	buf_add_utf8(&ps->scratch, (uint32_t)c);
	return 0;
}

/* Behind the backslash. */
static int escape(struct parser *ps)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = ps->p < ps->end ? *ps->p : '\0';
	const char *hit;

	if (c == 'u') {
		ps->p++;
		return unicode_escape(ps);
	}
	hit = c != '\0' ? strchr(letters, c) : NULL;
	if (hit == NULL)
		return fail(ps, ERROR_INVALID, "unknown escape in a string");
	ps->p++;
	buf_addc(&ps->scratch, values[hit - letters]);
	return 0;
}

/*
 * A string at the opening quote.  *ret points into the text when nothing had to be decoded, else
 * into scratch; it is not terminated by NUL.
 */
static int parse_string(struct parser *ps, const char **ret, size_t *ret_len)
{
	const char *run = ++ps->p;
	bool decoded = false, high = false;
	int r;

	for (;;) {
		unsigned char c;

		if (ps->p >= ps->end)
			return fail(ps, ERROR_INVALID, "string without end");
		c = (unsigned char)*ps->p;
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(ps, ERROR_INVALID, "control character 0x%02x in a string", c);
		high |= c >= 0x80;
		if (c != '\\') {
			ps->p++;
			continue;
		}
		if (!decoded)
			buf_truncate(&ps->scratch, 0);
		decoded = true;
		buf_add(&ps->scratch, run, (size_t)(ps->p - run));
		ps->p++;
		r = escape(ps);
		if (r < 0)
			return r;
		run = ps->p;
	}
	*ret = run;
	*ret_len = (size_t)(ps->p - run);
	if (decoded) {
		buf_add(&ps->scratch, run, *ret_len);
		*ret = buf_str(&ps->scratch);
		*ret_len = ps->scratch.len;
	}
	if (high && !str_utf8(*ret, *ret_len))
		return fail(ps, ERROR_INVALID, "a string is not UTF-8");
	ps->p++;
	return 0;
}

static size_t skip_digits(struct parser *ps)
{
	const char *from = ps->p;

	while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9')
		ps->p++;
	return (size_t)(ps->p - from);
}

static int make_integer(struct parser *ps, const char *text, json_t **ret)
{
	int64_t i;
	uint64_t u;

	if (num_i64(text, &i) == 0)
		*ret = json_integer(i);
	else if (num_u64(text, &u) == 0)
		*ret = json_u64_new(u);
	else
		return fail(ps, ERROR_INVALID, "integer is too large");
	return 0;
}

static int parse_number(struct parser *ps, json_t **ret)
{
	const char *from = ps->p;
	bool real = false;
	double v;

	if (*ps->p == '-')
		ps->p++;
	if (at(ps, '0'))
		ps->p++;
	else if (skip_digits(ps) == 0)
		return fail_unexpected(ps, "a digit");
	if (at(ps, '.')) {
		real = true;
		ps->p++;
		if (skip_digits(ps) == 0)
			return fail_unexpected(ps, "a digit");
	}
	if (at(ps, 'e') || at(ps, 'E')) {
		real = true;
		ps->p++;
		if (at(ps, '+') || at(ps, '-'))
			ps->p++;
		if (skip_digits(ps) == 0)
			return fail_unexpected(ps, "a digit");
	}
	buf_truncate(&ps->scratch, 0);
	buf_add(&ps->scratch, from, (size_t)(ps->p - from));
	if (!real)
		return make_integer(ps, buf_str(&ps->scratch), ret);
	v = strtod(buf_str(&ps->scratch), NULL);
	if (!isfinite(v))
		return fail(ps, ERROR_INVALID, "number is too large");
	*ret = json_real(v);
	return 0;
}

static int parse_word(struct parser *ps, json_t **ret)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(ps->end - ps->p) < n || memcmp(ps->p, words[i], n) != 0)
			continue;
		ps->p += n;
		*ret = i == 0 ? json_true() : i == 1 ? json_false() : json_null();
		return 0;
	}
	return fail_unexpected(ps, "a value");
}

static int parse_value(struct parser *ps, json_t **ret);

static int parse_members(struct parser *ps, json_t *object)
{
	for (;;) {
		const char *key;
		json_t *value = NULL;
		scoped_free char *name = NULL;
		char fixed[64];
		size_t len;
		int r;

		skip_space(ps);
		if (!at(ps, '"'))
			return fail_unexpected(ps, "a key in double quotes");
		r = parse_string(ps, &key, &len);
		if (r < 0)
			return r;
		if (len < sizeof(fixed)) {
			memcpy(fixed, key, len);
			fixed[len] = '\0';
			key = fixed;
		} else {
			key = name = xstrndup(key, len);
		}
		if (json_object_get(object, key) != NULL)
			return fail(ps, ERROR_INVALID, "duplicate key '%.64s'", key);
		skip_space(ps);
		if (!at(ps, ':'))
			return fail_unexpected(ps, "':'");
		ps->p++;
		r = parse_value(ps, &value);
		if (r < 0)
			return r;
		json_object_set_new_nocheck(object, key, value);
		skip_space(ps);
		if (at(ps, '}'))
			return 0;
		if (!at(ps, ','))
			return fail_unexpected(ps, "',' or '}'");
		ps->p++;
	}
}

static int parse_elements(struct parser *ps, json_t *array)
{
	for (;;) {
		json_t *value = NULL;
		int r = parse_value(ps, &value);

		if (r < 0)
			return r;
		json_array_append_new(array, value);
		skip_space(ps);
		if (at(ps, ']'))
			return 0;
		if (!at(ps, ','))
			return fail_unexpected(ps, "',' or ']'");
		ps->p++;
	}
}

static int parse_container(struct parser *ps, json_t **ret)
{
	bool object = *ps->p == '{';
	scoped_json json_t *j = object ? json_object() : json_array();
	int r = 0;

	if (++ps->containers > JSON_MAX_CONTAINERS)
		return fail(ps, ERROR_LIMIT, "more than %zu objects and arrays",
			    JSON_MAX_CONTAINERS);
	if (++ps->depth > JSON_MAX_DEPTH)
		return fail(ps, ERROR_LIMIT, "nested deeper than %d", JSON_MAX_DEPTH);
	ps->p++;
	skip_space(ps);
	if (!at(ps, object ? '}' : ']'))
		r = object ? parse_members(ps, j) : parse_elements(ps, j);
	if (r < 0)
		return r;
	ps->p++;
	ps->depth--;
	*ret = take_ptr(j);
	return 0;
}

static int parse_value(struct parser *ps, json_t **ret)
{
	const char *s;
	size_t len;
	int r;

	if (++ps->values > JSON_MAX_VALUES)
		return fail(ps, ERROR_LIMIT, "more than %zu values", JSON_MAX_VALUES);
	skip_space(ps);
	switch (ps->p < ps->end ? *ps->p : '\0') {
	case '{':
	case '[':
		return parse_container(ps, ret);
	case '"':
		r = parse_string(ps, &s, &len);
		if (r == 0)
			*ret = json_stringn_nocheck(s, len);
		return r;
	case '-':
	case '0' ... '9':
		return parse_number(ps, ret);
	default:
		return parse_word(ps, ret);
	}
}

int json_text_parse(const char *text, size_t len, const char *what, json_t **ret, struct error *err)
{
	struct parser ps = {
		.start = text, .p = text, .end = text + len, .what = what, .err = err
	};
	scoped_json json_t *j = NULL;
	int r;

	if (len > JSON_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "%s: larger than %zu bytes", what,
				 JSON_MAX_BYTES);
	json_seed();
	r = parse_value(&ps, &j);
	if (r == 0) {
		skip_space(&ps);
		if (ps.p != ps.end)
			r = fail_unexpected(&ps, "the end of the text");
	}
	buf_done(&ps.scratch);
	if (r < 0)
		return r;
	*ret = take_ptr(j);
	return 0;
}
