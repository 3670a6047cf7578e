/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "storage/fixture.h"
#include "sys/fd.h"
#include "sys/pidref.h"

static int run_child(const char *dir, int (*fn)(struct store *s))
{
	pid_t pid = fork();
	struct store *s = NULL;
	int status = -1;

	if (pid == 0) {
		struct error err = ERROR_INIT;

		if (fixture_open(dir, &s, &err) == 0)
			fn(s);
		/* No store_close: it dies as it is. */
		kill(getpid(), SIGKILL);
	}
	pid_reap(pid, &status);
	return status;
}

static int leave_staging(struct store *s)
{
	struct store_staging *g;
	struct error err;

	return store_staging_new(s, &g, &err);
}

static int leave_layer(struct store *s)
{
	struct error err;
	char id[65];

	return fixture_file_layer(s, NULL, "left", "over", id, &err);
}

TEST(repair_removes_what_a_killed_process_unpacked)
{
	struct store *s = NULL;
	struct error err = ERROR_INIT;
	struct store_report r = { 0 };
	scoped_free char *root = path_join(test_tmpdir(), "graph");

	CHECK_INT(run_child(test_tmpdir(), leave_staging), 128 + SIGKILL);
	CHECK_INT(run_child(test_tmpdir(), leave_layer), 128 + SIGKILL);
	CHECK(fixture_entries(root, "staging") >= 1);
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(store_repair(s, &r, &err), err);
	CHECK(r.staging_removed >= 1);
	CHECK_INT(r.layers_removed, 1);
	store_report_done(&r);
	store_close(s);
	CHECK_INT(fixture_entries(root, "staging"), 0);
	CHECK_INT(fixture_entries(root, "overlay"), 0);
}

TEST(the_next_writer_repairs_by_itself)
{
	struct store *s = NULL;
	struct error err = ERROR_INIT;
	struct store_container_new c = { .id = "c1" };
	scoped_free char *root = path_join(test_tmpdir(), "graph");

	CHECK_INT(run_child(test_tmpdir(), leave_layer), 128 + SIGKILL);
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	/* Opening alone does nothing. */
	CHECK_INT(fixture_entries(root, "staging"), 1);
	CHECK_OK(store_container_create(s, &c, &err), err);
	store_close(s);
	CHECK_INT(fixture_entries(root, "staging"), 0);
	CHECK_INT(fixture_entries(root, "overlay"), 1);
}

TEST(repair_leaves_the_living_alone)
{
	struct store *living = NULL, *s = NULL;
	struct store_staging *g = NULL;
	struct store_report r = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *root = path_join(test_tmpdir(), "graph");
	char id[65], image[65];

	CHECK_OK(fixture_open(test_tmpdir(), &living, &err), err);
	CHECK_OK(fixture_file_layer(living, NULL, "a", "1", id, &err), err);
	CHECK_OK(store_staging_new(living, &g, &err), err);
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(store_repair(s, &r, &err), err);
	CHECK_INT(r.staging_removed, 0);
	CHECK_INT(r.layers_removed, 0);
	store_report_done(&r);
	store_close(s);
	CHECK_INT(fixture_entries(root, "staging"), 1);
	CHECK_OK(fixture_image(living, id, "{}", NULL, image, &err), err);
	store_staging_free(g);
	store_close(living);
}

