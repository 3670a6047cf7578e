/* SPDX-License-Identifier: Apache-2.0 */
/* resolv: resolv.conf of a container as text (resolv.conf(5)).  Pure. */
#ifndef CORACLE_ENGINE_CONTAINER_RESOLV_H
#define CORACLE_ENGINE_CONTAINER_RESOLV_H

#include <stdbool.h>

#include "base/buf.h"

struct resolv_input {
	const char *host;	      /* the host's file, "" when missing */
	bool own_netns;		      /* loopback servers of the host are out of reach */
	char *const *user_servers;    /* --dns */
	char *const *user_search;     /* --dns-search; "." clears */
	char *const *user_options;    /* --dns-option */
	char *const *network_servers; /* of the networks' own resolvers */
	char *const *network_search;
};

void resolv_generate(const struct resolv_input *in, struct buf *out);

#endif
