/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "harness/test.h"

static void join(const char *a, const char *b, const char *want)
{
	scoped_free char *p = path_join(a, b);

	CHECK_STR(p, want);
}

TEST(join_has_one_slash)
{
	join("/a", "b", "/a/b");
	join("/a/", "/b", "/a/b");
	join("/a//", "//b", "/a/b");
	join("/", "b", "/b");
	join("/", "/", "/");
	join("", "b", "b");
	join("a", "", "a");
}

static void clean(const char *p, const char *want)
{
	scoped_free char *got = path_clean(p);

	CHECK_STR(got, want);
}

TEST(clean_is_lexical)
{
	clean("", ".");
	clean(".", ".");
	clean("/", "/");
	clean("//", "/");
	clean("/..", "/");
	clean("/../../a", "/a");
	clean("/a/./b//c/../d/", "/a/b/d");
	clean("a/..", ".");
	clean("a/../..", "..");
	clean("../a/../b", "../b");
	clean("../../a", "../../a");
	clean("/a/b/../../..", "/");
	clean("a/b/../c", "a/c");
	clean("..a/b..", "..a/b..");
	clean("./a", "a");
	clean("/...", "/...");
}

TEST(base_and_dir)
{
	scoped_free char *a = path_dir("/a/b"), *b = path_dir("/a"), *c = path_dir("a"),
			 *d = path_dir("/a//b");

	CHECK_STR(path_base("/a/b"), "b");
	CHECK_STR(path_base("b"), "b");
	CHECK_STR(path_base("/a/"), "");
	CHECK_STR(a, "/a");
	CHECK_STR(b, "/");
	CHECK_STR(c, ".");
	CHECK_STR(d, "/a");
}

TEST(dotdot_only_as_component)
{
	CHECK(path_has_dotdot(".."));
	CHECK(path_has_dotdot("a/../b"));
	CHECK(path_has_dotdot("a/.."));
	CHECK(!path_has_dotdot("a..b/..c/d../..."));
	CHECK(!path_has_dotdot(""));
}

TEST(below_needs_a_component_border)
{
	CHECK(path_below("/a", "/a"));
	CHECK(path_below("/a/b", "/a"));
	CHECK(!path_below("/ab", "/a"));
	CHECK(path_below("/ab", "/"));
	CHECK(path_below("/", "/"));
	CHECK(!path_below("/", "/a"));
}

TEST(name_is_one_component)
{
	char longest[NAME_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[NAME_MAX] = '\0';
	CHECK(path_name_valid("a"));
	CHECK(path_name_valid("...") && path_name_valid(".a"));
	CHECK(path_name_valid(longest));
	longest[NAME_MAX] = 'x';
	longest[NAME_MAX + 1] = '\0';
	CHECK(!path_name_valid(longest));
	CHECK(!path_name_valid("") && !path_name_valid(".") && !path_name_valid(".."));
	CHECK(!path_name_valid("a/b") && !path_name_valid(NULL));
}

TEST(depth_counts_components)
{
	CHECK_INT(path_depth("/"), 0);
	CHECK_INT(path_depth("."), 0);
	CHECK_INT(path_depth("/a"), 1);
	CHECK_INT(path_depth("/a/b/c"), 3);
	CHECK_INT(path_depth("a/b"), 2);
}
