/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What killed commands left.  We hold the lock of a container whose record has an intent: the
 * command that wrote it is dead.  Each intent is finished when its work was done, else undone;
 * either way the user is told what happened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/ident.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "sys/fd.h"
#include "sys/lock.h"

static int erased(const struct container *c, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "no container with name or ID \"%s\" found: no such container", c->r.id);
}

/* Pid that a file in the run directory names; 0 when there is none. */
static pid_t pid_file(struct container *c, const char *name)
{
	scoped_free char *path = engine_run_path(c->e, "containers/%s/%s", c->r.id, name);
	char text[32];
	uint32_t pid = 0;

	if (fd_read_line(AT_FDCWD, path, text, sizeof(text)) < 0 || num_u32(text, &pid) < 0)
		return 0;
	return (pid_t)pid;
}

/* Did the start get as far as a running program with a living monitor?  Then it is adopted. */
static bool adopt_running(struct container *c)
{
	struct runtime_driver *d;
	scoped(pidref_done) struct pidref init = PIDREF_INIT, monitor = PIDREF_INIT;
	enum runtime_status status;
	pid_t pid;

	if (container_driver(c, &d, NULL) < 0 ||
	    d->ops->status(d, c->r.id, &status, &pid, NULL) < 0 || status != RUNTIME_RUNNING)
		return false;
	if (pidref_set(&init, pid) < 0 || pidref_set(&monitor, pid_file(c, "conmon.pid")) < 0)
		return false;
	c->r.state.pid = init.pid;
	c->r.state.pid_start = init.start_time;
	c->r.state.monitor_pid = monitor.pid;
	c->r.state.monitor_start = monitor.start_time;
	c->r.state.status = CONTAINER_RUNNING;
	if (!c->r.state.started_nsec)
		c->r.state.started_nsec = time_now_nsec();
	container_health_go(c);
	return true;
}

static int recover_start(struct container *c, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int sock = -1, r;

	if (adopt_running(c)) {
		log_warn("container %s: the command that started it was killed; the container runs "
			 "and "
			 "is kept",
			 c->r.name);
		return container_intend(c, NULL, err);
	}
	monitor_kill_stray(c->r.id);
	if (c->r.wish.rm) {
		log_warn("container %s: the command that started it was killed; as it was to be "
			 "removed "
			 "at its end, it is removed now",
			 c->r.name);
		r = container_erase(c, true, err);
		return r < 0 ? r : erased(c, err);
	}
	if (streq(c->r.state.intent, "restart")) {
		log_warn("container %s: the command that restarted it by its policy was killed; "
			 "that is done now",
			 c->r.name);
		/* As its last run left it: counted already. */
		c->by_policy = true;
		c->r.state.status = CONTAINER_STOPPED;
		return container_launch(c, false, NULL, -1, &sock, &init, err);
	}
	log_warn("container %s: the command that started it was killed; what it had prepared is "
		 "undone",
		 c->r.name);
	free(take_ptr(c->r.state.intent));
	return container_teardown(c, false, err);
}

static int recover_stop(struct container *c, struct error *err)
{
	container_refine(c->e, &c->r);
	if (c->r.state.status == CONTAINER_STOPPING)
		c->r.state.status = CONTAINER_RUNNING;
	if (c->r.state.status == CONTAINER_RUNNING)
		c->r.state.stopped_by_user = false;
	log_warn("container %s: the command that stopped it was killed; the container is %s now",
		 c->r.name, container_status_name((enum container_status)c->r.state.status));
	return container_intend(c, NULL, err);
}

static int recover_remove(struct container *c, const char *what, bool volumes, struct error *err)
{
	int r;

	log_warn("container %s: the command that %s it was killed; %s", c->r.name, what,
		 streq(what, "created") ? "what it had made is removed"
					: "its removal is finished now");
	monitor_kill_stray(c->r.id);
	r = container_erase(c, volumes, err);
	return r < 0 ? r : erased(c, err);
}

static int recover_freezer(struct container *c, struct error *err)
{
	bool frozen = container_is_frozen(&c->r);

	c->r.state.status = frozen ? CONTAINER_PAUSED : CONTAINER_RUNNING;
	log_warn("container %s: a command that paused or unpaused it was killed; the container is "
		 "%s",
		 c->r.name, frozen ? "paused" : "running");
	return container_intend(c, NULL, err);
}

