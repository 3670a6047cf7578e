/* SPDX-License-Identifier: Apache-2.0 */
#include "base/toml.h"

#include "base/str.h"
#include "harness/test.h"

static void gives(const char *text, const char *want)
{
	scoped_json json_t *j = NULL;
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(toml_parse(text, strlen(text), "f.conf", &j, &err), err);
	json_text_dump(j, 0, &out);
	CHECK_STR(buf_str(&out), want);
}

static void refuse(const char *text, const char *message)
{
	struct error err = ERROR_INIT;
	json_t *j = NULL;

	CHECK_FAILS(toml_parse(text, strlen(text), "f.conf", &j, &err), err, ERROR_INVALID,
		    message);
	CHECK(j == NULL);
}

TEST(pairs_and_comments)
{
	gives("", "{}");
	gives("# only\n\n  \t\r\n", "{}");
	gives("a = 1 # x\r\nb=\"2\"", "{\"a\":1,\"b\":\"2\"}");
	gives("\"a b\" = 1\n'c.d' = 2\n1234 = 3\n\"\" = 4",
	      "{\"a b\":1,\"c.d\":2,\"1234\":3,\"\":4}");
	gives("a . b.\"c\" = true\na.d = false", "{\"a\":{\"b\":{\"c\":true},\"d\":false}}");
}

TEST(strings)
{
	gives("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001F600\"",
	      "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\xc3\xa9\xf0\x9f\x98\x80\"}");
	gives("a = 'C:\\x\"'", "{\"a\":\"C:\\\\x\\\"\"}");
	gives("a = \"\"\"\nx\ny\"\"\"", "{\"a\":\"x\\ny\"}");
	gives("a = \"\"\"x \\\n  \n  y\"\"\"", "{\"a\":\"x y\"}");
	gives("a = \"\"\"\"x\"\" \"\"\"\"\"", "{\"a\":\"\\\"x\\\"\\\" \\\"\\\"\"}");
	gives("a = '''\n\\n''x'''", "{\"a\":\"\\\\n''x\"}");
	gives("a = ''", "{\"a\":\"\"}");
	gives("a = ''''''", "{\"a\":\"\"}");
}

TEST(numbers)
{
	gives("a = [0, +1, -2, 1_000, 0xDEAD_beef, 0o17, 0b101, -0]",
	      "{\"a\":[0,1,-2,1000,3735928559,15,5,0]}");
	gives("a = [1.5, -0.25, 5e+2, 1e3, 6.5E-1, 1_0.0_1]",
	      "{\"a\":[1.5,-0.25,500,1000,0.65,10.01]}");
	gives("a = 9223372036854775807", "{\"a\":9223372036854775807}");
	gives("a = -9223372036854775808", "{\"a\":-9223372036854775808}");
}

TEST(dates_are_text)
{
	gives("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.5-07:00\nc = 1979-05-27\nd = "
	      "07:32:00.25",
	      "{\"a\":\"1979-05-27T07:32:00Z\",\"b\":\"1979-05-27 07:32:00.5-07:00\","
	      "\"c\":\"1979-05-27\",\"d\":\"07:32:00.25\"}");
	refuse("a = 1979-02-30", "f.conf:1: '1979-02-30' is neither");
	refuse("a = 25:00:00", "f.conf:1");
	refuse("a = 07:32:00Z", "f.conf:1");
}

TEST(arrays_and_inline_tables)
{
	gives("a = [ 1, # c\n 2,\n ]\nb = []\nc = [[1], ['x', {y=2}]]",
	      "{\"a\":[1,2],\"b\":[],\"c\":[[1],[\"x\",{\"y\":2}]]}");
	gives("a = { b = 1, c.d = [2], \"e\" = {} }",
	      "{\"a\":{\"b\":1,\"c\":{\"d\":[2]},\"e\":{}}}");
	refuse("a = [1 2]", "',' or ']' is missing");
	refuse("a = [,]", "a value is missing");
	refuse("a = {b=1,}", "a key is missing");
	refuse("a = {b=1\n}", "',' or '}' is missing");
	refuse("a = {b=1,b=2}", "key 'b' is defined already");
	refuse("a = [1", "f.conf:1");
}

