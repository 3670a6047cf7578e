/* SPDX-License-Identifier: Apache-2.0 */
/* images_priv: rows of images, shared by images*.c and containers.c. */
#ifndef CORACLE_STORAGE_IMAGES_PRIV_H
#define CORACLE_STORAGE_IMAGES_PRIV_H

#include "storage/store_priv.h"

DEFINE_SCOPED_STRUCT(struct store_image, store_image_done)

/* The row without names: 1 and the place, 0 when there is none. */
int image_find(struct store *s, const char *id, struct store_image *ret,
	       const struct place **ret_place, struct error *err);
/* The same; none is ERROR_NOT_FOUND. */
int image_require(struct store *s, const char *id, struct store_image *ret,
		  const struct place **ret_place, struct error *err);
/* ERROR_DENIED when the place is a read-only one. */
int image_writable(struct store *s, const char *id, const struct place *p, struct error *err);
/* Ids of the containers that use it. */
int image_users(struct store *s, const char *id, char ***ret, struct error *err);

#endif
