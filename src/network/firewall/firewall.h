/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall: what the host's packet filter does for our networks: outgoing NAT, published ports,
 * isolation.  One vtable; `nft` keeps a table of its own, `none` leaves the host alone.
 *
 * The caller serialises changes (one lock for the whole firewall) and holds the wanted state in
 * files; the firewall itself is derived from it and can be replaced as a whole at any time.
 */
#ifndef CORACLE_NETWORK_FIREWALL_FIREWALL_H
#define CORACLE_NETWORK_FIREWALL_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "network/subnet.h"

enum firewall_isolation { ISOLATION_NONE, ISOLATION_NORMAL, ISOLATION_STRICT, ISOLATION_COUNT };

struct firewall_network {
	const char *bridge;
	const struct subnet *subnets;
	size_t n_subnets;
	bool internal; /* no way out or in: no NAT, forwarding dropped */
	enum firewall_isolation isolation;
};

struct firewall_port {
	const char *owner;	/* container id: goes into the object's comment */
	struct ip_addr host_ip; /* family 0 is not allowed; all zero: any address of the family */
	uint8_t protocol;	/* IPPROTO_TCP, UDP, SCTP */
	uint16_t host_port, container_port;
	uint32_t count;		     /* successive ports */
	struct ip_addr container_ip; /* same family as host_ip */
};

struct firewall_state {
	const struct firewall_network *networks;
	size_t n_networks;
	const struct firewall_port *ports;
	size_t n_ports;
};

struct firewall_ops {
	const char *name;
	/* 1: our rules are all in place; 0: gone or damaged; -errno.  Cheap. */
	int (*present)(void);
	/* Drop whatever is there and build this. */
	int (*replace)(const struct firewall_state *s, struct error *err);
	int (*network_add)(const struct firewall_network *n, struct error *err);
	int (*network_remove)(const struct firewall_network *n, struct error *err);
	/* ERROR_BUSY: one of them is published already; nothing is changed then. */
	int (*ports_add)(const struct firewall_port *ports, size_t n, struct error *err);
	int (*ports_remove)(const char *owner, struct error *err); /* none there: fine */
	int (*destroy)(struct error *err);			   /* nothing there: fine */
	/* This process is a fork of one that used the firewall: forget its socket.  Returns the
	 * descriptor, to be kept open until the process ends; -1: none. */
	int (*hand_over)(void);
};

extern const struct firewall_ops firewall_nft, firewall_none;

#endif
