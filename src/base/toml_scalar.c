/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, numbers and dates of TOML 1.0. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/toml_priv.h"

/* The longest token that is no string: a date with fraction, a number with underscores. */
#define TOKEN_MAX 128

/* Behind "\u" or "\U". */
static int unicode_escape(struct toml_cursor *c, size_t digits, struct buf *b)
{
	char hex[9] = "";
	uint64_t v;

	for (size_t i = 0; i < digits && c->p[i] != '\0'; i++)
		hex[i] = c->p[i];
	if (strlen(hex) != digits || num_u64_base(hex, 16, &v) < 0 || v == 0 || v > 0x10ffff ||
	    (v >= 0xd800 && v <= 0xdfff))
		return toml_fail(c, "bad Unicode escape in a string");
	buf_add_utf8(b, (uint32_t)v);
	c->p += digits;
	return 0;
}

/* Behind a backslash that ends a line: white space up to the next text goes. */
static bool line_continues(struct toml_cursor *c)
{
	const char *p = c->p + strspn(c->p, " \t");

	if (*p != '\n' && !(p[0] == '\r' && p[1] == '\n'))
		return false;
	for (; *p == ' ' || *p == '\t' || *p == '\n' || (p[0] == '\r' && p[1] == '\n'); p++)
		if (*p == '\n')
			c->line++;
	c->p = p;
	return true;
}

