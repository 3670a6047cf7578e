/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine_priv.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/procfs.h"

/* An engine on directories of the test, as engine_open would make it. */
static struct engine *new_engine(const char *name)
{
	struct engine *e = xnew(struct engine);

	e->graphroot = xasprintf("%s/graph", test_path(name));
	e->runroot = xasprintf("%s/run", test_path(name));
	fd_mkdir_p(AT_FDCWD, e->graphroot, 0700);
	fd_mkdir_p(AT_FDCWD, e->runroot, 0700);
	proc_boot_id(e->boot_id);
	return e;
}

/* As a container was when the machine went down. */
static void leave(struct engine *e, char fill, enum container_status status, bool rm,
		  const char *intent)
{
	scoped(container_record_done) struct container_record r = { 0 };
	scoped_free char *db_path = engine_path(e, "db.sqlite");
	struct error err = ERROR_INIT;
	struct db *db;

	CHECK_OK(db_open(db_path, &db, &err), err);
	memset(r.id, fill, 64);
	r.name = xasprintf("c%c", fill);
	r.wish.rm = rm;
	r.state.status = (int)status;
	r.state.pid = 1; /* exists again after every boot */
	r.state.pid_start = 1;
	r.state.mounted = r.state.netns = true;
	r.state.mountpoint = xstrdup("/somewhere");
	r.state.intent = xstrdup_opt(intent);
	r.state.boot_id = xstrdup("another boot");
	CHECK_OK(db_container_insert(db, &r, false, &err), err);
	db_close(db);
}

static struct container_state state_of(struct engine *e, char fill)
{
	scoped(container_record_done) struct container_record r = { 0 };
	struct container_state s;
	struct error err = ERROR_INIT;
	struct db *db;
	char id[65] = "";

	memset(id, fill, 64);
	if (engine_db(e, &db, &err) < 0 || db_container_load(db, id, &r, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	s = r.state;
	r.state = (struct container_state){ 0 };
	return s;
}

static void check_state(struct engine *e, char fill, enum container_status status,
			const char *intent)
{
	struct container_state s = state_of(e, fill);

	CHECK_INT(s.status, status);
	CHECK_INT(s.pid, 0);
	CHECK(!s.mounted && !s.netns && !s.mountpoint);
	CHECK_STR(s.boot_id, e->boot_id);
	CHECK_STR(s.intent ? s.intent : "none", intent ? intent : "none");
	container_state_done(&s);
}

TEST(every_state_after_a_reboot)
{
	struct engine *e = new_engine("states");

	leave(e, 'a', CONTAINER_RUNNING, false, NULL);
	leave(e, 'b', CONTAINER_EXITED, false, NULL);
	leave(e, 'c', CONTAINER_PAUSED, false, "pause");
	leave(e, 'd', CONTAINER_RUNNING, true, NULL);
	leave(e, 'e', CONTAINER_CONFIGURED, false, "create");
	leave(e, 'f', CONTAINER_REMOVING, false, "remove");
	leave(e, '1', CONTAINER_RUNNING, false, "start");
	check_state(e, 'a', CONTAINER_CONFIGURED, NULL);
	check_state(e, 'b', CONTAINER_EXITED, NULL);
	check_state(e, 'c', CONTAINER_CONFIGURED, NULL);
	check_state(e, 'd', CONTAINER_CONFIGURED, "remove-volumes"); /* --rm: it has ended */
	check_state(e, 'e', CONTAINER_CONFIGURED, "create"); /* finished by the next opener */
	check_state(e, 'f', CONTAINER_REMOVING, "remove");
	check_state(e, '1', CONTAINER_CONFIGURED, NULL);
	engine_close(e);
}

TEST(a_run_directory_of_another_boot_is_cleared)
{
	struct engine *e = new_engine("cleared");
	scoped_free char *mark = engine_run_path(e, "boot-id");
	scoped_free char *exits = engine_run_path(e, "exits");
	scoped_free char *exit_file = engine_run_path(e, "exits/abc");
	scoped_free char *foreign = engine_run_path(e, "foreign");
	scoped_free char *text = NULL;
	struct error err = ERROR_INIT;
	struct db *db;

	fd_mkdir_p(AT_FDCWD, exits, 0700);
	CHECK_INT(test_write_file(mark, "another boot"), 0);
	CHECK_INT(test_write_file(exit_file, "0"), 0);
	CHECK_INT(test_write_file(foreign, "not ours"), 0);
	CHECK_OK(engine_db(e, &db, &err), err);
	CHECK(access(exit_file, F_OK) < 0);
	CHECK(access(exits, F_OK) == 0);
	CHECK(access(foreign, F_OK) == 0);
	text = test_read_file(mark);
	CHECK_STR(text, e->boot_id);
	engine_close(e);
}

/* The mark may be deleted while containers run: nothing is touched then. */
TEST(a_missing_mark_clears_nothing)
{
	struct engine *e = new_engine("kept");
	scoped_free char *exits = engine_run_path(e, "exits");
	scoped_free char *exit_file = engine_run_path(e, "exits/abc");
	struct error err = ERROR_INIT;
	struct db *db;

	fd_mkdir_p(AT_FDCWD, exits, 0700);
	CHECK_INT(test_write_file(exit_file, "0"), 0);
	CHECK_OK(engine_db(e, &db, &err), err);
	CHECK(access(exit_file, F_OK) == 0);
	engine_close(e);
}
