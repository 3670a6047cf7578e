/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/options.h"
#include "harness/test.h"

struct target {
	bool detach, interactive, tty, rm;
	struct opt_bool sig_proxy;
	char *name;
	char **env, **caps;
	struct opt_i64 quota, memory;
	struct opt_u64 shares;
	struct opt_u32 time;
	double cpus;
	char *called;
};

static int call(void *target, const char *value, struct error *err)
{
	struct target *t = target;

	if (streq(value, "bad"))
		return error_set(err, ERROR_INVALID, "never");
	free(t->called);
	t->called = xstrdup(value);
	return 0;
}

#define AT(m) .offset = offsetof(struct target, m)
static const struct option rows[] = {
	{ .name = "detach", .letter = 'd', .kind = OPTION_BOOL, AT(detach), .help = "Detach" },
	{ .name = "interactive",
	  .letter = 'i',
	  .kind = OPTION_BOOL,
	  AT(interactive),
	  .help = "Stdin" },
	{ .name = "tty", .letter = 't', .kind = OPTION_BOOL, AT(tty), .help = "Terminal" },
	{ .name = "rm", .kind = OPTION_BOOL, AT(rm), .help = "Remove" },
	{ .name = "sig-proxy", .kind = OPTION_TRISTATE, AT(sig_proxy), .help = "Proxy" },
	{ .name = "name", .arg = "NAME", .kind = OPTION_STR, AT(name), .help = "Name" },
	{ .name = "env",
	  .letter = 'e',
	  .arg = "NAME=VALUE",
	  .kind = OPTION_STRV,
	  AT(env),
	  .help = "Variable" },
	{ .name = "cap-add", .arg = "CAP", .kind = OPTION_LIST, AT(caps), .help = "Capability" },
	{ .name = "cpu-quota", .arg = "N", .kind = OPTION_I64, AT(quota), .help = "Quota" },
	{ .name = "cpu-shares",
	  .letter = 'c',
	  .arg = "N",
	  .kind = OPTION_U64,
	  AT(shares),
	  .help = "Weight" },
	{ .name = "time", .arg = "N", .kind = OPTION_U32, AT(time), .help = "Seconds" },
	{ .name = "memory",
	  .letter = 'm',
	  .arg = "SIZE",
	  .kind = OPTION_BYTES,
	  AT(memory),
	  .help = "Memory" },
	{ .name = "cpus", .arg = "N", .kind = OPTION_DOUBLE, AT(cpus), .help = "CPUs" },
	{ .name = "call", .arg = "X", .kind = OPTION_CALL, .parse = call, .help = "Call" },
	{ .name = "old", .arg = "X", .kind = OPTION_STR, .flags = OPTION_IGNORED, .help = "Old" },
	{ .name = "nam",
	  .arg = "X",
	  .kind = OPTION_STR,
	  AT(name),
	  .help = "",
	  .flags = OPTION_ALIAS },
};

static const char *const unsupported[] = { "userns", "pod", NULL };

static void target_done(struct target *t)
{
	free(t->name);
	free(t->called);
	strv_free(t->env);
	strv_free(t->caps);
}
DEFINE_SCOPED_STRUCT(struct target, target_done)

struct outcome {
	int r;
	bool help;
	char *words; /* joined by '|' */
	struct error err;
};
static void outcome_done(struct outcome *o)
{
	free(o->words);
}
DEFINE_SCOPED_STRUCT(struct outcome, outcome_done)

/* line is split at blanks. */
static void parse(struct target *t, const char *line, bool no_intersperse, struct outcome *o)
{
	struct option_group group = { rows, sizeof(rows) / sizeof(*rows), t };
	struct option_parse p = { .groups = &group,
				  .n_groups = 1,
				  .no_intersperse = no_intersperse,
				  .unsupported = unsupported,
				  .command = "run" };
	scoped_strv char **argv = strv_split(line, " ", false);
	scoped_free char **words = NULL;

	*o = (struct outcome){ .err = ERROR_INIT };
	o->r = options_parse(&p, (int)strv_len(argv), argv, &words, &o->help, &o->err);
	if (o->r >= 0)
		o->words = strv_join(words, "|");
}

