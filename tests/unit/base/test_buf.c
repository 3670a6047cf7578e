/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "harness/test.h"

TEST(empty_buf_has_a_string)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_free char *taken = NULL;

	CHECK_STR(buf_str(&b), "");
	taken = buf_take(&b);
	CHECK_STR(taken, "");
}

TEST(appends_of_all_kinds)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_add(&b, "a\0b", 3);
	CHECK_INT(b.len, 3);
	buf_truncate(&b, 1);
	buf_adds(&b, "bc");
	buf_addc(&b, 'd');
	buf_addf(&b, "%d%s", 12, "ef");
	CHECK_STR(buf_str(&b), "abcd12ef");
	buf_consume(&b, 4);
	CHECK_STR(buf_str(&b), "12ef");
	buf_consume(&b, 99);
	CHECK_STR(buf_str(&b), "");
	CHECK(buf_ok(&b));
}

TEST(maximum_is_exact_and_sticky)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(4);

	buf_adds(&b, "abcd");
	CHECK(buf_ok(&b));
	buf_addc(&b, 'e');
	CHECK(!buf_ok(&b));
	CHECK_STR(buf_str(&b), "abcd");
	buf_truncate(&b, 0);
	buf_adds(&b, "x");
	CHECK(!buf_ok(&b));
	CHECK_STR(buf_str(&b), "");
	CHECK(buf_reserve(&b, 1) == NULL);
}

TEST(reserve_refuses_overflowing_sizes)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "x");
	CHECK(buf_reserve(&b, (size_t)-1) == NULL);
	CHECK(!buf_ok(&b));
}

TEST(long_formats_grow)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b, "%5000d", 7);
	CHECK_INT(b.len, 5000);
	CHECK_INT(b.data[4999], '7');
	CHECK_INT(b.data[5000], 0);
}

TEST(many_single_bytes)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(100000);

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, 'x');
	CHECK(buf_ok(&b));
	CHECK_INT(strlen(buf_str(&b)), 100000);
	buf_addc(&b, 'x');
	CHECK(!buf_ok(&b));
}

TEST(json_string_escapes)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_add_json_string(&b, "a\"\\\n\t\x01<>&\xc3\xa9");
	CHECK_STR(buf_str(&b), "\"a\\\"\\\\\\n\\t\\u0001<>&\xc3\xa9\"");
}