/* Behind the backslash. */
static int escape(struct toml_cursor *c, bool multiline, struct buf *b)
{
	static const char letters[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	const char *hit;

	if (multiline && line_continues(c))
		return 0;
	if (*c->p == 'u' || *c->p == 'U') {
		c->p++;
		return unicode_escape(c, c->p[-1] == 'u' ? 4 : 8, b);
	}
	hit = *c->p != '\0' ? strchr(letters, *c->p) : NULL;
	if (hit == NULL)
		return toml_fail(c, "unknown escape in a string");
	buf_addc(b, values[hit - letters]);
	c->p++;
	return 0;
}

/* Behind three quotes, to behind the closing three; up to two quotes may stand before those. */
static int many_lines(struct toml_cursor *c, char quote, struct buf *b)
{
	if (c->p[0] == '\r' && c->p[1] == '\n')
		c->p++;
	if (*c->p == '\n') {
		c->p++;
		c->line++;
	}
	for (;;) {
		char ch = *c->p;
		size_t quotes = 0;

		while (quotes < 5 && c->p[quotes] == quote)
			quotes++;
		if (quotes >= 3) {
			buf_add(b, c->p, quotes - 3);
			c->p += quotes;
			return 0;
		}
		if (ch == '\0')
			return toml_fail(c, "string without end");
		c->p++;
		if (ch == '\\' && quote == '"') {
			int r = escape(c, true, b);

			if (r < 0)
				return r;
			continue;
		}
		if (ch == '\n')
			c->line++;
		else if (((unsigned char)ch < 0x20 && ch != '\t' &&
			  !(ch == '\r' && *c->p == '\n')) ||
			 ch == 0x7f)
			return toml_fail(c, "control character in a string");
		buf_addc(b, ch);
	}
}

static int one_line(struct toml_cursor *c, char quote, struct buf *b)
{
	for (;;) {
		char ch = *c->p;

		if (ch == quote) {
			c->p++;
			return 0;
		}
		if (ch == '\0' || ch == '\n')
			return toml_fail(c, "string without end");
		if (((unsigned char)ch < 0x20 && ch != '\t') || ch == 0x7f)
			return toml_fail(c, "control character in a string");
		c->p++;
		if (ch == '\\' && quote == '"') {
			int r = escape(c, false, b);

			if (r < 0)
				return r;
			continue;
		}
		buf_addc(b, ch);
	}
}

int toml_string(struct toml_cursor *c, bool multiline, char **ret)
{
	struct buf b = BUF_INIT;
	char quote = *c->p;
	int r;

	if (c->p[1] == quote && c->p[2] == quote) {
		if (!multiline)
			return toml_fail(c, "a key cannot be a string of several lines");
		c->p += 3;
		r = many_lines(c, quote, &b);
	} else {
		c->p++;
		r = one_line(c, quote, &b);
	}
	if (r < 0)
		buf_done(&b);
	else
		*ret = buf_take(&b);
	return r;
}

/* Copy a number without underscores, each of which must stand between two digits. */
static bool strip_underscores(const char *token, char *out)
{
	const char *digits = token[0] == '0' && token[1] == 'x' ? "0123456789abcdefABCDEF"
								: "0123456789";

	for (const char *p = token; *p != '\0'; p++) {
		if (*p != '_')
			*out++ = *p;
		else if (p == token || strspn(p - 1, digits) == 0 || strspn(p + 1, digits) == 0)
			return false;
	}
	*out = '\0';
	return true;
}

static json_t *integer(const char *s)
{
	const char *digits = s + strspn(s, "+-");
	uint64_t u;
	int64_t v;

	if (s[0] == '0' && s[1] != '\0' && strchr("xob", s[1]) != NULL) {
		unsigned base = s[1] == 'x' ? 16 : s[1] == 'o' ? 8 : 2;

		if (num_u64_base(s + 2, base, &u) < 0 || u > INT64_MAX)
			return NULL;
		return json_integer((json_int_t)u);
	}
	if ((digits[0] == '0' && digits[1] != '\0') || num_i64(s, &v) < 0)
		return NULL;
	return json_integer(v);
}

/* [+-] digits [. digits] [e [+-] digits] with at least one of the two parts. */
static json_t *real(const char *s)
{
	static const char digits[] = "0123456789";
	const char *p = s + (*s == '+' || *s == '-');
	size_t whole = strspn(p, digits), n;
	double v;

	if (whole == 0 || (whole > 1 && *p == '0'))
		return NULL;
	p += whole;
	if (*p == '.') {
		n = strspn(p + 1, digits);
		if (n == 0)
			return NULL;
		p += n + 1;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		n = strspn(p, digits);
		if (n == 0)
			return NULL;
		p += n;
	}
	/* Digits alone are an integer, and one that is too large stays an error. */
	if (*p != '\0' || strpbrk(s, ".eE") == NULL)
		return NULL;
	v = strtod(s, NULL);
	return isfinite(v) ? json_real(v) : NULL;
}

/* A date, a time, or both; checked, and kept as text. */
static bool date_or_time(const char *s)
{
	char whole[TOKEN_MAX + 32];
	int64_t t;

	if (strlen(s) < 5)
		return false;
	if (s[2] == ':')
		snprintf(whole, sizeof(whole), "2000-01-01T%s", s);
	else if (s[4] == '-' && strlen(s) == 10)
		snprintf(whole, sizeof(whole), "%sT00:00:00", s);
	else if (s[4] == '-')
		snprintf(whole, sizeof(whole), "%s", s);
	else
		return false;
	/* A time alone has no zone. */
	if (s[2] == ':' && s[strspn(s, "0123456789:.")] != '\0')
		return false;
	return strchr(s, ',') == NULL && time_parse_rfc3339(whole, &t) == 0;
}

/* The token at the cursor: to the next delimiter, with the blank in "1979-05-27 07:32:00". */
static size_t token_length(const char *p)
{
	static const char delimiters[] = " \t\r\n,]}#=";
	size_t n = strcspn(p, delimiters);

	if (n == 10 && p[4] == '-' && p[10] == ' ' && p[11] >= '0' && p[11] <= '9')
		n += 1 + strcspn(p + 11, delimiters);
	return n;
}

int toml_scalar(struct toml_cursor *c, json_t **ret)
{
	char token[TOKEN_MAX], number[TOKEN_MAX] = "";
	size_t n = token_length(c->p);
	json_t *j = NULL;

	if (n == 0)
		return toml_fail(c, "a value is missing");
	if (n >= sizeof(token))
		return toml_fail(c, "a value is neither string, number, date, true nor false");
	memcpy(token, c->p, n);
	token[n] = '\0';
	if (streq(token, "true") || streq(token, "false")) {
		j = json_boolean(token[0] == 't');
	} else if (date_or_time(token)) {
		j = json_string_nocheck(token);
	} else if (strip_underscores(token, number)) {
		j = integer(number);
		if (j == NULL)
			j = real(number);
	}
	if (j == NULL) {
		if (!str_printable(token))
			return toml_fail(c, "a value holds control characters");
		return toml_fail(c, "'%s' is neither string, number, date, true nor false", token);
	}
	c->p += n;
	*ret = j;
	return 0;
}
