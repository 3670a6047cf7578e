/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/record.h"

static struct record_places places(const char *prefix)
{
	static char names[3][32];
	static const char *const what[] = { "bundle", "exits", "persist" };

	for (int i = 0; i < 3; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%s", prefix, what[i]);
		mkdir(test_path(names[i]), 0755);
	}
	return (struct record_places){ .cid = "ID",
				       .bundle = test_path(names[0]),
				       .exit_dir = test_path(names[1]),
				       .persist_dir = test_path(names[2]) };
}

static int count_files(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

TEST(record_exit_in_two_places)
{
	struct record_places p = places("two-");
	struct error err = ERROR_INIT;
	scoped_free char *one = NULL, *two = NULL;

	CHECK_OK(record_exit(&p, 137, &err), err);
	CHECK_OK(record_exit(&p, 7, &err), err);
	one = test_read_file(test_path("two-exits/ID"));
	two = test_read_file(test_path("two-persist/exit"));
	CHECK_STR(one, "7");
	CHECK_STR(two, "7");
	CHECK_INT(count_files(p.exit_dir), 1);
}

TEST(record_exit_tries_both)
{
	struct record_places p = places("both-");
	struct error err = ERROR_INIT;
	scoped_free char *one = NULL;

	p.persist_dir = "/nonexistent";
	CHECK_FAILS(record_exit(&p, -1, &err), err, ERROR_OS, "/nonexistent/exit");
	one = test_read_file(test_path("both-exits/ID"));
	CHECK_STR(one, "-1");
}

TEST(record_oom_and_clear)
{
	struct record_places p = places("oom-");
	struct error err = ERROR_INIT;

	CHECK_OK(record_oom(&p, &err), err);
	CHECK_INT(access(test_path("oom-bundle/oom"), F_OK), 0);
	CHECK_INT(access(test_path("oom-persist/oom"), F_OK), 0);
	CHECK_OK(record_exit(&p, 1, &err), err);
	record_clear(&p);
	CHECK_INT(count_files(p.bundle), 0);
	CHECK_INT(count_files(p.persist_dir), 0);
	/* The exit files of all containers are the engine's. */
	CHECK_INT(count_files(p.exit_dir), 1);
}
