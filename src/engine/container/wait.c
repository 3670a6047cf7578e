/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting needs no lock and no polling: the end is seen on init's pidfd and by the exit record's
 * appearance.  States that a command brings about (configured, created, running, paused, removing)
 * are seen by the database's log file being written to.
 */
#include <errno.h>
#include <poll.h>

#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "sys/fd.h"
#include "sys/watch.h"

/* Nothing announces a thaw by another program: look again after this. */
#define LOOK_AGAIN_MSEC 1000

/* Health by its record; that is replaced by rename. */
static int health_reached(struct engine *e, const struct container_record *r, unsigned conditions,
			  struct error *err)
{
	const struct health_config *c = &r->wish.health;
	scoped(health_record_done) struct health_record record = { 0 };

	if (!(conditions & (CONTAINER_WAIT_HEALTHY | CONTAINER_WAIT_UNHEALTHY)))
		return 0;
	if (!health_enabled(c))
		return error_set(err, ERROR_STATE, "container %s has no defined healthcheck",
				 r->id);
	if (!health_record_read(e, r->id, c->log_destination, &record))
		return 0;
	return (conditions & CONTAINER_WAIT_HEALTHY && streq_opt(record.status, "healthy")) ||
	       (conditions & CONTAINER_WAIT_UNHEALTHY && streq_opt(record.status, "unhealthy"));
}

static void watch_health(struct engine *e, int in, const struct container_record *r)
{
	scoped_free char *path = health_record_path(e, r->id, r->wish.health.log_destination);
	scoped_free char *dir = path_dir(path);

	if (health_enabled(&r->wish.health))
		watch_add(in, dir, WATCH_APPEAR);
}

static bool reached(enum container_status s, unsigned conditions)
{
	if (conditions & (1u << s))
		return true;
	/* exited is stopped and cleaned up: whoever waits for the end wants either. */
	return s == CONTAINER_EXITED && (conditions & (1u << CONTAINER_STOPPED));
}

static int watch_changes(struct engine *e)
{
	scoped_free char *wal = engine_path(e, "db.sqlite-wal");
	scoped_free char *exits = engine_run_path(e, "exits");
	int in = watch_open();

	if (in < 0)
		return in;
	watch_add(in, wal, WATCH_WRITE);
	watch_add(in, exits, WATCH_APPEAR);
	return in;
}

static int removed(struct db *db, const char *id, unsigned conditions, int *ret_code,
		   struct error *err)
{
	int code = -1;

	if (db_exit_code_get(db, id, &code, NULL) < 0 && !(conditions & (1u << CONTAINER_REMOVING)))
		return error_set(err, ERROR_NOT_FOUND,
				 "no container with name or ID \"%s\" found: no such container",
				 id);
	*ret_code = code;
	return 0;
}

int container_wait(struct engine *e, const char *word, unsigned conditions, int *ret_code,
		   struct error *err)
{
	scoped_fd int in = -1;
	struct db *db;
	char id[65];
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = db_container_lookup(db, word, id, err);
	if (r < 0)
		return r;
	in = watch_changes(e);
	if (in < 0)
		return error_os(err, -in, "watch container %s", id);
	for (;;) {
		scoped(container_record_done) struct container_record rec = { 0 };
		scoped(pidref_done) struct pidref init = PIDREF_INIT;
		struct error why = ERROR_INIT;
		struct pollfd p[2] = { { .fd = in, .events = POLLIN },
				       { .fd = -1, .events = POLLIN } };

		watch_drain(in); /* before looking, so that no change is missed */
		r = db_container_load(db, id, &rec, &why);
		if (r < 0 && why.kind == ERROR_NOT_FOUND)
			return removed(db, id, conditions, ret_code, err);
		if (r < 0)
			return error_copy(err, &why);
		container_refine(e, &rec);
		if (conditions & (CONTAINER_WAIT_HEALTHY | CONTAINER_WAIT_UNHEALTHY))
			watch_health(e, in, &rec);
		r = health_reached(e, &rec, conditions, err);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret_code = -1;
			return 0;
		}
		if (reached((enum container_status)rec.state.status, conditions)) {
			*ret_code = rec.state.exited ? rec.state.exit_code : -1;
			return 0;
		}
		if (rec.state.pid > 0 &&
		    pidref_open(&init, rec.state.pid, rec.state.pid_start) >= 0)
			p[1].fd = init.fd;
		if (poll(p, 2, LOOK_AGAIN_MSEC) < 0 && errno != EINTR)
			return error_os(err, errno, "wait for container %s", id);
	}
}
