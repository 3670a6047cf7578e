/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair: finish what killed commands and power cuts left.
 *
 * One write transaction looks at everything, so nobody publishes or hides anything meanwhile; what
 * must go is marked or renamed into our own staging directory there, and deleted afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "storage/store_priv.h"
#include "sys/fd/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"

struct repair {
	struct store *s;
	struct store_report *r;
	char **trash; /* names in our lease */
	char **dead;  /* leases taken over: names in staging */
	int *locks;
	size_t n_locks;
};

static void repair_done(struct repair *p)
{
	strv_free(p->trash);
	strv_free(p->dead);
	for (size_t i = 0; i < p->n_locks; i++)
		fd_close(p->locks[i]);
	free(p->locks);
}
DEFINE_SCOPED_STRUCT(struct repair, repair_done)

void store_report_done(struct store_report *r)
{
	strv_free(r->findings);
	strv_free(r->repaired);
	*r = (struct store_report){ 0 };
}

/* ---- leases without owner ---- */

/* Theirs becomes ours, so that no other process does the same. */
static int take_over(struct repair *p, struct error *err)
{
	struct store *s = p->s;
	scoped_strv char **names = NULL;
	int n = lease_list_dead(s, &names, err);

	STRV_FOREACH (name, names) {
		scoped_free char *lock = xasprintf("%s/lock", *name);
		int fd = lock_file(s->staging_fd, lock, true, false);

		/* Gone, taken by somebody, or no directory at all. */
		if (fd < 0 && fd != -ENOTDIR)
			continue;
		if (fd >= 0)
			*ARRAY_ADD(p->locks, p->n_locks) = fd;
		strv_add(&p->dead, *name);
	}
	return n;
}

/* ---- rows ---- */

/* Layers that were unpacked before the power went off, and what stands on them. */
static int distrust_old_boots(struct repair *p, struct error *err)
{
	return sqldb_exec(store_db(p->s), err,
			  "WITH RECURSIVE lost(id) AS ("
			  "SELECT id FROM layers WHERE boot IS NOT NULL AND boot <> ?"
			  " UNION SELECT l.id FROM layers l JOIN lost ON l.parent = lost.id"
			  " WHERE l.boot IS NOT NULL)"
			  " UPDATE layers SET removing = 1 WHERE NOT removing AND id IN"
			  " (SELECT id FROM lost)",
			  "s", p->s->boot);
}

static bool has_diff(const struct store *s, const char *id)
{
	char path[NAME_MAX + 8];
	struct stat st;

	snprintf(path, sizeof(path), "%s/diff", id);
	return fd_stat(s->layers_fd, path, AT_SYMLINK_NOFOLLOW, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Layer rows without content are useless, whoever needs them: it can be fetched again only when
 * the row is gone.  Images above are what store_check reports. */
static int drop_rows_without_content(struct repair *p, struct error *err)
{
	scoped_strv char **missing = NULL;
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(p->s), &q, err, "SELECT id FROM layers WHERE NOT removing",
			    "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		if (!has_diff(p->s, sqldb_text(q, 0)))
			strv_add(&missing, sqldb_text(q, 0));
		n = 0;
	}
	STRV_FOREACH (id, missing) {
		if (n < 0)
			return n;
		n = sqldb_exec(store_db(p->s), err, "UPDATE layers SET removing = 1 WHERE id = ?",
			       "s", *id);
		strv_addf(&p->r->repaired,
			  "the content of layer %.12s is missing: its record is "
			  "removed",
			  *id);
	}
	return n < 0 ? n : 0;
}

/* ---- directories ---- */

static int move_to_trash(struct repair *p, int from_fd, const char *id, struct error *err)
{
	char name[16];

	lease_next_name(p->s, name, sizeof(name));
	if (renameat(from_fd, id, p->s->lease.dir_fd, name) < 0)
		return errno == ENOENT ? 0 : error_os(err, errno, "move '%s' to staging", id);
	strv_add(&p->trash, name);
	return 0;
}

/* Directories that no row names.  known: a query with the name as its arguments. */
static int move_orphans(struct repair *p, int dir, const char *what, const char *known,
			const char *args, struct error *err)
{
	scoped_strv char **names = NULL;
	int n = dir_names(dir, &names);

	if (n < 0)
		return error_os(err, -n, "read a directory of the storage");
	STRV_FOREACH (name, names) {
		struct sqldb_stmt *q;

		n = sqldb_query(store_db(p->s), &q, err, known, args, *name, *name);
		if (n == 0)
			n = sqldb_step(q, err);
		if (n < 0)
			return n;
		sqldb_reset(q);
		if (n > 0)
			continue;
		n = move_to_trash(p, dir, *name, err);
		if (n < 0)
			return n;
		strv_addf(&p->r->repaired, "the directory %.12s belongs to no %s: it is removed",
			  *name, what);
	}
	return 0;
}

static int finish_containers(struct repair *p, struct error *err)
{
	scoped_strv char **ids = NULL;
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(p->s), &q, err, "SELECT id FROM containers WHERE removing",
			    "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		strv_add(&ids, sqldb_text(q, 0));
		n = 0;
	}
	STRV_FOREACH (id, ids) {
		if (n < 0)
			return n;
		n = move_to_trash(p, p->s->layers_fd, *id, err);
		if (n == 0)
			n = sqldb_exec(store_db(p->s), err, "DELETE FROM containers WHERE id = ?",
				       "s", *id);
		strv_addf(&p->r->repaired, "the removal of container %.12s is finished", *id);
	}
	return n < 0 ? n : 0;
}

