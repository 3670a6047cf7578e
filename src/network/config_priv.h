/* SPDX-License-Identifier: Apache-2.0 */
/* config: definitions by their exact names. */
#ifndef CORACLE_NETWORK_CONFIG_PRIV_H
#define CORACLE_NETWORK_CONFIG_PRIV_H

#include "network/network.h"

/* By name only; ERROR_NOT_FOUND.  The name has been checked. */
int config_load(const struct network_config *c, const char *name, struct network *ret,
		struct error *err);
/* The error of a network that does not exist, in Podman's words. */
int network_not_found(const char *word, struct error *err);

#endif
