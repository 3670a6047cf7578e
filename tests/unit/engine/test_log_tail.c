/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "engine/container/log_tail.h"
#include "harness/test.h"
#include "sys/fd.h"

#define STAMP "2026-11-22T02:45:52.981065957+00:00 stdout "

/* What the last `want` lines of a text are, by the function. */
static void check(const char *text, size_t len, int64_t want, const char *tail, int64_t lines)
{
	scoped_fd int fd = fd_open(AT_FDCWD, test_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	int64_t offset = -1, found = -1;

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, text, len), 0);
	CHECK_INT(log_tail_find(fd, want, &offset, &found), 0);
	CHECK_INT(found, lines);
	CHECK(offset >= 0 && (size_t)offset <= len);
	CHECK_STR(text + offset, tail);
}

static void check_text(const char *text, int64_t want, const char *tail, int64_t lines)
{
	check(text, strlen(text), want, tail, lines);
}

TEST(small_files)
{
	check_text("", 3, "", 0);
	check_text(STAMP "F a\n", 0, "", 0);
	check_text(STAMP "F a\n", 1, STAMP "F a\n", 1);
	check_text(STAMP "F a\n", 5, STAMP "F a\n", 1);
	check_text(STAMP "F a\n" STAMP "F b\n", 1, STAMP "F b\n", 1);
	check_text(STAMP "F a\n" STAMP "F b\n" STAMP "F c\n", 2, STAMP "F b\n" STAMP "F c\n", 2);
}

TEST(parts_belong_to_the_line_that_ends_them)
{
	check_text(STAMP "F a\n" STAMP "P b1\n" STAMP "P b2\n" STAMP "F b3\n", 1,
		   STAMP "P b1\n" STAMP "P b2\n" STAMP "F b3\n", 1);
	check_text(STAMP "F a\n" STAMP "P open\n", 1, STAMP "F a\n" STAMP "P open\n", 1);
}

TEST(a_line_without_newline_is_still_being_written)
{
	check_text(STAMP "F a\n" STAMP "F b\n" STAMP "F ha", 1, STAMP "F b\n" STAMP "F ha", 1);
}

TEST(lines_across_windows)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	char last[256];

	for (int i = 0; i < 20000; i++)
		buf_addf(&text, STAMP "F line %d %.*s\n", i, i % 97,
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxx"
			 "xxxxxxxxxxxx");
	for (int want = 1; want < 20000; want = want * 3 + 1) {
		scoped_fd int fd = fd_open(AT_FDCWD, test_path("big"), O_RDWR | O_CREAT | O_TRUNC,
					   0600);
		int64_t offset, lines;

		CHECK_INT(fd_write_all(fd, text.data, text.len), 0);
		CHECK_INT(log_tail_find(fd, want, &offset, &lines), 0);
		CHECK_INT(lines, want);
		snprintf(last, sizeof(last), STAMP "F line %d ", 20000 - want);
		CHECK(strncmp(text.data + offset, last, strlen(last)) == 0);
	}
	check(text.data, text.len, 30000, text.data, 20000);
}

/* A container cannot write such a file, but its owner can: what is no line is passed over. */
TEST(foreign_bytes_do_no_harm)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	for (int i = 0; i < 200000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\n" STAMP "F end\n");
	buf_adds(&text, STAMP "F last\n");
	check(text.data, text.len, 1, STAMP "F last\n", 1);
}
