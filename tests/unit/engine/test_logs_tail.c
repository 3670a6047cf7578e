/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/logs/tail.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "wire/monitor.h"

#define STAMP "2026-11-22T02:45:52.981065957+00:00 stdout "

/* What the last `want` lines of a text are, by the function. */
static void check(const char *text, size_t len, int64_t want, const char *tail, int64_t lines)
{
	scoped_fd int fd = fd_open(AT_FDCWD, test_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	int64_t offset = -1, found = -1;

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, text, len), 0);
	CHECK_INT(logs_tail_find(fd, want, &offset, &found), 0);
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
		CHECK_INT(logs_tail_find(fd, want, &offset, &lines), 0);
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

#define SECOND 1000000000LL
#define FIRST_NSEC (1795315552LL * SECOND)
#define LINES 20000

/* Nothing that is wanted lies before the place, and the place is not far before it. */
TEST(since_is_found_by_halving)
{
	static const int wanted[] = { -5, 0, 1, 7, 9999, 10000, LINES - 1, LINES, 2 * LINES };
	scoped_fd int fd = fd_open(AT_FDCWD, test_path("since"), O_RDWR | O_CREAT, 0600);
	scoped(buf_done) struct buf all = BUF_INIT;
	static int64_t begin[2 * LINES + 1];

	for (int i = 0; i < LINES; i++) {
		char prefix[64];

		begin[i] = (int64_t)all.len;
		monitor_log_prefix(FIRST_NSEC + i * SECOND, i % 3 == 0, false, prefix);
		buf_addf(&all, "%sline %d\n", prefix, i);
	}
	for (int i = LINES; i <= 2 * LINES; i++)
		begin[i] = (int64_t)all.len;
	CHECK_INT(fd_write_all(fd, all.data, all.len), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int64_t offset = -1, exact = wanted[i] < 0 ? 0 : begin[wanted[i]];

		CHECK_INT(logs_since_find(fd, FIRST_NSEC + wanted[i] * SECOND, &offset), 0);
		CHECK(offset <= exact && exact - offset <= 128 << 10);
		CHECK(offset == 0 || all.data[offset - 1] == '\n');
	}
}

TEST(since_in_odd_files)
{
	scoped_fd int fd = fd_open(AT_FDCWD, test_path("odd"), O_RDWR | O_CREAT, 0600);
	static char junk[300000];
	int64_t offset = -1;

	CHECK_INT(logs_since_find(fd, 1, &offset), 0);
	CHECK_INT(offset, 0);
	memset(junk, 'x', sizeof(junk));
	CHECK_INT(fd_write_all(fd, junk, sizeof(junk)), 0);
	CHECK_INT(logs_since_find(fd, 1, &offset), 0);
	CHECK_INT(offset, 0);
}
