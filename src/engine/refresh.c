/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a reboot every container is refreshed once, by whoever comes first, before anything else.
 * What tells is the boot id: in RUNROOT/boot-id for the run directory (which may lie on a disk),
 * and in every state row of the database for its container.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/trace.h"
#include "engine/container/state_table.h"
#include "engine/engine_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/lock.h"

/* Everything of the last boot in the run directory; only names of our own are touched. */
static int clear_run_dir(struct engine *e, struct error *err)
{
	static const char *const dirs[] = { "containers", "exits",   "netns", "runtime",
					    "networks",	  "storage", "locks" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		scoped_free char *path = engine_run_path(e, "%s", dirs[i]);
		int r = fd_remove_tree(AT_FDCWD, path);

		if (r < 0)
			return error_os(err, -r, "remove '%s' of the last boot", path);
	}
	e->dirs_made = false;
	return 0;
}

static void refresh_state(struct container_state *s, bool rm, const char *boot_id)
{
	bool removing = s->intent &&
			(streq(s->intent, "create") || str_has_prefix(s->intent, "remove"));
	bool had_run = s->status != CONTAINER_CONFIGURED;

	s->status = container_events[CONTAINER_EVENT_REBOOT][s->status];
	s->pid = s->monitor_pid = 0;
	s->pid_start = s->monitor_start = 0;
	s->mounted = s->netns = false;
	free(take_ptr(s->mountpoint));
	for (size_t i = 0; i < s->n_networks; i++)
		json_table_free(&network_address_table, &s->networks[i]);
	free(take_ptr(s->networks));
	s->n_networks = 0;
	/* A creation or removal that the reboot cut short is finished by the next opener; one that
	 * was to go at its end has ended. */
	if (!removing) {
		free(s->intent);
		s->intent = rm && had_run ? xstrdup("remove-volumes") : NULL;
	}
	free(s->boot_id);
	s->boot_id = xstrdup(boot_id);
}

static int stale_ids(struct engine *e, char ***ret, struct error *err)
{
	scoped_strv char **ids = NULL;
	struct sqldb_stmt *s;
	int r = sqldb_query(db_sql(e->db), &s, err,
			    "SELECT id FROM container_state WHERE boot <> ?", "s", e->boot_id);

	if (r < 0)
		return r;
	while ((r = sqldb_step(s, err)) == 1)
		strv_add(&ids, sqldb_text(s, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(ids);
	return 0;
}

static int refresh_containers(struct engine *e, struct error *err)
{
	scoped_strv char **ids = NULL;
	int r = stale_ids(e, &ids, err);

	STRV_FOREACH (id, ids) {
		scoped(container_record_done) struct container_record rec = { 0 };

		if (r >= 0)
			r = db_container_load(e->db, *id, &rec, err);
		if (r < 0)
			return r;
		refresh_state(&rec.state, rec.wish.rm, e->boot_id);
		r = db_container_save_state(e->db, rec.id, &rec.state, err);
	}
	return r;
}

int engine_refresh(struct engine *e, struct error *err)
{
	scoped_free char *mark = engine_run_path(e, "boot-id");
	scoped_free char *lock = engine_run_path(e, "refresh.lock");
	scoped_fd int fd = -1;
	char boot[64];
	int r;

	trace_scope("refresh");
	r = fd_mkdir_p(AT_FDCWD, e->runroot, 0711);
	if (r < 0)
		return error_os(err, -r, "create directory '%s'", e->runroot);
	fd = lock_file(AT_FDCWD, lock, true, true);
	if (fd < 0)
		return error_os(err, -fd, "lock '%s'", lock);
	/* A missing mark is a fresh directory (a tmpfs), or one from which somebody deleted the
	 * mark while containers run: nothing is cleared then. */
	r = fd_read_line(AT_FDCWD, mark, boot, sizeof(boot));
	if (r >= 0 && !streq(boot, e->boot_id)) {
		r = clear_run_dir(e, err);
		if (r < 0)
			return r;
	}
	r = engine_make_dirs(e, err);
	if (r >= 0)
		r = refresh_containers(e, err);
	if (r < 0)
		return r;
	r = atomic_file_write(AT_FDCWD, mark, e->boot_id, strlen(e->boot_id), 0644, false);
	return r < 0 ? error_os(err, -r, "write '%s'", mark) : 0;
}
