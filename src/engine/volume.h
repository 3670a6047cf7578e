/* SPDX-License-Identifier: Apache-2.0 */
/* volume: named and anonymous volumes of the local driver. */
#ifndef CORACLE_ENGINE_VOLUME_H
#define CORACLE_ENGINE_VOLUME_H

#include "engine/engine.h"

struct volume {
	char *name, *driver;
	int64_t created_nsec;
	struct strmap labels, options;
	bool anonymous;
	bool needs_copy_up; /* filled at first use by a container */
	struct opt_u32 uid, gid;
};
extern const struct json_table volume_table;
void volume_done(struct volume *v);
/* name NULL: random 64 hex.  ERROR_EXISTS unless ignore. */
int volume_create(struct engine *e, struct volume *v, bool ignore, struct error *err);
/* By name or unique prefix. */
int volume_get(struct engine *e, const char *word, struct volume *ret, struct error *err);
int volume_list(struct engine *e, struct volume **ret, size_t *ret_n, struct error *err);
void volume_list_free(struct volume *l, size_t n);
/* ERROR_BUSY naming the containers that use it, unless force (which removes them). */
int volume_remove(struct engine *e, const char *word, bool force, struct error *err);
char *volume_mountpoint(struct engine *e, const struct volume *v);
/* Podman's `volume inspect` object. */
int volume_inspect(struct engine *e, const char *word, json_t **ret, struct error *err);
/* Containers that use it (ids, new vector). */
int volume_users(struct engine *e, const char *name, char ***ret, struct error *err);

#endif