static void sql(const char *root, const char *text)
{
	scoped_free char *path = path_join(root, "index.sqlite");
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* What a power cut leaves: rows of another boot, directories without rows, rows without content. */
TEST(repair_after_a_power_cut)
{
	struct store *s = NULL;
	struct store_report r = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *root = path_join(test_tmpdir(), "graph");
	scoped_free char *gone = NULL;
	char synced[65], lost[65], image[65];

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(fixture_file_layer(s, NULL, "a", "1", synced, &err), err);
	CHECK_OK(fixture_image(s, synced, "{}", "localhost/a:1", image, &err), err);
	CHECK_OK(fixture_file_layer(s, synced, "b", "2", lost, &err), err);
	sql(root, "UPDATE layers SET boot = 'another boot' WHERE boot IS NOT NULL");
	CHECK(store_layer_exists(s, synced));
	CHECK(!store_layer_exists(s, lost));
	CHECK_INT(mkdir(test_path("graph/overlay/orphan"), 0700), 0);
	CHECK_INT(mkdir(test_path("graph/images/orphan"), 0700), 0);
	CHECK_OK(store_repair(s, &r, &err), err);
	CHECK_INT(r.layers_removed, 1);
	store_report_done(&r);
	CHECK_INT(fixture_entries(root, "overlay"), 1);
	CHECK_INT(fixture_entries(root, "images"), 1);
	/* Content of a layer that is gone: its row goes, so that it can be fetched again. */
	gone = xasprintf("%s/overlay/%s/diff", root, synced);
	CHECK_INT(fd_remove_tree(AT_FDCWD, gone), 0);
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK(r.findings != NULL);
	store_report_done(&r);
	CHECK_OK(store_repair(s, &r, &err), err);
	store_report_done(&r);
	CHECK(!store_layer_exists(s, synced));
	CHECK_OK(fixture_file_layer(s, NULL, "a", "1", lost, &err), err);
	CHECK_STR(lost, synced);
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK(r.findings == NULL);
	store_report_done(&r);
	store_close(s);
}

/* A mount in what must go is reported, and nobody is stopped by it. */
TEST(repair_goes_on_past_a_mount)
{
	struct store *s = NULL;
	struct store_report r = { 0 };
	struct store_container_new c = { .id = "c1" };
	struct error err = ERROR_INIT;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		TEST_SKIP("cap_sys_admin");
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_INT(mkdir(test_path("graph/overlay/orphan"), 0700), 0);
	CHECK_INT(mkdir(test_path("graph/overlay/orphan/merged"), 0700), 0);
	CHECK_INT(mount("tmpfs", test_path("graph/overlay/orphan/merged"), "tmpfs", 0, NULL), 0);
	CHECK_OK(store_repair(s, &r, &err), err);
	CHECK(r.findings != NULL && strstr(r.findings[0], "busy") != NULL);
	store_report_done(&r);
	CHECK_OK(store_container_create(s, &c, &err), err);
	store_close(s);
	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(store_container_remove(s, "c1", &err), err);
	CHECK_OK(store_container_create(s, &c, &err), err);
	store_close(s);
}

TEST(check_finds_and_mends)
{
	struct store *s = NULL;
	struct store_report r = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *config = NULL;
	char layer[65], good[65], bad[65];

	CHECK_OK(fixture_open(test_tmpdir(), &s, &err), err);
	CHECK_OK(fixture_file_layer(s, NULL, "a", "1", layer, &err), err);
	CHECK_OK(fixture_image(s, layer, "{}", "localhost/a:1", good, &err), err);
	CHECK_OK(fixture_image(s, layer, "{\"b\":1}", "localhost/b:1", bad, &err), err);
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK(r.findings == NULL);
	store_report_done(&r);
	config = xasprintf("%s/images/%s/config", store_graphroot(s), bad);
	test_write_file(config, "{\"Env\":[\"EVIL=1\"]}");
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK_INT(strv_len(r.findings), 1);
	CHECK(strstr(r.findings[0], "the stored config has digest") != NULL);
	store_report_done(&r);
	CHECK_OK(store_check(s, true, &r, &err), err);
	CHECK(r.repaired != NULL);
	store_report_done(&r);
	CHECK_FAILS(store_image_by_name(s, "localhost/b:1", bad, &err), err, ERROR_NOT_FOUND, "");
	CHECK_OK(store_image_by_name(s, "localhost/a:1", good, &err), err);
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK(r.findings == NULL);
	store_report_done(&r);
	store_close(s);
}
