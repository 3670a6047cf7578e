/* SPDX-License-Identifier: Apache-2.0 */
/* mountinfo: /proc/PID/mountinfo, proc(5). */
#ifndef CORACLE_FS_MOUNTINFO_H
#define CORACLE_FS_MOUNTINFO_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/mem.h"

struct mountinfo_entry {
	int id, parent;
	unsigned major, minor;
	char *root; /* unescaped */
	char *target;
	char *options;	/* per mount */
	char *optional; /* "shared:1 master:2" or "" */
	char *type;
	char *source;
	char *super_options;
};
struct mountinfo {
	struct mountinfo_entry *items;
	size_t n;
};
int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret, struct error *err);
int mountinfo_read(pid_t pid, struct mountinfo *ret, struct error *err); /* 0: self */
void mountinfo_done(struct mountinfo *m);
DEFINE_SCOPED_STRUCT(struct mountinfo, mountinfo_done)
/* The entry (topmost) whose target is exactly path, or NULL. */
const struct mountinfo_entry *mountinfo_find(const struct mountinfo *m, const char *path);
/* The entry that path lies on (longest target), or NULL. */
const struct mountinfo_entry *mountinfo_containing(const struct mountinfo *m, const char *path);
/* Unmount (MNT_DETACH) everything at or below path, deepest first; number of mounts undone. */
int mountinfo_umount_below(const char *path, struct error *err);

#endif
