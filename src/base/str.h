/* SPDX-License-Identifier: Apache-2.0 */
/* str: strings that need no allocation policy of their own. */
#ifndef CORACLE_BASE_STR_H
#define CORACLE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}
/* NULL equals only NULL. */
bool streq_opt(const char *a, const char *b);
/* NULL or "".  Inline: the static analyzer then knows that what is not empty is not NULL. */
static inline bool str_empty(const char *s)
{
	return s == NULL || *s == '\0';
}
/* After the prefix, or NULL. */
const char *str_skip_prefix(const char *s, const char *prefix);
bool str_has_prefix(const char *s, const char *prefix);
bool str_has_suffix(const char *s, const char *suffix);
bool str_ieq(const char *a, const char *b); /* ASCII case-insensitive */
char *str_trim(char *s);		    /* in place; returns the start */
char *str_lower(const char *s);		    /* new string */
/* Every char of s is in set. */
bool str_only(const char *s, const char *set);
/* No byte below 0x20 and not 0x7f. */
bool str_printable(const char *s);
/* Valid UTF-8 without NUL, overlong forms and surrogates. */
bool str_utf8(const char *s, size_t len);
/* Replace every `from` by `to`; new string. */
char *str_replace(const char *s, const char *from, const char *to);
/* s in single quotes safe for a POSIX shell; new string. */
char *str_shell_quote(const char *s);
/* Split a command line as a POSIX shell would (quotes, backslash; no expansion): a NULL-ended
 * vector, or NULL with a missing quote. */
char **str_shell_split(const char *s);
/* Hex of n bytes into out[2n+1]. */
void str_hex(const void *bytes, size_t n, char *out);
/* true when s is exactly n lower-case hex digits (n = 0: any number above 0). */
bool str_is_hex(const char *s, size_t n);
/* Base64 (RFC 4648, with padding); new string. */
char *str_base64(const void *bytes, size_t n);
/* -EINVAL or the number of bytes; *ret is new memory (NUL-ended behind the bytes). */
int str_base64_decode(const char *s, void **ret, size_t *ret_len);
/* Shell-style pattern (* ? [..]) match of the whole string. */
bool str_glob(const char *pattern, const char *s);
/* Distance for "did you mean" hints. */
unsigned str_distance(const char *a, const char *b);

/* One row per enum value; index is the value.  NULL entries are skipped. */
int str_table_find(const char *const *table, size_t n, const char *s); /* -1 when absent */

#endif
