/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of Go's text/template and those that Podman adds. */
#include "cli/template/template_priv.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "base/str.h"

/* Longest result of pad and printf's width: wider is a mistake. */
#define TEMPLATE_MAX_WIDTH 4096

typedef int (*function_fn)(json_t *const *args, size_t n, json_t **ret, struct error *err);

bool template_truth(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) != 0;
	case JSON_TRUE:
		return true;
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return false;
}

static void print_object(const json_t *v, struct buf *out)
{
	scoped_strv char **keys = NULL;
	const char *key, *sep = "";
	json_t *item;

	json_object_foreach ((json_t *)v, key, item) {
		strv_add(&keys, key);
	}
	strv_sort(keys);
	buf_adds(out, "map[");
	STRV_FOREACH (k, keys) {
		buf_addf(out, "%s%s:", sep, *k);
		template_print_value(json_object_get(v, *k), out);
		sep = " ";
	}
	buf_addc(out, ']');
}

void template_print_value(const json_t *v, struct buf *out)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		print_object(v, out);
		break;
	case JSON_ARRAY:
		buf_addc(out, '[');
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i > 0)
				buf_addc(out, ' ');
			template_print_value(json_array_get(v, i), out);
		}
		buf_addc(out, ']');
		break;
	case JSON_STRING:
		buf_add(out, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		buf_addf(out, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
		buf_adds(out, "true");
		break;
	case JSON_FALSE:
		buf_adds(out, "false");
		break;
	case JSON_NULL:
		buf_adds(out, "<no value>");
		break;
	}
}

static json_t *string_of(struct buf *b)
{
	json_t *s = json_stringn(buf_str(b), b->len);

	buf_done(b);
	return s ? s : json_string("");
}

static int need_string(const json_t *v, const char *function, struct error *err)
{
	if (json_is_string(v))
		return 0;
	return error_set(err, ERROR_INVALID, "template: %s wants a string", function);
}

static int fn_and_or(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	*ret = json_incref(args[n - 1]); /* evaluation stopped at the operand that decides */
	return 0;
}

static int fn_not(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	*ret = json_boolean(!template_truth(args[0]));
	return 0;
}

static int fn_eq(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	bool equal = false;

	for (size_t i = 1; i < n; i++)
		equal = equal || json_equal(args[0], args[i]);
	*ret = json_boolean(equal);
	return 0;
}

static int fn_ne(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	*ret = json_boolean(!json_equal(args[0], args[1]));
	return 0;
}

static int compare(json_t *const *args, int *ret, struct error *err)
{
	if (json_is_string(args[0]) && json_is_string(args[1])) {
		*ret = strcmp(json_string_value(args[0]), json_string_value(args[1]));
		return 0;
	}
	if (json_is_number(args[0]) && json_is_number(args[1])) {
		double a = json_number_value(args[0]), b = json_number_value(args[1]);
		*ret = a < b ? -1 : a > b;
		return 0;
	}
	return error_set(err, ERROR_INVALID, "template: incompatible types for comparison");
}

static int fn_lt(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	int c = 0, r = compare(args, &c, err);

	*ret = r < 0 ? NULL : json_boolean(c < 0);
	return r;
}

static int fn_le(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	int c = 0, r = compare(args, &c, err);

	*ret = r < 0 ? NULL : json_boolean(c <= 0);
	return r;
}

static int fn_gt(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	int c = 0, r = compare(args, &c, err);

	*ret = r < 0 ? NULL : json_boolean(c > 0);
	return r;
}

static int fn_ge(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	int c = 0, r = compare(args, &c, err);

	*ret = r < 0 ? NULL : json_boolean(c >= 0);
	return r;
}

static int fn_len(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	const json_t *v = args[0];

	if (json_is_string(v))
		*ret = json_integer((json_int_t)json_string_length(v));
	else if (json_is_array(v))
		*ret = json_integer((json_int_t)json_array_size(v));
	else if (json_is_object(v))
		*ret = json_integer((json_int_t)json_object_size(v));
	else if (json_is_null(v))
		*ret = json_integer(0);
	else
		return error_set(err, ERROR_INVALID, "template: len of a value that has no length");
	return 0;
}

