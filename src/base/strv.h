/* SPDX-License-Identifier: Apache-2.0 */
/* strv: NULL-terminated vectors of owned strings (NULL is the empty vector). */
#ifndef CORACLE_BASE_STRV_H
#define CORACLE_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

char **strv_free(char **v); /* returns NULL */
static inline void strv_free_ptr(char ***v)
{
	strv_free(*v);
}
#define scoped_strv __attribute__((cleanup(strv_free_ptr)))

size_t strv_len(char *const *v);
void strv_add(char ***v, const char *s); /* copies */
void strv_add_take(char ***v, char *s);	 /* takes s */
void strv_addf(char ***v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_add_all(char ***v, char *const *other); /* copies each */
char **strv_dup(char *const *v);		  /* NULL stays NULL */
bool strv_has(char *const *v, const char *s);
bool strv_equal(char *const *a, char *const *b); /* NULL equals empty */
void strv_remove(char ***v, const char *s);
void strv_sort(char **v);
void strv_uniq(char **v); /* of a sorted vector */
/* Split at any char of seps; empty parts are kept only when keep_empty. */
char **strv_split(const char *s, const char *seps, bool keep_empty);
char *strv_join(char *const *v, const char *sep); /* new string, never NULL */
#define STRV_FOREACH(s, v) for (char *const *s = (v); s && *s; s++)

/* Environment lists "NAME=VALUE". */
const char *strv_env_get(char *const *env, const char *name); /* value or NULL */
/* Set or replace (an entry without '=' is a caller's bug). */
void strv_env_set(char ***env, const char *name, const char *value);
void strv_env_unset(char ***env, const char *name);

#endif
