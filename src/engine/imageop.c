/* SPDX-License-Identifier: Apache-2.0 */
/* Images: lookups, listing, pulling, names, and removal that knows about containers. */
#include "engine/imageop.h"

#include "base/str.h"
#include "base/strv.h"
#include "engine/container.h"
#include "engine/engine_priv.h"
#include "storage/store.h"

int imageop_lookup(struct engine *e, const char *word, char ret_id[65], char **ret_name,
		   struct error *err)
{
	struct store *s;
	struct error sub = ERROR_INIT;
	int r = engine_store(e, &s, err);

	if (r < 0)
		return r;
	r = image_lookup(s, word, ret_id, ret_name, &sub);
	if (r < 0 && sub.kind == ERROR_NOT_FOUND)
		return error_set(err, ERROR_NOT_FOUND, "%s: image not known", word);
	return r < 0 ? error_copy(err, &sub) : r;
}

int imageop_users(struct engine *e, const char *image_id, char ***ret, struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	return r < 0 ? r : db_users(db, "image", image_id, ret, err);
}

int imageop_list(struct engine *e, struct store_image **ret, size_t *ret_n, struct error *err)
{
	struct store *s;
	int r = engine_store(e, &s, err);

	return r < 0 ? r : store_image_list(s, ret, ret_n, err);
}

int imageop_pull(struct engine *e, const char *what, const struct image_copy_options *o,
		 char ret_id[65], char **ret_name, struct error *err)
{
	struct store *s;
	int r = engine_store(e, &s, err);

	return r < 0 ? r : image_pull(s, what, o, ret_id, ret_name, err);
}

int imageop_load(struct engine *e, const char *path, const struct image_copy_options *o,
		 char ***ret_names, struct error *err)
{
	struct store *s;
	int r = engine_store(e, &s, err);

	return r < 0 ? r : image_load(s, path, o, ret_names, err);
}

int imageop_import(struct engine *e, const char *path, const struct image_import_options *o,
		   char ret_id[65], struct error *err)
{
	struct store *s;
	int r = engine_store(e, &s, err);

	return r < 0 ? r : image_import(s, path, o, ret_id, err);
}

/* "x" is localhost/x:latest, as Podman tags. */
static int normalise_name(const char *name, char **ret, struct error *err)
{
	scoped_free char *full = image_ref_is_short(name) ? xasprintf("localhost/%s", name)
							  : xstrdup(name);
	scoped(image_ref_done) struct image_ref ref = { 0 };
	int r = image_ref_parse(full, &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return error_set(err, ERROR_INVALID,
				 "'%s': a name to set must not contain a digest", name);
	*ret = image_ref_str(&ref);
	return 0;
}

int imageop_tag(struct engine *e, const char *word, const char *name, struct error *err)
{
	scoped_free char *full = NULL;
	struct store *s;
	char id[65];
	int r = imageop_lookup(e, word, id, NULL, err);

	if (r >= 0)
		r = normalise_name(name, &full, err);
	if (r >= 0)
		r = engine_store(e, &s, err);
	return r < 0 ? r : store_image_tag(s, id, full, err);
}

static int untag_all(struct store *s, const char *id, struct error *err)
{
	struct store_image image = { 0 };
	int r = store_image_get(s, id, &image, err);

	for (char **n = image.names; r >= 0 && n && *n; n++)
		r = store_image_untag(s, *n, err);
	store_image_done(&image);
	return r;
}

int imageop_untag(struct engine *e, const char *word, char *const *names, struct error *err)
{
	struct store *s;
	char id[65];
	int r = imageop_lookup(e, word, id, NULL, err);

	if (r >= 0)
		r = engine_store(e, &s, err);
	if (r < 0)
		return r;
	if (strv_len(names) == 0)
		return untag_all(s, id, err);
	STRV_FOREACH (n, names) {
		scoped_free char *full = NULL;
		char other[65];
		r = normalise_name(*n, &full, err);
		if (r >= 0)
			r = store_image_by_name(s, full, other, err);
		if (r >= 0 && !streq(other, id))
			return error_set(err, ERROR_NOT_FOUND, "%s: tag not known", *n);
		if (r >= 0)
			r = store_image_untag(s, full, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Containers of the image: removed with force, else they keep it. */
static int release_users(struct engine *e, const char *id, const char *word, bool force,
			 struct error *err)
{
	struct container_remove_options o = { .force = true, .volumes = true, .ignore = true };
	scoped_strv char **users = NULL;
	int r = imageop_users(e, id, &users, err);

	if (r < 0 || !users || !users[0])
		return r;
	if (!force) {
		scoped_free char *list = strv_join(users, ", ");
		return error_set(
			err, ERROR_BUSY,
			"image used by %s: image is in use by a container: consider removing the "
			"container, or forcing the removal of '%s'",
			list, word);
	}
	STRV_FOREACH (u, users) {
		r = container_remove(e, *u, &o, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int remove_whole(struct engine *e, struct store *s, const struct store_image *image,
			const char *word, bool force, char ***ret_untagged, char ***ret_deleted,
			struct error *err)
{
	scoped_strv char **layers = NULL;
	int r = release_users(e, image->id, word, force, err);

	if (r >= 0)
		r = store_image_remove(s, image->id, &layers, err);
	if (r < 0)
		return r;
	strv_add_all(ret_untagged, image->names);
	strv_add(ret_deleted, image->id);
	return 0;
}

int imageop_remove(struct engine *e, const char *word, bool force, char ***ret_untagged,
		   char ***ret_deleted, struct error *err)
{
	struct store_image image = { 0 };
	scoped_free char *name = NULL;
	struct store *s;
	char id[65];
	int r = imageop_lookup(e, word, id, &name, err);

	if (r >= 0)
		r = engine_store(e, &s, err);
	if (r >= 0)
		r = store_image_get(s, id, &image, err);
	if (r < 0)
		return r;
	if (name && strv_len(image.names) > 1 && strv_has(image.names, name)) {
		r = store_image_untag(s, name, err);
		if (r >= 0)
			strv_add(ret_untagged, name);
	} else if (!name && strv_len(image.names) > 1 && !force) {
		scoped_free char *list = strv_join(image.names, " ");
		r = error_set(err, ERROR_BUSY,
			      "unable to delete image \"%s\" by ID with more than one tag ([%s]): "
			      "please force removal",
			      id, list);
	} else {
		r = remove_whole(e, s, &image, word, force, ret_untagged, ret_deleted, err);
	}
	store_image_done(&image);
	return r;
}
