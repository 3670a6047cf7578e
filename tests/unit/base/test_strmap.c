/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strmap.h"

#include <stdio.h>

#include "harness/test.h"

TEST(set_get_remove)
{
	scoped(strmap_done) struct strmap m = { 0 };

	strmap_set(&m, "b", "2");
	strmap_set(&m, "a", "1");
	strmap_set(&m, "c", "3");
	strmap_set(&m, "b", "two");
	CHECK_INT(m.n, 3);
	CHECK_STR(m.items[0].key, "a");
	CHECK_STR(m.items[2].key, "c");
	CHECK_STR(strmap_get(&m, "b"), "two");
	CHECK(strmap_get(&m, "bb") == NULL && strmap_has(&m, "a"));
	CHECK(strmap_remove(&m, "a") && !strmap_remove(&m, "a"));
	CHECK_INT(m.n, 2);
}

TEST(stays_sorted_with_many)
{
	scoped(strmap_done) struct strmap m = { 0 };
	char key[16];

	for (unsigned i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "%u", i * 7919u % 1009u);
		strmap_set(&m, key, key);
	}
	for (size_t i = 1; i < m.n; i++)
		if (strcmp(m.items[i - 1].key, m.items[i].key) >= 0)
			test_fail(__FILE__, __LINE__, "not sorted at %zu", i);
	for (unsigned i = 0; i < 500; i += 2) {
		snprintf(key, sizeof(key), "%u", i * 7919u % 1009u);
		strmap_remove(&m, key);
	}
	CHECK_INT(m.n, 250);
	strmap_set(&m, "x", "y");
	CHECK_INT(m.n, 251);
}

TEST(value_may_be_the_old_one)
{
	scoped(strmap_done) struct strmap m = { 0 };

	strmap_set(&m, "a", "1");
	strmap_set(&m, "a", strmap_get(&m, "a"));
	CHECK_STR(strmap_get(&m, "a"), "1");
}

TEST(copy_and_equal)
{
	scoped(strmap_done) struct strmap a = { 0 }, b = { 0 };

	strmap_set(&a, "k", "v");
	CHECK(!strmap_equal(&a, &b));
	strmap_copy(&b, &a);
	CHECK(strmap_equal(&a, &b));
	strmap_set(&b, "k", "w");
	CHECK(!strmap_equal(&a, &b));
	strmap_copy(&a, &a);
	CHECK_INT(a.n, 1);
	strmap_done(&a);
	strmap_done(&a);
	strmap_done(NULL);
}
