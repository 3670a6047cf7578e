/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

char *path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (*b == '/')
		b++;
	if (n == 0)
		return xstrdup(b);
	if (*b == '\0')
		return xstrndup(a, n);
	return xasprintf("%.*s%s%s", (int)n, a, a[n - 1] == '/' ? "" : "/", b);
}

char *path_clean(const char *p)
{
	bool rooted = *p == '/';
	/* Never longer than the input, but "" becomes ".". */
	char *out = xmalloc(strlen(p) + 2);
	size_t len = 0, floor; /* floor: what ".." cannot remove */

	if (rooted)
		out[len++] = '/';
	floor = len;
	while (*p != '\0') {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.')) {
			/* nothing to add */
		} else if (n == 2 && p[0] == '.' && p[1] == '.' && len > floor) {
			while (len > floor && out[len - 1] != '/')
				len--;
			if (len > floor)
				len--; /* the slash */
		} else if (n == 2 && p[0] == '.' && p[1] == '.' && rooted) {
			/* "/.." is "/" */
		} else {
			if (len > 0 && out[len - 1] != '/')
				out[len++] = '/';
			memcpy(out + len, p, n);
			len += n;
			if (n == 2 && p[0] == '.' && p[1] == '.')
				floor = len;
		}
		p += n;
		while (*p == '/')
			p++;
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return out;
}

const char *path_base(const char *p)
{
	const char *slash = strrchr(p, '/');

	return slash != NULL ? slash + 1 : p;
}

char *path_dir(const char *p)
{
	const char *slash = strrchr(p, '/');

	if (slash == NULL)
		return xstrdup(".");
	while (slash > p && slash[-1] == '/')
		slash--;
	if (slash == p)
		return xstrdup("/");
	return xstrndup(p, (size_t)(slash - p));
}

bool path_absolute(const char *p)
{
	return p[0] == '/';
}

bool path_has_dotdot(const char *p)
{
	while (*p != '\0') {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n;
		while (*p == '/')
			p++;
	}
	return false;
}

bool path_below(const char *p, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return p[0] == '/';
	return strncmp(p, dir, n) == 0 && (p[n] == '/' || p[n] == '\0');
}

bool path_name_valid(const char *name)
{
	if (name == NULL || *name == '\0' || streq(name, ".") || streq(name, ".."))
		return false;
	return strchr(name, '/') == NULL && strlen(name) <= NAME_MAX;
}

unsigned path_depth(const char *p)
{
	unsigned n = 0;

	if (streq(p, "."))
		return 0;
	while (*p != '\0') {
		size_t len = strcspn(p, "/");

		if (len > 0)
			n++;
		p += len;
		while (*p == '/')
			p++;
	}
	return n;
}
