/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_options.h"

#include <linux/mount.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"

/* linux/mount.h and sys/mount.h cannot be included together with glibc 2.36; linux/mount.h has
 * what both have. */
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

#define ATIME_MS ((unsigned long)(MS_NOATIME | MS_RELATIME | MS_STRICTATIME))

enum switch_word {
	SWITCH_NONE,
	SWITCH_BIND,
	SWITCH_RBIND,
	SWITCH_REMOUNT,
	SWITCH_TMPCOPYUP,
	SWITCH_IDMAP,
	SWITCH_RIDMAP,
	SWITCH_COPY_SYMLINK,
	SWITCH_DEST_NOFOLLOW,
	SWITCH_SRC_NOFOLLOW,
	SWITCH_DATA,
};

struct option_word {
	const char *word;
	unsigned long set, clear;
	uint64_t rec_set, rec_clear;
	unsigned long propagation;
	enum switch_word sw;
};

/* Sorted by word.  acl and noacl are options of the file systems that have ACLs.  The r* forms of
 * flags that belong to the super block (sync, dirsync, mand) mean the same as without r: there is
 * one super block.  To clear one of the access time bits recursively the kernel wants the whole
 * field cleared, which leaves relatime. */
static const struct option_word table[] = {
	{ "acl", .sw = SWITCH_DATA },
	{ "async", .clear = MS_SYNCHRONOUS },
	{ "atime", .clear = MS_NOATIME },
	{ "bind", .sw = SWITCH_BIND },
	{ "copy-symlink", .sw = SWITCH_COPY_SYMLINK },
	{ "defaults" },
	{ "dest-nofollow", .sw = SWITCH_DEST_NOFOLLOW },
	{ "dev", .clear = MS_NODEV },
	{ "diratime", .clear = MS_NODIRATIME },
	{ "dirsync", .set = MS_DIRSYNC },
	{ "exec", .clear = MS_NOEXEC },
	{ "idmap", .sw = SWITCH_IDMAP },
	{ "iversion", .set = MS_I_VERSION },
	{ "lazytime", .set = MS_LAZYTIME },
	{ "loud", .clear = MS_SILENT },
	{ "mand", .set = MS_MANDLOCK },
	{ "noacl", .sw = SWITCH_DATA },
	{ "noatime", .set = MS_NOATIME },
	{ "nodev", .set = MS_NODEV },
	{ "nodiratime", .set = MS_NODIRATIME },
	{ "noexec", .set = MS_NOEXEC },
	{ "noiversion", .clear = MS_I_VERSION },
	{ "nolazytime", .clear = MS_LAZYTIME },
	{ "nomand", .clear = MS_MANDLOCK },
	{ "norelatime", .clear = MS_RELATIME },
	{ "nostrictatime", .clear = MS_STRICTATIME },
	{ "nosuid", .set = MS_NOSUID },
	{ "nosymfollow", .set = MS_NOSYMFOLLOW },
	{ "private", .propagation = MS_PRIVATE },
	{ "rasync", .clear = MS_SYNCHRONOUS },
	{ "ratime", .rec_clear = MOUNT_ATTR__ATIME },
	{ "rbind", .sw = SWITCH_RBIND },
	{ "rdev", .rec_clear = MOUNT_ATTR_NODEV },
	{ "rdiratime", .rec_clear = MOUNT_ATTR_NODIRATIME },
	{ "rdirsync", .set = MS_DIRSYNC },
	{ "relatime", .set = MS_RELATIME },
	{ "remount", .sw = SWITCH_REMOUNT },
	{ "rexec", .rec_clear = MOUNT_ATTR_NOEXEC },
	{ "ridmap", .sw = SWITCH_RIDMAP },
	{ "rmand", .set = MS_MANDLOCK },
	{ "rnoatime", .rec_set = MOUNT_ATTR_NOATIME, .rec_clear = MOUNT_ATTR__ATIME },
	{ "rnodev", .rec_set = MOUNT_ATTR_NODEV },
	{ "rnodiratime", .rec_set = MOUNT_ATTR_NODIRATIME },
	{ "rnoexec", .rec_set = MOUNT_ATTR_NOEXEC },
	{ "rnomand", .clear = MS_MANDLOCK },
	{ "rnorelatime" },
	{ "rnostrictatime", .rec_clear = MOUNT_ATTR__ATIME },
	{ "rnosuid", .rec_set = MOUNT_ATTR_NOSUID },
	{ "rnosymfollow", .rec_set = MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro", .set = MS_RDONLY },
	{ "rprivate", .propagation = MS_PRIVATE | MS_REC },
	{ "rrelatime", .rec_set = MOUNT_ATTR_RELATIME, .rec_clear = MOUNT_ATTR__ATIME },
	{ "rro", .rec_set = MOUNT_ATTR_RDONLY },
	{ "rrw", .rec_clear = MOUNT_ATTR_RDONLY },
	{ "rshared", .propagation = MS_SHARED | MS_REC },
	{ "rslave", .propagation = MS_SLAVE | MS_REC },
	{ "rstrictatime", .rec_set = MOUNT_ATTR_STRICTATIME, .rec_clear = MOUNT_ATTR__ATIME },
	{ "rsuid", .rec_clear = MOUNT_ATTR_NOSUID },
	{ "rsymfollow", .rec_clear = MOUNT_ATTR_NOSYMFOLLOW },
	{ "rsync", .set = MS_SYNCHRONOUS },
	{ "runbindable", .propagation = MS_UNBINDABLE | MS_REC },
	{ "rw", .clear = MS_RDONLY },
	{ "shared", .propagation = MS_SHARED },
	{ "silent", .set = MS_SILENT },
	{ "slave", .propagation = MS_SLAVE },
	{ "src-nofollow", .sw = SWITCH_SRC_NOFOLLOW },
	{ "strictatime", .set = MS_STRICTATIME },
	{ "suid", .clear = MS_NOSUID },
	{ "symfollow", .clear = MS_NOSYMFOLLOW },
	{ "sync", .set = MS_SYNCHRONOUS },
	{ "tmpcopyup", .sw = SWITCH_TMPCOPYUP },
	{ "unbindable", .propagation = MS_UNBINDABLE },
};

static int compare_word(const void *key, const void *row)
{
	return strcmp(key, ((const struct option_word *)row)->word);
}

static const struct option_word *find_word(const char *word)
{
	return bsearch(word, table, ARRAY_SIZE(table), sizeof(table[0]), compare_word);
}

bool mount_option_known(const char *word)
{
	return find_word(word) != NULL;
}

const char *const *mount_option_names(void)
{
	static const char *names[ARRAY_SIZE(table) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		names[i] = table[i].word;
	return names;
}

static void apply_switch(enum switch_word sw, struct mount_options *o)
{
	switch (sw) {
	case SWITCH_NONE:
	case SWITCH_DATA:
		break;
	case SWITCH_BIND:
		o->bind = true;
		break;
	case SWITCH_RBIND:
		o->bind = o->rbind = true;
		break;
	case SWITCH_REMOUNT:
		o->remount = true;
		break;
	case SWITCH_TMPCOPYUP:
		o->tmpcopyup = true;
		break;
	case SWITCH_IDMAP:
		o->idmap = true;
		break;
	case SWITCH_RIDMAP:
		o->idmap = o->ridmap = true;
		break;
	case SWITCH_COPY_SYMLINK:
		o->copy_symlink = true;
		break;
	case SWITCH_DEST_NOFOLLOW:
		o->dest_nofollow = true;
		break;
	case SWITCH_SRC_NOFOLLOW:
		o->src_nofollow = true;
		break;
	}
}

/* Of words that contradict each other the last one counts. */
static void apply_word(const struct option_word *w, struct mount_options *o)
{
	unsigned long touched = w->set | w->clear;
	uint64_t rec_touched = w->rec_set | w->rec_clear;

	if ((w->set & ATIME_MS) != 0)
		touched |= ATIME_MS;
	o->set = (o->set & ~touched) | w->set;
	o->clear = (o->clear & ~touched) | w->clear;
	o->rec_set = (o->rec_set & ~rec_touched) | w->rec_set;
	o->rec_clear = (o->rec_clear & ~rec_touched) | w->rec_clear;
	if (w->propagation != 0)
		o->propagation = w->propagation;
	apply_switch(w->sw, o);
}

int mount_options_parse(char *const *options, struct mount_options *ret, struct error *err)
{
	struct mount_options o = { 0 };

	STRV_FOREACH (word, options) {
		const struct option_word *w = find_word(*word);

		if (**word == '\0') {
			mount_options_done(&o);
			return error_set(err, ERROR_INVALID, "mount option is empty");
		}
		if (w != NULL && w->sw != SWITCH_DATA)
			apply_word(w, &o);
		else
			strv_add(&o.data, *word);
	}
	*ret = o;
	return 0;
}

void mount_options_done(struct mount_options *o)
{
	if (o == NULL)
		return;
	strv_free(o->data);
	*o = (struct mount_options){ 0 };
}
