/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ident.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "image/image.h"
#include "storage/store.h"
#include "sys/fd.h"

/* Two words of two lists give some ten thousand names; nobody has so many containers. */
#define NAME_TRIES 64

static int find_image(struct engine *e, struct wish *w, struct image_config *img, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	struct error why = ERROR_INIT;
	struct store *store;
	char id[65];
	int r;

	trace_scope("find image");
	r = engine_store(e, &store, err);
	if (r < 0)
		return r;
	free(take_ptr(w->image_name));
	r = image_lookup(store, w->image, id, &w->image_name, &why);
	if (r < 0 && why.kind == ERROR_NOT_FOUND)
		return error_set(err, ERROR_NOT_FOUND, "%s: image not known", w->image);
	if (r < 0)
		return error_copy(err, &why);
	free(w->image_id);
	w->image_id = xstrdup(id);
	r = store_image_read(store, id, "config", &text, err);
	if (r < 0)
		return r;
	return image_config_parse(buf_str(&text), text.len, "image configuration", img, err);
}

static int check_rootfs(struct wish *w, struct error *err)
{
	scoped_fd int fd = -1;

	if (!path_absolute(w->rootfs))
		return error_set(err, ERROR_INVALID, "--rootfs '%s' must be an absolute path",
				 w->rootfs);
	fd = fd_open(AT_FDCWD, w->rootfs, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? error_os(err, -fd, "open root file system '%s'", w->rootfs) : 0;
}

static int check_name(const char *name, struct error *err)
{
	if (name && !ident_name_valid(name))
		return error_set(err, ERROR_INVALID,
				 "invalid name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: "
				 "invalid argument",
				 name);
	return 0;
}

static char *pick_name(const struct container_record *rec, int tries)
{
	char name[128];

	if (rec->wish.name)
		return xstrdup(rec->wish.name);
	if (tries == NAME_TRIES)
		return xstrndup(rec->id, ID_SHORT_LEN);
	ident_random_name(name, sizeof(name));
	return xstrdup(name);
}

/* Only the insertion knows which names are free: others choose theirs at the same time. */
static int insert_record(struct container *c, struct error *err)
{
	trace_scope("insert record");
	for (int tries = 0;; tries++) {
		struct error why = ERROR_INIT;
		int r;

		c->r.name = pick_name(&c->r, tries);
		r = db_container_insert(c->db, &c->r, !c->r.wish.rm, &why);
		if (r >= 0)
			return 0;
		if (why.kind != ERROR_EXISTS || c->r.wish.name || tries == NAME_TRIES)
			return error_copy(err, &why);
		free(take_ptr(c->r.name));
	}
}

static int replace(struct engine *e, const char *name, struct error *err)
{
	struct container_remove_options o = { .force = true, .ignore = true, .volumes = true };

	return container_remove(e, name, &o, err);
}

/* Volumes exist from creation on, as users see in `volume ls`. */
static int make_volumes(struct container *c, struct error *err)
{
	for (size_t i = 0; i < c->r.wish.n_mounts; i++) {
		const struct wish_mount *m = &c->r.wish.mounts[i];
		struct volume v = { 0 };
		int r;

		if (!streq(m->type, "volume"))
			continue;
		v.name = xstrdup(m->source);
		v.anonymous = m->anonymous;
		v.needs_copy_up = !strv_has(m->options, "nocopy");
		r = volume_create(c->e, &v, true, err);
		volume_done(&v);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_storage(struct container *c, struct error *err)
{
	scoped_free char *dir = engine_path(c->e, "containers/%s", c->r.id);
	struct store_container_new n = { .id = c->r.id,
					 .image_id = c->r.wish.image_id,
					 .durable = !c->r.wish.rm };
	struct store *store;
	int r;

	trace_scope("create storage");
	if (!c->r.wish.rootfs) {
		r = engine_store(c->e, &store, err);
		if (r >= 0)
			r = store_container_create(store, &n, err);
		if (r < 0)
			return r;
	}
	r = fd_mkdir_p(AT_FDCWD, dir, 0700);
	return r < 0 ? error_os(err, -r, "create directory '%s'", dir) : 0;
}

static int write_cidfile(struct container *c, struct error *err)
{
	const char *path = c->r.wish.cidfile;
	int fd, r;

	if (!path)
		return 0;
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd == -EEXIST) {
		scoped_free char *theirs = take_ptr(c->r.wish.cidfile); /* not ours to remove */

		return error_set(err, ERROR_EXISTS,
				 "container ID file '%s' exists: remove it first", theirs);
	}
	if (fd < 0)
		return error_os(err, -fd, "create container ID file '%s'", path);
	r = fd_write_all(fd, c->r.id, strlen(c->r.id));
	fd_close(fd);
	return r < 0 ? error_os(err, -r, "write container ID file '%s'", path) : 0;
}

/* The record first, with its intent; then what it speaks of. */
static int create_locked(struct container *c, struct error *err)
{
	struct error why = ERROR_INIT;
	int r;

	c->r.state.status = CONTAINER_CONFIGURED;
	c->r.state.intent = xstrdup("create");
	c->r.state.boot_id = xstrdup(c->e->boot_id);
	r = insert_record(c, err);
	if (r < 0)
		return r;
	r = make_storage(c, &why);
	if (r >= 0)
		r = make_volumes(c, &why);
	if (r >= 0)
		r = write_cidfile(c, &why);
	if (r >= 0)
		return container_intend(c, NULL, err);
	error_copy(err, &why);
	if (container_erase(c, true, &why) < 0)
		log_warn("undoing the failed creation of container %s: %s; 'system check' tries "
			 "again",
			 c->r.name, why.msg);
	return -(err ? err->num : EIO);
}

static int create(struct container *c, struct error *err)
{
	scoped(image_config_done) struct image_config img = { 0 };
	int r;

	r = c->r.wish.rootfs ? check_rootfs(&c->r.wish, err)
			     : find_image(c->e, &c->r.wish, &img, err);
	if (r >= 0)
		r = check_name(c->r.wish.name, err);
	if (r >= 0 && c->r.wish.replace && c->r.wish.name)
		r = replace(c->e, c->r.wish.name, err);
	if (r >= 0) {
		trace_scope("complete");
		r = container_complete(c->e, &c->r.wish, &img.config, err);
	}
	if (r >= 0)
		r = locks_take(c->e, LOCK_CONTAINER, c->r.id, &c->lock, err);
	if (r < 0)
		return r;
	r = create_locked(c, err);
	if (r < 0)
		locks_remove(c->e, &c->lock, c->r.id);
	return r;
}

int container_create(struct engine *e, struct wish *w, char ret_id[65], char ***ret_warnings,
		     struct error *err)
{
	struct container c = CONTAINER_INIT;
	int r;

	trace_scope("create");
	engine_reclaim(e);
	if (ret_warnings)
		*ret_warnings = NULL;
	c.e = e;
	r = engine_db(e, &c.db, err);
	if (r < 0)
		return r;
	ident_generate(c.r.id);
	c.r.created_nsec = time_now_nsec();
	c.r.wish = *w; /* lent to the record while we work; the caller keeps it */
	r = create(&c, err);
	*w = c.r.wish;
	c.r.wish = (struct wish){ 0 };
	if (r >= 0)
		memcpy(ret_id, c.r.id, sizeof(c.r.id));
	container_done(&c);
	return r;
}