static int fn_index(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	json_t *v = args[0];

	for (size_t i = 1; i < n; i++) {
		if (json_is_array(v) && json_is_integer(args[i])) {
			json_int_t at = json_integer_value(args[i]);
			if (at < 0 || (size_t)at >= json_array_size(v))
				return error_set(err, ERROR_INVALID,
						 "template: error calling index: index out of "
						 "range: %" PRId64,
						 (int64_t)at);
			v = json_array_get(v, (size_t)at);
		} else if (json_is_object(v) && json_is_string(args[i])) {
			v = json_object_get(v, json_string_value(args[i]));
		} else if (!json_is_null(v)) {
			return error_set(err, ERROR_INVALID,
					 "template: index of a value that can't be indexed");
		}
		if (!v)
			v = json_null();
	}
	*ret = json_incref(v);
	return 0;
}

static int slice_bounds(json_t *const *args, size_t n, size_t len, size_t *from, size_t *to,
			struct error *err)
{
	*from = 0;
	*to = len;
	for (size_t i = 1; i < n; i++) {
		json_int_t at = json_is_integer(args[i]) ? json_integer_value(args[i]) : -1;
		if (at < 0 || (size_t)at > len)
			return error_set(err, ERROR_INVALID, "template: slice index out of range");
		*(i == 1 ? from : to) = (size_t)at;
	}
	if (*from > *to)
		return error_set(err, ERROR_INVALID, "template: slice index out of range");
	return 0;
}

static int fn_slice(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	bool text = json_is_string(args[0]);
	size_t from, to, len = text ? json_string_length(args[0]) : json_array_size(args[0]);
	int r;

	if (!text && !json_is_array(args[0]))
		return error_set(err, ERROR_INVALID,
				 "template: slice of a value that can't be sliced");
	r = slice_bounds(args, n, len, &from, &to, err);
	if (r < 0)
		return r;
	if (text) {
		*ret = json_stringn_nocheck(json_string_value(args[0]) + from, to - from);
		return 0;
	}
	*ret = json_array();
	for (size_t i = from; i < to; i++)
		json_array_append(*ret, json_array_get(args[0], i));
	return 0;
}

static int fn_print(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		/* fmt.Print puts a blank between operands when neither is a string */
		if (i > 0 && !json_is_string(args[i]) && !json_is_string(args[i - 1]))
			buf_addc(&out, ' ');
		template_print_value(args[i], &out);
	}
	*ret = string_of(&out);
	return 0;
}

static int fn_println(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(&out, ' ');
		template_print_value(args[i], &out);
	}
	buf_addc(&out, '\n');
	*ret = string_of(&out);
	return 0;
}

struct verb {
	bool left, zero, plus, sharp;
	int width, precision; /* -1: none */
	char letter;
};

static const char *read_verb(const char *p, struct verb *v)
{
	*v = (struct verb){ .width = 0, .precision = -1 };
	for (; *p && strchr("-0+# ", *p); p++) {
		v->left |= *p == '-';
		v->zero |= *p == '0';
		v->plus |= *p == '+';
		v->sharp |= *p == '#';
	}
	for (; isdigit((unsigned char)*p) && v->width < TEMPLATE_MAX_WIDTH; p++)
		v->width = v->width * 10 + (*p - '0');
	if (*p == '.') {
		v->precision = 0;
		for (p++; isdigit((unsigned char)*p) && v->precision < TEMPLATE_MAX_WIDTH; p++)
			v->precision = v->precision * 10 + (*p - '0');
	}
	v->letter = *p;
	return *p ? p + 1 : p;
}

static void format_number(const struct verb *v, const json_t *arg, struct buf *out)
{
	long long i = json_integer_value(arg);

	if (strchr("eEfFgG", v->letter)) {
		buf_addf(out, "%.*f", v->precision < 0 ? 6 : v->precision, json_number_value(arg));
		return;
	}
	if (!json_is_integer(arg)) {
		buf_addf(out, "%%!%c(float64=%g)", v->letter, json_number_value(arg));
		return;
	}
	if (v->letter == 'x')
		buf_addf(out, v->sharp ? "%#llx" : "%llx", (unsigned long long)i);
	else if (v->letter == 'X')
		buf_addf(out, "%llX", (unsigned long long)i);
	else if (v->letter == 'o')
		buf_addf(out, "%llo", (unsigned long long)i);
	else if (v->letter == 'c')
		buf_addc(out, (char)i);
	else
		buf_addf(out, v->plus ? "%+lld" : "%lld", i);
}

