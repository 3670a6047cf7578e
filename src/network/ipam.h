/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipam: addresses of containers as leases in the run directory (see rundir.h).  The caller holds
 * the network's lock, which makes "next after the last" exact; a lease itself is atomic without it.
 */
#ifndef CORACLE_NETWORK_IPAM_H
#define CORACLE_NETWORK_IPAM_H

#include "network/definition.h"

/* Lease an address of subnet `index`: *wanted, or the next free one after the last that was given,
 * so that an address rests as long as possible before it is used again.  ERROR_BUSY: wanted is
 * taken; ERROR_LIMIT: none is free. */
int ipam_take(int dir, const char *network, size_t index, const struct definition_subnet *s,
	      const char *id, const struct ip_addr *wanted, struct ip_addr *ret, struct error *err);
/* Give back all that the container holds of the network.  ips ("ADDRESS/PREFIX") say where to look;
 * NULL: everywhere. */
int ipam_release(int dir, const char *network, const char *id, char *const *ips, struct error *err);
/* Does anybody hold something of it? 1/0 */
int ipam_used(int dir, const char *network, struct error *err);
/* The network is removed: forget what was given last. */
int ipam_forget(int dir, const char *network, struct error *err);

#endif
