/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_options: the table of mount option words (runtime-spec config-linux "mount options" and the
 * peers' extensions; reference/oci-spec-fields.tsv rows `mount-option`).
 */
#ifndef CORACLE_FS_MOUNT_OPTIONS_H
#define CORACLE_FS_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct mount_options {
	unsigned long set, clear;    /* MS_* bits of the mount */
	uint64_t rec_set, rec_clear; /* MOUNT_ATTR_*, applied recursively (rro, rnosuid, ...) */
	unsigned long propagation;   /* MS_SHARED|MS_REC ...; 0 none */
	bool bind, rbind, remount;
	bool tmpcopyup, idmap, ridmap, copy_symlink, dest_nofollow, src_nofollow;
	char **data; /* what is passed to the file system, in order */
};
/* Unknown words become data. */
int mount_options_parse(char *const *options, struct mount_options *ret, struct error *err);
void mount_options_done(struct mount_options *o);
/* Is the word one of the table (not file system data)? */
bool mount_option_known(const char *word);
/* Names of the table, NULL-ended, static: for `features` and tests. */
const char *const *mount_option_names(void);

#endif
