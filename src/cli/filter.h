/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: --filter KEY=VALUE as Podman: values of one key are alternatives (any may match),
 * different keys must all match, except label and network/volume keys whose repetitions must all
 * match (label).
 */
#ifndef CORACLE_CLI_FILTER_H
#define CORACLE_CLI_FILTER_H

#include "engine/container.h"
#include "engine/imageop.h"

int filter_container(const struct container_summary *c, char *const *filters, bool *ret,
		     struct error *err);
/* The state word that ps and inspect show: created, running, paused, exited, ... */
const char *filter_status_word(enum container_status s);
/* "k" or "k=v" against labels. */
bool filter_label(const struct strmap *labels, const char *want);

#endif
