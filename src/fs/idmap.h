/* SPDX-License-Identifier: Apache-2.0 */
/* idmap: id-mapped mounts (mount_setattr MOUNT_ATTR_IDMAP). */
#ifndef CORACLE_FS_IDMAP_H
#define CORACLE_FS_IDMAP_H

#include <stdbool.h>

#include "base/error.h"
#include "sys/userns.h"

/* Apply the maps to a detached mount; ERROR_UNSUPPORTED naming the file system when it cannot. */
int idmap_apply(int mount_fd, const struct id_map *uids, const struct id_map *gids, bool recursive,
		struct error *err);

#endif
