/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar is ambiguous in commas (they part challenges and parameters alike); the rule that
 * decides: a token followed by '=' is a parameter of the challenge before it, any other token
 * begins a challenge.
 */
#include "image/challenge.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* token characters (RFC 9110 section 5.6.2) */
static size_t token_length(const char *s)
{
	return strspn(s, "!#$%&'*+-.^_`|~0123456789"
			 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static const char *skip(const char *p, const char *set)
{
	return p + strspn(p, set);
}

/* A token or a quoted string at *p; new string or NULL. */
static char *value_at(const char **p)
{
	struct buf b = BUF_INIT;
	const char *s = *p;
	size_t n;

	if (*s != '"') {
		/* Some servers write URLs bare: take all up to a comma or blank. */
		n = strcspn(s, ", \t\"");
		*p = s + n;
		return xstrndup(s, n);
	}
	for (s++; *s != '\0' && *s != '"'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		buf_addc(&b, *s);
	}
	if (*s != '"') {
		buf_done(&b);
		return NULL;
	}
	*p = s + 1;
	return buf_take(&b);
}

/* "key = value" at *p: 1 and taken, 0 when there is none, -EINVAL. */
static int param_at(const char **p, struct http_challenge *c)
{
	size_t n = token_length(*p);
	const char *eq = skip(*p + n, " \t");
	scoped_free char *raw = NULL, *key = NULL, *value = NULL;

	if (n == 0 || *eq != '=')
		return 0;
	raw = xstrndup(*p, n);
	key = str_lower(raw);
	eq = skip(eq + 1, " \t");
	value = value_at(&eq);
	if (value == NULL)
		return -EINVAL;
	strmap_set(&c->params, key, value);
	*p = eq;
	return 1;
}

int http_challenge_parse(const char *value, struct http_challenge **list, size_t *n)
{
	const char *p = skip(value, " \t,");

	while (*p != '\0') {
		size_t len = token_length(p);
		scoped_free char *scheme = NULL;
		struct http_challenge *c;

		if (len == 0 || *n >= HTTP_CHALLENGES_MAX)
			return -EINVAL;
		scheme = xstrndup(p, len);
		c = ARRAY_ADD(*list, *n);
		c->scheme = str_lower(scheme);
		p = skip(p + len, " \t,");
		for (;;) {
			int r = param_at(&p, c);

			if (r < 0)
				return r;
			if (r == 0)
				break;
			p = skip(p, " \t,");
		}
	}
	return 0;
}

void http_challenges_free(struct http_challenge *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].scheme);
		strmap_done(&list[i].params);
	}
	free(list);
}

const struct http_challenge *http_challenge_find(const struct http_challenge *list, size_t n,
						 const char *scheme)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i].scheme, scheme))
			return &list[i];
	return NULL;
}
