/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strmap.h"

#include <string.h>

#include "base/str.h"

void strmap_done(struct strmap *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].key);
		free(m->items[i].value);
	}
	free(m->items);
	*m = (struct strmap){ 0 };
}

/* Where key is, or where it would go; *ret_found tells which. */
static size_t find(const struct strmap *m, const char *key, bool *ret_found)
{
	size_t lo = 0, hi = m->n;

	/* Maps are mostly filled in sorted order: look at the end first. */
	if (hi > 0 && strcmp(m->items[hi - 1].key, key) < 0) {
		*ret_found = false;
		return hi;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(m->items[mid].key, key);

		if (c == 0) {
			*ret_found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_found = false;
	return lo;
}

const char *strmap_get(const struct strmap *m, const char *key)
{
	bool found;
	size_t i = find(m, key, &found);

	return found ? m->items[i].value : NULL;
}

bool strmap_has(const struct strmap *m, const char *key)
{
	return strmap_get(m, key) != NULL;
}

void strmap_set(struct strmap *m, const char *key, const char *value)
{
	bool found;
	size_t i = find(m, key, &found);
	char *copy = xstrdup(value);

	if (found) {
		free(m->items[i].value);
		m->items[i].value = copy;
		return;
	}
	char *key_copy = xstrdup(key);

	ARRAY_ADD(m->items, m->n);
	memmove(m->items + i + 1, m->items + i, (m->n - 1 - i) * sizeof(*m->items));
	m->items[i] = (struct strmap_entry){ .key = key_copy, .value = copy };
}

bool strmap_remove(struct strmap *m, const char *key)
{
	bool found;
	size_t i = find(m, key, &found);

	if (!found)
		return false;
	free(m->items[i].key);
	free(m->items[i].value);
	memmove(m->items + i, m->items + i + 1, (m->n - 1 - i) * sizeof(*m->items));
	m->n--;
	return true;
}

void strmap_copy(struct strmap *dst, const struct strmap *src)
{
	if (dst == src)
		return;
	for (size_t i = 0; i < src->n; i++)
		strmap_set(dst, src->items[i].key, src->items[i].value);
}

bool strmap_equal(const struct strmap *a, const struct strmap *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!streq(a->items[i].key, b->items[i].key) ||
		    !streq(a->items[i].value, b->items[i].value))
			return false;
	return true;
}
