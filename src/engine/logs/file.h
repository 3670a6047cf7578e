/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: logs in files.  Oldest first: PATH.N ... PATH.1, PATH.  --tail finds its place from the end
 * in windows of a fixed size, --since by halving; memory does not grow with the files.
 */
#ifndef CORACLE_ENGINE_LOGS_FILE_H
#define CORACLE_ENGINE_LOGS_FILE_H

#include "engine/logs/show.h"

struct logs_file {
	char *path;	 /* owned */
	int fd;		 /* of the newest file; -1: none yet */
	struct buf line; /* not yet ended */
	struct buf scratch;
};
#define LOGS_FILE_INIT ((struct logs_file){ .fd = -1 })

void logs_file_done(struct logs_file *f);
/* Leaves.  What is there now. */
int logs_file_present(struct logs_file *f, struct logs_show *show);
/* What has come since, over rotations too. */
int logs_file_step(struct logs_file *f, struct logs_show *show);

#endif