static void format_value(const struct verb *v, const json_t *arg, struct buf *out)
{
	bool number = json_is_number(arg);

	if (number && strchr("dxXocbeEfFgGU", v->letter)) {
		format_number(v, arg, out);
	} else if (v->letter == 'q') {
		struct buf text = BUF_INIT;
		template_print_value(arg, &text);
		buf_add_json_string(out, buf_str(&text));
		buf_done(&text);
	} else if (strchr("svt", v->letter) || (json_is_string(arg) && v->letter == 's')) {
		size_t start = out->len;
		template_print_value(arg, out);
		if (v->precision >= 0 && out->len - start > (size_t)v->precision)
			buf_truncate(out, start + (size_t)v->precision);
	} else if (json_is_string(arg) && v->letter == 'x') {
		for (size_t i = 0; i < json_string_length(arg); i++)
			buf_addf(out, "%02x", (unsigned char)json_string_value(arg)[i]);
	} else {
		buf_addf(out, "%%!%c(", v->letter);
		template_print_value(arg, out);
		buf_addc(out, ')');
	}
}

static void pad_into(const struct verb *v, const char *text, struct buf *out)
{
	int width = 0;

	for (const char *c = text; *c; c++)
		width += ((unsigned char)*c & 0xc0) != 0x80;
	for (int i = width; !v->left && i < v->width; i++)
		buf_addc(out, v->zero ? '0' : ' ');
	buf_adds(out, text);
	for (int i = width; v->left && i < v->width; i++)
		buf_addc(out, ' ');
}

static int fn_printf(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;
	size_t next = 1;
	int r = need_string(args[0], "printf", err);

	if (r < 0)
		return r;
	for (const char *p = json_string_value(args[0]); *p;) {
		struct verb v;
		scoped(buf_done) struct buf one = BUF_INIT;
		if (*p != '%') {
			buf_addc(&out, *p++);
			continue;
		}
		p = read_verb(p + 1, &v);
		if (v.letter == '%' || v.letter == '\0') {
			buf_addc(&out, '%');
			continue;
		}
		if (next >= n)
			buf_addf(&one, "%%!%c(MISSING)", v.letter);
		else
			format_value(&v, args[next++], &one);
		pad_into(&v, buf_str(&one), &out);
	}
	*ret = string_of(&out);
	return 0;
}

static int fn_json(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;

	json_text_dump(args[0], 0, &out);
	*ret = string_of(&out);
	return 0;
}

static int fn_join(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;
	/* join LIST SEP; piped it comes as join SEP LIST too, as strings.Join's order in Podman */
	json_t *list = json_is_array(args[0]) || json_is_null(args[0]) ? args[0] : args[1];
	json_t *sep = list == args[0] ? args[1] : args[0];

	if (!json_is_string(sep) || !(json_is_array(list) || json_is_null(list)))
		return error_set(err, ERROR_INVALID, "template: join wants a list and a string");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			buf_adds(&out, json_string_value(sep));
		template_print_value(json_array_get(list, i), &out);
	}
	*ret = string_of(&out);
	return 0;
}

static int map_chars(const json_t *arg, const char *name, int (*fn)(int), bool first_only,
		     json_t **ret, struct error *err)
{
	scoped_free char *text = NULL;
	bool start = true;
	int r = need_string(arg, name, err);

	if (r < 0)
		return r;
	text = xstrdup(json_string_value(arg));
	for (char *c = text; *c; c++) {
		if (!first_only || start)
			*c = (char)fn((unsigned char)*c);
		start = isspace((unsigned char)*c);
	}
	*ret = json_string_nocheck(text);
	return 0;
}

static int fn_lower(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	return map_chars(args[0], "lower", tolower, false, ret, err);
}

static int fn_upper(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	return map_chars(args[0], "upper", toupper, false, ret, err);
}

static int fn_title(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	return map_chars(args[0], "title", toupper, true, ret, err);
}

static int fn_split(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	const char *text, *sep;

	if (need_string(args[0], "split", err) < 0 || need_string(args[1], "split", err) < 0)
		return -EINVAL;
	text = json_string_value(args[0]);
	sep = json_string_value(args[1]);
	*ret = json_array();
	if (*sep == '\0') {
		for (; *text; text++)
			json_array_append_new(*ret, json_stringn_nocheck(text, 1));
		return 0;
	}
	for (const char *hit; (hit = strstr(text, sep)); text = hit + strlen(sep))
		json_array_append_new(*ret, json_stringn_nocheck(text, (size_t)(hit - text)));
	json_array_append_new(*ret, json_string_nocheck(text));
	return 0;
}

