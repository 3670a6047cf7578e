/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "fs/xattr.h"
#include "harness/test.h"
#include "sys/fd.h"

TEST(set_get_list_copy)
{
	scoped_free char *big = xcalloc(1, 2000);
	scoped(buf_done) struct buf out = BUF_INIT, small = BUF_INIT_MAX(3);
	scoped_fd int a = -1;
	scoped_fd int b = -1;
	int r;

	CHECK_INT(test_write_file(test_path("a"), ""), 0);
	CHECK_INT(test_write_file(test_path("b"), ""), 0);
	/* O_PATH as well. */
	a = fd_open(AT_FDCWD, test_path("a"), O_PATH, 0);
	b = fd_open(AT_FDCWD, test_path("b"), O_RDWR, 0);
	r = xattr_set(a, "user.one", "1", 1);
	if (r == -EOPNOTSUPP)
		TEST_SKIP("user xattrs on the temporary file system");
	CHECK_INT(r, 0);
	memset(big, 'b', 2000);
	CHECK_INT(xattr_set(a, "user.big", big, 2000), 0);
	CHECK_INT(xattr_set(a, "user.empty", "", 0), 0);
	CHECK_INT(xattr_get(a, "user.one", &out), 0);
	CHECK_STR(buf_str(&out), "1");
	CHECK_INT(xattr_get(a, "user.none", &out), -ENODATA);
	CHECK_INT(xattr_get(a, "user.big", &small), -EFBIG);
	CHECK_INT(xattr_copy(a, b), 0);
	buf_done(&out);
	CHECK_INT(xattr_get(b, "user.big", &out), 0);
	CHECK_INT(out.len, 2000);
	buf_done(&out);
	CHECK_INT(xattr_get(b, "user.empty", &out), 0);
	CHECK_INT(out.len, 0);
	CHECK_INT(xattr_list(b, &out), 0);
	CHECK_INT(out.len, strlen("user.one") + strlen("user.big") + strlen("user.empty") + 3);
}

/* The attribute of a link is its own, not that of what it points to. */
TEST(links_are_not_followed)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_fd int link = -1;
	scoped_fd int file = -1;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_INT(test_write_file(test_path("target"), ""), 0);
	CHECK_INT(symlink("target", test_path("link")), 0);
	file = fd_open(AT_FDCWD, test_path("target"), O_PATH, 0);
	link = fd_open(AT_FDCWD, test_path("link"), O_PATH | O_NOFOLLOW, 0);
	CHECK_INT(xattr_set(link, "trusted.own", "x", 1), 0);
	CHECK_INT(xattr_get(link, "trusted.own", &out), 0);
	CHECK_INT(xattr_get(file, "trusted.own", &out), -ENODATA);
}
