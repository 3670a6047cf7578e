/* SPDX-License-Identifier: Apache-2.0 */
/* collect: layers that nobody needs, and the removal of what is marked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "storage/store_priv.h"
#include "sys/fd.h"

/* Layers below an image or a container are needed; so is nothing else. */
#define NEEDED                                                                \
	"WITH RECURSIVE needed(id) AS ("                                      \
	"SELECT top_layer FROM images WHERE top_layer IS NOT NULL "           \
	"UNION SELECT top_layer FROM containers WHERE top_layer IS NOT NULL " \
	"UNION SELECT l.parent FROM layers l JOIN needed n ON l.id = n.id "   \
	"WHERE l.parent IS NOT NULL) "
#define GARBAGE "NOT removing AND id NOT IN (SELECT id FROM needed)"

int collect_has_garbage(struct store *s, bool *ret, struct error *err)
{
	int64_t found = 0;
	int n = store_count(store_db(s), NEEDED "SELECT 1 FROM layers WHERE " GARBAGE " LIMIT 1",
			    &found, err);

	*ret = found != 0;
	return n;
}

int collect_mark(struct store *s, char ***ret, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err, NEEDED "SELECT id FROM layers WHERE " GARBAGE,
			    "");
	int r;

	while (n == 0 && (r = sqldb_step(q, err)) != 0) {
		if (r < 0)
			return r;
		if (ret != NULL)
			strv_add(ret, sqldb_text(q, 0));
	}
	if (n < 0)
		return n;
	return sqldb_exec(store_db(s), err, NEEDED "UPDATE layers SET removing = 1 WHERE " GARBAGE,
			  "");
}

struct moved {
	char **names; /* in the lease */
	unsigned layers;
};

/* A missing directory was moved by whoever began this and died. */
static int move_away(struct store *s, int from_fd, const char *id, struct moved *m,
		     struct error *err)
{
	char name[16];

	lease_next_name(s, name, sizeof(name));
	if (renameat(from_fd, id, s->lease.dir_fd, name) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_os(err, errno, "move '%s' to staging", id);
	}
	strv_add(&m->names, name);
	return 0;
}

static int move_layers(struct store *s, struct moved *m, struct error *err)
{
	scoped_strv char **ids = NULL;
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err, "SELECT id FROM layers WHERE removing", "");

	while (n == 0 && (n = sqldb_step(q, err)) > 0) {
		strv_add(&ids, sqldb_text(q, 0));
		n = 0;
	}
	STRV_FOREACH (id, ids) {
		if (n < 0)
			return n;
		n = move_away(s, s->layers_fd, *id, m, err);
		if (n == 0)
			n = sqldb_exec(store_db(s), err,
				       "DELETE FROM layers WHERE id = ? AND removing", "s", *id);
		if (n > 0)
			m->layers++;
		n = n < 0 ? n : 0;
	}
	return n;
}

/* The directory of a removed image, unless somebody has put the image again meanwhile. */
static int move_image(struct store *s, const char *id, struct moved *m, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(store_db(s), &q, err, "SELECT 1 FROM images WHERE id = ?", "s", id);

	if (n == 0)
		n = sqldb_step(q, err);
	if (n < 0)
		return n;
	sqldb_reset(q);
	return n > 0 ? 0 : move_away(s, s->images_fd, id, m, err);
}

int collect_finish(struct store *s, const char *image, unsigned *ret_layers, struct error *err)
{
	struct moved m = { 0 };
	scoped_strv char **names = NULL;
	int n = lease_take(s, err);

	if (n == 0)
		n = sqldb_begin(store_db(s), SQLDB_VOLATILE, err);
	if (n < 0)
		return n;
	n = move_layers(s, &m, err);
	if (n == 0 && image != NULL)
		n = move_image(s, image, &m, err);
	names = m.names;
	if (n < 0) {
		sqldb_rollback(store_db(s));
		return n;
	}
	n = sqldb_commit(store_db(s), err);
	STRV_FOREACH (name, names) {
		int r = n < 0 ? 0 : fd_remove_tree(s->lease.dir_fd, *name);

		if (r < 0)
			n = error_os(err, -r, "delete '%s/staging/%s/%s'", s->places[0].root,
				     s->lease.name, *name);
	}
	if (n == 0 && ret_layers != NULL)
		*ret_layers += m.layers;
	return n;
}
