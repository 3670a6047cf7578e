/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/detach_keys.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"

static int parse_one(const char *s, unsigned char *ret)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz@^[]\\_";
	char c;

	if (strlen(s) == 1) {
		*ret = (unsigned char)s[0];
		return 0;
	}
	if (strlen(s) != 6 || strncasecmp(s, "ctrl-", 5) != 0)
		return -1;
	c = s[5] >= 'A' && s[5] <= 'Z' ? (char)(s[5] + 32) : s[5];
	if (!strchr(allowed, c))
		return -1;
	*ret = (unsigned char)c & 0x1f;
	return 0;
}

int detach_keys_parse(const char *s, struct detach_keys *ret, struct error *err)
{
	scoped_strv char **parts = strv_split(s, ",", true);
	struct detach_keys k = { .n = 0 };

	if (!*s) {
		*ret = k;
		return 0;
	}
	STRV_FOREACH (p, parts)
		if (k.n == DETACH_KEYS_MAX || parse_one(*p, &k.keys[k.n++]) < 0)
			return error_set(err, ERROR_INVALID, "invalid detach keys '%s'", s);
	*ret = k;
	return 0;
}

bool detach_keys_filter(struct detach_keys *k, const char *in, size_t n, char *out, size_t *ret_len)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)in[i];

		if (k->n && b == k->keys[k->matched]) {
			if (++k->matched == k->n) {
				k->matched = 0;
				*ret_len = len;
				return true;
			}
			continue;
		}
		memcpy(out + len, k->keys, k->matched); /* it was not the sequence after all */
		len += k->matched;
		k->matched = 0;
		if (k->n && b == k->keys[0])
			k->matched = 1;
		else
			out[len++] = (char)b;
	}
	*ret_len = len;
	return false;
}
