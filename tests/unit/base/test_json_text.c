/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>

#include "base/str.h"
#include "harness/test.h"

static int parse(const char *text, json_t **ret, struct error *err)
{
	return json_text_parse(text, strlen(text), "t", ret, err);
}

/* text parses and prints as want. */
static void print(const char *text, const char *want)
{
	scoped_json json_t *j = NULL;
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(parse(text, &j, &err), err);
	json_text_dump(j, 0, &out);
	CHECK_STR(buf_str(&out), want);
}

static void refuse(const char *text, enum error_kind kind, const char *message)
{
	struct error err = ERROR_INIT;
	json_t *j = NULL;

	CHECK_FAILS(parse(text, &j, &err), err, kind, message);
	CHECK(j == NULL);
}

TEST(values_print_as_go_prints_them)
{
	print(" [ 1 , true,false , null ] ", "[1,true,false,null]");
	print("{\"b\":1,\"a\":{}}", "{\"b\":1,\"a\":{}}");
	print("\"<&>\\u00e9\\ud83d\\ude00\\u2028\"", "\"<&>\xc3\xa9\xf0\x9f\x98\x80\xe2\x80\xa8\"");
	print("[0.5,1.0,-0.0,0.1,1e300]", "[0.5,1,0,0.1,1e+300]");
	print("7", "7");
}

TEST(big_integers_survive)
{
	print("[18446744073709551615]", "[18446744073709551615]");
	print("{\"a\":9223372036854775808,\"b\":9223372036854775807}",
	      "{\"a\":9223372036854775808,\"b\":9223372036854775807}");
	print("[-9223372036854775808,10000000000000000000]",
	      "[-9223372036854775808,10000000000000000000]");
	/* In strings they are text. */
	print("[\"18446744073709551615\",18446744073709551614]",
	      "[\"18446744073709551615\",18446744073709551614]");
	refuse("[18446744073709551616]", ERROR_INVALID, "too big");
	refuse("[-9223372036854775809]", ERROR_INVALID, "too big");
	refuse("[018446744073709551615]", ERROR_INVALID, "line 1");
	refuse("{18446744073709551615:1}", ERROR_INVALID, "t: line 1");
	refuse("[1 18446744073709551615]", ERROR_INVALID, "t: line 1");
}

TEST(carried_numbers_cannot_be_forged)
{
	refuse("[\"\\u000018446744073709551615\"]", ERROR_INVALID, "NUL");
	refuse("[\"a\\u0000\"]", ERROR_INVALID, "t: line 1: NUL in a string");
	refuse("{\"\\u0000\":1}", ERROR_INVALID, "NUL");
	/* An escaped backslash before "u0000" is no escape. */
	print("[\"\\\\u0000\"]", "[\"\\\\u0000\"]");
}

TEST(one_strict_document)
{
	refuse("", ERROR_INVALID, "t");
	refuse("{\"a\":1,\"a\":2}", ERROR_INVALID, "duplicate");
	refuse("[1]x", ERROR_INVALID, "line 1");
	refuse("[1,]", ERROR_INVALID, "line 1");
	refuse("{\"a\":\n\n tru}", ERROR_INVALID, "t: line 3");
	refuse("[\"\xff\"]", ERROR_INVALID, "byte 0xff");
	refuse("[\"a\nb\"]", ERROR_INVALID, "t: line");
	refuse("\xef\xbb\xbf{}", ERROR_INVALID, "t");
	refuse("[1e999]", ERROR_INVALID, "overflow");
}

TEST(depth_is_bounded)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	json_t *j = NULL;

	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_addc(&b, '[');
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_addc(&b, ']');
	CHECK_OK(parse(buf_str(&b), &j, &err), err);
	json_decref(j);
	j = NULL;
	buf_truncate(&b, 0);
	for (int i = 0; i <= JSON_MAX_DEPTH; i++)
		buf_adds(&b, "{\"a\":");
	CHECK_FAILS(parse(buf_str(&b), &j, &err), err, ERROR_LIMIT, "nested deeper than 128");
}

TEST(size_and_number_of_values_are_bounded)
{
	size_t n = JSON_MAX_BYTES + 1;
	scoped_free char *text = xmalloc(n + 1);
	struct error err = ERROR_INIT;
	json_t *j = NULL;

	memset(text, ' ', n);
	CHECK_FAILS(json_text_parse(text, n, "t", &j, &err), err, ERROR_LIMIT, "larger than");
	text[0] = '[';
	for (size_t i = 1; i + 3 < n - 1; i += 3)
		memcpy(text + i, "{},", 3);
	CHECK_FAILS(json_text_parse(text, n - 1, "t", &j, &err), err, ERROR_LIMIT, "more than");
	for (size_t i = 1; i + 2 < n - 1; i += 2)
		memcpy(text + i, "1,", 2);
	CHECK_FAILS(json_text_parse(text, n - 1, "t", &j, &err), err, ERROR_LIMIT, "more than");
	CHECK(j == NULL);
}

TEST(indentation_as_go)
{
	scoped_json json_t *j = NULL;
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(parse("{\"a\":[1,{}],\"b\":{},\"c\":[]}", &j, &err), err);
	json_text_dump(j, 5, &out);
	CHECK_STR(buf_str(&out), "{\n"
				 "     \"a\": [\n"
				 "          1,\n"
				 "          {}\n"
				 "     ],\n"
				 "     \"b\": {},\n"
				 "     \"c\": []\n"
				 "}");
}

TEST(accessors_fall_back)
{
	scoped_json json_t *j = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(parse("{\"s\":\"x\",\"i\":5,\"b\":true,\"u\":18446744073709551615}", &j, &err),
		 err);
	CHECK_STR(json_get_str(j, "s"), "x");
	CHECK(json_get_str(j, "i") == NULL && json_get_str(j, "u") == NULL &&
	      json_get_str(j, "none") == NULL && json_get_str(NULL, "s") == NULL);
	CHECK_INT(json_get_int(j, "i", 9), 5);
	CHECK_INT(json_get_int(j, "u", 9), 9);
	CHECK_INT(json_get_int(j, "s", 9), 9);
	CHECK(json_get_bool(j, "b", false) && json_get_bool(j, "i", true));
}
