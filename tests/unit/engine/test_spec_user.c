/* SPDX-License-Identifier: Apache-2.0 */
/* Every form of a user string (CVE-2016-3697, 2024-40635, 2026-46680, 2026-30892). */
#include "base/str.h"
#include "base/strv.h"
#include "engine/spec/spec.h"
#include "harness/test.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "1000:x:0:0:looks like an id:/evil:/bin/sh\n"
			     "user:x:1000:1001:User:/home/user:/bin/sh\n"
			     "web:x:33:33::/var/www:/bin/sh\n"
			     "negative:x:-1:0::/:/\n"
			     "plus:x:+0:0::/:/\n"
			     "word:x:zero:0::/:/\n"
			     "empty:x::::/:/\n"
			     "huge:x:4294967296:0::/:/\n"
			     "upper:x:2147483648:0::/:/\n"
			     "short:x:5:5\n"
			     "relative:x:60:60::home:/\n"
			     "control:x:61:61::/home\r/x:/\n"
			     "dup:x:70:70::/first:/\n"
			     "dup:x:71:71::/second:/\n"
			     "last:x:99:99::/last:/bin/sh";
static const char group[] = "root:x:0:\n"
			    "44:x:0:\n"
			    "users:x:1001:\n"
			    "audio:x:63:user,web\n"
			    "disk:x:64:user\n"
			    "www:x:33:\n"
			    "bad:x:-5:user\n"
			    "huge:x:4294967296:user\n"
			    "short:x\n";

struct row {
	const char *user;
	uint32_t uid, gid;
	const char *home;   /* NULL: none */
	const char *groups; /* sorted as they come */
};

static char *group_list(const struct spec_user *u)
{
	scoped_strv char **words = NULL;

	for (size_t i = 0; i < u->n_groups; i++)
		strv_addf(&words, "%u", u->groups[i]);
	return strv_join(words, " ");
}

