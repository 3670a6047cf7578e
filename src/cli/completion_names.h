/* SPDX-License-Identifier: Apache-2.0 */
/* completion_names: names of the engine's objects for the shell. */
#ifndef CORACLE_CLI_COMPLETION_NAMES_H
#define CORACLE_CLI_COMPLETION_NAMES_H

#include "cli/options.h"
#include "engine/engine.h"

/* Names of containers, running containers, images, volumes or networks. */
int completion_names(struct engine *e, enum option_words kind, char ***ret, struct error *err);

#endif