#define PARSE(line)                                                    \
	scoped(target_done) struct target t = { 0 };                   \
	scoped(outcome_done) struct outcome o = { .err = ERROR_INIT }; \
	parse(&t, (line), true, &o)

TEST(switches_in_a_cluster)
{
	PARSE("-dit image cmd -x --name y");

	CHECK_OK(o.r, o.err);
	CHECK(t.detach && t.interactive && t.tty && !t.rm);
	CHECK_STR(o.words, "image|cmd|-x|--name|y");
}

TEST(last_letter_of_a_cluster_takes_the_value)
{
	PARSE("-ite A=1 -eB=2 -e=C=3 -m64m -c=7 i");

	CHECK_OK(o.r, o.err);
	CHECK_INT(strv_len(t.env), 3);
	CHECK_STR(t.env[0], "A=1");
	CHECK_STR(t.env[1], "B=2");
	CHECK_STR(t.env[2], "C=3");
	CHECK_INT(t.memory.value, 64 << 20);
	CHECK_INT(t.shares.value, 7);
	CHECK_STR(o.words, "i");
}

TEST(long_names_with_and_without_equals)
{
	PARSE("--name=a --name b --env X=1 --env=Y= --sig-proxy=false --detach=true --tty=0 i");

	CHECK_OK(o.r, o.err);
	CHECK_STR(t.name, "b");
	CHECK_STR(t.env[1], "Y=");
	CHECK(t.sig_proxy.set && !t.sig_proxy.value);
	CHECK(t.detach && !t.tty);
}

TEST(a_switch_takes_no_separate_value)
{
	PARSE("--rm false");

	CHECK_OK(o.r, o.err);
	CHECK(t.rm);
	CHECK_STR(o.words, "false");
}

TEST(letter_with_equals)
{
	PARSE("-d=false -i=true x");

	CHECK_OK(o.r, o.err);
	CHECK(!t.detach && t.interactive);
}

TEST(lists_split_at_commas_and_add_up)
{
	PARSE("--cap-add NET_RAW,SYS_TIME --cap-add CHOWN x");

	CHECK_OK(o.r, o.err);
	CHECK_INT(strv_len(t.caps), 3);
	CHECK_STR(t.caps[2], "CHOWN");
}

TEST(double_dash_ends_options)
{
	PARSE("-d -- -i x");

	CHECK_OK(o.r, o.err);
	CHECK(t.detach && !t.interactive);
	CHECK_STR(o.words, "-i|x");
}

TEST(a_single_dash_is_a_word)
{
	PARSE("-d - x");

	CHECK_OK(o.r, o.err);
	CHECK_STR(o.words, "-|x");
}

TEST(interspersed_options)
{
	scoped(target_done) struct target t = { 0 };
	scoped(outcome_done) struct outcome o = { .err = ERROR_INIT };

	parse(&t, "a --rm b -d", false, &o);
	CHECK_OK(o.r, o.err);
	CHECK(t.rm && t.detach);
	CHECK_STR(o.words, "a|b");
}

TEST(numbers)
{
	PARSE("--cpu-quota -1 --cpu-shares 0 --time 4294967295 --memory 1.5g --cpus 0.5 x");

	CHECK_OK(o.r, o.err);
	CHECK(t.quota.set && t.shares.set && t.time.set);
	CHECK_INT(t.quota.value, -1);
	CHECK_INT(t.time.value, 4294967295LL);
	CHECK_INT(t.memory.value, 3LL << 29);
	CHECK(t.cpus > 0.49 && t.cpus < 0.51);
}

TEST(callback_and_ignored)
{
	PARSE("--old whatever --call yes x");

	CHECK_OK(o.r, o.err);
	CHECK_STR(t.called, "yes");
	CHECK(t.name == NULL);
	CHECK_STR(o.words, "x");
}

