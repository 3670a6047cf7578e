/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mount.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/mount_options.h"
#include "harness/test.h"

#define OPTIONS(...) ((char *[]){ __VA_ARGS__, NULL })

static struct mount_options parse(char *const *words)
{
	struct mount_options o = { 0 };
	struct error err = ERROR_INIT;

	if (mount_options_parse(words, &o, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return o;
}

TEST(table_is_sorted_and_each_word_is_found)
{
	const char *const *names = mount_option_names();

	CHECK(names[0] != NULL);
	for (size_t i = 0; names[i] != NULL; i++) {
		CHECK(mount_option_known(names[i]));
		if (i > 0)
			CHECK(strcmp(names[i - 1], names[i]) < 0);
	}
	CHECK(!mount_option_known("size=1k") && !mount_option_known("") &&
	      !mount_option_known("RO"));
}

/* runtime-spec 1.2 config-linux.md, table of mount options: MUST and SHOULD rows. */
TEST(words_of_the_specification)
{
	static const char *const words[] = {
		"async",
		"atime",
		"bind",
		"defaults",
		"dev",
		"diratime",
		"dirsync",
		"exec",
		"iversion",
		"lazytime",
		"loud",
		"noatime",
		"nodev",
		"nodiratime",
		"noexec",
		"noiversion",
		"nolazytime",
		"norelatime",
		"nostrictatime",
		"nosuid",
		"private",
		"rbind",
		"relatime",
		"remount",
		"ro",
		"rprivate",
		"rshared",
		"rslave",
		"runbindable",
		"rw",
		"shared",
		"silent",
		"slave",
		"strictatime",
		"suid",
		"sync",
		"unbindable",
		"nosymfollow",
		"ratime",
		"rdev",
		"rdiratime",
		"rexec",
		"rnoatime",
		"rnodiratime",
		"rnoexec",
		"rnorelatime",
		"rnostrictatime",
		"rnosuid",
		"rnosymfollow",
		"rrelatime",
		"rro",
		"rrw",
		"rstrictatime",
		"rsuid",
		"rsymfollow",
		"symfollow",
		"idmap",
		"ridmap",
		"mand",
		"nomand",
		"tmpcopyup",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!mount_option_known(words[i]))
			test_fail(__FILE__, __LINE__, "'%s' is not known", words[i]);
	}
}

TEST(flags_propagation_and_data)
{
	struct mount_options o = parse(OPTIONS("rbind", "ro", "nosuid", "rslave", "size=64k",
					       "mode=755", "tmpcopyup", "unknown"));

	CHECK(o.bind && o.rbind && o.tmpcopyup && !o.remount);
	CHECK_INT(o.set, MS_RDONLY | MS_NOSUID);
	CHECK_INT(o.clear, 0);
	CHECK_INT(o.propagation, MS_SLAVE | MS_REC);
	CHECK_INT(strv_len(o.data), 3);
	CHECK_STR(o.data[0], "size=64k");
	CHECK_STR(o.data[2], "unknown");
	mount_options_done(&o);
	mount_options_done(&o);
	mount_options_done(NULL);
}

TEST(last_of_contradicting_words_counts)
{
	struct mount_options o = parse(OPTIONS("ro", "rw", "nodev", "dev", "exec", "noexec"));

	CHECK_INT(o.set, MS_NOEXEC);
	CHECK_INT(o.clear, MS_RDONLY | MS_NODEV);
	o = parse(OPTIONS("noatime", "strictatime"));
	CHECK_INT(o.set, MS_STRICTATIME);
	o = parse(OPTIONS("shared", "rprivate"));
	CHECK_INT(o.propagation, MS_PRIVATE | MS_REC);
	o = parse(OPTIONS("rro", "rrw"));
	CHECK_INT(o.rec_set, 0);
	CHECK_INT(o.rec_clear, MOUNT_ATTR_RDONLY);
	o = parse(OPTIONS("rnoatime", "rstrictatime"));
	CHECK_INT(o.rec_set, MOUNT_ATTR_STRICTATIME);
	CHECK_INT(o.rec_clear, MOUNT_ATTR__ATIME);
	o = parse(OPTIONS("rnoatime", "ratime"));
	CHECK_INT(o.rec_set, 0);
	CHECK_INT(o.rec_clear, MOUNT_ATTR__ATIME);
}

TEST(empty)
{
	struct mount_options o = { .bind = true };
	struct error err = ERROR_INIT;

	CHECK_FAILS(mount_options_parse(OPTIONS("ro", "data", ""), &o, &err), err, ERROR_INVALID,
		    "empty");
	CHECK(o.bind);
	o = parse(NULL);
	CHECK(o.set == 0 && o.data == NULL && !o.bind);
}
