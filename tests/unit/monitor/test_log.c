/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/log/log.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int open_log(struct log **ret, struct error *err, size_t n, const char **paths,
		    struct monitor_log_options *o)
{
	struct log_source source = { .id = ID, .name = "name" };

	o->max_files = 1;
	o->paths.items = paths;
	o->paths.n = n;
	return log_open(o, &source, ret, err);
}

TEST(log_drivers)
{
	char file[4096], bare[4096];
	const char *paths[] = { file, bare, "none" };
	struct monitor_log_options o = { 0 };
	struct error err = ERROR_INIT;
	struct log_chunk c = { .data = "x\n", .len = 2 };
	struct log *l;
	scoped_free char *one = NULL, *two = NULL;

	snprintf(file, sizeof(file), "k8s-file:%s", test_path("one.log"));
	snprintf(bare, sizeof(bare), "%s", test_path("two.log"));
	CHECK_OK(open_log(&l, &err, 3, paths, &o), err);
	CHECK(log_keeps(l));
	log_write(l, &c);
	log_free(l);
	one = test_read_file(test_path("one.log"));
	two = test_read_file(test_path("two.log"));
	CHECK(strstr(one, " stdout F x\n") != NULL);
	CHECK_STR(one, two);
}

TEST(log_none_keeps_nothing)
{
	static const char *words[] = { "none", "off", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct monitor_log_options o = { 0 };
		struct error err = ERROR_INIT;
		struct log_mark mark;
		struct log *l;

		CHECK_OK(open_log(&l, &err, 1, &words[i], &o), err);
		CHECK(!log_keeps(l) && !log_is_passthrough(l) && !log_get_mark(l, &mark));
		log_free(l);
	}
}

TEST(log_refused)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{ "foo:/x", "no such log driver 'foo'" },
		{ "json-file", "needs a path" },
		{ "json-file:/nonexistent/x", "/nonexistent/x" },
		{ "k8s-file", "needs a path" },
		{ "k8s-file:", "needs a path" },
		{ "k8s-file:/nonexistent/x", "/nonexistent/x" },
		{ "", "''" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *path = rows[i].path;
		struct monitor_log_options o = { 0 };
		struct error err = ERROR_INIT;
		struct log *l;

		CHECK(open_log(&l, &err, 1, &path, &o) < 0);
		CHECK(strstr(err.msg, rows[i].text) != NULL);
	}
}

TEST(log_tag_and_labels_are_the_journals)
{
	const char *label = "A=1";
	char file[4096];
	const char *path = file;
	struct monitor_log_options o = { .tag = "t" };
	struct error err = ERROR_INIT;
	struct log *l;

	snprintf(file, sizeof(file), "k8s-file:%s", test_path("tag.log"));
	CHECK_FAILS(open_log(&l, &err, 1, &path, &o), err, ERROR_INVALID, "--log-tag");
	o = (struct monitor_log_options){ .labels = { &label, 1 } };
	CHECK_FAILS(open_log(&l, &err, 1, &path, &o), err, ERROR_INVALID, "--log-label");
}

TEST(log_allowlist)
{
	char inside[4200], outside[4200], allowed[4096];
	const char *dir = allowed, *path = inside;
	struct monitor_log_options o = { .allowlist = { &dir, 1 } };
	struct error err = ERROR_INIT;
	struct log *l;

	snprintf(allowed, sizeof(allowed), "%s", test_path("allowed"));
	CHECK_INT(mkdir(allowed, 0755), 0);
	snprintf(inside, sizeof(inside), "k8s-file:%s/x.log", allowed);
	snprintf(outside, sizeof(outside), "k8s-file:%s/../x.log", allowed);
	CHECK_OK(open_log(&l, &err, 1, &path, &o), err);
	log_free(l);
	path = outside;
	CHECK_FAILS(open_log(&l, &err, 1, &path, &o), err, ERROR_DENIED, "--log-allowlist-dir");
}

TEST(log_passthrough_stands_alone)
{
	const char *paths[] = { "passthrough", "none" };
	struct monitor_log_options o = { 0 };
	struct error err = ERROR_INIT;
	struct log *l;

	CHECK_OK(open_log(&l, &err, 1, paths, &o), err);
	CHECK(log_is_passthrough(l));
	log_free(l);
	CHECK_FAILS(open_log(&l, &err, 2, paths, &o), err, ERROR_INVALID, "passthrough");
}

/* Killed in the middle of a write: what is there of it goes, and all of it comes again; killed
 * after it: nothing comes again. */
TEST(log_goes_on_after_a_kill)
{
	char file[4096];
	const char *paths[] = { file };
	struct monitor_log_options o = { .max_files = 1, .paths = { paths, 1 } };
	struct log_chunk c = { .data = "one\ntwo\n", .len = 8 };
	struct journal_log place;
	struct error err = ERROR_INIT;
	struct log_source source = { .id = ID };
	scoped_free char *text = NULL;
	struct log *l;

	CHECK_INT(journal_new(&source.journal, NULL), 0);
	snprintf(file, sizeof(file), "k8s-file:%s", test_path("kill.log"));
	CHECK_OK(log_open(&o, &source, &l, &err), err);
	log_write(l, &c);
	log_free(l);
	/* Written, and not yet noted. */
	place = journal_log_get(&source.journal->log[0]);
	CHECK(place.kept[JOURNAL_OUT] == 8 && place.len == 0);
	place.kept[JOURNAL_OUT] = 0;
	place.size = 0;
	place.len = 2 * (uint32_t)strlen("2026-11-22T02:45:52.981065957+00:00 stdout F one\n");
	place.next = 8;
	journal_log_set(&source.journal->log[0], &place);
	CHECK_OK(log_open(&o, &source, &l, &err), err);
	log_write(l, &c);
	log_free(l);
	/* Half of it written: one byte is missing. */
	place.kept[JOURNAL_OUT] = 4;
	place.size = place.len / 2;
	place.len /= 2;
	journal_log_set(&source.journal->log[0], &place);
	CHECK_INT(truncate(test_path("kill.log"), place.size + place.len - 1), 0);
	CHECK_OK(log_open(&o, &source, &l, &err), err);
	log_write(l, &c);
	log_free(l);
	journal_free(source.journal);
	text = test_read_file(test_path("kill.log"));
	CHECK_INT(strlen(text), place.size + place.len);
	CHECK(strstr(text, " stdout F one\n") && strstr(text, " stdout F two\n"));
}