TEST(help_is_seen_in_both_spellings)
{
	const char *lines[] = { "--help", "-h", "-dh", "--name x --help" };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		PARSE(lines[i]);
		CHECK_OK(o.r, o.err);
		CHECK(o.help);
	}
	PARSE("image --help");
	CHECK(!o.help);
	CHECK_STR(o.words, "image|--help");
}

TEST(what_is_refused_and_how)
{
	static const struct {
		const char *line;
		enum error_kind kind;
		const char *message;
	} bad[] = {
		{ "--frob x", ERROR_INVALID, "unknown flag: --frob" },
		{ "--frob=1", ERROR_INVALID, "unknown flag: --frob" },
		{ "--detahc x", ERROR_INVALID, "unknown flag: --detahc (did you mean --detach?)" },
		{ "--userns=auto x", ERROR_UNSUPPORTED,
		  "flag '--userns' of 'run' is not supported yet" },
		{ "--pod x", ERROR_UNSUPPORTED, "flag '--pod' of 'run' is not supported yet" },
		{ "-x", ERROR_INVALID, "unknown shorthand flag: 'x' in -x" },
		{ "-dix y", ERROR_INVALID, "unknown shorthand flag: 'x' in -dix" },
		{ "--name", ERROR_INVALID, "flag needs an argument: --name" },
		{ "-de", ERROR_INVALID, "flag needs an argument: 'e' in -de" },
		{ "--rm=maybe", ERROR_INVALID, "invalid argument \"maybe\" for \"--rm\" flag" },
		{ "-d=2 x", ERROR_INVALID, "invalid argument \"2\" for \"-d, --detach\" flag" },
		{ "--cpu-quota 1x", ERROR_INVALID, "invalid argument \"1x\"" },
		{ "--cpu-shares -1", ERROR_INVALID, "invalid argument \"-1\"" },
		{ "--cpu-shares 18446744073709551616", ERROR_INVALID, "18446744073709551616" },
		{ "--time 4294967296", ERROR_INVALID, "4294967296" },
		{ "-m 12q", ERROR_INVALID, "invalid argument \"12q\" for \"-m, --memory\" flag" },
		{ "-m 99999999999g", ERROR_INVALID, "99999999999g" },
		{ "--cpus fast", ERROR_INVALID, "invalid argument \"fast\" for \"--cpus\" flag" },
		{ "--cpus nan", ERROR_INVALID, "nan" },
		{ "--call bad", ERROR_INVALID,
		  "invalid argument \"bad\" for \"--call\" flag: never" },
		{ "--=x", ERROR_INVALID, "unknown flag: --" },
		{ "---name x", ERROR_INVALID, "unknown flag: ---name" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		PARSE(bad[i].line);
		CHECK_FAILS(o.r, o.err, bad[i].kind, bad[i].message);
	}
}

TEST(help_text_has_each_visible_row_once)
{
	struct option_group group = { rows, sizeof(rows) / sizeof(*rows), NULL };
	scoped(buf_done) struct buf out = BUF_INIT;
	const char *text;

	options_help(&group, 1, &out);
	text = buf_str(&out);
	CHECK(strstr(text, "  -d, --detach ") != NULL);
	CHECK(strstr(text, "      --name NAME ") != NULL);
	CHECK(strstr(text, "  -m, --memory SIZE ") != NULL);
	CHECK(strstr(text, "--nam ") == NULL);
	/* sorted by name */
	CHECK(strstr(text, "--call") < strstr(text, "--cap-add"));
	CHECK(strstr(text, "--rm") < strstr(text, "--sig-proxy"));
}

TEST(pairs_fill_a_map)
{
	char *good[] = { (char *)"a=1", (char *)"b", (char *)"a=x=y", NULL };
	char *bad[] = { (char *)"a=1", (char *)"=2", NULL };
	struct strmap m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(options_pairs("label", good, &m, &err), err);
	CHECK_STR(strmap_get(&m, "a"), "x=y");
	CHECK_STR(strmap_get(&m, "b"), "");
	CHECK_FAILS(options_pairs("label", bad, &m, &err), err, ERROR_INVALID,
		    "'=2' of --label has no key");
	strmap_done(&m);
}
