/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "storage/store_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/procfs.h"

#define APPLICATION_ID 0x43725374 /* "CrSt" */
#define VERSION 1
#define INDEX "index.sqlite"
#define BOOT_FILE "store-boot"

/* A row of containers comes and goes with every `run --rm`, so it has no index that each time would
 * be two more pages in the log; who asks by image reads the whole of that small table.
 *
 * boot: the layer may be lost with the power, which was on for this boot; NULL: it is on disk. */
static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE layers(id TEXT PRIMARY KEY, parent TEXT, diff_id TEXT NOT NULL,"
	" compressed TEXT, created INTEGER NOT NULL, compressed_bytes INTEGER NOT NULL,"
	" diff_bytes INTEGER NOT NULL, boot TEXT, removing INTEGER NOT NULL DEFAULT 0)"
	" WITHOUT ROWID;"
	"CREATE INDEX layers_parent ON layers(parent);"
	"CREATE INDEX layers_compressed ON layers(compressed);"
	"CREATE INDEX layers_removing ON layers(id) WHERE removing;"
	"CREATE INDEX layers_boot ON layers(boot) WHERE boot IS NOT NULL;"
	"CREATE TABLE images(id TEXT PRIMARY KEY, digest TEXT NOT NULL, type TEXT NOT NULL,"
	" top_layer TEXT, created INTEGER NOT NULL, stored INTEGER NOT NULL,"
	" size INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX images_top_layer ON images(top_layer);"
	"CREATE TABLE names(name TEXT PRIMARY KEY, image TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX names_image ON names(image);"
	"CREATE TABLE repo_digests(name TEXT NOT NULL, image TEXT NOT NULL,"
	" PRIMARY KEY(name, image)) WITHOUT ROWID;"
	"CREATE INDEX repo_digests_image ON repo_digests(image);"
	"CREATE TABLE containers(id TEXT PRIMARY KEY, image TEXT, top_layer TEXT,"
	" durable INTEGER NOT NULL, created INTEGER NOT NULL,"
	" removing INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX containers_removing ON containers(id) WHERE removing;";

const struct store_driver *store_driver_find(const char *name)
{
	static const struct store_driver *const drivers[] = { &store_driver_overlay,
							      &store_driver_vfs };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (streq(drivers[i]->name, name))
			return drivers[i];
	}
	return NULL;
}

char *store_dir_of(const struct store *s, const struct place *p, const char *id)
{
	return xasprintf("%s/%s/%s", p->root, s->driver->name, id);
}

int store_count(struct sqldb *db, const char *sql, int64_t *ret, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(db, &q, err, sql, "");

	if (n == 0)
		n = sqldb_step(q, err);
	if (n < 0)
		return n;
	*ret = n > 0 ? sqldb_int(q, 0) : 0;
	sqldb_reset(q);
	return 0;
}

/* ---- opening ---- */

/* Name of the driver that the store was made with; *ret NULL: it is new. */
static int read_driver(struct sqldb *db, char **ret, struct error *err)
{
	struct sqldb_stmt *q;
	int n = sqldb_query(db, &q, err, "SELECT value FROM meta WHERE key = 'driver'", "");

	if (n == 0)
		n = sqldb_step(q, err);
	if (n < 0)
		return n;
	*ret = n > 0 ? xstrdup(sqldb_text(q, 0)) : NULL;
	sqldb_reset(q);
	return 0;
}

static int choose_driver(const struct store_options *o, const struct store_driver **ret,
			 struct error *err)
{
	struct error why = ERROR_INIT;

	if (o->driver != NULL) {
		*ret = store_driver_find(o->driver);
		if (*ret == NULL)
			return error_set(err, ERROR_INVALID,
					 "unknown storage driver '%s'; there are overlay and vfs",
					 o->driver);
		return (*ret)->probe(o->graphroot, err);
	}
	*ret = &store_driver_overlay;
	if (store_driver_overlay.probe(o->graphroot, &why) == 0)
		return 0;
	log_warn("%s; going on with the slower driver 'vfs'", why.msg);
	*ret = &store_driver_vfs;
	return store_driver_vfs.probe(o->graphroot, err);
}

static int make_dirs(struct store *s, const char *driver, struct error *err)
{
	const char *const names[] = { driver, "images", "staging" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (mkdirat(s->root_fd, names[i], 0700) < 0 && errno != EEXIST)
			return error_os(err, errno, "make directory '%s/%s'", s->places[0].root,
					names[i]);
	}
	return 0;
}

/* A store that has no driver yet: choose one; if another process was faster, its choice counts. */
static int settle_driver(struct store *s, const struct store_options *o, struct error *err)
{
	scoped_free char *name = NULL;
	int n = read_driver(store_db(s), &name, err);

	if (n == 0 && name == NULL) {
		n = choose_driver(o, &s->driver, err);
		if (n == 0)
			n = make_dirs(s, s->driver->name, err);
		if (n == 0)
			n = sqldb_exec(store_db(s), err,
				       "INSERT OR IGNORE INTO meta(key, value) VALUES('driver', ?)",
				       "s", s->driver->name);
		if (n >= 0)
			n = read_driver(store_db(s), &name, err);
	}
	if (n < 0)
		return n;
	if (name == NULL)
		return error_set(err, ERROR_CORRUPT, "the index of storage '%s' has no driver",
				 o->graphroot);
	s->driver = store_driver_find(name);
	if (s->driver == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "storage '%s' was made with the driver '%s', which is unknown",
				 o->graphroot, name);
	if (o->driver != NULL && !streq(o->driver, name))
		return error_set(err, ERROR_INVALID,
				 "storage '%s' was made with the driver '%s', not '%s'; name "
				 "another graphroot or keep the driver",
				 o->graphroot, name, o->driver);
	return 0;
}

