/* SPDX-License-Identifier: Apache-2.0 */
/* driver: how layers become a file system.  Paths are absolute; dirs live below GRAPHROOT/<name>/. */
#ifndef CORACLE_STORAGE_DRIVER_H
#define CORACLE_STORAGE_DRIVER_H

#include "storage/store.h"

struct store_driver {
	const char *name;
	enum archive_whiteouts whiteouts;
	/* Can this kernel and directory do it?  ERROR_UNSUPPORTED with the remedy. */
	int (*probe)(const char *graphroot, struct error *err);
	/* A layer's unpack directory before unpacking (vfs: copy of the parent). */
	int (*layer_prepare)(const char *dir, const char *parent_dir, struct error *err);
	int (*container_create)(const char *dir, const char *top_layer_dir, struct error *err);
	/* layer_dirs: topmost first. */
	int (*mount_record)(const char *dir, char *const *layer_dirs, struct store_mount *ret, struct error *err);
	int (*container_size)(const char *dir, uint64_t *ret, struct error *err);
};
extern const struct store_driver store_driver_overlay, store_driver_vfs;

#endif
