/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "engine/container/detach_keys.h"
#include "harness/test.h"

static struct detach_keys keys(const char *s)
{
	struct detach_keys k = { .n = 0 };
	struct error err = ERROR_INIT;

	if (detach_keys_parse(s, &k, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return k;
}

TEST(default_is_two_control_bytes)
{
	struct detach_keys k = keys(DETACH_KEYS_DEFAULT);

	CHECK_INT(k.n, 2);
	CHECK_INT(k.keys[0], 0x10);
	CHECK_INT(k.keys[1], 0x11);
}

TEST(words_that_parse)
{
	CHECK_INT(keys("").n, 0);
	CHECK_INT(keys("a").keys[0], 'a');
	CHECK_INT(keys("ctrl-@").keys[0], 0);
	CHECK_INT(keys("CTRL-A").keys[0], 1);
	CHECK_INT(keys("ctrl-[,x").keys[0], 0x1b);
	CHECK_INT(keys("ctrl-_").keys[0], 0x1f);
}

TEST(words_that_do_not)
{
	const char *bad[] = { "ctrl-",
			      "ctrl-1",
			      "ctrl-aa",
			      "abc",
			      "a,,b",
			      "ctrl_p",
			      "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error err = ERROR_INIT;
		struct detach_keys k;

		CHECK_FAILS(detach_keys_parse(bad[i], &k, &err), err, ERROR_INVALID, bad[i]);
	}
}

static void feed(struct detach_keys *k, const char *in, bool want_end, const char *want)
{
	char out[256];
	size_t len = 0;
	bool end = detach_keys_filter(k, in, strlen(in), out, &len);

	out[len] = '\0';
	CHECK_INT(end, want_end);
	CHECK_STR(out, want);
}

TEST(bytes_pass_and_a_partial_match_comes_late)
{
	struct detach_keys k = keys(DETACH_KEYS_DEFAULT);

	feed(&k, "abc", false, "abc");
	feed(&k, "x\x10", false, "x");
	feed(&k, "y", false, "\x10y");
	feed(&k, "\x10\x10", false, "\x10");
	feed(&k, "\x11tail", true, "");
}

TEST(split_over_reads)
{
	struct detach_keys k = keys("a,b,c");

	feed(&k, "1a", false, "1");
	feed(&k, "b", false, "");
	feed(&k, "ab", false, "ab");
	feed(&k, "c", true, "");
}

TEST(disabled_lets_all_pass)
{
	struct detach_keys k = keys("");

	feed(&k, "\x10\x11", false, "\x10\x11");
}
