/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "harness/test.h"
#include "runtime/commands/options.h"

struct flags {
	bool all, detach;
	const char *bundle;
	char **env;
	unsigned fds;
};

static const struct option_row rows[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct flags, all), NULL, "" },
	{ "detach", 'd', OPTION_FLAG, offsetof(struct flags, detach), NULL, "" },
	{ "bundle", 'b', OPTION_STRING, offsetof(struct flags, bundle), "DIR", "the bundle" },
	{ "env", 'e', OPTION_LIST, offsetof(struct flags, env), "N=V", "" },
	{ "preserve-fds", 0, OPTION_UINT, offsetof(struct flags, fds), "N", "" },
};

static int parse(char **argv, bool intersperse, struct flags *f, int *first, struct error *err)
{
	return runtime_options_parse(rows, ARRAY_SIZE(rows), (int)strv_len(argv), argv, intersperse,
				     f, first, err);
}

TEST(all_spellings)
{
	char *argv[] = { "x",	      "--bundle",	 "B",  "-ad", "-eA=1",
			 "--env=C=2", "-preserve-fds=3", "id", NULL };
	struct flags f = { 0 };
	struct error err = ERROR_INIT;
	int first = 0;

	CHECK_OK(parse(argv, true, &f, &first, &err), err);
	CHECK(f.all && f.detach);
	CHECK_STR(f.bundle, "B");
	CHECK_INT(strv_len(f.env), 2);
	CHECK_STR(f.env[0], "A=1");
	CHECK_STR(f.env[1], "C=2");
	CHECK_INT(f.fds, 3);
	CHECK_INT(first, 7);
	CHECK_STR(argv[first], "id");
	strv_free(f.env);
}

TEST(arguments_keep_their_order)
{
	char *argv[] = { "x", "id", "-a", "KILL", "--", "-b", NULL };
	struct flags f = { 0 };
	struct error err = ERROR_INIT;
	int first = 0;

	CHECK_OK(parse(argv, true, &f, &first, &err), err);
	CHECK(f.all);
	CHECK_INT(first, 3);
	CHECK_STR(argv[3], "id");
	CHECK_STR(argv[4], "KILL");
	CHECK_STR(argv[5], "-b");
}

TEST(first_argument_ends_options_of_exec)
{
	char *argv[] = { "exec", "-d", "id", "ls", "-a", NULL };
	struct flags f = { 0 };
	struct error err = ERROR_INIT;
	int first = 0;

	CHECK_OK(parse(argv, false, &f, &first, &err), err);
	CHECK(f.detach && !f.all);
	CHECK_INT(first, 2);
	CHECK_STR(argv[4], "-a");
}

TEST(errors_name_the_option)
{
	char *unknown[] = { "x", "--nope", NULL };
	char *letter[] = { "x", "-az", NULL };
	char *missing[] = { "x", "-b", NULL };
	char *number[] = { "x", "--preserve-fds", "-1", NULL };
	char *flag[] = { "x", "--all=maybe", NULL };
	char *help[] = { "x", "-h", NULL };
	struct flags f = { 0 };
	struct error err = ERROR_INIT;
	int first;

	CHECK_FAILS(parse(unknown, true, &f, &first, &err), err, ERROR_INVALID, "--nope");
	CHECK_FAILS(parse(letter, true, &f, &first, &err), err, ERROR_INVALID, "-z");
	CHECK_FAILS(parse(missing, true, &f, &first, &err), err, ERROR_INVALID, "--bundle");
	CHECK_FAILS(parse(number, true, &f, &first, &err), err, ERROR_INVALID, "preserve-fds");
	CHECK_FAILS(parse(flag, true, &f, &first, &err), err, ERROR_INVALID, "maybe");
	CHECK_FAILS(parse(help, true, &f, &first, &err), err, ERROR_CANCELED, "");
}

TEST(false_switches_a_flag_off)
{
	char *argv[] = { "x", "--all", "--all=false", NULL };
	struct flags f = { 0 };
	struct error err = ERROR_INIT;
	int first;

	CHECK_OK(parse(argv, true, &f, &first, &err), err);
	CHECK(!f.all);
}
