/* SPDX-License-Identifier: Apache-2.0 */
/* driver: how a container's interface of a network comes to be.  The namespace's inside (addresses,
 * routes) is the same for all drivers, see network/inside.h. */
#ifndef CORACLE_NETWORK_DRIVERS_DRIVER_H
#define CORACLE_NETWORK_DRIVERS_DRIVER_H

#include "network/definition.h"
#include "network/netlink/rtnl.h"

struct driver_link {
	const struct network *network;
	const struct definition *definition;
	int netns_fd;
	const char *interface;	    /* name inside */
	const char *host_interface; /* NULL for drivers without one */
	const uint8_t *mac;	    /* NULL: kernel's choice */
	bool hairpin;		    /* it publishes ports: let it reach itself by them */
};

struct network_driver {
	const char *name;
	bool has_host_side; /* a bridge (network_interface), and a host interface per container:
			     * what the janitor removes */
	/* Make the bridge, or find it; rtnl is a socket of the host.  *ret_adopted: it was there
	 * and is not ours to remove. */
	int (*host_up)(int rtnl, const struct network *n, const struct definition *d,
		       bool *ret_adopted, struct error *err);
	/* 2: it is there and up; 1: there; 0: missing; -errno.  Cheap. */
	int (*host_present)(int rtnl, const struct network *n);
	/* The interface appears in the namespace, up and without addresses. */
	int (*attach)(int rtnl, const struct driver_link *l, struct error *err);
};

extern const struct network_driver driver_bridge, driver_macvlan, driver_ipvlan;
/* NULL: unknown */
const struct network_driver *driver_find(const char *name);

#endif
