/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fs/inode_table.h"
#include "harness/test.h"

TEST(meets_each_once)
{
	scoped(inode_table_done) struct inode_table t = { 0 };
	char path[16];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		CHECK(inode_table_meet(&t, i % 3, i, path) == NULL);
	}
	CHECK_INT(t.n, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		CHECK_STR(inode_table_meet(&t, i % 3, i, "other"), path);
	}
	CHECK(inode_table_meet(&t, 4, 0, "same inode, other device") == NULL);
	CHECK_INT(t.n, 1001);
}
