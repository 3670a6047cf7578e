/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "storage/store_priv.h"
#include "sys/fd.h"

/* The top directory of a root file system; archives do not set it (containers/storage: 0555). */
#define TOP_MODE 0555

struct store_staging {
	struct store *s;
	char name[16];	/* staging/<lease>/<name>, which becomes the layer's directory */
	int dir_fd;	/* its diff/ */
	bool published; /* nothing left to remove */
};

int store_staging_new(struct store *s, struct store_staging **ret, struct error *err)
{
	STORE_LOCKED(s);
	scoped(store_staging_free) struct store_staging *g = xnew(struct store_staging);
	char diff[32];
	int n;

	g->s = s;
	g->dir_fd = -1;
	g->published = true;
	n = store_lease(s, err);
	if (n == 0)
		n = lease_new_dir(s, g->name, sizeof(g->name), err);
	if (n < 0)
		return n;
	g->published = false;
	snprintf(diff, sizeof(diff), "%s/diff", g->name);
	if (mkdirat(s->lease.dir_fd, diff, 0700) < 0)
		return error_os(err, errno, "make directory '%s' in staging", diff);
	g->dir_fd = fd_open(s->lease.dir_fd, diff, O_RDONLY | O_DIRECTORY, 0);
	if (g->dir_fd < 0)
		return error_os(err, -g->dir_fd, "open directory '%s' in staging", diff);
	if (fchmod(g->dir_fd, TOP_MODE) < 0)
		return error_os(err, errno, "set mode of '%s' in staging", diff);
	*ret = take_ptr(g);
	return 0;
}

int store_staging_dir(struct store_staging *g)
{
	return g->dir_fd;
}

enum archive_whiteouts store_staging_whiteouts(struct store_staging *g)
{
	return g->s->driver->whiteouts;
}

void store_staging_free(struct store_staging *g)
{
	if (g == NULL)
		return;
	fd_close(g->dir_fd);
	if (!g->published) {
		int n = fd_remove_tree(g->s->lease.dir_fd, g->name);

		if (n < 0)
			log_warn("remove a half-unpacked layer: %s; it goes with the next command "
				 "that writes to the store",
				 strerror(-n));
	}
	free(g);
}

/* ---- publishing ---- */

static int finish_content(struct store_staging *g, const char *parent, struct error *err)
{
	struct store *s = g->s;
	scoped_free char *dir = NULL;
	scoped_free char *parent_dir = NULL;
	const struct place *p = NULL;

	{
		STORE_LOCKED(s);
		int n = parent != NULL ? layer_find(s, parent, NULL, &p, err) : 1;

		if (n < 0)
			return n;
		if (n == 0)
			return error_set(err, ERROR_NOT_FOUND,
					 "the parent layer '%s' is not in the storage", parent);
		if (p != NULL)
			parent_dir = store_dir_of(s, p, parent);
		dir = xasprintf("%s/staging/%s/%s", s->places[0].root, s->lease.name, g->name);
	}
	return s->driver->layer_finish(dir, parent_dir, err);
}

static int insert_row(struct store *s, const char *id, const char *parent,
		      const struct archive_result *r, struct error *err)
{
	const char *compressed = r->compressed.str[0] != '\0' ? r->compressed.str : NULL;

	return sqldb_exec(store_db(s), err,
			  "INSERT OR REPLACE INTO layers(id, parent, diff_id, compressed, created,"
			  " compressed_bytes, diff_bytes, boot, removing)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0)",
			  "ssssiiis", id, parent, r->diff_id.str, compressed, time_now_nsec(),
			  (int64_t)r->compressed_bytes, (int64_t)r->tar_bytes, s->boot);
}

/* Something without a visible row: the rest of a removal or of a crash. */
static int clear_target(struct store *s, const char *id, struct error *err)
{
	char trash[16];

	lease_next_name(s, trash, sizeof(trash));
	if (renameat(s->layers_fd, id, s->lease.dir_fd, trash) < 0 && errno != ENOENT)
		return error_os(err, errno, "move the remains of layer '%s' to staging", id);
	return 0;
}

/* Inside the transaction. */
static int publish(struct store_staging *g, const char *id, const char *parent,
		   const struct archive_result *r, struct error *err)
{
	struct store *s = g->s;
	int n;

	/* The parent may have gone while this was unpacked, if nobody held a lease on it. */
	n = parent != NULL ? layer_find(s, parent, NULL, NULL, err) : 1;
	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "the parent layer '%s' is not in the storage", parent);
	if (n > 0)
		n = layer_find(s, id, NULL, NULL, err);
	if (n != 0)
		return n < 0 ? n : 0; /* another process was faster: its copy counts */
	n = clear_target(s, id, err);
	if (n < 0)
		return n;
	if (renameat(s->lease.dir_fd, g->name, s->layers_fd, id) < 0)
		return error_os(err, errno, "publish layer '%s'", id);
	g->published = true;
	n = insert_row(s, id, parent, r, err);
	if (n >= 0)
		return 1;
	/* Not published after all: back, so that it is removed with the staging directory. */
	if (renameat(s->layers_fd, id, s->lease.dir_fd, g->name) == 0)
		g->published = false;
	return n;
}

int store_staging_commit(struct store_staging *g, const char *parent,
			 const struct archive_result *r, char ret_id[65], struct error *err)
{
	struct store *s = g->s;
	char id[65];
	int n = store_chain_id(parent, r->diff_id.str, id, err);

	if (n == 0)
		n = finish_content(g, parent, err);
	if (n < 0)
		return n;
	{
		STORE_LOCKED(s);

		n = sqldb_begin(store_db(s), SQLDB_VOLATILE, err);
		if (n < 0)
			return n;
		n = publish(g, id, parent, r, err);
		if (n > 0) {
			n = sqldb_commit(store_db(s), err);
			if (n < 0 && renameat(s->layers_fd, id, s->lease.dir_fd, g->name) == 0)
				g->published = false;
		}
		sqldb_rollback(store_db(s));
	}
	if (n < 0)
		return n;
	memcpy(ret_id, id, sizeof(id));
	return 0;
}
