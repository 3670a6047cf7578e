/* SPDX-License-Identifier: Apache-2.0 */
/* load: images out of local archives and directories; image_load and image_pull's local half. */
#ifndef CORACLE_IMAGE_LOAD_H
#define CORACLE_IMAGE_LOAD_H

#include "image/image.h"

struct load_result {
	char id[65];
	char *name; /* NULL: has none */
};
struct load_results {
	struct load_result *items;
	size_t n;
};
void load_results_done(struct load_results *r);
DEFINE_SCOPED_STRUCT(struct load_results, load_results_done)

enum load_kind { LOAD_DOCKER_ARCHIVE, LOAD_OCI_ARCHIVE, LOAD_OCI, LOAD_DIR, LOAD_KIND_COUNT };
/* The transport's name: "docker-archive", ... */
const char *load_kind_name(enum load_kind k);

/* select: one image of several by reference, tag or "@index"; NULL: all.  shown: path for messages
 * and for the policy. */
int load_images(struct store *s, enum load_kind kind, const char *path, const char *shown,
		const char *select, const struct image_copy_options *o, struct load_results *ret,
		struct error *err);

/* Short names get "localhost/"; canonical, new string. */
int load_local_name(const char *name, char **ret, struct error *err);

#endif
