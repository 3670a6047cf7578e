/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system check.  Three passes:
 *   1. the database itself, and the containers in it: what killed commands left is finished or
 * undone;
 *   2. strays: ids found in our directories, mounts, leases, the runtime's state that no record
 * knows (the record is always written first and deleted last, so nobody is just making them);
 *   3. the store's own check.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/str.h"
#include "engine/container/container_priv.h"
#include "storage/store.h"
#include "sys/lock.h"

void engine_check_report_done(struct engine_check_report *r)
{
	if (!r)
		return;
	strv_free(r->findings);
	strv_free(r->repaired);
	*r = (struct engine_check_report){ 0 };
}

static int check_containers(struct engine *e, bool repair, struct engine_check_report *rep,
			    struct error *err)
{
	scoped_strv char **ids = NULL;
	struct db *db;
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = sqldb_check(db_sql(db), err);
	if (r >= 0)
		r = db_container_unfinished(db, &ids, err);
	if (r < 0)
		return r;
	STRV_FOREACH (id, ids) {
		scoped_free char *lock = engine_run_path(e, "locks/container/%s", *id);
		scoped(container_record_done) struct container_record rec = { 0 };

		if (lock_is_held(AT_FDCWD, lock) == 1 ||
		    db_container_load(db, *id, &rec, NULL) < 0 || monitor_alive(&rec))
			continue;
		strv_addf(&rep->findings, "container %s (%.12s) was left by a killed command%s%s",
			  rec.name, *id, rec.state.intent ? ": " : "",
			  rec.state.intent ? rec.state.intent : "");
		if (repair)
			strv_addf(&rep->repaired, "container %s (%.12s) was put in order", rec.name,
				  *id);
	}
	if (repair) {
		e->reclaimed = false;
		engine_reclaim(e);
	}
	return 0;
}

/* Names of 64 hex digits (with an optional suffix) in a directory. */
static void collect_ids(const char *dir, char ***ids)
{
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));) {
		scoped_free char *id = xstrndup(de->d_name, 64);

		if (str_is_hex(id, 64) && !strv_has(*ids, id))
			strv_add(ids, id);
	}
	closedir(d);
}

static int collect_strays(struct engine *e, char ***ret, struct error *err)
{
	static const char *const run_dirs[] = { "containers", "exits",	    "netns",
						"runtime",    "locks/exit", "locks/container" };
	scoped_strv char **ids = NULL, **holders = NULL, **stored = NULL;
	scoped_free char *graph = engine_path(e, "containers");
	struct store *store;
	struct db *db;
	int r = engine_db(e, &db, err);

	for (size_t i = 0; i < ARRAY_SIZE(run_dirs); i++) {
		scoped_free char *dir = engine_run_path(e, "%s", run_dirs[i]);

		collect_ids(dir, &ids);
	}
	collect_ids(graph, &ids);
	if (r >= 0)
		r = engine_store(e, &store, err);
	if (r >= 0)
		r = store_container_list(store, &stored, err);
	if (r >= 0)
		r = network_holders(engine_network_config(e), &holders, err);
	if (r < 0)
		return r;
	STRV_FOREACH (s, stored)
		if (!strv_has(ids, *s))
			strv_add(&ids, *s);
	STRV_FOREACH (h, holders)
		if (!strv_has(ids, *h))
			strv_add(&ids, *h);
	STRV_FOREACH (id, ids) {
		scoped_free char *exit_lock = container_exit_lock_path(e, *id);
		char known[65];

		/* Its monitor removes what is left of it right now. */
		if (lock_is_held(AT_FDCWD, exit_lock) == 1)
			continue;
		if (str_is_hex(*id, 64) && db_container_lookup(db, *id, known, NULL) < 0)
			strv_add(ret, *id);
	}
	return 0;
}

/* As container_erase, from nothing but the id. */
static int erase_stray(struct engine *e, const char *id, struct error *err)
{
	struct container c = CONTAINER_INIT;
	int r;

	c.e = e;
	memcpy(c.r.id, id, sizeof(c.r.id));
	c.r.wish.network.mode = xstrdup("bridge"); /* whatever it was: look for everything */
	r = locks_try(e, LOCK_CONTAINER, id, &c.lock, err);
	if (r < 0) {
		container_record_done(&c.r);
		return r;
	}
	monitor_kill_stray(id);
	r = container_teardown(&c, true, err);
	if (r >= 0)
		r = container_erase_files(&c, err);
	container_done(&c);
	return r;
}

static int check_strays(struct engine *e, bool repair, struct engine_check_report *rep,
			struct error *err)
{
	scoped_strv char **ids = NULL;
	int r = collect_strays(e, &ids, err);

	if (r < 0)
		return r;
	STRV_FOREACH (id, ids) {
		struct error why = ERROR_INIT;

		strv_addf(&rep->findings, "something of %.12s is there, but no such container",
			  *id);
		if (!repair)
			continue;
		if (erase_stray(e, *id, &why) < 0)
			strv_addf(&rep->findings, "what is left of %.12s could not be removed: %s",
				  *id, why.msg);
		else
			strv_addf(&rep->repaired, "what was left of %.12s is removed", *id);
	}
	return 0;
}

static int check_store(struct engine *e, bool repair, struct engine_check_report *rep,
		       struct error *err)
{
	struct store_report sr = { 0 };
	struct store *store;
	int r = engine_store(e, &store, err);

	if (r >= 0)
		r = store_check(store, repair, &sr, err);
	if (r < 0)
		return r;
	strv_add_all(&rep->findings, sr.findings);
	strv_add_all(&rep->repaired, sr.repaired);
	store_report_done(&sr);
	return 0;
}

int engine_check(struct engine *e, bool repair, struct engine_check_report *ret, struct error *err)
{
	struct engine_check_report rep = { 0 };
	int r = check_containers(e, repair, &rep, err);

	if (r >= 0)
		r = check_strays(e, repair, &rep, err);
	if (r >= 0)
		r = check_store(e, repair, &rep, err);
	if (r < 0) {
		engine_check_report_done(&rep);
		return r;
	}
	*ret = rep;
	return 0;
}
