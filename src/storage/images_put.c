/* SPDX-License-Identifier: Apache-2.0 */
/* images_put: publish an image (see store.h, Publishing). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "storage/images_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

struct put {
	struct store *s;
	const struct store_image_new *n;
	bool known;	      /* the image is there already, by this manifest */
	char staged[16];      /* directory in the lease with the image's files */
	char manifest[200];   /* name of the manifest's file */
	char **chain;	      /* layers, topmost first */
	char **unsynced;      /* those of them that are not known to be on disk */
	uint64_t layer_bytes; /* of the chain */
};

static void put_done(struct put *p)
{
	strv_free(p->chain);
	strv_free(p->unsynced);
}
DEFINE_SCOPED_STRUCT(struct put, put_done)

static int check_digest(const char *what, const void *data, size_t len, const char *want,
			struct error *err)
{
	struct digest d;
	int n = digest_of(data, len, &d, err);

	if (n < 0)
		return n;
	if (!streq(d.str, want))
		return error_set(err, ERROR_CORRUPT, "store image: the %s has digest %s, not %s",
				 what, d.str, want);
	return 0;
}

/* What is stored is what its names say. */
static int check_content(struct put *p, struct error *err)
{
	const struct store_image_new *i = p->n;
	scoped_free char *id = xasprintf("sha256:%s", i->id);
	struct digest d;
	int n;

	if (!str_is_hex(i->id, 64))
		return error_set(err, ERROR_INVALID, "store image: '%s' is no image id", i->id);
	if (digest_parse(i->manifest_digest, &d) < 0)
		return error_set(err, ERROR_INVALID, "store image: '%s' is no digest",
				 i->manifest_digest);
	if (i->manifest_len > JSON_MAX_BYTES || i->config_len > JSON_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "store image: a document is larger than %zu MiB",
				 JSON_MAX_BYTES >> 20);
	n = check_digest("config", i->config, i->config_len, id, err);
	/* sha512 manifests are named by their source; its check has been made there. */
	if (n == 0 && streq(digest_algorithm(&d), "sha256"))
		n = check_digest("manifest", i->manifest, i->manifest_len, i->manifest_digest, err);
	snprintf(p->manifest, sizeof(p->manifest), "manifest-%s", digest_hex(&d));
	return n;
}

static int write_file(struct put *p, int dir, const char *name, const void *data, size_t len,
		      struct error *err)
{
	/* One syncfs for the layers covers the files, too. */
	int n = atomic_file_write(dir, name, data, len, 0600, p->unsynced == NULL);

	return n < 0 ? error_os(err, -n, "write '%s' of an image", name) : 0;
}

