/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>

#include "base/str.h"
#include "harness/test.h"

struct leaf {
	char *name;
	int64_t n;
};
struct entry {
	char *key;
	struct leaf leaf;
};
enum colour { COLOUR_NONE, COLOUR_RED, COLOUR_GREEN };
struct thing {
	bool b;
	struct opt_bool ob;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	struct opt_i64 oi64;
	struct opt_u64 ou64;
	struct opt_u32 ou32;
	struct opt_i32 oi32;
	double d;
	char *s;
	char **v;
	char **set;
	struct strmap m;
	int64_t t;
	int e;
	struct leaf obj;
	struct leaf *ptr;
	struct leaf *arr;
	size_t n_arr;
	struct entry *map;
	size_t n_map;
	uint32_t *u32v;
	size_t n_u32v;
	json_t *raw;
};

static const char *const colours[] = { "", "red", "green", NULL };
static const struct json_field leaf_rows[] = {
	JROW(struct leaf, "name", name, JT_STR, JF_REQUIRED),
	JROW(struct leaf, "n", n, JT_I64, 0),
};
static const struct json_table leaf_table = JTABLE(struct leaf, leaf_rows);
static const struct json_field entry_rows[] = {
	JROW_OBJ(struct entry, "leaf", leaf, JT_OBJ, 0, &leaf_table),
};
static const struct json_table entry_table = JTABLE(struct entry, entry_rows);
static const struct json_field thing_rows[] = {
	JROW(struct thing, "b", b, JT_BOOL, 0),
	JROW(struct thing, "ob", ob, JT_OPT_BOOL, 0),
	JROW(struct thing, "i32", i32, JT_I32, 0),
	JROW(struct thing, "u32", u32, JT_U32, 0),
	JROW(struct thing, "i64", i64, JT_I64, 0),
	JROW(struct thing, "u64", u64, JT_U64, 0),
	JROW(struct thing, "oi64", oi64, JT_OPT_I64, 0),
	JROW(struct thing, "ou64", ou64, JT_OPT_U64, 0),
	JROW(struct thing, "ou32", ou32, JT_OPT_U32, 0),
	JROW(struct thing, "oi32", oi32, JT_OPT_I32, 0),
	JROW(struct thing, "d", d, JT_DOUBLE, 0),
	JROW(struct thing, "s", s, JT_STR, 0),
	JROW(struct thing, "v", v, JT_STRV, 0),
	JROW(struct thing, "set", set, JT_SET, 0),
	JROW(struct thing, "m", m, JT_MAP, 0),
	JROW(struct thing, "t", t, JT_TIME, 0),
	JROW_ENUM(struct thing, "e", e, 0, colours),
	JROW_OBJ(struct thing, "obj", obj, JT_OBJ, 0, &leaf_table),
	JROW_OBJ(struct thing, "ptr", ptr, JT_PTR, 0, &leaf_table),
	JROW_ARR(struct thing, "arr", arr, n_arr, JT_ARR, 0, &leaf_table),
	JROW_ARR(struct thing, "map", map, n_map, JT_OBJMAP, 0, &entry_table),
	JROW_U32V(struct thing, "u32v", u32v, n_u32v, 0),
	JROW(struct thing, "raw", raw, JT_RAW, 0),
};
static const struct json_table thing_table = JTABLE(struct thing, thing_rows);

static const char full[] =
	"{\"b\":true,\"ob\":false,\"i32\":-2147483648,\"u32\":4294967295,"
	"\"i64\":-9223372036854775808,\"u64\":18446744073709551615,\"oi64\":0,"
	"\"ou64\":9223372036854775808,\"ou32\":0,\"oi32\":-1,\"d\":1.5,\"s\":\"x\","
	"\"v\":[\"a\",\"\"],\"set\":{\"80/"
	"tcp\":{},\"9\":{}},\"m\":{\"a\":\"1\",\"b\":\"2\"},\"t\":\"2026-11-22T02:45:52.5Z\","
	"\"e\":\"green\",\"obj\":{\"name\":\"o\"},\"ptr\":{\"name\":\"p\",\"n\":7},"
	"\"arr\":[{\"name\":\"0\"},{\"name\":\"1\"},{\"name\":\"2\"}],"
	"\"map\":{\"k/1\":{\"leaf\":{\"name\":\"m\"}}},\"u32v\":[0,4294967295],"
	"\"raw\":{\"any\":[18446744073709551615]}}";

