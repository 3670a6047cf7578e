/* SPDX-License-Identifier: Apache-2.0 */
/* verify: bounds and digests of what comes from outside. */
#ifndef CORACLE_IMAGE_VERIFY_H
#define CORACLE_IMAGE_VERIFY_H

#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"
#include "image/transport.h"

#define IMAGE_MANIFEST_MAX \
	((size_t)4 << 20) /* distribution specification: registries may stop here */
#define IMAGE_CONFIG_MAX ((size_t)8 << 20) /* what base/json takes */
#define IMAGE_LAYERS_MAX 500		   /* overlay mounts no more (OVL_MAX_STACK) */

/* Digest of a block by the algorithm ("sha256", "sha512"). */
int verify_digest_of(const char *algorithm, const void *data, size_t len, struct digest *ret,
		     struct error *err);
/* The block has this digest; else ERROR_CORRUPT "<what> has digest X, not Y". */
int verify_block(const void *data, size_t len, const char *digest, const char *what,
		 struct error *err);
/* A whole blob of at most max bytes (ERROR_LIMIT), its size and digest checked. */
int verify_fetch_blob(struct image_source *src, const struct image_descriptor *d, size_t max,
		      const char *what, struct buf *out, struct error *err);

#endif
