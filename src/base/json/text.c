/* SPDX-License-Identifier: Apache-2.0 */
/* Documents to text, and the nodes that are ours (see json/json_priv.h). */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/json/json_priv.h"
#include "base/str.h"

/* "18446744073709551615" */
#define U64_DIGITS_MAX 20

void json_seed(void)
{
	static bool seeded;
	size_t seed = 0;

	if (seeded)
		return;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed) && seed != 0)
		json_object_seed(seed);
	seeded = true; /* else jansson takes time and process id */
}

bool json_is_big(const json_t *j)
{
	return json_is_string(j) && json_string_length(j) > 0 && json_string_value(j)[0] == '\0';
}

json_t *json_u64_new(uint64_t v)
{
	char text[U64_DIGITS_MAX + 2] = "";
	int n;

	if (v <= INT64_MAX)
		return json_integer((json_int_t)v);
	n = snprintf(text + 1, sizeof(text) - 1, "%" PRIu64, v);
	return json_stringn_nocheck(text, (size_t)n + 1);
}

int json_u64_value(const json_t *j, uint64_t *ret)
{
	if (json_is_integer(j)) {
		if (json_integer_value(j) < 0)
			return -ERANGE;
		*ret = (uint64_t)json_integer_value(j);
		return 0;
	}
	if (json_is_big(j))
		return num_u64(json_string_value(j) + 1, ret);
	return -EINVAL;
}

const char *json_str_value(const json_t *j)
{
	return json_is_string(j) && !json_is_big(j) ? json_string_value(j) : NULL;
}

json_t *json_str_new(const char *s)
{
	struct buf b = BUF_INIT_MAX(SIZE_MAX / 8);
	json_t *j;

	if (str_utf8(s, strlen(s)))
		return json_string_nocheck(s);
	while (*s != '\0') {
		size_t n = 1;

		/* The longest valid sequence here is at most four bytes. */
		while (n < 4 && s[n] != '\0' && !str_utf8(s, n))
			n++;
		if (!str_utf8(s, n)) {
			buf_adds(&b, "\xef\xbf\xbd");
			n = 1;
		} else {
			buf_add(&b, s, n);
		}
		s += n;
	}
	j = json_string_nocheck(buf_str(&b));
	buf_done(&b);
	return j;
}

static void dump_newline(struct buf *out, unsigned indent, unsigned depth)
{
	static const char blanks[] = "                                ";
	size_t left = (size_t)indent * depth;

	if (indent == 0)
		return;
	buf_addc(out, '\n');
	while (left > 0) {
		size_t n = MIN(left, sizeof(blanks) - 1);

		buf_add(out, blanks, n);
		left -= n;
	}
}

/* The shortest decimal that reads back as v, as Go prints it. */
static void dump_real(double v, struct buf *out)
{
	char text[40];

	if (v == floor(v) && fabs(v) < 1e15) {
		buf_addf(out, "%.0f", v + 0.0); /* no "-0", which reads back as an integer */
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_adds(out, text);
}

static void dump_value(const json_t *j, unsigned indent, unsigned depth, struct buf *out);

static void dump_object(const json_t *j, unsigned indent, unsigned depth, struct buf *out)
{
	json_t *object = (json_t *)j; /* jansson's iterator wants it so; nothing is changed */
	const char *sep = indent > 0 ? ": " : ":";
	bool first = true;

	buf_addc(out, '{');
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		if (!first)
			buf_addc(out, ',');
		first = false;
		dump_newline(out, indent, depth + 1);
		buf_add_json_string(out, json_object_iter_key(it));
		buf_adds(out, sep);
		dump_value(json_object_iter_value(it), indent, depth + 1, out);
	}
	if (!first)
		dump_newline(out, indent, depth);
	buf_addc(out, '}');
}

static void dump_array(const json_t *j, unsigned indent, unsigned depth, struct buf *out)
{
	size_t n = json_array_size(j);

	buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		dump_newline(out, indent, depth + 1);
		dump_value(json_array_get(j, i), indent, depth + 1, out);
	}
	if (n > 0)
		dump_newline(out, indent, depth);
	buf_addc(out, ']');
}

static void dump_value(const json_t *j, unsigned indent, unsigned depth, struct buf *out)
{
	if (out->overflow)
		return;
	switch (j != NULL ? json_typeof(j) : JSON_NULL) {
	case JSON_OBJECT:
		dump_object(j, indent, depth, out);
		break;
	case JSON_ARRAY:
		dump_array(j, indent, depth, out);
		break;
	case JSON_STRING:
		if (json_is_big(j))
			buf_adds(out, json_string_value(j) + 1);
		else
			buf_add_json_string(out, json_string_value(j));
		break;
	case JSON_INTEGER:
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
		break;
	case JSON_REAL:
		dump_real(json_real_value(j), out);
		break;
	case JSON_TRUE:
		buf_adds(out, "true");
		break;
	case JSON_FALSE:
		buf_adds(out, "false");
		break;
	case JSON_NULL:
		buf_adds(out, "null");
		break;
	}
}

void json_text_dump(const json_t *j, unsigned indent, struct buf *out)
{
	dump_value(j, indent, 0, out);
}

const char *json_get_str(const json_t *j, const char *key)
{
	return json_str_value(json_object_get(j, key));
}

int64_t json_get_int(const json_t *j, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(j, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool json_get_bool(const json_t *j, const char *key, bool fallback)
{
	const json_t *v = json_object_get(j, key);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *json_strv(char *const *v)
{
	json_t *list = json_array();

	STRV_FOREACH (s, v)
		json_array_append_new(list, json_string_nocheck(*s));
	return list;
}