static int decode(const char *text, struct thing *ret, unsigned flags, struct error *err)
{
	return json_table_parse(&thing_table, text, strlen(text), ret, "doc", flags, err);
}

static void check_encodes(const struct thing *t, const char *want)
{
	scoped(buf_done) struct buf out = BUF_INIT;

	json_table_dump(&thing_table, t, 0, &out);
	CHECK_STR(buf_str(&out), want);
}

TEST(every_kind_round_trips)
{
	struct thing t = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode(full, &t, JSON_REFUSE_UNKNOWN, &err), err);
	CHECK(t.u64 == UINT64_MAX && t.ou64.set && t.ou64.value == (uint64_t)INT64_MAX + 1);
	CHECK(t.ob.set && !t.ob.value && t.oi64.set && t.ou32.set);
	CHECK_INT(t.t, 1795315552500000000);
	CHECK_INT(t.e, COLOUR_GREEN);
	CHECK_INT(t.n_arr, 3);
	CHECK_STR(t.map[0].key, "k/1");
	check_encodes(&t, full);
	json_table_free(&thing_table, &t);
	CHECK(t.s == NULL && t.n_arr == 0);
}

TEST(copy_is_deep_and_equal)
{
	struct thing a = { 0 }, b = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode(full, &a, 0, &err), err);
	json_table_copy(&thing_table, &b, &a);
	CHECK(json_table_equal(&thing_table, &a, &b));
	CHECK(a.s != b.s && a.raw != b.raw && a.arr != b.arr && a.map[0].key != b.map[0].key);
	json_table_free(&thing_table, &a);
	check_encodes(&b, full);
	json_table_free(&thing_table, &b);
	json_table_free(&thing_table, &b);
}

/* Each member, changed alone, makes a difference. */
TEST(equal_sees_every_member)
{
	static const char *const others[] = {
		"\"b\":false",
		"\"ob\":true",
		"\"i32\":1",
		"\"u32\":1",
		"\"i64\":1",
		"\"u64\":1",
		"\"oi64\":null",
		"\"ou64\":1",
		"\"ou32\":null",
		"\"oi32\":null",
		"\"d\":1.25",
		"\"s\":\"y\"",
		"\"v\":[\"a\"]",
		"\"set\":{\"9\":{}}",
		"\"m\":{\"a\":\"1\"}",
		"\"t\":\"2026-11-22T02:45:52Z\"",
		"\"e\":\"red\"",
		"\"obj\":{\"name\":\"q\"}",
		"\"ptr\":null",
		"\"arr\":[{\"name\":\"0\"},{\"name\":\"1\"},{\"name\":\"x\"}]",
		"\"map\":{\"k/2\":{\"leaf\":{\"name\":\"m\"}}}",
		"\"u32v\":[0,1]",
		"\"raw\":{\"any\":[1]}",
	};
	struct error err = ERROR_INIT;

	CHECK_INT(ARRAY_SIZE(others), ARRAY_SIZE(thing_rows));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct thing a = { 0 }, b = { 0 };
		scoped_json json_t *j = NULL, *change = NULL;
		scoped_free char *text = xasprintf("{%s}", others[i]);

		CHECK_OK(json_text_parse(full, strlen(full), "full", &j, &err), err);
		CHECK_OK(json_text_parse(text, strlen(text), "change", &change, &err), err);
		CHECK_OK(json_table_decode(&thing_table, j, &a, "full", 0, &err), err);
		json_object_update(j, change);
		CHECK_OK(json_table_decode(&thing_table, j, &b, "changed", 0, &err), err);
		if (json_table_equal(&thing_table, &a, &b))
			test_fail(__FILE__, __LINE__, "no difference for %s", others[i]);
		json_table_free(&thing_table, &a);
		json_table_free(&thing_table, &b);
	}
}

static void refuse(const char *text, unsigned flags, const char *message)
{
	struct thing t = { 0 }, zero = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(decode(text, &t, flags, &err), err, ERROR_INVALID, message);
	CHECK_STR(err.msg, message);
	CHECK(memcmp(&t, &zero, sizeof(t)) == 0);
}

