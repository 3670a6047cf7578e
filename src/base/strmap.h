/* SPDX-License-Identifier: Apache-2.0 */
/* strmap: string to string, kept sorted by key (labels, annotations, sysctls, options). */
#ifndef CORACLE_BASE_STRMAP_H
#define CORACLE_BASE_STRMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct strmap_entry {
	char *key;
	char *value;
};

struct strmap {
	struct strmap_entry *items; /* sorted by strcmp on key */
	size_t n;
};

void strmap_done(struct strmap *m);
DEFINE_SCOPED_STRUCT(struct strmap, strmap_done)
const char *strmap_get(const struct strmap *m, const char *key); /* NULL when absent */
bool strmap_has(const struct strmap *m, const char *key);
void strmap_set(struct strmap *m, const char *key, const char *value); /* copies, replaces */
bool strmap_remove(struct strmap *m, const char *key);
void strmap_copy(struct strmap *dst, const struct strmap *src); /* adds to dst */
bool strmap_equal(const struct strmap *a, const struct strmap *b);

#endif
