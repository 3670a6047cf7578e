/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

bool streq_opt(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return streq(a, b);
}

const char *str_skip_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return str_skip_prefix(s, prefix) != NULL;
}

bool str_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && streq(s + n - m, suffix);
}

static unsigned char ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* Not strcasecmp: that depends on the locale. */
bool str_ieq(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (ascii_lower((unsigned char)*a) != ascii_lower((unsigned char)*b))
			return false;
	return *a == *b;
}

char *str_trim(char *s)
{
	static const char blank[] = " \t\r\n\v\f";
	size_t n;

	s += strspn(s, blank);
	n = strlen(s);
	while (n > 0 && strchr(blank, s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

char *str_lower(const char *s)
{
	char *copy = xstrdup(s);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)ascii_lower((unsigned char)*p);
	return copy;
}

bool str_only(const char *s, const char *set)
{
	return s[strspn(s, set)] == '\0';
}

bool str_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* Length of the well-formed sequence at p (Unicode table 3-7), or 0. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return p[0] != 0 ? 1 : 0;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		if (p[0] == 0xe0)
			lo = 0xa0;
		if (p[0] == 0xed)
			hi = 0x9f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		if (p[0] == 0xf0)
			lo = 0x90;
		if (p[0] == 0xf4)
			hi = 0x8f;
	} else {
		return 0;
	}
	if (n > left || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool str_utf8(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	while (len > 0) {
		size_t n = utf8_sequence(p, len);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

char *str_replace(const char *s, const char *from, const char *to)
{
	struct buf b = BUF_INIT_MAX(SIZE_MAX / 4);
	size_t n = strlen(from);
	const char *hit;

	while (n > 0 && (hit = strstr(s, from)) != NULL) {
		buf_add(&b, s, (size_t)(hit - s));
		buf_adds(&b, to);
		s = hit + n;
	}
	buf_adds(&b, s);
	return buf_take(&b);
}

char *str_shell_quote(const char *s)
{
	scoped_free char *inner = str_replace(s, "'", "'\\''");

	return xasprintf("'%s'", inner);
}

/* One word of a command line at *sp into b; false when a quote is not closed. */
static bool shell_word(const char **sp, struct buf *b)
{
	const char *s = *sp;
	char quote = 0;

	for (; *s != '\0'; s++) {
		if (quote == '\'') {
			if (*s == '\'')
				quote = 0;
			else
				buf_addc(b, *s);
		} else if (*s == '\\') {
			if (s[1] == '\0')
				return false;
			s++;
			/* Within double quotes a backslash quotes only these. */
			if (quote == '"' && strchr("$`\"\\\n", *s) == NULL)
				buf_addc(b, '\\');
			if (*s != '\n')
				buf_addc(b, *s);
		} else if (quote == '"') {
			if (*s == '"')
				quote = 0;
			else
				buf_addc(b, *s);
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (strchr(" \t\n", *s) != NULL) {
			break;
		} else {
			buf_addc(b, *s);
		}
	}
	*sp = s;
	return quote == 0;
}

char **str_shell_split(const char *s)
{
	char **v = xnew_n(char *, 4);

	for (;;) {
		struct buf b = BUF_INIT;

		s += strspn(s, " \t\n");
		if (*s == '\0')
			return v;
		if (!shell_word(&s, &b)) {
			buf_done(&b);
			return strv_free(v);
		}
		strv_add_take(&v, buf_take(&b));
	}
}

void str_hex(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

bool str_is_hex(const char *s, size_t n)
{
	size_t len = strspn(s, "0123456789abcdef");

	return s[len] == '\0' && (n == 0 ? len > 0 : len == n);
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *str_base64(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	char *out = xmalloc((n + 2) / 3 * 4 + 1), *to = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		*to++ = base64_digits[v >> 18];
		*to++ = base64_digits[v >> 12 & 63];
		*to++ = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
		*to++ = i + 2 < n ? base64_digits[v & 63] : '=';
	}
	*to = '\0';
	return out;
}

static int base64_value(char c)
{
	const char *p = c != '\0' ? strchr(base64_digits, c) : NULL;

	return p != NULL ? (int)(p - base64_digits) : -1;
}

int str_base64_decode(const char *s, void **ret, size_t *ret_len)
{
	size_t len = strlen(s), n = 0, pad = 0;
	scoped_free unsigned char *out = NULL;

	if (len % 4 != 0 || len > INT32_MAX)
		return -EINVAL;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	out = xmalloc(len / 4 * 3 + 1);
	for (size_t i = 0; i < len; i += 4) {
		size_t chars = i + 4 == len ? 4 - pad : 4;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < chars ? base64_value(s[i + k]) : 0;

			if (d < 0)
				return -EINVAL;
			v = v << 6 | (uint32_t)d;
		}
		for (size_t k = 0; k + 1 < chars; k++)
			out[n++] = (unsigned char)(v >> (16 - 8 * k));
		/* Bits behind the last byte must be zero, else two texts mean the same bytes. */
		if (chars < 4 && (v & ((1u << (8 * (4 - chars))) - 1)) != 0)
			return -EINVAL;
	}
	out[n] = '\0';
	*ret = take_ptr(out);
	*ret_len = n;
	return (int)n;
}

/*
 * Match c against the class behind '['; *pp is moved behind ']'.  An unclosed class is -1: the
 * '[' then stands for itself.
 */
static int glob_class(const char **pp, char c)
{
	const unsigned char *p = (const unsigned char *)*pp;
	unsigned char u = (unsigned char)c;
	bool negate = *p == '!' || *p == '^', hit = false;

	if (negate)
		p++;
	for (bool first = true; first || *p != ']'; first = false) {
		unsigned char lo, hi;

		if (*p == '\0' || (*p == '\\' && p[1] == '\0'))
			return -1;
		if (*p == '\\')
			p++;
		lo = hi = *p++;
		if (p[0] == '-' && p[1] != ']' && p[1] != '\0') {
			hi = p[1];
			p += 2;
		}
		if (u >= lo && u <= hi)
			hit = true;
	}
	*pp = (const char *)p + 1;
	return hit != negate;
}

/* One pattern element (not '*') against one char; *pp moves behind the element on a match. */
static bool glob_one(const char **pp, char c)
{
	const char *p = *pp;
	int r;

	if (*p == '?') {
		*pp = p + 1;
		return true;
	}
	if (*p == '[') {
		const char *behind = p + 1;

		r = glob_class(&behind, c);
		if (r >= 0) {
			*pp = behind;
			return r > 0;
		}
	}
	if (*p == '\\' && p[1] != '\0')
		p++;
	*pp = p + 1;
	return *p == c;
}

bool str_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *retry = NULL;

	/* Only the last star needs to be tried again: linear in most cases, never exponential. */
	while (*s != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			retry = s;
			continue;
		}
		if (*pattern != '\0' && glob_one(&pattern, *s)) {
			s++;
			continue;
		}
		if (star == NULL)
			return false;
		pattern = star;
		s = ++retry;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

unsigned str_distance(const char *a, const char *b)
{
	/* Hints are for words; longer texts are simply far away. */
	enum { WORD_MAX = 64 };
	unsigned row[WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return (unsigned)MAX(n, m);
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned up = row[j];
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = MIN(change, MIN(up, row[j - 1]) + 1);
			diagonal = up;
		}
	}
	return row[m];
}

int str_table_find(const char *const *table, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (table[i] != NULL && streq(table[i], s))
			return (int)i;
	return -1;
}