TEST(errors_carry_the_place)
{
	refuse("[]", 0, "doc: expected an object");
	refuse("{\"b\":1}", 0, "doc: .b: expected true or false");
	refuse("{\"arr\":[{\"name\":\"a\"},{\"name\":1}]}", 0,
	       "doc: .arr[1].name: expected a string");
	refuse("{\"arr\":[{}]}", 0, "doc: .arr[0].name: missing");
	refuse("{\"arr\":[null]}", 0, "doc: .arr[0]: expected an object");
	refuse("{\"arr\":[{\"name\":null}]}", 0, "doc: .arr[0].name: missing");
	refuse("{\"map\":{\"k/1\":{\"leaf\":3}}}", 0,
	       "doc: .map[\"k/1\"].leaf: expected an object");
	refuse("{\"m\":{\"a\\nb\":1}}", 0, "doc: .m[\"a\\nb\"]: expected a string");
	refuse("{\"v\":[\"a\",2]}", 0, "doc: .v[1]: expected a string");
	refuse("{\"set\":{\"a\":1}}", 0, "doc: .set.a: expected an object");
	refuse("{\"v\":\"a\"}", 0, "doc: .v: expected an array of strings");
	refuse("{\"u32v\":[-1]}", 0, "doc: .u32v[0]: integer -1 is out of range");
	refuse("{\"e\":\"blue\"}", 0, "doc: .e: unknown value 'blue'");
	refuse("{\"t\":\"yesterday\"}", 0, "doc: .t: 'yesterday' is not a time of RFC 3339");
	refuse("{\"s\":18446744073709551615}", 0, "doc: .s: expected a string");
}

TEST(integers_keep_their_range)
{
	refuse("{\"i32\":2147483648}", 0, "doc: .i32: integer 2147483648 is out of range");
	refuse("{\"u32\":-1}", 0, "doc: .u32: integer -1 is out of range");
	refuse("{\"u32\":4294967296}", 0, "doc: .u32: integer 4294967296 is out of range");
	refuse("{\"u64\":-1}", 0, "doc: .u64: integer is out of range");
	refuse("{\"i64\":9223372036854775808}", 0, "doc: .i64: integer is out of range");
	refuse("{\"i64\":1.0}", 0, "doc: .i64: expected an integer");
	refuse("{\"ou32\":\"1\"}", 0, "doc: .ou32: expected an integer");
}

TEST(unknown_keys)
{
	struct thing t = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode("{\"z\":1,\"B\":true}", &t, 0, &err), err);
	CHECK(!t.b);
	json_table_free(&thing_table, &t);
	refuse("{\"obj\":{\"name\":\"a\",\"z\":1}}", JSON_REFUSE_UNKNOWN,
	       "doc: .obj.z: unknown field");
	refuse("{\"B\":true}", JSON_REFUSE_UNKNOWN, "doc: .B: unknown field");
}

TEST(letter_case_as_go)
{
	struct thing t = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode("{\"B\":true,\"OBJ\":{\"Name\":\"x\"}}", &t, JSON_IGNORE_CASE, &err), err);
	CHECK(t.b);
	CHECK_STR(t.obj.name, "x");
	json_table_free(&thing_table, &t);
	refuse("{\"s\":\"1\",\"S\":\"2\"}", JSON_IGNORE_CASE, "doc: .S: the same field as 's'");
	refuse("{\"S\":\"1\",\"s\":\"2\"}", JSON_IGNORE_CASE, "doc: .S: the same field as 's'");
}

TEST(null_is_absent_and_empty_differs_from_absent)
{
	struct thing t = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode("{\"s\":null,\"ptr\":null,\"v\":null,\"raw\":null,\"ob\":null}", &t, 0,
			&err),
		 err);
	CHECK(t.s == NULL && t.ptr == NULL && t.v == NULL && t.raw == NULL && !t.ob.set);
	check_encodes(&t, "{}");
	json_table_free(&thing_table, &t);
	CHECK_OK(decode("{\"v\":[],\"arr\":[],\"m\":{\"a\":null}}", &t, 0, &err), err);
	CHECK(t.v != NULL && t.v[0] == NULL && t.arr != NULL && t.n_arr == 0);
	CHECK_STR(strmap_get(&t.m, "a"), "");
	json_table_free(&thing_table, &t);
}

