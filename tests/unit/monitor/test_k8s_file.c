/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/log/file.h"
#include "monitor/log/k8s_file.h"

#define OUT STAMP "+00:00 stdout "
#define ERR STAMP "+00:00 stderr "

static struct log_driver *open_log(const char *name, const struct monitor_log_options *o)
{
	struct error err = ERROR_INIT;
	struct log_driver *d = NULL;

	use_utc();
	if (k8s_file_open(test_path(name), o, &d, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return d;
}

static const struct monitor_log_options plain = { .max_files = 1 };

/* The sample that conmon 2.1.6 was seen to write. */
TEST(k8s_golden)
{
	struct log_driver *d = open_log("golden", &plain);
	scoped_free char *got = NULL;
	struct stat st;

	puts_to(d, false, "out1\npartial");
	puts_to(d, true, "err1\n");
	puts_to(d, false, "\n\nx\r\n");
	d->ops->free(d);
	got = test_read_file(test_path("golden"));
	CHECK_STR(got, OUT "F out1\n" OUT "P partial\n" ERR "F err1\n" OUT "F \n" OUT "F \n" OUT
			   "F x\r\n");
	CHECK_INT(stat(test_path("golden"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
}

TEST(k8s_appends)
{
	struct log_driver *d;
	scoped_free char *got = NULL;

	test_write_file(test_path("old"), OUT "F old\n");
	d = open_log("old", &plain);
	puts_to(d, false, "new\n");
	d->ops->free(d);
	got = test_read_file(test_path("old"));
	CHECK_STR(got, OUT "F old\n" OUT "F new\n");
}

TEST(k8s_long_line_is_partial_lines)
{
	struct log_driver *d = open_log("long", &plain);
	scoped_free char *text = xmalloc(20000);
	scoped_free char *got = NULL;
	struct monitor_log_line;
	size_t prefix = strlen(OUT "P ");

	memset(text, 'a', 19999);
	text[19999] = '\n';
	put(d, false, text, 20000);
	d->ops->free(d);
	got = test_read_file(test_path("long"));
	CHECK_INT(strlen(got), 3 * (prefix + 1) + 19999);
	CHECK(strncmp(got, OUT "P a", prefix + 1) == 0);
	CHECK(strncmp(got + prefix + 8193, OUT "P a", prefix + 1) == 0);
	CHECK(strncmp(got + 2 * (prefix + 8193), OUT "F a", prefix + 1) == 0);
}

/* A text of exactly the longest size is one line, its newline included. */
TEST(k8s_longest_whole_line)
{
	struct log_driver *d = open_log("longest", &plain);
	char text[8193];
	scoped_free char *got = NULL;

	memset(text, 'b', 8192);
	text[8192] = '\n';
	put(d, true, text, sizeof(text));
	d->ops->free(d);
	got = test_read_file(test_path("longest"));
	CHECK(strncmp(got, ERR "F b", strlen(ERR "F b")) == 0);
	CHECK_INT(strlen(got), strlen(ERR "F ") + 8193);
}

TEST(k8s_many_lines_in_one_chunk)
{
	struct log_driver *d = open_log("many", &plain);
	char text[32768];
	scoped_free char *got = NULL;
	size_t lines = 0;

	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "y\n", 2);
	put(d, false, text, sizeof(text));
	d->ops->free(d);
	got = test_read_file(test_path("many"));
	for (char *p = got; *p; p += strlen(OUT "F y\n"), lines++)
		CHECK(strncmp(p, OUT "F y\n", strlen(OUT "F y\n")) == 0);
	CHECK_INT(lines, sizeof(text) / 2);
}

TEST(k8s_limit_begins_anew)
{
	struct monitor_log_options o = { .max_files = 1,
					 .size_max = 2 * (int64_t)strlen(OUT "F aaaa\n") };
	struct log_driver *d = open_log("limit", &o);
	scoped_free char *got = NULL;

	puts_to(d, false, "aaaa\nbbbb\ncccc\n");
	d->ops->free(d);
	got = test_read_file(test_path("limit"));
	CHECK_STR(got, OUT "F cccc\n");
	CHECK(access(test_path("limit.1"), F_OK) != 0);
	CHECK(access(test_path("limit.tmp"), F_OK) != 0);
}

TEST(k8s_line_longer_than_limit_is_kept_whole)
{
	struct monitor_log_options o = { .max_files = 1, .size_max = 20 };
	struct log_driver *d = open_log("tiny", &o);
	scoped_free char *got = NULL;

	puts_to(d, false, "first\nsecond\n");
	d->ops->free(d);
	got = test_read_file(test_path("tiny"));
	CHECK_STR(got, OUT "F second\n");
}

/* Counted over all files: no line lost, none twice, the order kept. */
TEST(k8s_rotation_loses_nothing)
{
	struct monitor_log_options o = { .max_files = 9, .size_max = 4096, .rotate = true };
	struct log_driver *d = open_log("rot", &o);
	char text[1024], want[128], path[32];
	int next = 0;

	for (int i = 0; i < 400; i += 8) {
		size_t len = 0;

		for (int k = 0; k < 8; k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "line %d\n", i + k);
		put(d, false, text, len);
	}
	d->ops->free(d);
	for (int f = 9; f >= 0; f--) {
		scoped_free char *got = NULL;
		struct stat st;

		snprintf(path, sizeof(path), f > 0 ? "rot.%d" : "rot", f);
		if (stat(test_path(path), &st) < 0)
			continue;
		CHECK(st.st_size <= 4096);
		got = test_read_file(test_path(path));
		for (char *p = got; *p; p += strlen(want), next++) {
			snprintf(want, sizeof(want), OUT "F line %d\n", next);
			CHECK(strncmp(p, want, strlen(want)) == 0);
		}
	}
	CHECK_INT(next, 400);
}

TEST(k8s_rotation_keeps_n_files)
{
	struct monitor_log_options o = { .max_files = 2, .size_max = 60, .rotate = true };
	struct log_driver *d = open_log("keep", &o);
	scoped_free char *newest = NULL, *first = NULL, *second = NULL;

	puts_to(d, false, "1\n2\n3\n4\n");
	d->ops->free(d);
	newest = test_read_file(test_path("keep"));
	first = test_read_file(test_path("keep.1"));
	second = test_read_file(test_path("keep.2"));
	CHECK_STR(newest, OUT "F 4\n");
	CHECK_STR(first, OUT "F 3\n");
	CHECK_STR(second, OUT "F 2\n");
	CHECK(access(test_path("keep.3"), F_OK) != 0);
}

TEST(k8s_global_limit_drops_the_rest)
{
	struct monitor_log_options o = { .max_files = 1,
					 .global_size_max = 2 * (int64_t)strlen(OUT "F 1\n") };
	struct log_driver *d = open_log("global", &o);
	scoped_free char *got = NULL;
	struct log_mark mark;

	puts_to(d, false, "1\n2\n3\n");
	puts_to(d, false, "4\n");
	CHECK(!log_file_get_mark(d, &mark));
	d->ops->free(d);
	got = test_read_file(test_path("global"));
	CHECK_STR(got, OUT "F 1\n" OUT "F 2\n");
}

TEST(k8s_reopen)
{
	struct monitor_log_options o = { .max_files = 3, .rotate = true };
	struct log_driver *d = open_log("reopen", &o);
	scoped_free char *newer = NULL, *older = NULL;

	puts_to(d, false, "before\n");
	CHECK_INT(d->ops->reopen(d), 0);
	puts_to(d, false, "after\n");
	d->ops->free(d);
	newer = test_read_file(test_path("reopen"));
	older = test_read_file(test_path("reopen.1"));
	CHECK_STR(newer, OUT "F after\n");
	CHECK_STR(older, OUT "F before\n");
}

static unsigned warnings;

static void count_warning(void *arg, enum log_level level, const char *msg)
{
	warnings++;
}

/* A file size limit stands for the full disk: a short write, then an error. */
TEST(k8s_full_disk_is_said_once_and_counted)
{
	struct log_driver *d = open_log("full", &plain);
	struct rlimit limit = { .rlim_cur = 3 * strlen(OUT "F 1\n") + 10,
				.rlim_max = RLIM_INFINITY };
	struct rlimit old;
	scoped_free char *got = NULL;
	char *note;

	signal(SIGXFSZ, SIG_IGN);
	warnings = 0;
	log_set_sink(count_warning, NULL);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	puts_to(d, false, "1\n2\n3\n4\n5\n");
	puts_to(d, false, "6\n");
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	puts_to(d, false, "7\n");
	puts_to(d, false, "8\n");
	log_set_sink(NULL, NULL);
	d->ops->free(d);
	CHECK_INT(warnings, 1);
	got = test_read_file(test_path("full"));
	CHECK(strncmp(got, OUT "F 1\n" OUT "F 2\n" OUT "F 3\n", 3 * strlen(OUT "F 1\n")) == 0);
	note = strstr(got, "stderr F coracle-monitor: 3 lines of output were lost here\n");
	CHECK(note != NULL);
	note = strchr(note, '\n') + 1;
	CHECK_STR(note, OUT "F 7\n" OUT "F 8\n");
}

static void with_room(struct log_driver *d, rlim_t room, const char *out, const char *err)
{
	struct rlimit old, limit = { .rlim_cur = room, .rlim_max = RLIM_INFINITY };

	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	if (out)
		puts_to(d, false, out);
	if (err)
		puts_to(d, true, err);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
}

/* The log behind its first line with a stamp of its own (the note's), without stamps. */
static char *without_stamps(const char *name)
{
	scoped_free char *all = test_read_file(test_path(name));
	struct buf out = BUF_INIT;

	for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
		buf_addf(&out, "%s|", line + strlen(STAMP "+00:00 "));
	return buf_take(&out);
}

#define NOTE(n) "stderr F coracle-monitor: " n " lines of output were lost here|"

/* A line that came in parts is one line, whichever parts are lost. */
TEST(k8s_lost_parts_are_one_line)
{
	static const size_t one = sizeof(OUT "F 1\n") - 1;
	struct log_driver *d = open_log("parts", &plain);
	scoped_free char *got = NULL;

	signal(SIGXFSZ, SIG_IGN);
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "1\n");
	/* Two parts of one line lost, then its end recorded. */
	with_room(d, one, "a", NULL);
	with_room(d, one, "b", NULL);
	puts_to(d, false, "c\n2\n");
	d->ops->finish(d);
	d->ops->free(d);
	log_set_sink(NULL, NULL);
	got = without_stamps("parts");
	CHECK_STR(got, "stdout F 1|" NOTE("1") "stdout F c|stdout F 2|");
}

/* The beginning of a line is in the log and the rest is lost: the next line is a line of its own.
 */
TEST(k8s_lost_rest_ends_the_line)
{
	static const size_t one = sizeof(OUT "P b\n") - 1;
	struct log_driver *d = open_log("rest", &plain);
	scoped_free char *got = NULL;

	signal(SIGXFSZ, SIG_IGN);
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "b");
	puts_to(d, true, "e");
	with_room(d, 2 * one, "rest\nx\n", NULL);
	puts_to(d, false, "2\n");
	d->ops->free(d);
	log_set_sink(NULL, NULL);
	got = without_stamps("rest");
	CHECK_STR(got, "stdout P b|stderr P e|stdout F |stderr F |" NOTE("2") "stdout F 2|");
}

/* Only the newline is lost, and it comes back: that is no loss. */
TEST(k8s_lost_newline_is_made_good)
{
	static const size_t one = sizeof(OUT "P b\n") - 1;
	struct log_driver *d = open_log("newline", &plain);
	scoped_free char *got = NULL;

	signal(SIGXFSZ, SIG_IGN);
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "b");
	with_room(d, one, "\n", NULL);
	d->ops->finish(d);
	d->ops->free(d);
	log_set_sink(NULL, NULL);
	got = without_stamps("newline");
	CHECK_STR(got, "stdout P b|stdout F |");
}

/* The note itself does not fit: it is said later, with all that was lost until then. */
TEST(k8s_note_that_does_not_fit)
{
	static const size_t one = sizeof(OUT "F 1\n") - 1;
	struct log_driver *d = open_log("note", &plain);
	scoped_free char *got = NULL;

	signal(SIGXFSZ, SIG_IGN);
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "1\n");
	with_room(d, one + 5, "2\n", NULL);
	with_room(d, one + 60, "3\n4\n", "5\n");
	puts_to(d, false, "6\n");
	d->ops->free(d);
	log_set_sink(NULL, NULL);
	got = without_stamps("note");
	CHECK_STR(got, "stdout F 1|" NOTE("4") "stdout F 6|");
}

/* The container ends while the disk is full: the end says it, in the log or to the operator. */
TEST(k8s_loss_at_the_end)
{
	static const size_t one = sizeof(OUT "F 1\n") - 1;
	struct log_driver *d = open_log("end", &plain);
	scoped_free char *got = NULL;

	signal(SIGXFSZ, SIG_IGN);
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "1\n");
	with_room(d, one, "2\n3\n", NULL);
	d->ops->finish(d);
	d->ops->free(d);
	log_set_sink(NULL, NULL);
	got = without_stamps("end");
	CHECK_STR(got, "stdout F 1|" NOTE("2"));
}
