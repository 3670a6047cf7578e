/* SPDX-License-Identifier: Apache-2.0 */
/* netop: networks with the knowledge of containers that src/network lacks. */
#ifndef CORACLE_ENGINE_NETOP_H
#define CORACLE_ENGINE_NETOP_H

#include "engine/engine.h"

/* Podman's `network inspect` object with "containers". */
int netop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err);
/* ERROR_BUSY naming the containers, unless force (which removes them). */
int netop_remove(struct engine *e, const char *word, bool force, struct error *err);

#endif
