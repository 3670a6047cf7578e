/* SPDX-License-Identifier: Apache-2.0 */
/* inode_table: which files with several names were met already in a walk over a tree, and where. */
#ifndef CORACLE_FS_INODE_TABLE_H
#define CORACLE_FS_INODE_TABLE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/mem.h"

struct inode_entry {
	dev_t dev;
	ino_t ino;
	char *path; /* NULL: slot is free */
};
struct inode_table {
	struct inode_entry *slots; /* power of two, at most half full */
	size_t cap, n;
};

void inode_table_done(struct inode_table *t);
DEFINE_SCOPED_STRUCT(struct inode_table, inode_table_done)
/* Path under which the inode was met first, or NULL: then it is noted under `path` (copied). */
const char *inode_table_meet(struct inode_table *t, dev_t dev, ino_t ino, const char *path);

#endif