static int fn_pad(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf out = BUF_INIT;

	if (!json_is_string(args[0]) || !json_is_integer(args[1]) || !json_is_integer(args[2]) ||
	    json_integer_value(args[1]) > TEMPLATE_MAX_WIDTH ||
	    json_integer_value(args[2]) > TEMPLATE_MAX_WIDTH)
		return error_set(err, ERROR_INVALID,
				 "template: pad wants a string and two small numbers");
	for (json_int_t i = 0; i < json_integer_value(args[1]) && json_string_length(args[0]) > 0;
	     i++)
		buf_addc(&out, ' ');
	buf_adds(&out, json_string_value(args[0]));
	for (json_int_t i = 0; i < json_integer_value(args[2]) && json_string_length(args[0]) > 0;
	     i++)
		buf_addc(&out, ' ');
	*ret = string_of(&out);
	return 0;
}

static int fn_truncate(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	if (!json_is_string(args[0]) || !json_is_integer(args[1]) ||
	    json_integer_value(args[1]) < 0)
		return error_set(err, ERROR_INVALID,
				 "template: truncate wants a string and a length");
	*ret = json_stringn_nocheck(
		json_string_value(args[0]),
		MIN(json_string_length(args[0]), (size_t)json_integer_value(args[1])));
	return 0;
}

static int fn_html(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		template_print_value(args[i], &in);
	for (const char *c = buf_str(&in); *c; c++) {
		switch (*c) {
		case '<':
			buf_adds(&out, "&lt;");
			break;
		case '>':
			buf_adds(&out, "&gt;");
			break;
		case '&':
			buf_adds(&out, "&amp;");
			break;
		case '"':
			buf_adds(&out, "&#34;");
			break;
		case '\'':
			buf_adds(&out, "&#39;");
			break;
		default:
			buf_addc(&out, *c);
		}
	}
	buf_done(&in);
	*ret = string_of(&out);
	return 0;
}

static int fn_urlquery(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		template_print_value(args[i], &in);
	for (const char *c = buf_str(&in); *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-_.~", *c))
			buf_addc(&out, *c);
		else if (*c == ' ')
			buf_addc(&out, '+');
		else
			buf_addf(&out, "%%%02X", (unsigned char)*c);
	}
	buf_done(&in);
	*ret = string_of(&out);
	return 0;
}

static int fn_js(json_t *const *args, size_t n, json_t **ret, struct error *err)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		template_print_value(args[i], &in);
	for (const char *c = buf_str(&in); *c; c++) {
		if (strchr("\\'\"", *c))
			buf_addf(&out, "\\%c", *c);
		else if (strchr("<>&=", *c) || (unsigned char)*c < 0x20)
			buf_addf(&out, "\\u%04X", (unsigned char)*c);
		else
			buf_addc(&out, *c);
	}
	buf_done(&in);
	*ret = string_of(&out);
	return 0;
}

static const struct {
	const char *name;
	function_fn fn;
	size_t min, max;
} functions[] = {
	{ "and", fn_and_or, 1, 64 },
	{ "or", fn_and_or, 1, 64 },
	{ "not", fn_not, 1, 1 },
	{ "eq", fn_eq, 2, 64 },
	{ "ne", fn_ne, 2, 2 },
	{ "lt", fn_lt, 2, 2 },
	{ "le", fn_le, 2, 2 },
	{ "gt", fn_gt, 2, 2 },
	{ "ge", fn_ge, 2, 2 },
	{ "len", fn_len, 1, 1 },
	{ "index", fn_index, 1, 64 },
	{ "slice", fn_slice, 1, 3 },
	{ "print", fn_print, 0, 64 },
	{ "printf", fn_printf, 1, 64 },
	{ "println", fn_println, 0, 64 },
	{ "json", fn_json, 1, 1 },
	{ "join", fn_join, 2, 2 },
	{ "lower", fn_lower, 1, 1 },
	{ "upper", fn_upper, 1, 1 },
	{ "title", fn_title, 1, 1 },
	{ "split", fn_split, 2, 2 },
	{ "pad", fn_pad, 3, 3 },
	{ "truncate", fn_truncate, 2, 2 },
	{ "html", fn_html, 1, 64 },
	{ "urlquery", fn_urlquery, 1, 64 },
	{ "js", fn_js, 1, 64 },
};

bool template_function_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (streq(functions[i].name, name))
			return true;
	return false;
}

int template_function(const char *name, json_t *const *args, size_t n, json_t **ret,
		      struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (!streq(functions[i].name, name))
			continue;
		if (n < functions[i].min || n > functions[i].max)
			return error_set(err, ERROR_INVALID,
					 "template: wrong number of args for %s: got %zu", name, n);
		return functions[i].fn(args, n, ret, err);
	}
	return error_set(err, ERROR_INVALID, "template: function \"%s\" not defined", name);
}
