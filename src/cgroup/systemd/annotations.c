/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotations: "org.systemd.property.NAME": "VALUE", as runc and crun take them.
 *
 * VALUE is the text form of a GVariant: true and false, 'text' or "text" with backslash escapes,
 * numbers with an optional type before them (byte, int16, uint16, int32, uint32, int64, uint64;
 * int32 without), arrays of strings.  A property of a duration may be given in seconds: its name
 * then ends with "Sec", which systemd knows as "USec" only.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/systemd/message.h"
#include "cgroup/systemd/properties.h"

/* What the container's scope is made of, and whoever writes annotations may not choose. */
static const char *const reserved[] = { "PIDs", "Slice", "Delegate", "ControlGroup", "Transient" };

static const struct {
	const char *name;
	char type;
	int64_t min;
	uint64_t max;
} numbers[] = {
	{ "byte ", 'y', 0, UINT8_MAX },	   { "int16 ", 'n', INT16_MIN, INT16_MAX },
	{ "uint16 ", 'q', 0, UINT16_MAX }, { "int32 ", 'i', INT32_MIN, INT32_MAX },
	{ "uint32 ", 'u', 0, UINT32_MAX }, { "int64 ", 'x', INT64_MIN, INT64_MAX },
	{ "uint64 ", 't', 0, UINT64_MAX }, { "", 'i', INT32_MIN, INT32_MAX },
};

static void put_number(struct buf *b, char type, uint64_t v)
{
	uint16_t half = (uint16_t)v;

	switch (type) {
	case 'y':
		buf_addc(b, (char)v);
		break;
	case 'n':
	case 'q':
		if (b->len % 2 != 0)
			buf_addc(b, '\0');
		buf_add(b, &half, sizeof(half));
		break;
	case 'i':
	case 'u':
		dbus_put_u32(b, (uint32_t)v);
		break;
	default:
		dbus_put_u64(b, v);
	}
}

static int number_value(const char *s, char *ret_type, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *digits = str_skip_prefix(s, numbers[i].name);
		int64_t negative;

		if (digits == NULL)
			continue;
		digits += strspn(digits, " ");
		*ret_type = numbers[i].type;
		if (num_u64(digits, ret) == 0)
			return *ret <= numbers[i].max ? 0 : -EINVAL;
		if (num_i64(digits, &negative) < 0 || negative < numbers[i].min)
			return -EINVAL;
		*ret = (uint64_t)negative;
		return 0;
	}
	return -EINVAL;
}

/* A quoted string at *s, which is moved behind it; new string or NULL. */
static char *quoted(const char **s)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	char quote = **s;
	const char *p;

	if (quote != '\'' && quote != '"')
		return NULL;
	for (p = *s + 1; *p != quote; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return NULL;
		buf_addc(&b, *p);
	}
	*s = p + 1;
	return buf_take(&b);
}

static const char *skip(const char *s)
{
	return s + strspn(s, " \t");
}

static int put_string(struct buf *b, const char *s)
{
	scoped_free char *text = quoted(&s);

	if (text == NULL || *skip(s) != '\0' || !str_utf8(text, strlen(text)))
		return -EINVAL;
	dbus_put_signature(b, "s");
	dbus_put_string(b, text);
	return 0;
}

static int put_strings(struct buf *b, const char *s)
{
	size_t at;

	dbus_put_signature(b, "as");
	at = dbus_array_begin(b, 4);
	for (s = skip(s + 1); *s != ']'; s = skip(s)) {
		scoped_free char *text = quoted(&s);

		if (text == NULL || !str_utf8(text, strlen(text)))
			return -EINVAL;
		dbus_put_string(b, text);
		s = skip(s);
		if (*s == ',')
			s++;
		else if (*s != ']')
			return -EINVAL;
	}
	dbus_array_end(b, at, 4);
	return *skip(s + 1) == '\0' ? 0 : -EINVAL;
}

static int put_value(struct buf *b, const char *s)
{
	char type[2] = { 0 };
	uint64_t v;

	s = skip(s);
	if (streq(s, "true") || streq(s, "false")) {
		dbus_put_signature(b, "b");
		dbus_put_u32(b, streq(s, "true"));
		return 0;
	}
	if (*s == '\'' || *s == '"')
		return put_string(b, s);
	if (*s == '[')
		return put_strings(b, s);
	if (number_value(s, type, &v) < 0)
		return -EINVAL;
	dbus_put_signature(b, type);
	put_number(b, type[0], v);
	return 0;
}

/* Seconds, with a fraction. */
static int put_seconds(struct buf *b, const char *s)
{
	char type[2];
	uint64_t whole;
	double v;

	s = skip(s);
	if (number_value(s, type, &whole) == 0)
		v = (double)whole;
	else if (num_double(s, &v) < 0)
		return -EINVAL;
	if (v < 0 || v > (double)(UINT64_MAX / 4) / 1e6)
		return -EINVAL;
	dbus_put_signature(b, "t");
	dbus_put_u64(b, (uint64_t)llround(v * 1e6));
	return 0;
}

static bool name_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return strlen(name) > 2 && strlen(name) < 128 && str_only(name, letters);
}

static int add_one(struct buf *b, const char *name, const char *value, struct error *err)
{
	bool seconds = str_has_suffix(name, "Sec") && !str_has_suffix(name, "USec");
	scoped_free char *real = seconds ? xasprintf("%.*sUSec", (int)strlen(name) - 3, name)
					 : xstrdup(name);
	int r;

	if (!name_valid(name))
		return error_set(err, ERROR_INVALID,
				 "annotation '" PROPERTY_ANNOTATION
				 "%s': not the name of a systemd property",
				 name);
	if (str_table_find(reserved, ARRAY_SIZE(reserved), name) >= 0)
		return error_set(err, ERROR_INVALID,
				 "annotation '" PROPERTY_ANNOTATION
				 "%s': the runtime sets this property",
				 name);
	dbus_struct_begin(b);
	dbus_put_string(b, real);
	r = seconds ? put_seconds(b, value) : put_value(b, value);
	if (r < 0)
		return error_set(err, ERROR_INVALID,
				 "annotation '" PROPERTY_ANNOTATION
				 "%s': '%s' is not a value (an example: uint64 5, 'text', true)",
				 name, value);
	return 0;
}

int property_add_annotations(struct buf *b, const struct strmap *annotations, struct error *err)
{
	for (size_t i = 0; annotations != NULL && i < annotations->n; i++) {
		const char *name = str_skip_prefix(annotations->items[i].key, PROPERTY_ANNOTATION);
		int r = name != NULL ? add_one(b, name, annotations->items[i].value, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
