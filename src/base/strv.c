/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

char **strv_free(char **v)
{
	if (v != NULL) {
		for (char **s = v; *s != NULL; s++)
			free(*s);
		free(v);
	}
	return NULL;
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	if (v != NULL)
		while (v[n] != NULL)
			n++;
	return n;
}

/* Slots for n strings and the end: a power of two, so that repeated adding stays cheap. */
static size_t slots_for(size_t n)
{
	size_t cap = 4;

	while (cap < n + 1)
		cap *= 2;
	return cap;
}

void strv_add_take(char ***v, char *s)
{
	size_t n = strv_len(*v);

	/* Vectors may come from exact-sized copies, so the capacity is stated anew each time it
	 * may be reached; realloc to the same size is cheap. */
	*v = xrealloc(*v, slots_for(n + 1), sizeof(char *));
	(*v)[n] = s;
	(*v)[n + 1] = NULL;
}

void strv_add(char ***v, const char *s)
{
	strv_add_take(v, xstrdup(s));
}

void strv_addf(char ***v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_add_take(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_add_all(char ***v, char *const *other)
{
	size_t n = strv_len(*v), more = strv_len(other);

	if (more == 0)
		return;
	/* Copies first: other may be *v itself. */
	char **joined = xrealloc(NULL, slots_for(n + more), sizeof(char *));

	for (size_t i = 0; i < more; i++)
		joined[n + i] = xstrdup(other[i]);
	if (n > 0)
		memcpy(joined, *v, n * sizeof(char *));
	joined[n + more] = NULL;
	free(*v);
	*v = joined;
}

char **strv_dup(char *const *v)
{
	size_t n = strv_len(v);
	char **copy;

	if (v == NULL)
		return NULL;
	copy = xrealloc(NULL, slots_for(n), sizeof(char *));
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(v[i]);
	copy[n] = NULL;
	return copy;
}

bool strv_has(char *const *v, const char *s)
{
	STRV_FOREACH (p, v)
		if (streq(*p, s))
			return true;
	return false;
}

bool strv_equal(char *const *a, char *const *b)
{
	size_t n = strv_len(a);

	if (n != strv_len(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!streq(a[i], b[i]))
			return false;
	return true;
}

void strv_remove(char ***v, const char *s)
{
	char **to = *v;

	if (to == NULL)
		return;
	for (char **from = *v; *from != NULL; from++) {
		if (streq(*from, s))
			free(*from);
		else
			*to++ = *from;
	}
	*to = NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	size_t n = strv_len(v);

	if (n > 1)
		qsort(v, n, sizeof(char *), compare);
}

void strv_uniq(char **v)
{
	char **last = v;

	if (v == NULL || *v == NULL)
		return;
	for (char **s = v + 1; *s != NULL; s++) {
		if (streq(*last, *s))
			free(*s);
		else
			*++last = *s;
	}
	*++last = NULL;
}

char **strv_split(const char *s, const char *seps, bool keep_empty)
{
	size_t n = 0, cap = 4;
	char **v = xnew_n(char *, cap);

	for (;;) {
		size_t len = strcspn(s, seps);

		if (len > 0 || keep_empty) {
			if (n + 2 > cap) {
				cap *= 2;
				v = xrealloc(v, cap, sizeof(char *));
			}
			v[n++] = xstrndup(s, len);
			v[n] = NULL;
		}
		s += len;
		if (*s == '\0')
			return v;
		s++;
	}
}

char *strv_join(char *const *v, const char *sep)
{
	size_t sep_len = strlen(sep), total = 1;
	char *out, *to;

	STRV_FOREACH (s, v)
		total += strlen(*s) + sep_len;
	out = to = xmalloc(total);
	STRV_FOREACH (s, v) {
		if (s != v)
			to = mempcpy(to, sep, sep_len);
		to = mempcpy(to, *s, strlen(*s));
	}
	*to = '\0';
	return out;
}

/* Index of NAME's entry, or -1; "NAME" without '=' counts as NAME's entry too. */
static ssize_t env_find(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; env != NULL && env[i] != NULL; i++)
		if (strncmp(env[i], name, len) == 0 && (env[i][len] == '=' || env[i][len] == '\0'))
			return (ssize_t)i;
	return -1;
}

const char *strv_env_get(char *const *env, const char *name)
{
	ssize_t i = env_find(env, name);

	if (i < 0)
		return NULL;
	const char *eq = strchr(env[i], '=');

	return eq != NULL ? eq + 1 : NULL;
}

void strv_env_set(char ***env, const char *name, const char *value)
{
	char *entry = xasprintf("%s=%s", name, value);
	ssize_t i = env_find(*env, name);

	if (i < 0) {
		strv_add_take(env, entry);
		return;
	}
	free((*env)[i]);
	(*env)[i] = entry;
}

void strv_env_unset(char ***env, const char *name)
{
	ssize_t i;

	while ((i = env_find(*env, name)) >= 0) {
		free((*env)[i]);
		for (char **p = *env + i; (*p = p[1]) != NULL; p++)
			;
	}
}