TEST(forms_that_name_somebody)
{
	static const struct row rows[] = {
		{ "", 0, 0, "/root", "0" },
		{ NULL, 0, 0, "/root", "0" },
		{ "root", 0, 0, "/root", "0" },
		{ "0", 0, 0, "/root", "0" },
		{ "0:0", 0, 0, "/root", "0" },
		{ "root:root", 0, 0, "/root", "0" },
		{ "user", 1000, 1001, "/home/user", "63 64 1001" },
		/* the row named 1000 is root: digits are an id */
		{ "1000", 1000, 1001, "/home/user", "63 64 1001" },
		{ "1000:1000", 1000, 1000, "/home/user", "1000" },
		{ "user:www", 1000, 33, "/home/user", "33" },
		{ "user:33", 1000, 33, "/home/user", "33" },
		/* the group named 44 is root's: digits are an id */
		{ "user:44", 1000, 44, "/home/user", "44" },
		{ "1:1", 1, 1, NULL, "1" },
		{ "1", 1, 0, NULL, "0" },
		{ "12345", 12345, 0, NULL, "0" },
		{ "12345:www", 12345, 33, NULL, "33" },
		{ "65534:65534", 65534, 65534, NULL, "65534" },
		{ "2147483647", 2147483647, 0, NULL, "0" },
		{ "web", 33, 33, "/var/www", "63 33" },
		{ "dup", 70, 70, "/first", "70" },
		{ "last", 99, 99, "/last", "99" },
		{ "relative", 60, 60, NULL, "60" },
		{ "control", 61, 61, NULL, "61" },
		{ ":www", 0, 33, "/root", "33" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec_user u = { 0 };
		struct error err = ERROR_INIT;
		scoped_free char *groups = NULL;

		if (spec_user_lookup(passwd, group, rows[i].user, NULL, &u, &err) < 0) {
			test_fail(__FILE__, __LINE__, "'%s': %s", rows[i].user, err.msg);
			continue;
		}
		groups = group_list(&u);
		if (u.uid != rows[i].uid || u.gid != rows[i].gid ||
		    !streq_opt(u.home, rows[i].home) || !streq(groups, rows[i].groups))
			test_fail(__FILE__, __LINE__, "'%s': %u:%u home %s groups %s", rows[i].user,
				  u.uid, u.gid, u.home ? u.home : "-", groups);
		spec_user_done(&u);
	}
}

TEST(forms_that_are_refused)
{
	static const char *const bad[] = {
		"nobody",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1.0",
		"1e3",
		"0x0",
		"0b0",
		"2147483648",
		"4294967295",
		"4294967296",
		"18446744073709551616",
		"99999999999999999999999999999999",
		"user:",
		":",
		"a:b:c",
		"user:nogroup",
		"0:-1",
		"0:2147483648",
		"0:4294967296",
		"user\n",
		"root\n0",
		"\t0",
		"user\x7f",
		"negative",
		"plus",
		"word",
		"empty",
		"huge",
		"upper",
		"short",
		"0:bad",
		"0:huge",
		"0:short",

		"user:0x0",
		"\xd9\xa1",
		"root ",
		"ROOT",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spec_user u = { .uid = 7, .gid = 7 };
		struct error err = ERROR_INIT;

		if (spec_user_lookup(passwd, group, bad[i], NULL, &u, &err) >= 0) {
			test_fail(__FILE__, __LINE__, "'%s' became %u:%u", bad[i], u.uid, u.gid);
			spec_user_done(&u);
			continue;
		}
		CHECK_INT(err.kind, ERROR_INVALID);
		/* outputs untouched */
		CHECK(u.uid == 7 && u.gid == 7 && !u.home);
	}
}

/* Leading zeros are digits still: an id, and never another one than the number says. */
TEST(leading_zeros)
{
	struct spec_user u = { 0 };
	struct error err = ERROR_INIT;

	if (spec_user_lookup(passwd, group, "01000", NULL, &u, &err) >= 0)
		CHECK_INT(u.uid, 1000);
	spec_user_done(&u);
}

TEST(without_files_numbers_work_and_names_do_not)
{
	struct spec_user u = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(spec_user_lookup(NULL, NULL, "", NULL, &u, &err), err);
	CHECK(u.uid == 0 && u.gid == 0 && !u.in_passwd);
	spec_user_done(&u);
	CHECK_OK(spec_user_lookup(NULL, NULL, "5:6", NULL, &u, &err), err);
	CHECK(u.uid == 5 && u.gid == 6);
	spec_user_done(&u);
	CHECK_FAILS(spec_user_lookup(NULL, NULL, "root", NULL, &u, &err), err, ERROR_INVALID,
		    "unable to find user root");
	CHECK_FAILS(spec_user_lookup(NULL, NULL, "0:root", NULL, &u, &err), err, ERROR_INVALID,
		    "unable to find group root");
}

TEST(group_add)
{
	char *add[] = { (char *)"audio", (char *)"12", (char *)"44", (char *)"audio", NULL };
	char *bad[] = { (char *)"nogroup", NULL };
	struct spec_user u = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *groups = NULL;

	CHECK_OK(spec_user_lookup(passwd, group, "1:1", add, &u, &err), err);
	groups = group_list(&u);
	spec_user_done(&u);
	CHECK_STR(groups, "63 12 44 1");
	CHECK_FAILS(spec_user_lookup(passwd, group, "1:1", bad, &u, &err), err, ERROR_INVALID,
		    "unable to find group nogroup");
}

TEST(a_huge_group_file_is_bounded)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	struct spec_user u = { 0 };
	struct error err = ERROR_INIT;

	for (int i = 0; i < 70000 / 35; i++)
		for (int k = 0; k < 35; k++)
			buf_addf(&text, "g%d:x:%d:user\n", i * 35 + k, 5000 + i);
	CHECK_OK(spec_user_lookup(passwd, buf_str(&text), "user", NULL, &u, &err), err);
	CHECK_INT(u.n_groups, 2001);
	spec_user_done(&u);
}
