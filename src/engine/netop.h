/* SPDX-License-Identifier: Apache-2.0 */
/* netop: networks with the knowledge of containers that src/network lacks, and their facade for the
 * command line. */
#ifndef CORACLE_ENGINE_NETOP_H
#define CORACLE_ENGINE_NETOP_H

#include "engine/engine.h"
#include "network/network.h"

/* As network_create; ERROR_EXISTS is none with ignore (then *n is the one that is there). */
int netop_create(struct engine *e, struct network *n, bool ignore, struct error *err);
int netop_list(struct engine *e, struct network **ret, size_t *ret_n, struct error *err);
/* Podman's `network inspect` object with "containers". */
int netop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err);
/* ERROR_BUSY naming the containers, unless force (which removes them). */
int netop_remove(struct engine *e, const char *word, bool force, struct error *err);
/* Containers that use it (ids, new vector). */
int netop_users(struct engine *e, const char *name, char ***ret, struct error *err);

#endif
