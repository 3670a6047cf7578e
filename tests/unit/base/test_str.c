/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>

#include "base/strv.h"
#include "harness/test.h"

TEST(equality)
{
	CHECK(streq_opt(NULL, NULL) && !streq_opt(NULL, "") && streq_opt("a", "a"));
	CHECK(str_ieq("AbC1", "aBc1") && !str_ieq("a", "ab") && !str_ieq("[", "{"));
	CHECK(str_empty(NULL) && str_empty("") && !str_empty(" "));
}

TEST(prefix_and_suffix)
{
	CHECK_STR(str_skip_prefix("sha256:ab", "sha256:"), "ab");
	CHECK(str_skip_prefix("sha", "sha256:") == NULL);
	CHECK(str_has_suffix("a.tar", ".tar") && !str_has_suffix("tar", ".tar"));
}

TEST(trim_and_lower)
{
	char a[] = " \t a b \r\n", b[] = "   ", c[] = "";
	scoped_free char *low = str_lower("AbZ-\xc3\x84");

	CHECK_STR(str_trim(a), "a b");
	CHECK_STR(str_trim(b), "");
	CHECK_STR(str_trim(c), "");
	CHECK_STR(low, "abz-\xc3\x84");
}

TEST(sets)
{
	CHECK(str_only("abca", "abc") && str_only("", "abc") && !str_only("abd", "abc"));
	CHECK(str_printable("a \xc3\xa9") && !str_printable("a\n") && !str_printable("\x7f"));
	CHECK(str_is_hex("0af", 3) && !str_is_hex("0aF", 3) && !str_is_hex("0a", 3));
	CHECK(str_is_hex("a", 0) && !str_is_hex("", 0));
}

TEST(utf8_is_strict)
{
	CHECK(str_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	CHECK(str_utf8("", 0));
	CHECK(!str_utf8("a\0b", 3));
	CHECK(!str_utf8("\xc0\x80", 2));	 /* overlong NUL */
	CHECK(!str_utf8("\xe0\x80\xaf", 3));	 /* overlong */
	CHECK(!str_utf8("\xed\xa0\x80", 3));	 /* surrogate */
	CHECK(!str_utf8("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
	CHECK(!str_utf8("\xe2\x82", 2));	 /* cut */
	CHECK(!str_utf8("\x80", 1));
}

TEST(replace_all)
{
	scoped_free char *a = str_replace("aXbXX", "X", "--"), *b = str_replace("abc", "", "x"),
			 *c = str_replace("aaa", "aa", "b");

	CHECK_STR(a, "a--b----");
	CHECK_STR(b, "abc");
	CHECK_STR(c, "ba");
}

static void split(const char *line, const char *want)
{
	scoped_strv char **v = str_shell_split(line);
	scoped_free char *got = v != NULL ? strv_join(v, "|") : NULL;

	CHECK_STR(got, want);
}

TEST(shell_split)
{
	split("  a  b\tc ", "a|b|c");
	split("'a b' \"c d\"", "a b|c d");
	split("a'b'\"c\"d", "abcd");
	split("a\\ b \\'", "a b|'");
	split("\"a\\$b\\x\\\"\"", "a$b\\x\"");
	split("'a\\b'", "a\\b");
	split("'' \"\"", "|");
	split("", "");
	split("a 'b", NULL);
	split("a \"b", NULL);
	split("a\\", NULL);
}

TEST(shell_quote_round_trip)
{
	static const char text[] = "a 'b' \"$c\" \\ \n";
	scoped_free char *q = str_shell_quote(text);
	scoped_strv char **v = str_shell_split(q);

	CHECK_INT(strv_len(v), 1);
	CHECK_STR(v[0], text);
}

static void base64(const char *bytes, const char *want)
{
	scoped_free char *text = str_base64(bytes, strlen(bytes));
	scoped_free void *back = NULL;
	size_t len = 0;

	CHECK_STR(text, want);
	CHECK_INT(str_base64_decode(want, &back, &len), strlen(bytes));
	CHECK_INT(len, strlen(bytes));
	CHECK_STR((char *)back, bytes);
}

TEST(base64_vectors_of_rfc_4648)
{
	base64("", "");
	base64("f", "Zg==");
	base64("fo", "Zm8=");
	base64("foo", "Zm9v");
	base64("foob", "Zm9vYg==");
	base64("fooba", "Zm9vYmE=");
	base64("foobar", "Zm9vYmFy");
}

TEST(base64_refuses)
{
	static const char *const bad[] = { "Z",	   "Zg",   "Zg=",  "=Zg=",   "Zg==Zg==", "Zh==",
					   "Zm9=", "Z===", "====", "Zm9v\n", "Zm-v" };
	void *out = NULL;
	size_t len = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (str_base64_decode(bad[i], &out, &len) != -EINVAL)
			test_fail(__FILE__, __LINE__, "accepted '%s'", bad[i]);
	CHECK(out == NULL && len == 77);
}

TEST(hex)
{
	char out[9];

	str_hex("\x00\xff\x1a\x80", 4, out);
	CHECK_STR(out, "00ff1a80");
}

TEST(glob)
{
	CHECK(str_glob("*", "") && str_glob("*", "abc") && str_glob("a*c", "abbc"));
	CHECK(str_glob("a?c", "abc") && !str_glob("a?c", "ac"));
	CHECK(str_glob("[a-c]x", "bx") && !str_glob("[a-c]x", "dx"));
	CHECK(str_glob("[!a-c]x", "dx") && str_glob("[^a]", "b") && !str_glob("[!a]", "a"));
	CHECK(str_glob("[]]", "]") && str_glob("[a-]", "-") && str_glob("[", "["));
	CHECK(str_glob("\\*", "*") && !str_glob("\\*", "a"));
	CHECK(str_glob("*.tar.*", "a.tar.tar.gz") && !str_glob("*.tar", "a.tar.gz"));
	CHECK(!str_glob("", "a") && str_glob("", "") && !str_glob("a", ""));
}

TEST(glob_is_not_exponential)
{
	char text[2001];

	memset(text, 'a', 2000);
	text[2000] = '\0';
	CHECK(!str_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(distance)
{
	CHECK_INT(str_distance("", "abc"), 3);
	CHECK_INT(str_distance("kitten", "sitting"), 3);
	CHECK_INT(str_distance("run", "run"), 0);
	CHECK_INT(str_distance("flaw", "lawn"), 2);
}

TEST(table_find)
{
	static const char *const t[] = { "a", NULL, "c" };

	CHECK_INT(str_table_find(t, 3, "c"), 2);
	CHECK_INT(str_table_find(t, 3, "b"), -1);
}
