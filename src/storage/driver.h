/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver: how layers become a file system.  Paths are absolute; a layer's and a container's own
 * directory is GRAPHROOT/<driver name>/<id>.
 */
#ifndef CORACLE_STORAGE_DRIVER_H
#define CORACLE_STORAGE_DRIVER_H

#include "storage/store.h"

struct store_driver {
	const char *name;
	enum archive_whiteouts whiteouts; /* how a layer is unpacked into staging */
	/* Can this kernel and directory do it?  ERROR_UNSUPPORTED with the remedy. */
	int (*probe)(const char *graphroot, struct error *err);
	/* Make DIR/diff, unpacked with the whiteouts above, what a layer on parent_dir (NULL:
	 * bottom) is to be.  DIR is still in staging. */
	int (*layer_finish)(const char *dir, const char *parent_dir, struct error *err);
	/* Make a container's directory; repeating it is harmless.  top_layer_dir NULL: empty. */
	int (*container_create)(const char *dir, const char *top_layer_dir, struct error *err);
	/* dir NULL: read-only, without a container.  layer_dirs: topmost first, NULL-ended. */
	int (*mount_record)(const char *dir, char *const *layer_dirs, struct store_mount *ret,
			    struct error *err);
	/* Bytes that the container itself has. */
	int (*container_size)(const char *dir, const char *top_layer_dir, uint64_t *ret,
			      struct error *err);
};
extern const struct store_driver store_driver_overlay, store_driver_vfs;
/* By name; NULL when there is none. */
const struct store_driver *store_driver_find(const char *name);

#endif