TEST(decoded_arrays_may_grow)
{
	struct thing t = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(decode("{\"arr\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}],\"m\":{"
			"\"x\":\"1\","
			"\"a\":\"2\",\"c\":\"3\"}}",
			&t, 0, &err),
		 err);
	for (int i = 0; i < 10; i++)
		ARRAY_ADD(t.arr, t.n_arr)->name = xstrdup("more");
	strmap_set(&t.m, "b", "4");
	CHECK_STR(t.m.items[0].key, "a");
	CHECK_STR(t.m.items[3].key, "x");
	CHECK_STR(t.arr[2].name, "c");
	CHECK_STR(t.arr[12].name, "more");
	json_table_free(&thing_table, &t);
}

struct emits {
	char *s, *null_s;
	char **v, **null_v;
	bool b;
	int64_t n;
	struct strmap m;
	struct leaf *arr;
	size_t n_arr;
	struct opt_i64 o, null_o;
	json_t *raw;
};
static const struct json_field emits_rows[] = {
	JROW(struct emits, "s", s, JT_STR, JF_EMIT_EMPTY),
	JROW(struct emits, "null_s", null_s, JT_STR, JF_EMIT_EMPTY | JF_NULL_EMPTY),
	JROW(struct emits, "v", v, JT_STRV, JF_EMIT_EMPTY),
	JROW(struct emits, "null_v", null_v, JT_STRV, JF_EMIT_EMPTY | JF_NULL_EMPTY),
	JROW(struct emits, "b", b, JT_BOOL, JF_EMIT_EMPTY),
	JROW(struct emits, "n", n, JT_I64, JF_EMIT_EMPTY),
	JROW(struct emits, "m", m, JT_MAP, JF_EMIT_EMPTY),
	JROW_ARR(struct emits, "arr", arr, n_arr, JT_ARR, JF_EMIT_EMPTY, &leaf_table),
	JROW(struct emits, "o", o, JT_OPT_I64, JF_EMIT_EMPTY),
	JROW(struct emits, "null_o", null_o, JT_OPT_I64, JF_EMIT_EMPTY | JF_NULL_EMPTY),
	JROW(struct emits, "raw", raw, JT_RAW, JF_EMIT_EMPTY | JF_NULL_EMPTY),
};
static const struct json_table emits_table = JTABLE(struct emits, emits_rows);

TEST(emit_empty)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct emits e = { 0 };

	json_table_dump(&emits_table, &e, 0, &out);
	CHECK_STR(buf_str(&out),
		  "{\"s\":\"\",\"null_s\":null,\"v\":[],\"null_v\":null,\"b\":false,"
		  "\"n\":0,\"m\":{},\"arr\":[],\"o\":0,\"null_o\":null,\"raw\":null}");
}

TEST(strings_that_are_no_utf8_are_mended)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct leaf l = { .name = (char *)"a\xff\xc3\xa9\xe2\x82z" };

	json_table_dump(&leaf_table, &l, 0, &out);
	CHECK_STR(buf_str(&out), "{\"name\":\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbdz\"}");
}

TEST(memory_of_struct_arrays_is_bounded)
{
	struct big {
		struct leaf *arr;
		size_t n_arr;
	};
	static struct json_field wide_rows[1];
	struct json_table wide = { "wide", (size_t)64 << 10, wide_rows, 0 };
	struct json_field row = JROW_ARR(struct big, "arr", arr, n_arr, JT_ARR, 0, &wide);
	struct json_table t = { "big", sizeof(struct big), &row, 1 };
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	struct big obj = { 0 };

	buf_adds(&b, "{\"arr\":[{}");
	for (int i = 0; i < 4000; i++)
		buf_adds(&b, ",{}");
	buf_adds(&b, "]}");
	CHECK_FAILS(json_table_parse(&t, buf_str(&b), b.len, &obj, "doc", 0, &err), err,
		    ERROR_LIMIT, "doc: .arr: too many elements (4001)");
	CHECK(obj.arr == NULL);
}
