/* SPDX-License-Identifier: Apache-2.0 */
/* definition: what a network's definition says, checked and as numbers.  Pure. */
#ifndef CORACLE_NETWORK_DEFINITION_H
#define CORACLE_NETWORK_DEFINITION_H

#include <net/if.h>

#include "network/firewall/firewall.h"
#include "network/network.h"
#include "network/subnet.h"

/* More subnets than this in one network serve nobody, and bound the arrays below. */
#define NETWORK_SUBNETS_MAX 16

struct definition_subnet {
	struct subnet subnet;	   /* host bits zero */
	struct ip_addr gateway;	   /* family 0: none */
	struct ip_addr start, end; /* first and last address for containers */
};

struct definition {
	struct definition_subnet subnets[NETWORK_SUBNETS_MAX];
	size_t n_subnets;
	uint32_t mtu, metric; /* 0: default */
	uint32_t mode;	      /* MACVLAN_MODE_*, IPVLAN_MODE_* */
	bool no_default_route;
	bool no_addresses; /* ipam driver none */
	enum firewall_isolation isolation;
};

/* ERROR_INVALID for what is wrong, ERROR_UNSUPPORTED for what is right but not built, each by name.
 */
int definition_read(const struct network *n, struct definition *ret, struct error *err);
/* Names are file names, too: [a-zA-Z0-9][a-zA-Z0-9_.-]*. */
int definition_check_name(const char *name, struct error *err);
int definition_check_interface(const char *name, struct error *err);

#endif
