/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"

#include "harness/test.h"

static void check_joined(char *const *v, const char *want)
{
	scoped_free char *got = strv_join(v, ",");

	CHECK_STR(got, want);
}

TEST(null_is_the_empty_vector)
{
	char *empty[] = { NULL };

	CHECK_INT(strv_len(NULL), 0);
	CHECK(strv_equal(NULL, empty) && strv_dup(NULL) == NULL && !strv_has(NULL, "a"));
	CHECK(strv_free(NULL) == NULL);
	check_joined(NULL, "");
	strv_sort(NULL);
	strv_uniq(NULL);
}

TEST(add_and_remove)
{
	scoped_strv char **v = NULL;

	for (int i = 0; i < 20; i++)
		strv_addf(&v, "%d", i % 3);
	CHECK_INT(strv_len(v), 20);
	strv_remove(&v, "1");
	CHECK_INT(strv_len(v), 13);
	strv_remove(&v, "nine");
	strv_sort(v);
	strv_uniq(v);
	check_joined(v, "0,2");
}

TEST(add_all_of_itself)
{
	scoped_strv char **v = strv_split("a,b", ",", false);

	strv_add_all(&v, v);
	check_joined(v, "a,b,a,b");
	strv_add_all(&v, NULL);
	CHECK_INT(strv_len(v), 4);
}

TEST(split_keeps_empty_parts_on_demand)
{
	scoped_strv char **a = strv_split(",a,,b;c,", ",;", true),
			 **b = strv_split(",a,,b;c,", ",;", false),
			 **c = strv_split("", ",", false), **d = strv_split("", ",", true);

	check_joined(a, ",a,,b,c,");
	check_joined(b, "a,b,c");
	CHECK_INT(strv_len(c), 0);
	CHECK_INT(strv_len(d), 1);
}

TEST(dup_is_deep)
{
	scoped_strv char **a = strv_split("x y z w", " ", false);
	scoped_strv char **b = strv_dup(a);

	CHECK(strv_equal(a, b) && a[0] != b[0]);
	b[0][0] = 'q';
	CHECK(!strv_equal(a, b));
	strv_add(&b, "more");
	CHECK_INT(strv_len(b), 5);
}

TEST(environment)
{
	scoped_strv char **env = NULL;

	strv_env_set(&env, "A", "1");
	strv_env_set(&env, "AB", "2");
	strv_env_set(&env, "A", "3=4");
	check_joined(env, "A=3=4,AB=2");
	CHECK_STR(strv_env_get(env, "A"), "3=4");
	CHECK(strv_env_get(env, "B") == NULL);
	strv_env_unset(&env, "A");
	check_joined(env, "AB=2");
	strv_env_unset(&env, "A");
	CHECK(strv_env_get(NULL, "A") == NULL);
}
