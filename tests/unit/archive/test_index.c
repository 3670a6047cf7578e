/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/tarmake.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/spawn.h"

static void fill(struct buf *b)
{
	TAR_ADD(b, .name = "./manifest.json", .data = "[]");
	TAR_ADD(b, .name = "dir/", .type = TAR_DIRECTORY);
	TAR_ADD(b, .name = "dir/layer.tar", .data = "layer");
	TAR_ADD(b, .name = "other/layer.tar", .type = TAR_SYMLINK, .link = "../dir/layer.tar");
	TAR_ADD(b, .name = "hard", .type = TAR_HARD_LINK, .link = "dir/layer.tar");
	TAR_ADD(b, .name = "loop", .type = TAR_SYMLINK, .link = "loop");
	TAR_ADD(b, .name = "out", .type = TAR_SYMLINK, .link = "../../../../etc/passwd");
	TAR_ADD(b, .name = "../climbs", .data = "x");
	TAR_ADD(b, .name = "dir/layer.tar", .data = "second of that name");
	tarmake_end(b);
}

static int file_with(const struct buf *b)
{
	int fd = fd_memfd("archive", false);

	if (fd >= 0)
		fd_write_all(fd, b->data, b->len);
	return fd;
}

static void check_member(struct archive_index *ix, const char *name, const char *text)
{
	scoped_fd int fd = -1;
	struct error err = ERROR_INIT;
	char data[64] = "";
	uint64_t size;

	CHECK_OK(archive_index_member(ix, name, &fd, &size, &err), err);
	CHECK_INT(size, strlen(text));
	CHECK_INT(read(fd, data, size), (ssize_t)size);
	CHECK_STR(data, text);
}

static void check_index(int fd)
{
	struct archive_index *ix = NULL;
	struct error err = ERROR_INIT;
	uint64_t size;
	int member;

	CHECK_OK(archive_index_open(fd, &ix, &err), err);
	check_member(ix, "manifest.json", "[]");
	check_member(ix, "dir/layer.tar", "layer");
	check_member(ix, "/dir//layer.tar", "layer");
	check_member(ix, "other/layer.tar", "layer");
	check_member(ix, "hard", "layer");
	CHECK_FAILS(archive_index_member(ix, "dir", &member, &size, &err), err, ERROR_NOT_FOUND,
		    "'dir'");
	CHECK_FAILS(archive_index_member(ix, "loop", &member, &size, &err), err, ERROR_NOT_FOUND,
		    "");
	CHECK_FAILS(archive_index_member(ix, "out", &member, &size, &err), err, ERROR_NOT_FOUND,
		    "");
	CHECK_FAILS(archive_index_member(ix, "../climbs", &member, &size, &err), err,
		    ERROR_NOT_FOUND, "");
	CHECK_FAILS(archive_index_member(ix, "climbs", &member, &size, &err), err, ERROR_NOT_FOUND,
		    "");
	archive_index_free(ix);
}

TEST(index_plain)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_fd int fd = -1;

	fill(&b);
	fd = file_with(&b);
	check_index(fd);
}

TEST(index_compressed)
{
	scoped(buf_done) struct buf b = BUF_INIT, packed = BUF_INIT;
	const char *args[] = { "gzip", "-c", NULL };
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	scoped_fd int fd = -1;
	int status = -1;

	fill(&b);
	s.args = (char *const *)args;
	s.flags = SPAWN_SEARCH_PATH;
	CHECK_OK(spawn_run(&s, b.data, b.len, 1 << 20, &packed, NULL, 60000, &status, &err), err);
	CHECK_INT(status, 0);
	fd = file_with(&packed);
	check_index(fd);
}

TEST(index_of_a_pipe)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	int ends[2];

	fill(&b);
	CHECK(b.len < 65536);
	CHECK_INT(fd_pipe(ends, 0), 0);
	CHECK_INT(fd_write_all(ends[1], b.data, b.len), 0);
	fd_close(ends[1]);
	check_index(ends[0]);
	fd_close(ends[0]);
}

TEST(index_large_members_are_skipped)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_free char *big = xcalloc(1, 300000);
	struct archive_index *ix = NULL;
	struct error err = ERROR_INIT;
	scoped_fd int fd = -1;

	memset(big, 'x', 299999);
	TAR_ADD(&b, .name = "big", .data = big);
	TAR_ADD(&b, .name = "small", .data = "s");
	TAR_ADD(&b, .name = "big2", .data = big);
	TAR_ADD(&b, .name = "last", .data = "l");
	fd = file_with(&b);
	CHECK_OK(archive_index_open(fd, &ix, &err), err);
	check_member(ix, "small", "s");
	check_member(ix, "last", "l");
	archive_index_free(ix);
}

TEST(index_broken)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct archive_index *ix = NULL;
	struct error err = ERROR_INIT;
	scoped_fd int fd = -1;
	scoped_fd int text = -1;

	TAR_ADD(&b, .name = "f", .data = "0123456789");
	b.len -= 505;
	fd = file_with(&b);
	CHECK_FAILS(archive_index_open(fd, &ix, &err), err, ERROR_CORRUPT, "truncated");
	b.len = 0;
	buf_adds(&b, "this is no archive at all");
	text = file_with(&b);
	CHECK_FAILS(archive_index_open(text, &ix, &err), err, ERROR_CORRUPT, "");
	CHECK(ix == NULL);
}