int container_recover(struct container *c, struct error *err)
{
	const char *intent = c->r.state.intent;

	log_debug("recover container %s: intent '%s'", c->r.id, intent);
	if (streq(intent, "create"))
		return recover_remove(c, "created", true, err);
	if (streq(intent, "remove") || streq(intent, "remove-volumes"))
		return recover_remove(c, "removed", streq(intent, "remove-volumes"), err);
	if (streq(intent, "start") || streq(intent, "restart"))
		return recover_start(c, err);
	if (streq(intent, "pause"))
		return recover_freezer(c, err);
	if (streq(intent, "cleanup")) {
		free(take_ptr(c->r.state.intent));
		return container_teardown(c, false, err);
	}
	return recover_stop(c, err);
}

/* Somebody alive will clean up after this container: its monitor's exit command, or an attached
 * run. */
static bool has_keeper(struct engine *e, const struct container_record *r)
{
	scoped_free char *lock = container_exit_lock_path(e, r->id);

	return monitor_alive(r) || lock_is_held(AT_FDCWD, lock) == 1;
}

static void reclaim_one(struct engine *e, const char *id)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	struct error err = ERROR_INIT;
	int r = container_open_id(e, id, false, &c, &err); /* recovers and syncs */

	if (r < 0) {
		if (err.kind != ERROR_BUSY && err.kind != ERROR_NOT_FOUND)
			log_warn("container %.12s could not be put in order: %s; it is left as it "
				 "is",
				 id, err.msg);
		return;
	}
	if (c.r.state.status != CONTAINER_STOPPED || has_keeper(e, &c.r))
		return;
	if (c.r.wish.rm) {
		log_warn(
			"container %s has ended and nobody is left to remove it; it is removed now",
			c.r.name);
		r = container_erase(&c, true, &err);
	} else if (container_restart_due(&c.r)) {
		log_warn("container %s has ended and nobody is left to restart it by its policy; "
			 "it is restarted now",
			 c.r.name);
		r = container_restart_again(&c, &err);
	} else {
		r = container_teardown(&c, false, &err);
	}
	if (r < 0)
		log_warn("container %s could not be cleaned up: %s; 'system check' tries again",
			 c.r.name, err.msg);
}

/* Nobody makes or removes this container now, and no record knows it. */
static void sweep_one(struct engine *e, struct db *db, const char *id)
{
	struct container c = CONTAINER_INIT;
	char known[65];

	if (locks_try(e, LOCK_CONTAINER, id, &c.lock, NULL) < 0)
		return;
	if (db_container_lookup(db, id, known, NULL) >= 0) {
		locks_release(&c.lock);
		return;
	}
	c.e = e;
	memcpy(c.r.id, id, sizeof(c.r.id));
	container_erase_files(&c, NULL); /* what stays, the next command or 'system check' finds */
	locks_release(&c.lock);
}

/* The lock file is the first and the last thing that a container has.  More files than records:
 * some were left by a command killed before it wrote its record, or after it deleted it. */
static void sweep_lock_files(struct engine *e, struct db *db)
{
	scoped_free char *path = engine_run_path(e, "locks/container");
	scoped_strv char **ids = NULL, **known = NULL;
	DIR *d = opendir(path);

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));)
		if (str_is_hex(de->d_name, ID_HEX_LEN))
			strv_add(&ids, de->d_name);
	closedir(d);
	if (!ids || db_container_ids(db, &known, NULL) < 0 || strv_len(ids) <= strv_len(known))
		return;
	STRV_FOREACH (id, ids) {
		if (!strv_has(known, *id))
			sweep_one(e, db, *id);
	}
}

void engine_reclaim(struct engine *e)
{
	scoped_strv char **ids = NULL;
	struct db *db;

	if (e->reclaimed)
		return;
	e->reclaimed = true;
	if (engine_db(e, &db, NULL) < 0 || db_container_unfinished(db, &ids, NULL) < 0)
		return;
	STRV_FOREACH (id, ids)
		reclaim_one(e, *id);
	sweep_lock_files(e, db);
}