static int open_dir(const struct store *s, const char *name, struct error *err)
{
	int fd = fd_open(s->root_fd, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? error_os(err, -fd, "open directory '%s/%s'", s->places[0].root, name) : fd;
}

static int open_dirs(struct store *s, struct error *err)
{
	s->layers_fd = open_dir(s, s->driver->name, err);
	if (s->layers_fd < 0)
		return s->layers_fd;
	s->images_fd = open_dir(s, "images", err);
	if (s->images_fd < 0)
		return s->images_fd;
	s->staging_fd = open_dir(s, "staging", err);
	return s->staging_fd < 0 ? s->staging_fd : 0;
}

static int open_root(struct store *s, const char *graphroot, struct error *err)
{
	int n;

	s->root_fd = fd_open(AT_FDCWD, graphroot, O_RDONLY | O_DIRECTORY, 0);
	if (s->root_fd == -ENOENT) {
		n = fd_mkdir_p(AT_FDCWD, graphroot, 0700);
		if (n < 0)
			return error_os(err, -n, "make storage directory '%s'", graphroot);
		s->root_fd = fd_open(AT_FDCWD, graphroot, O_RDONLY | O_DIRECTORY, 0);
	}
	return s->root_fd < 0 ? error_os(err, -s->root_fd, "open storage directory '%s'", graphroot)
			      : 0;
}

/* Others' stores are only read. */
static int open_additional(struct store *s, char *const *roots, struct error *err)
{
	STRV_FOREACH (root, roots) {
		scoped_free char *path = path_join(*root, INDEX);
		struct place *p = ARRAY_ADD(s->places, s->n_places);
		int n;

		p->root = xstrdup(*root);
		n = sqldb_open_readonly(path, APPLICATION_ID, VERSION, &p->db, err);
		if (n < 0)
			return error_prefix(err, "open additional image store '%s'", *root);
	}
	return 0;
}

static struct store *new_store(const struct store_options *o)
{
	struct store *s = xnew(struct store);
	struct place *p;
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&s->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	s->root_fd = s->layers_fd = s->images_fd = s->staging_fd = -1;
	s->lease.dir_fd = s->lease.lock_fd = -1;
	s->runroot = xstrdup_opt(o->runroot);
	p = ARRAY_ADD(s->places, s->n_places);
	p->root = path_clean(o->graphroot);
	return s;
}

int store_open(const struct store_options *o, struct store **ret, struct error *err)
{
	scoped(store_close) struct store *s = NULL;
	scoped_free char *index = NULL;
	int n;

	if (!path_absolute(o->graphroot))
		return error_set(err, ERROR_INVALID, "storage directory '%s' must be absolute",
				 o->graphroot);
	s = new_store(o);
	n = open_root(s, o->graphroot, err);
	if (n < 0)
		return n;
	index = path_join(o->graphroot, INDEX);
	n = sqldb_open(index, APPLICATION_ID, VERSION, schema, NULL, &s->places[0].db, err);
	if (n == 0)
		n = settle_driver(s, o, err);
	if (n == 0)
		n = open_dirs(s, err);
	if (n == 0)
		n = open_additional(s, o->additional, err);
	if (n < 0)
		return n;
	n = proc_boot_id(s->boot);
	if (n < 0)
		return error_os(err, -n, "read the boot id");
	*ret = take_ptr(s);
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	lease_end(s);
	for (size_t i = 0; i < s->n_places; i++) {
		sqldb_close(s->places[i].db);
		free(s->places[i].root);
	}
	free(s->places);
	fd_close(s->root_fd);
	fd_close(s->layers_fd);
	fd_close(s->images_fd);
	fd_close(s->staging_fd);
	free(s->runroot);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *store_driver_name(struct store *s)
{
	return s->driver->name;
}

const char *store_graphroot(struct store *s)
{
	return s->places[0].root;
}

/* ---- after a crash ---- */

int store_boot_noted(const struct store *s)
{
	scoped_free char *path = s->runroot != NULL ? path_join(s->runroot, BOOT_FILE) : NULL;
	char line[64];

	return path != NULL && fd_read_line(AT_FDCWD, path, line, sizeof(line)) > 0 &&
	       streq(line, s->boot);
}

int store_note_boot(const struct store *s, struct error *err)
{
	scoped_free char *path = s->runroot != NULL ? path_join(s->runroot, BOOT_FILE) : NULL;
	int n = path != NULL ? fd_mkdir_p(AT_FDCWD, s->runroot, 0700) : 0;

	if (n == 0 && path != NULL)
		n = atomic_file_write(AT_FDCWD, path, s->boot, strlen(s->boot), 0600, false);
	return n < 0 ? error_os(err, -n, "write '%s'", path) : 0;
}

static int crash_left_something(struct store *s, bool *ret, struct error *err)
{
	scoped_strv char **dead = NULL;
	int64_t removing = 0;
	int n;

	if (!store_boot_noted(s)) {
		*ret = true;
		return 0;
	}
	n = lease_list_dead(s, &dead, err);
	if (n == 0)
		n = store_count(store_db(s), "SELECT 1 FROM layers WHERE removing LIMIT 1",
				&removing, err);
	*ret = dead != NULL || removing != 0;
	return n;
}

int store_writer(struct store *s, struct error *err)
{
	struct store_report report = { 0 };
	bool needed;
	int n;

	if (s->looked)
		return 0;
	n = crash_left_something(s, &needed, err);
	if (n == 0 && needed)
		n = store_repair(s, &report, err);
	STRV_FOREACH (line, report.repaired)
		log_debug("storage: %s", *line);
	store_report_done(&report);
	if (n == 0)
		s->looked = true;
	return n;
}