TEST(tables)
{
	gives("[a]\nb=1\n[a.c]\nd=2\n[e]", "{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":{}}");
	/* The super-table may come later. */
	gives("[x.y.z]\n[x]\nw=1", "{\"x\":{\"y\":{\"z\":{}},\"w\":1}}");
	gives("[ a . 'b' ] # c\nd=1", "{\"a\":{\"b\":{\"d\":1}}}");
	gives("[[p]]\nn=1\n[p.q]\nr=2\n[[p.s]]\n[[p]]\nn=3\n[[p.s]]\nt=4",
	      "{\"p\":[{\"n\":1,\"q\":{\"r\":2},\"s\":[{}]},{\"n\":3,\"s\":[{\"t\":4}]}]}");
	gives("[fruit]\napple.color=1\n[fruit.apple.texture]\ns=true",
	      "{\"fruit\":{\"apple\":{\"color\":1,\"texture\":{\"s\":true}}}}");
}

TEST(nothing_is_defined_twice)
{
	refuse("a=1\na=2", "f.conf:2: key 'a' is defined already");
	refuse("[a]\n[b]\n[a]", "f.conf:3: table 'a' is defined already");
	refuse("a=1\n[a]", "f.conf:2: table 'a' is defined already");
	refuse("a=1\n[a.b]", "'a' is no table");
	refuse("a={b=1}\n[a.c]", "'a' is no table");
	refuse("a={b=1}\na.c=2", "key 'a' is defined already");
	refuse("a=[1]\n[[a]]", "'a' is defined already and is no array of tables");
	refuse("[[a]]\n[a]", "table 'a' is defined already");
	refuse("[a]\n[[a]]", "no array of tables");
	refuse("[a.b]\nc=1\n[a]\nb.d=2", "key 'b' is defined already");
	refuse("[f]\na.b=1\n[f.a]", "table 'a' is defined already");
	refuse("x={a={b=1}}\n[x.a.c]", "'x' is no table");
}

TEST(errors_name_the_line)
{
	refuse("a = 1\n\nb", "f.conf:3: '=' is missing behind key 'b'");
	refuse("a = \"x\ny\"", "f.conf:1: string without end");
	refuse("a = '''\n\n", "f.conf:3: string without end");
	refuse("a = 1 2", "unexpected text");
	refuse("a = 1\nb = \"\\q\"", "f.conf:2: unknown escape");
	refuse("a = \"\\ud800\"", "bad Unicode escape");
	refuse("a = \"\\u0000\"", "bad Unicode escape");
	refuse("a = \"\\u12\"", "bad Unicode escape");
	refuse("[a", "']' is missing");
	refuse("[[a]\n", "']' is missing");
	refuse("[]", "a key is missing");
	refuse("= 1", "a key is missing");
	refuse("a = ", "a value is missing");
	refuse("\"\"\"a\"\"\" = 1", "a key cannot be");
	refuse("a = \"\x01\"", "control character");
	refuse("# \x01", "control character");
	refuse("a = 1\rb = 2", "f.conf:1");
	refuse("a = \"\xff\"", "UTF-8");
}

TEST(bad_numbers)
{
	static const char *const bad[] = {
		"01",	 "1_",	 "_1",	"1__0", "0x",  "0xg",  "1.",   ".5",  "1.e2",
		"1e",	 "+0x1", "0X1", "inf",	"nan", "1_e5", "True", "--1", "9223372036854775808",
		"1e999", "1,5"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scoped_free char *text = xasprintf("a = %s", bad[i]);

		refuse(text, "f.conf:1: ");
	}
}

TEST(depth_is_bounded)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "a = ");
	for (int i = 0; i < 5000; i++)
		buf_addc(&b, '[');
	refuse(buf_str(&b), "nested deeper than 128");
	buf_truncate(&b, 0);
	for (int i = 0; i < 5000; i++)
		buf_adds(&b, "a.");
	refuse(buf_str(&b), "a key has more than 128 parts");
	buf_done(&b);
}
