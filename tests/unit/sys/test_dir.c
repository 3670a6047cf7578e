/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/fd/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/strv.h"
#include "harness/test.h"
#include "sys/fd.h"

TEST(names_of_all_kinds)
{
	scoped_strv char **names = NULL;
	scoped_fd int dir = -1;

	CHECK_INT(mkdir(test_path("d"), 0755), 0);
	CHECK_INT(mkdir(test_path("d/sub"), 0755), 0);
	CHECK_INT(test_write_file(test_path("d/.hidden"), ""), 0);
	CHECK_INT(test_write_file(test_path("d/...x"), ""), 0);
	dir = fd_open(AT_FDCWD, test_path("d"), O_PATH | O_DIRECTORY, 0);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(dir_names(dir, &names), 0);
		CHECK_INT(strv_len(names), 3 * (size_t)(i + 1));
	}
	CHECK(strv_has(names, "sub") && strv_has(names, ".hidden") && strv_has(names, "...x"));
}

TEST(errors)
{
	scoped_strv char **names = NULL;
	scoped_fd int file = -1;

	CHECK_INT(test_write_file(test_path("f"), ""), 0);
	file = fd_open(AT_FDCWD, test_path("f"), O_RDONLY, 0);
	CHECK_INT(dir_names(file, &names), -ENOTDIR);
	CHECK_INT(dir_names(-1, &names), -EBADF);
	CHECK(names == NULL);
}