/* The files, in staging. */
static int stage_files(struct put *p, struct error *err)
{
	scoped_fd int dir = -1;
	int n;

	if (p->known)
		return 0;
	n = lease_new_dir(p->s, p->staged, sizeof(p->staged), err);
	if (n < 0)
		return n;
	dir = fd_open(p->s->lease.dir_fd, p->staged, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return error_os(err, -dir, "open a staging directory");
	n = write_file(p, dir, "config", p->n->config, p->n->config_len, err);
	if (n == 0)
		n = write_file(p, dir, p->manifest, p->n->manifest, p->n->manifest_len, err);
	return n;
}

static int read_layers(struct put *p, struct error *err)
{
	int n = 0;

	if (p->n->top_layer == NULL)
		return 0;
	n = layer_find(p->s, p->n->top_layer, NULL, NULL, err);
	if (n == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "store image: its layer '%s' is not in the storage",
				 p->n->top_layer);
	if (n > 0)
		n = layer_chain(p->s, p->n->top_layer, &p->chain, err);
	STRV_FOREACH (id, p->chain) {
		struct sqldb_stmt *q;

		if (n < 0)
			return n;
		n = sqldb_query(store_db(p->s), &q, err,
				"SELECT boot IS NOT NULL, diff_bytes FROM layers WHERE id = ?", "s",
				*id);
		if (n == 0)
			n = sqldb_step(q, err);
		if (n <= 0)
			continue; /* an error, or in an additional store */
		if (sqldb_int(q, 0) != 0)
			strv_add(&p->unsynced, *id);
		p->layer_bytes += (uint64_t)sqldb_int(q, 1);
		sqldb_reset(q);
	}
	return n < 0 ? n : 0;
}

static int look_known(struct put *p, struct error *err)
{
	scoped(store_image_done) struct store_image i = { 0 };
	const struct place *place = NULL;
	int n = image_find(p->s, p->n->id, &i, &place, err);

	p->known = n > 0 && place == &p->s->places[0] && streq(i.digest, p->n->manifest_digest);
	return n < 0 ? n : 0;
}

/* Files and layers to disk, before anything durable names them. */
static int sync_content(struct put *p, struct error *err)
{
	if (p->unsynced != NULL && syncfs(p->s->root_fd) < 0)
		return error_os(err, errno, "write the layers to disk");
	return 0;
}

/* Inside the transaction: the files at their place.  1: they are gone meanwhile, begin again. */
static int place_files(struct put *p, bool exists, struct error *err)
{
	struct store *s = p->s;
	scoped_fd int dir = -1;
	char trash[16];
	int n;

	if (p->known && !exists)
		return 1;
	if (p->known)
		return 0;
	if (!exists) {
		/* Remains of a removal or of a crash. */
		lease_next_name(s, trash, sizeof(trash));
		if (renameat(s->images_fd, p->n->id, s->lease.dir_fd, trash) < 0 && errno != ENOENT)
			return error_os(err, errno, "move the remains of image '%s'", p->n->id);
		if (renameat(s->lease.dir_fd, p->staged, s->images_fd, p->n->id) < 0)
			return error_os(err, errno, "publish image '%s'", p->n->id);
		return fsync(s->images_fd) < 0 ? error_os(err, errno, "write directory 'images'")
					       : 0;
	}
	/* The same image by another manifest: its bytes join the first one's. */
	dir = fd_open(s->images_fd, p->n->id, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return error_os(err, -dir, "open the directory of image '%s'", p->n->id);
	n = atomic_file_write(dir, p->manifest, p->n->manifest, p->n->manifest_len, 0600, true);
	return n < 0 ? error_os(err, -n, "write the manifest of image '%s'", p->n->id) : 0;
}

static int write_rows(struct put *p, struct error *err)
{
	const struct store_image_new *i = p->n;
	struct sqldb *db = store_db(p->s);
	/* As Podman counts: it keeps the manifest under two names. */
	uint64_t size = p->layer_bytes + 2 * i->manifest_len + i->config_len;
	int n = sqldb_exec(db, err,
			   "INSERT INTO images(id, digest, type, top_layer, created, stored, size)"
			   " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
			   " digest = excluded.digest, type = excluded.type,"
			   " top_layer = excluded.top_layer, size = excluded.size",
			   "ssssiii", i->id, i->manifest_digest,
			   i->manifest_type != NULL ? i->manifest_type : "", i->top_layer,
			   i->created_nsec, time_now_nsec(), (int64_t)size);

	STRV_FOREACH (id, p->unsynced) {
		if (n >= 0)
			n = sqldb_exec(db, err, "UPDATE layers SET boot = NULL WHERE id = ?", "s",
				       *id);
	}
	STRV_FOREACH (name, i->names) {
		if (n >= 0)
			n = sqldb_exec(db, err,
				       "INSERT OR REPLACE INTO names(name, image) VALUES(?, ?)",
				       "ss", *name, i->id);
	}
	STRV_FOREACH (name, i->repo_digests) {
		if (n >= 0)
			n = sqldb_exec(
				db, err,
				"INSERT OR IGNORE INTO repo_digests(name, image) VALUES(?, ?)",
				"ss", *name, i->id);
	}
	return n < 0 ? n : 0;
}

static int publish(struct put *p, struct error *err)
{
	struct store *s = p->s;
	scoped_strv char **chain = NULL;
	int n = sqldb_begin(store_db(s), SQLDB_DURABLE, err);
	int64_t exists = 0;
	struct sqldb_stmt *q;

	if (n < 0)
		return n;
	/* Still all there?  Our lease says so, unless a layer was seen before it. */
	n = layer_chain(s, p->n->top_layer, &chain, err);
	if (n == 0)
		n = sqldb_query(store_db(s), &q, err, "SELECT 1 FROM images WHERE id = ?", "s",
				p->n->id);
	if (n == 0) {
		n = sqldb_step(q, err);
		exists = n > 0;
		sqldb_reset(q);
	}
	if (n >= 0)
		n = place_files(p, exists, err);
	if (n == 0)
		n = write_rows(p, err);
	if (n == 0)
		n = sqldb_commit(store_db(s), err);
	sqldb_rollback(store_db(s));
	return n;
}

int store_image_put(struct store *s, const struct store_image_new *i, struct error *err)
{
	STORE_LOCKED(s);
	scoped(put_done) struct put p = { .s = s, .n = i };
	int n = check_content(&p, err);

	if (n == 0)
		n = store_lease(s, err);
	if (n == 0)
		n = read_layers(&p, err);
	if (n == 0)
		n = look_known(&p, err);
	for (bool again = true; n == 0 && again;) {
		n = stage_files(&p, err);
		if (n == 0)
			n = sync_content(&p, err);
		if (n == 0)
			n = publish(&p, err);
		again = n > 0;
		p.known = false;
		n = n > 0 ? 0 : n;
	}
	if (n < 0)
		return error_prefix(err, "image '%.12s'", i->id);
	return 0;
}
