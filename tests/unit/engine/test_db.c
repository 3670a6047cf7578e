/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/str.h"
#include "engine/db.h"
#include "harness/test.h"
#include "sys/procfs.h"

static struct db *open_db(const char *name)
{
	struct error err = ERROR_INIT;
	struct db *db = NULL;

	if (db_open(test_path(name), &db, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return db;
}

static void make(struct container_record *r, const char *name, char fill)
{
	memset(r->id, fill, 64);
	r->name = xstrdup(name);
	r->created_nsec = 1000 + fill;
	r->wish.image = xstrdup("busybox");
	r->wish.image_id = xstrdup("1234");
	strv_add(&r->wish.process.command, "true");
	strmap_set(&r->wish.labels, "a", "b");
	r->state.status = CONTAINER_CONFIGURED;
	r->state.boot_id = xstrdup("boot1");
}

static void insert(struct db *db, const char *name, char fill)
{
	scoped(container_record_done) struct container_record r = { 0 };
	struct error err = ERROR_INIT;

	make(&r, name, fill);
	CHECK_OK(db_container_insert(db, &r, false, &err), err);
}

TEST(what_goes_in_comes_out)
{
	struct db *db = open_db("round.sqlite");
	scoped(container_record_done) struct container_record in = { 0 }, out = { 0 };
	struct error err = ERROR_INIT;

	make(&in, "one", 'a');
	in.wish.process.entrypoint = xnew_n(char *, 1); /* cleared, not absent */
	in.wish.shm_size = (struct opt_i64)OPT_SET(65536);
	in.wish.security.no_new_privileges = true;
	*ARRAY_ADD(in.wish.mounts, in.wish.n_mounts) = (struct wish_mount){
		.type = xstrdup("volume"), .source = xstrdup("v1"), .destination = xstrdup("/data")
	};
	CHECK_OK(db_container_insert(db, &in, true, &err), err);
	CHECK_OK(db_container_load(db, in.id, &out, &err), err);
	CHECK_STR(out.name, "one");
	CHECK(json_table_equal(&wish_table, &in.wish, &out.wish));
	CHECK(json_table_equal(&container_state_table, &in.state, &out.state));
	CHECK(out.wish.process.entrypoint != NULL);
	db_close(db);
}

TEST(a_name_is_taken_once)
{
	struct db *db = open_db("name.sqlite");
	scoped(container_record_done) struct container_record again = { 0 };
	struct error err = ERROR_INIT;

	insert(db, "web", 'a');
	make(&again, "web", 'b');
	CHECK_FAILS(db_container_insert(db, &again, false, &err), err, ERROR_EXISTS,
		    "the container name \"web\" is already in use by aaaa");
	CHECK(strstr(err.msg, "that name is already in use") != NULL);
	CHECK_FAILS(db_container_load(db, again.id, &again, &err), err, ERROR_NOT_FOUND, "removed");
	db_close(db);
}

TEST(lookup_by_name_id_and_prefix)
{
	struct db *db = open_db("lookup.sqlite");
	struct error err = ERROR_INIT;
	char id[65];

	insert(db, "one", 'a');
	insert(db, "two", 'b');
	insert(db, "abc", 'c'); /* a name that is also a prefix in hex form */
	CHECK_OK(db_container_lookup(db, "one", id, &err), err);
	CHECK_INT(id[0], 'a');
	CHECK_OK(db_container_lookup(db, "bbbb", id, &err), err);
	CHECK_INT(id[0], 'b');
	CHECK_OK(db_container_lookup(db, "abc", id, &err), err);
	CHECK_INT(id[0], 'c');
	CHECK_FAILS(db_container_lookup(db, "x", id, &err), err, ERROR_NOT_FOUND,
		    "no container with name or ID \"x\" found: no such container");
	CHECK_FAILS(db_container_lookup(db, "bbbc", id, &err), err, ERROR_NOT_FOUND, "bbbc");
	CHECK_FAILS(db_container_lookup(db, "", id, &err), err, ERROR_NOT_FOUND, "");
	CHECK_FAILS(db_container_lookup(db, "' OR 1 --", id, &err), err, ERROR_NOT_FOUND, "");
	db_close(db);
}

TEST(an_ambiguous_prefix_is_refused)
{
	struct db *db = open_db("ambiguous.sqlite");
	scoped(container_record_done) struct container_record r = { 0 };
	struct error err = ERROR_INIT;
	char id[65];

	insert(db, "one", 'a');
	make(&r, "two", 'a');
	r.id[63] = 'b';
	CHECK_OK(db_container_insert(db, &r, false, &err), err);
	CHECK_FAILS(db_container_lookup(db, "aa", id, &err), err, ERROR_INVALID, "ambiguous");
	CHECK_OK(db_container_lookup(db, r.id, id, &err), err);
	CHECK_STR(id, r.id);
	db_close(db);
}

TEST(summaries_are_newest_first_and_cheap)
{
	struct db *db = open_db("list.sqlite");
	struct container_summary *l = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	insert(db, "old", 'a');
	insert(db, "new", 'b');
	CHECK_OK(db_container_summaries(db, &l, &n, &err), err);
	CHECK_INT(n, 2);
	CHECK_STR(l[0].name, "new");
	CHECK_STR(l[1].name, "old");
	CHECK_STR(l[1].image, "busybox");
	CHECK_STR(l[1].command[0], "true");
	CHECK_STR(strmap_get(&l[1].labels, "a"), "b");
	CHECK_INT(l[0].status, CONTAINER_CONFIGURED);
	CHECK(l[0].intent == NULL);
	container_list_free(l, n);
	db_close(db);
}

TEST(unfinished_are_those_with_an_intent_or_a_dead_process)
{
	struct db *db = open_db("open.sqlite");
	scoped(container_record_done) struct container_record r = { 0 };
	struct error err = ERROR_INIT;
	struct proc_stat self;
	scoped_strv char **ids = NULL;
	char id[65];

	insert(db, "idle", 'a');
	insert(db, "alive", 'b');
	insert(db, "dead", 'c');
	insert(db, "half", 'd');
	CHECK_INT(proc_stat(getpid(), &self), 0);
	r.state.boot_id = xstrdup("boot1");
	r.state.status = CONTAINER_RUNNING;
	r.state.pid = getpid();
	r.state.pid_start = self.start_time;
	memset(id, 'b', 64);
	id[64] = '\0';
	CHECK_OK(db_container_save_state(db, id, &r.state, &err), err);
	r.state.pid_start = self.start_time + 1; /* the number was used again */
	memset(id, 'c', 64);
	CHECK_OK(db_container_save_state(db, id, &r.state, &err), err);
	r.state.pid = 0;
	r.state.intent = xstrdup("start");
	memset(id, 'd', 64);
	CHECK_OK(db_container_save_state(db, id, &r.state, &err), err);
	CHECK_OK(db_container_unfinished(db, &ids, &err), err);
	CHECK_INT(strv_len(ids), 2);
	CHECK_INT(ids[0][0], 'c');
	CHECK_INT(ids[1][0], 'd');
	CHECK(!db_stale(db, "boot1"));
	CHECK(db_stale(db, "boot2"));
	db_close(db);
}

TEST(users_and_deletion)
{
	struct db *db = open_db("users.sqlite");
	scoped(container_record_done) struct container_record r = { 0 };
	scoped_strv char **v = NULL, **gone = NULL;
	struct error err = ERROR_INIT;
	int code = 0;

	make(&r, "one", 'a');
	*ARRAY_ADD(r.wish.mounts, r.wish.n_mounts) = (struct wish_mount){
		.type = xstrdup("volume"), .source = xstrdup("data"), .destination = xstrdup("/d")
	};
	r.wish.network.mode = xstrdup("container:bbb");
	r.state.started_nsec = 5;
	r.state.exit_code = 7;
	CHECK_OK(db_container_insert(db, &r, false, &err), err);
	CHECK_OK(db_users(db, "volume", "data", &v, &err), err);
	CHECK_INT(strv_len(v), 1);
	v = strv_free(v);
	CHECK_OK(db_users(db, "container", "bbb", &v, &err), err);
	CHECK_INT(strv_len(v), 1);
	v = strv_free(v);
	CHECK_OK(db_users(db, "image", "1234", &v, &err), err);
	CHECK_STR(v[0], r.id);
	CHECK_OK(db_container_delete(db, r.id, &err), err);
	CHECK_OK(db_users(db, "image", "1234", &gone, &err), err);
	CHECK_INT(strv_len(gone), 0);
	CHECK_OK(db_exit_code_get(db, r.id, &code, &err), err);
	CHECK_INT(code, 7);
	db_close(db);
}
