/* SPDX-License-Identifier: Apache-2.0 */
/* inside: the container's side of the wire: loopback, addresses, routes, in its network namespace.
 */
#ifndef CORACLE_NETWORK_INSIDE_H
#define CORACLE_NETWORK_INSIDE_H

#include "network/definition.h"
#include "network/netlink/rtnl.h"

struct inside_link {
	const char *interface;
	const struct network *network;
	const struct definition *definition;
	const struct subnet *addresses; /* one per subnet of the definition */
	size_t n_addresses;
	unsigned rank; /* of its default routes: 0 is the preferred one */
};

/* rtnl is a socket of the namespace (rtnl_open_in). */
int inside_configure(int rtnl, const struct inside_link *l, uint8_t ret_mac[MAC_LEN],
		     struct error *err);
int inside_loopback(int rtnl, struct error *err);

#endif
