/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft_rules: the fixed part of table `inet coracle`.  Networks and published ports are elements of
 *its sets and maps; no rule is ever added for a container.
 *
 *	set subnets4, subnets6	sources that leave through NAT
 *	set bridges		all our bridges; internal, isolated, strict: some of them
 *	set same		BRIDGE . BRIDGE: traffic that stays on one bridge
 *	map ports4, ports6	PROTOCOL . PORT : CONTAINER ADDRESS . PORT
 *	map hostports4, hostports6	HOST ADDRESS . PROTOCOL . PORT : CONTAINER ADDRESS . PORT
 *
 *	guard		what comes from a bridge never reaches 127.0.0.0/8 (route_localnet is on
 *there) publish		destination NAT by the maps; from prerouting and output, for local
 *addresses forward		internal and isolated networks
 *	postrouting	NAT of what leaves; of 127.0.0.1 and of containers that reach a published
 *port
 */
#ifndef CORACLE_NETWORK_FIREWALL_NFT_RULES_H
#define CORACLE_NETWORK_FIREWALL_NFT_RULES_H

#include "sys/netlink.h"

#define NFT_SET_SUBNETS4 "subnets4"
#define NFT_SET_SUBNETS6 "subnets6"
#define NFT_SET_BRIDGES "bridges"
#define NFT_SET_SAME "same"
#define NFT_SET_INTERNAL "internal"
#define NFT_SET_ISOLATED "isolated"
#define NFT_SET_STRICT "strict"
#define NFT_MAP_PORTS4 "ports4"
#define NFT_MAP_PORTS6 "ports6"
#define NFT_MAP_HOSTPORTS4 "hostports4"
#define NFT_MAP_HOSTPORTS6 "hostports6"

/* The chain whose number of rules tells that the table is whole, and that number. */
#define NFT_CHAIN_PROBE "postrouting"
unsigned nft_rules_probe_count(void);

/* Append the table with its sets, chains and rules to an open transaction. */
void nft_rules_add(struct netlink_batch *b);

#endif
