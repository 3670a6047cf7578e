/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "sys/lock.h"

void container_done(struct container *c)
{
	if (!c)
		return;
	container_record_done(&c->r);
	locks_release(&c->lock);
}

int container_save(struct container *c, struct error *err)
{
	free(c->r.state.boot_id);
	c->r.state.boot_id = xstrdup(c->e->boot_id);
	return db_container_save_state(c->db, c->r.id, &c->r.state, err);
}

int container_intend(struct container *c, const char *intent, struct error *err)
{
	free(c->r.state.intent);
	c->r.state.intent = xstrdup_opt(intent);
	return container_save(c, err);
}

int container_driver(struct container *c, struct runtime_driver **ret, struct error *err)
{
	return engine_runtime_of(c->e, c->r.wish.runtime, ret, err);
}

/* A container that runs has a monitor; when it was killed, a successor.  Without one the container
 * is still there, so that is no reason to fail. */
static bool see_to_monitor(struct container *c)
{
	struct error err = ERROR_INIT;

	if (!monitor_missing(&c->r))
		return false;
	if (monitor_follow(c->e, &c->r))
		return true;
	if (monitor_reattach(c, &err) < 0)
		log_warn("%s; the container goes on without a monitor", err.msg);
	return false;
}

static int sync_with_reality(struct container *c, struct error *err)
{
	bool changed = container_refine(c->e, &c->r);

	changed |= see_to_monitor(c);
	if (c->r.state.status == CONTAINER_STOPPING &&
	    pidref_alive_at(c->r.state.pid, c->r.state.pid_start) != 1) {
		monitor_await_exit(c->e, &c->r, CONTAINER_EXIT_WAIT_MSEC);
		changed |= container_refine(c->e, &c->r);
	}
	if (!changed)
		return 0;
	if (c->r.state.status == CONTAINER_STOPPED && c->r.state.exit_code == -1)
		log_warn("container %s has ended: %s; its exit code is unknown and set to -1",
			 c->r.name,
			 c->r.state.error ? c->r.state.error : "no exit record was written");
	return container_save(c, err);
}

static int load_locked(struct container *c, const char *id, struct error *err)
{
	int r = db_container_load(c->db, id, &c->r, err);

	if (r < 0)
		return r;
	if (c->r.state.intent) {
		r = container_recover(c, err);
		if (r < 0)
			return r;
	}
	return sync_with_reality(c, err);
}

int container_open_id(struct engine *e, const char *id, bool wait, struct container *ret,
		      struct error *err)
{
	struct container c = CONTAINER_INIT;
	int r;

	trace_scope("open container");
	c.e = e;
	r = engine_db(e, &c.db, err);
	if (r < 0)
		return r;
	r = wait ? locks_take(e, LOCK_CONTAINER, id, &c.lock, err)
		 : locks_try(e, LOCK_CONTAINER, id, &c.lock, err);
	if (r < 0)
		return r;
	r = load_locked(&c, id, err);
	if (r < 0) {
		struct db *db = c.db;
		char known[65];

		/* Removed while we waited.  Our open may have made the lock file anew, and the
		 * command that removed it may have been killed before its last files went. */
		if (db_container_lookup(db, id, known, NULL) < 0) {
			snprintf(c.r.id, sizeof(c.r.id), "%s", id);
			/* not found is what there is to say; what stays, the next one finds */
			container_erase_files(&c, NULL);
		}
		container_done(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int container_lookup(struct engine *e, const char *word, char ret_id[65], struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	return r < 0 ? r : db_container_lookup(db, word, ret_id, err);
}

int container_ids(struct engine *e, char ***ret, struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	return r < 0 ? r : db_container_ids(db, ret, err);
}

int container_open(struct engine *e, const char *word, struct container *ret, struct error *err)
{
	char id[65];
	int r = container_lookup(e, word, id, err);

	return r < 0 ? r : container_open_id(e, id, true, ret, err);
}

int container_snapshot(struct engine *e, const char *word, struct container_record *ret,
		       struct error *err)
{
	struct db *db;
	char id[65];
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = db_container_lookup(db, word, id, err);
	if (r >= 0)
		r = db_container_load(db, id, ret, err);
	if (r < 0)
		return r;
	container_refine(e, ret);
	return 0;
}
