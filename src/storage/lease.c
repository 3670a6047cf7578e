/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease: staging/<name>/ with a locked file.  Taking, judging and ending a lease happen inside a
 * write transaction of the index, which is what makes "somebody else has one" a fact and not a
 * guess: a new lease is locked before anybody can look at it, and the last one to end knows that it
 * is the last.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/log.h"
#include "base/str.h"
#include "storage/store_priv.h"
#include "sys/fd/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"

#define LOCK "lock"

static void drop(struct lease *l)
{
	l->lock_fd = fd_close(l->lock_fd);
	l->dir_fd = fd_close(l->dir_fd);
	l->name[0] = '\0';
}

/* Inside the transaction: nobody sees the directory before it is locked. */
static int make_lease(struct store *s, struct lease *l)
{
	char id[ID_BUF];

	ident_generate(id);
	memcpy(l->name, id, LEASE_NAME_LEN);
	l->name[LEASE_NAME_LEN] = '\0';
	if (mkdirat(s->staging_fd, l->name, 0700) < 0)
		return -errno;
	l->dir_fd = fd_open(s->staging_fd, l->name, O_RDONLY | O_DIRECTORY, 0);
	if (l->dir_fd < 0)
		return l->dir_fd;
	l->lock_fd = lock_file(l->dir_fd, LOCK, true, false);
	return l->lock_fd < 0 ? l->lock_fd : 0;
}

int lease_take(struct store *s, struct error *err)
{
	int n;

	if (s->lease.lock_fd >= 0)
		return 0;
	n = sqldb_begin(store_db(s), SQLDB_VOLATILE, err);
	if (n < 0)
		return n;
	n = make_lease(s, &s->lease);
	if (n < 0) {
		fd_remove_tree(s->staging_fd, s->lease.name);
		drop(&s->lease);
	}
	sqldb_rollback(store_db(s));
	return n < 0 ? error_os(err, -n, "make a directory in '%s/staging'", s->places[0].root) : 0;
}

int store_lease(struct store *s, struct error *err)
{
	STORE_LOCKED(s);
	int n = store_writer(s, err);

	return n < 0 ? n : lease_take(s, err);
}

void lease_next_name(struct store *s, char *name, size_t size)
{
	snprintf(name, size, "%u", s->lease.next++);
}

int lease_new_dir(struct store *s, char *name, size_t size, struct error *err)
{
	int n = lease_take(s, err);

	if (n < 0)
		return n;
	lease_next_name(s, name, size);
	if (mkdirat(s->lease.dir_fd, name, 0700) < 0)
		return error_os(err, errno, "make a directory in '%s/staging'", s->places[0].root);
	return 0;
}

/* ---- others ---- */

/* Calls fn for each staging directory but ours, with 1 when its owner lives. */
static int for_each_other(struct store *s, void (*fn)(void *arg, const char *name, bool alive),
			  void *arg, struct error *err)
{
	scoped_strv char **names = NULL;
	int r = dir_names(s->staging_fd, &names);

	if (r < 0)
		return error_os(err, -r, "read directory '%s/staging'", s->places[0].root);
	STRV_FOREACH (name, names) {
		char lock[NAME_MAX + 8];

		if (*name[0] == '.' || streq(*name, s->lease.name))
			continue;
		snprintf(lock, sizeof(lock), "%s/" LOCK, *name);
		fn(arg, *name, lock_is_held(s->staging_fd, lock) > 0);
	}
	return 0;
}

static void note_alive(void *arg, const char *name, bool alive)
{
	if (alive)
		*(bool *)arg = true;
}

static void note_dead(void *arg, const char *name, bool alive)
{
	if (!alive)
		strv_add(arg, name);
}

int lease_others_alive(struct store *s, bool *ret, struct error *err)
{
	*ret = false;
	return for_each_other(s, note_alive, ret, err);
}

int lease_list_dead(struct store *s, char ***ret, struct error *err)
{
	return for_each_other(s, note_dead, ret, err);
}

/* ---- the end ---- */

/* One round: 1 when something was marked and must be finished, 0 when the lease is over. */
static int end_round(struct store *s, struct error *err)
{
	bool garbage = false, others = false;
	int n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);

	if (n < 0)
		return n;
	n = collect_has_garbage(s, &garbage, err);
	if (n == 0 && garbage)
		n = lease_others_alive(s, &others, err);
	if (n == 0 && garbage && !others) {
		n = collect_mark(s, NULL, err);
		if (n > 0)
			n = sqldb_commit(store_db(s), err);
		if (n < 0)
			sqldb_rollback(store_db(s));
		return n < 0 ? n : 1;
	}
	/* Unlocked inside the transaction: from here on we do not count. */
	s->lease.lock_fd = fd_close(s->lease.lock_fd);
	sqldb_rollback(store_db(s));
	return n;
}

void lease_end(struct store *s)
{
	struct error err = ERROR_INIT;
	char name[sizeof(s->lease.name)];
	int n;

	if (s->lease.lock_fd < 0)
		return;
	while ((n = end_round(s, &err)) > 0) {
		n = collect_finish(s, NULL, NULL, &err);
		if (n < 0)
			break;
	}
	if (n < 0)
		log_warn("%s; the next command that writes to the store cleans up", err.msg);
	memcpy(name, s->lease.name, sizeof(name));
	drop(&s->lease);
	/* From here anybody may remove it; so do we. */
	n = fd_remove_tree(s->staging_fd, name);
	if (n < 0)
		log_warn("remove '%s/staging/%s': %s; the next command that writes to the store "
			 "tries again",
			 s->places[0].root, name, strerror(-n));
}