static int look_at_all(struct repair *p, struct error *err)
{
	struct store *s = p->s;
	bool others = false;
	/* Asked first: what we take over counts as alive, by us. */
	int n = lease_others_alive(s, &others, err);

	if (n >= 0)
		n = take_over(p, err);
	if (n >= 0)
		n = distrust_old_boots(p, err);
	if (n >= 0 && !others)
		n = collect_mark(s, NULL, err);
	if (n >= 0)
		n = drop_rows_without_content(p, err);
	if (n >= 0)
		n = finish_containers(p, err);
	if (n >= 0)
		n = move_orphans(p, s->layers_fd, "layer or container",
				 "SELECT 1 FROM layers WHERE id = ? UNION ALL"
				 " SELECT 1 FROM containers WHERE id = ?",
				 "ss", err);
	if (n >= 0)
		n = move_orphans(p, s->images_fd, "image",
				 "SELECT 1 FROM images WHERE id = ? AND id = ?", "ss", err);
	return n < 0 ? n : 0;
}

/* ---- afterwards, outside the transaction ---- */

/* What cannot be deleted now (a mount in it, say) stays in staging for the next time: it must not
 * stand in the way of every command that writes. */
static bool delete_one(struct repair *p, int dir, const char *lease, const char *name)
{
	int n = fd_remove_tree(dir, name);

	if (n < 0)
		strv_addf(&p->r->findings, "delete '%s/staging/%s%s%s': %s", p->s->places[0].root,
			  lease, *lease != '\0' ? "/" : "", name, strerror(-n));
	return n == 0;
}

static void delete_trash(struct repair *p)
{
	struct store *s = p->s;

	STRV_FOREACH (name, p->trash)
		delete_one(p, s->lease.dir_fd, s->lease.name, *name);
	STRV_FOREACH (name, p->dead) {
		if (!delete_one(p, s->staging_fd, "", *name))
			continue;
		p->r->staging_removed++;
		strv_addf(&p->r->repaired, "what a killed command left in staging/%s is removed",
			  *name);
	}
}

int store_repair(struct store *s, struct store_report *ret, struct error *err)
{
	STORE_LOCKED(s);
	struct store_report report = { 0 };
	scoped(repair_done) struct repair p = { .s = s, .r = &report };
	int n = lease_take(s, err);

	if (n == 0)
		n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);
	if (n < 0)
		return n;
	n = look_at_all(&p, err);
	if (n == 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	if (n == 0)
		delete_trash(&p);
	if (n == 0)
		n = collect_finish(s, NULL, &report.layers_removed, err);
	if (n == 0)
		n = store_note_boot(s, err);
	if (n < 0) {
		store_report_done(&report);
		return error_prefix(err, "repair the storage '%s'", s->places[0].root);
	}
	if (report.layers_removed > 0)
		strv_addf(&report.repaired, "%u layers that nothing needs are removed",
			  report.layers_removed);
	s->looked = true;
	*ret = report;
	return 0;
}
