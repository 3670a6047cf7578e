/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: the state of one unpacking, shared by apply.c (entries), apply_place.c (where a name
 * leads to) and apply_meta.c (owners, modes, times, attributes).
 *
 * - `name` is clean: no leading slash, no ".", no "..", at most PATH_MAX; "" is the target itself.
 * - A place is a descriptor of the parent directory, resolved inside the target, and one component.
 *   The last parent is kept: archives list a directory's entries together.  Whatever replaces
 *   something that may lie on a path (a directory, a link) drops it.
 * - Mode and time of directories are set at the end: entries below would change the time, and a
 *   directory may be read-only.
 */
#ifndef CORACLE_ARCHIVE_APPLY_H
#define CORACLE_ARCHIVE_APPLY_H

#include "archive/archive_layer.h"
#include "archive/tar_reader.h"

struct apply_dir {
	char *name;
	uint32_t mode;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
};
/* A directory costs us about 200 bytes until the end. */
#define APPLY_DIRS_MAX 8000000

struct apply_seen; /* names made by this archive, for opaque directories of ARCHIVE_WHITEOUT_DELETE
		    */

struct apply {
	const struct archive_apply *o;
	struct tar_reader reader;
	struct archive_result result;
	uint64_t max_bytes, max_entries;
	char *parent; /* name of the kept parent, NULL: none */
	int parent_fd;
	struct apply_dir *dirs;
	size_t n_dirs, cap_dirs;
	struct apply_seen *seen;
};
void apply_done(struct apply *a);
DEFINE_SCOPED_STRUCT(struct apply, apply_done)

/* Name of an archive made clean; new string.  NUL cannot be in it. */
int apply_clean_name(const char *raw, char **ret, struct error *err);
/* Borrowed descriptor of the parent (made when missing) and the last component inside name. */
int apply_parent(struct apply *a, const char *name, const char **ret_base, struct error *err);
void apply_forget_parent(struct apply *a);
/* Remove what stands at the place, whatever it is. */
int apply_clear(struct apply *a, int parent, const char *base, const char *name, struct error *err);
/* Is it a whiteout of overlay form that this archive made here? */
bool apply_is_whiteout(const struct apply *a, int parent, const char *base);
/* A whiteout entry: 1 when base was one and is done, 0 when it is an ordinary name. */
int apply_whiteout(struct apply *a, const struct tar_entry *e, const char *name, struct error *err);
int apply_set_opaque(int parent, const char *base, const char *name, struct error *err);

void apply_note(struct apply *a, const char *name); /* made by this archive (no-op unless DELETE) */
bool apply_noted(const struct apply *a, const char *name);

/* Owner, attributes, mode and time of what fd (O_PATH or real) refers to. */
int apply_metadata(struct apply *a, const struct tar_entry *e, int fd, const char *name,
		   struct error *err);
/* Owner and attributes now, mode and time later. */
int apply_dir_metadata(struct apply *a, const struct tar_entry *e, int fd, const char *name,
		       struct error *err);
int apply_finish_dirs(struct apply *a, struct error *err);
/* Owner as mapped; -ENOENT: none. */
int apply_owner(const struct apply *a, const struct tar_entry *e, uid_t *ret_uid, gid_t *ret_gid);

#endif
