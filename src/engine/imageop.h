/* SPDX-License-Identifier: Apache-2.0 */
/* imageop: images with the knowledge of containers that src/image and src/storage lack, and their
 * facade for the command line. */
#ifndef CORACLE_ENGINE_IMAGEOP_H
#define CORACLE_ENGINE_IMAGEOP_H

#include "engine/engine.h"
#include "image/image.h"

/* Full id of a word (name, id, prefix); "no such image" is ERROR_NOT_FOUND with Podman's text
 * ("x: image not known"). ret_name may be NULL. */
int imageop_lookup(struct engine *e, const char *word, char ret_id[65], char **ret_name,
		   struct error *err);
int imageop_list(struct engine *e, struct store_image **ret, size_t *ret_n, struct error *err);
int imageop_pull(struct engine *e, const char *what, const struct image_copy_options *o,
		 char ret_id[65], char **ret_name, struct error *err);
int imageop_load(struct engine *e, const char *path, const struct image_copy_options *o,
		 char ***ret_names, struct error *err);
int imageop_import(struct engine *e, const char *path, const struct image_import_options *o,
		   char ret_id[65], struct error *err);
/* name is normalised (localhost/ for a short one, :latest). */
int imageop_tag(struct engine *e, const char *word, const char *name, struct error *err);
/* names NULL or empty: all of the image's. */
int imageop_untag(struct engine *e, const char *word, char *const *names, struct error *err);

/* Podman's `image inspect` object. */
int imageop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err);
/* rmi: untag, or remove when it is the last name or an id was given; force removes containers.
 * ret_untagged and ret_deleted: what Podman prints as "Untagged: " and "Deleted: ". */
int imageop_remove(struct engine *e, const char *word, bool force, char ***ret_untagged,
		   char ***ret_deleted, struct error *err);
/* ids of containers that use an image. */
int imageop_users(struct engine *e, const char *image_id, char ***ret, struct error *err);

#endif
