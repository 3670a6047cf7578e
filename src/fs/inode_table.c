/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/inode_table.h"

#include <stdint.h>

#define SLOTS_FIRST 64

void inode_table_done(struct inode_table *t)
{
	for (size_t i = 0; i < t->cap; i++)
		free(t->slots[i].path);
	free(t->slots);
	*t = (struct inode_table){ 0 };
}

static struct inode_entry *find_slot(const struct inode_table *t, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9e3779b97f4a7c15ULL;
	size_t i = (size_t)(h >> 20) & (t->cap - 1);

	while (t->slots[i].path != NULL && (t->slots[i].dev != dev || t->slots[i].ino != ino))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static void grow(struct inode_table *t)
{
	struct inode_table bigger = { .cap = t->cap > 0 ? t->cap * 2 : SLOTS_FIRST, .n = t->n };

	bigger.slots = xnew_n(struct inode_entry, bigger.cap);
	for (size_t i = 0; i < t->cap; i++) {
		if (t->slots[i].path != NULL)
			*find_slot(&bigger, t->slots[i].dev, t->slots[i].ino) = t->slots[i];
	}
	free(t->slots);
	*t = bigger;
}

const char *inode_table_meet(struct inode_table *t, dev_t dev, ino_t ino, const char *path)
{
	struct inode_entry *e;

	if (t->n * 2 >= t->cap)
		grow(t);
	e = find_slot(t, dev, ino);
	if (e->path != NULL)
		return e->path;
	*e = (struct inode_entry){ dev, ino, xstrdup(path) };
	t->n++;
	return NULL;
}
