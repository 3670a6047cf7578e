/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay: mount an overlay file system from a record of directories.  With the new mount API each
 * lower is given by its own fsconfig key ("lowerdir+", kernel >= 6.8; before: one string), so no
 * length limit of a page applies; otherwise paths are shortened through a working directory.
 */
#ifndef CORACLE_FS_OVERLAY_H
#define CORACLE_FS_OVERLAY_H

#include <stdbool.h>

#include "base/error.h"

struct overlay_mount {
	char *const *lower; /* topmost first, absolute, at least one */
	const char *upper;  /* NULL: read-only */
	const char *work;
	bool is_volatile; /* no syncfs at unmount (kernel >= 5.10) */
	bool nodev, metacopy, userxattr;
	const char *context; /* SELinux context option or NULL */
};
/* A detached mount descriptor. */
int overlay_open(const struct overlay_mount *o, struct error *err);
/* Mounted at target (absolute, exists). */
int overlay_mount_at(const struct overlay_mount *o, const char *target, struct error *err);
/* Escape ',' ':' and '\' for the option string; new string. */
char *overlay_escape(const char *path);

#endif
