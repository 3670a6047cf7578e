/* SPDX-License-Identifier: Apache-2.0 */
/* imageop: images with the knowledge of containers that src/image and src/storage lack. */
#ifndef CORACLE_ENGINE_IMAGEOP_H
#define CORACLE_ENGINE_IMAGEOP_H

#include "engine/engine.h"

/* Podman's `image inspect` object. */
int imageop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err);
/* rmi: untag, or remove when it is the last name or an id was given; force removes containers.
 * ret_untagged and ret_deleted: what Podman prints as "Untagged: " and "Deleted: ". */
int imageop_remove(struct engine *e, const char *word, bool force, char ***ret_untagged, char ***ret_deleted,
		   struct error *err);
/* ids of containers that use an image. */
int imageop_users(struct engine *e, const char *image_id, char ***ret, struct error *err);

#endif
