/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registries: containers-registries.conf(5): which registry a name is fetched from.
 *
 * Read are the main file (CONTAINERS_REGISTRIES_CONF, else the user's, else
 * /etc/containers/registries.conf), then the *.conf of /etc/containers/registries.conf.d and of the
 * user's registries.conf.d in the order of their names (a later file replaces the search list, the
 * mode and registries of the same prefix, and adds aliases), then the machine-made aliases
 * (short-name-aliases.conf).
 */
#ifndef CORACLE_IMAGE_REGISTRIES_H
#define CORACLE_IMAGE_REGISTRIES_H

#include "image/image.h"

struct registry_mirror {
	char *location;
	bool insecure;
	char *pull_from; /* "all", "digest-only", "tag-only" or NULL */
};
struct registry_conf {
	char *prefix, *location; /* one may stand for both */
	bool insecure, blocked, mirror_by_digest_only;
	struct registry_mirror *mirrors;
	size_t n_mirrors;
};
struct registries {
	char **search;	       /* unqualified-search-registries */
	char *short_name_mode; /* NULL: permissive */
	struct strmap aliases; /* short name to full name; "" undoes an earlier one */
	char **credential_helpers;
	struct registry_conf *items;
	size_t n_items;
	char *file; /* the main file, NULL when there is none: Docker Hub is searched then */
};

int registries_load(struct registries *ret, struct error *err);
void registries_done(struct registries *r);
DEFINE_SCOPED_STRUCT(struct registries, registries_done)

/* The entry with the longest matching prefix, or NULL. */
const struct registry_conf *registries_find(const struct registries *r,
					    const struct image_ref *ref);

/* Where to fetch ref from, in order: usable mirrors, then the registry itself. */
struct registry_endpoint {
	char *host; /* with port */
	char *path; /* repository on that host */
	bool insecure;
};
int registries_endpoints(const struct registries *r, const struct image_ref *ref,
			 struct registry_endpoint **ret, size_t *ret_n, struct error *err);
void registries_endpoints_free(struct registry_endpoint *list, size_t n);

/* What a word that is to be pulled may mean, in the order of trying: full names.  A short name
 * without an alias and without search registries is ERROR_INVALID. */
int registries_pull_names(const struct registries *r, const char *word, char ***ret,
			  struct error *err);

#endif
