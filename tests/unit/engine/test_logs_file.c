/* SPDX-License-Identifier: Apache-2.0 */
/* Files shown and followed: over rotations, in both forms, from the end. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/logs/driver.h"
#include "engine/logs/file.h"
#include "engine/logs/line.h"
#include "harness/test.h"
#include "sys/fd.h"

#define STAMP "2026-11-22T02:45:52.981065957+00:00 stdout "
#define JSON(text)         \
	"{\"log\":\"" text \
	"\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},\"time\":\"2026-11-22T02:45:52.5Z\"}"

/* What is shown goes to a file. */
struct shown {
	struct container_logs_options o;
	struct logs_show show;
	struct logs_file file;
};

static void shown_done(struct shown *s)
{
	fd_close(s->o.out);
	logs_show_done(&s->show);
	logs_file_done(&s->file);
}
DEFINE_SCOPED_STRUCT(struct shown, shown_done)

static void begin(struct shown *s, int64_t tail)
{
	int fd = fd_open(AT_FDCWD, test_path("shown"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	s->o = (struct container_logs_options){ .tail = tail, .out = fd, .err = fd };
	s->show = (struct logs_show){ .o = &s->o };
	s->file = LOGS_FILE_INIT;
	s->file.path = xstrdup(test_path("log"));
}

static void is_shown(const struct shown *s, const char *text)
{
	char have[4096] = "";

	CHECK(pread(s->o.out, have, sizeof(have) - 1, 0) >= 0);
	CHECK_STR(have, text);
}

static void add(const char *name, const char *text)
{
	scoped_fd int fd = fd_open(AT_FDCWD, test_path(name), O_WRONLY | O_CREAT | O_APPEND, 0600);

	CHECK_INT(fd_write_all(fd, text, strlen(text)), 0);
}

static void move(const char *from, const char *to)
{
	scoped_free char *old = xstrdup(test_path(from));

	CHECK_INT(rename(old, test_path(to)), 0);
}

static void clear(void)
{
	static const char *const names[] = { "log", "log.1", "log.2", "log.3" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(test_path(names[i]));
}

TEST(tail_over_rotated_files)
{
	static const struct {
		int64_t tail;
		const char *text;
	} rows[] = {
		{ -1, "one\ntwo\nthree\nfour\nfive" },
		{ 0, "" },
		{ 1, "four\nfive" },
		{ 2, "three\nfour\nfive" },
		{ 3, "two\nthree\nfour\nfive" },
		{ 9, "one\ntwo\nthree\nfour\nfive" },
	};

	clear();
	add("log.2", STAMP "F one\n" STAMP "P t\n");
	add("log.1", STAMP "F wo\n" STAMP "P th\n");
	add("log", STAMP "F ree\n" STAMP "F four\n" STAMP "P five\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped(shown_done) struct shown s;

		begin(&s, rows[i].tail);
		CHECK_INT(logs_file_present(&s.file, &s.show), 0);
		is_shown(&s, rows[i].text);
	}
}

/* Nobody looked while the monitor began two new files. */
TEST(following_misses_no_file)
{
	scoped(shown_done) struct shown s;

	clear();
	begin(&s, -1);
	CHECK_INT(logs_file_present(&s.file, &s.show), 0);
	CHECK_INT(logs_file_step(&s.file, &s.show), 0);
	add("log", STAMP "F 1\n");
	CHECK_INT(logs_file_step(&s.file, &s.show), 0);
	is_shown(&s, "1\n");
	add("log", STAMP "F 2\n");
	move("log", "log.2");
	add("log.1", STAMP "F 3\n");
	add("log", STAMP "F 4\n" STAMP "F ha");
	CHECK_INT(logs_file_step(&s.file, &s.show), 0);
	is_shown(&s, "1\n2\n3\n4\n");
	add("log", "lf\n");
	CHECK_INT(logs_file_step(&s.file, &s.show), 0);
	is_shown(&s, "1\n2\n3\n4\nhalf\n");
	/* All that is left is newer than what was read last. */
	clear();
	add("log.1", STAMP "F 5\n");
	add("log", STAMP "F 6\n");
	CHECK_INT(logs_file_step(&s.file, &s.show), 0);
	is_shown(&s, "1\n2\n3\n4\nhalf\n5\n6\n");
}

TEST(json_files)
{
	scoped(shown_done) struct shown all, last;

	clear();
	add("log", JSON("a \\\"b\\\"\\n") "\n" JSON("par") "\n" JSON("t\\n") "\nno line\n" JSON(
			   "end\\n") "\n");
	begin(&all, -1);
	CHECK_INT(logs_file_present(&all.file, &all.show), 0);
	is_shown(&all, "a \"b\"\npart\nend\n");
	begin(&last, 2);
	CHECK_INT(logs_file_present(&last.file, &last.show), 0);
	is_shown(&last, "part\nend\n");
}

TEST(json_lines)
{
	static const char *const bad[] = {
		"{}",
		"{",
		"[]",
		"{\"log\":\"x\"}",
		"{\"log\":1,\"stream\":\"stdout\",\"time\":\"2026-11-22T02:45:52Z\"}",
		"{\"log\":\"x\",\"stream\":\"stdin\",\"time\":\"2026-11-22T02:45:52Z\"}",
		"{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"yesterday\"}",
	};
	scoped(buf_done) struct buf scratch = BUF_INIT;
	struct monitor_log_line l;
	const char *nul = JSON("a\\u0000b\\n");

	CHECK_INT(logs_line_parse(nul, strlen(nul), &scratch, &l), 0);
	CHECK(l.is_stderr && !l.partial && l.len == 3 && memcmp(l.text, "a\0b", 3) == 0);
	CHECK_INT(l.time_nsec, 1795315552500000000LL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(logs_line_parse(bad[i], strlen(bad[i]), &scratch, &l) < 0);
}

TEST(driver_names)
{
	scoped_strv char **names = strv_split(LOGS_DRIVER_NAMES, " ", false);

	CHECK_INT(strv_len(names), 7);
	STRV_FOREACH (name, names) {
		const struct logs_driver *d = logs_driver_find(*name);

		CHECK(d && strcmp(d->name, *name) == 0);
	}
	CHECK(!logs_driver_find("frob"));
}
