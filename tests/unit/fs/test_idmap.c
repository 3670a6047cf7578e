/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "fs/idmap.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

static struct id_map_range shifted[] = { { 0, 100000, 65536 } };
static const struct id_map map = { shifted, 1 };

TEST(ids_are_shifted)
{
	struct error err = ERROR_INIT;
	scoped_fd int tree = -1;
	struct stat st;

	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(test_write_file(test_path("file"), ""), 0);
	CHECK_INT(chown(test_path("file"), 7, 8), 0);
	tree = mountapi_open_tree(AT_FDCWD, test_tmpdir(), 0);
	CHECK(tree >= 0);
	CHECK_OK(idmap_apply(tree, &map, &map, false, &err), err);
	CHECK_INT(fd_stat(tree, "file", 0, &st), 0);
	CHECK_INT(st.st_uid, 100007);
	CHECK_INT(st.st_gid, 100008);
	/* Only once. */
	CHECK(idmap_apply(tree, &map, &map, false, &err) < 0);
}

TEST(file_systems_without_it_are_named)
{
	struct error err = ERROR_INIT;
	scoped_fd int tree = -1;

	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	tree = mountapi_open_tree(AT_FDCWD, "/proc", 0);
	CHECK(tree >= 0);
	CHECK_FAILS(idmap_apply(tree, &map, &map, false, &err), err, ERROR_UNSUPPORTED, "proc");
}
