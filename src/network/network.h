/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: definitions, addresses, and the wiring of a container's network namespace, in process
 * over netlink and libnftables (loaded when used).
 *
 * Everything is found again from names: veth host ends "cr" + 12 hex of the container id + index,
 * leases RUNDIR/ipam/NETWORK/ADDRESS holding the container id, nft objects with the container id in
 * their comment, aardvark-dns lines that begin with the container id.  network_teardown works from
 * the container id alone, any number of times, on any prefix of network_setup.  What
 * the kernel is slow to remove (links, the bridge and table behind the last container) goes in the
 * background, some ten milliseconds after it returned.
 *
 * Definitions are JSON files in netavark's form (reference config-files.md section 10) in CONFDIR;
 * the default network "podman" exists without a file (10.88.0.0/16, bridge podman0; our bridge is
 * named "coracle0" so that both engines live side by side with pools of their own: 10.90.0.0/16).
 */
#ifndef CORACLE_NETWORK_NETWORK_H
#define CORACLE_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

struct network_subnet {
	char *subnet; /* "10.90.0.0/16" */
	char *gateway;
	char *lease_start, *lease_end; /* NULL: whole */
};
struct network_route {
	char *destination, *gateway;
	struct opt_u32 metric;
};
struct network {
	char *name;
	char *id;	 /* 64 hex */
	char *driver;	 /* bridge, macvlan, ipvlan */
	char *interface; /* network_interface: bridge name or parent */
	int64_t created_nsec;
	struct network_subnet *subnets;
	size_t n_subnets;
	struct network_route *routes;
	size_t n_routes;
	bool ipv6_enabled, internal, dns_enabled;
	char **dns_servers;
	struct strmap labels, options, ipam_options;
};
extern const struct json_table network_table; /* file form and `network inspect` base */
void network_done(struct network *n);
DEFINE_SCOPED_STRUCT(struct network, network_done)

struct network_config {
	const char *confdir; /* /etc/coracle/networks or /var/lib/coracle/networks */
	const char *rundir;  /* /run/coracle/networks; also tells whose containers are ours */
	/* Bridges, rules and addresses are one for the whole host, whatever run directory an engine
	 * has: in the network namespace of process 1 this directory is used instead.  NULL: rundir
	 * always. */
	const char *host_rundir;
	const char *dns_helper; /* path of aardvark-dns; NULL: looked up in helper dirs and PATH */
	const char *default_network; /* "podman" */
	const char *default_subnet;  /* "10.90.0.0/16" */
	const char *firewall;	     /* "nft" (also NULL) or "none" */
	/* How long what a network needs on the host outlives its last container, so that the next
	 * one finds it: making and removing a bridge costs the kernel 60 ms.  0: not at all. */
	unsigned linger_msec;
};
/* For a foreground `run`, which is often followed by another. */
#define NETWORK_LINGER_MSEC 1000

int network_get(const struct network_config *c, const char *name_or_id, struct network *ret,
		struct error *err);
int network_list(const struct network_config *c, struct network **ret, size_t *ret_n,
		 struct error *err);
void network_list_free(struct network *list, size_t n);
/* Fills what is missing (id, interface, subnet from the pools without overlap with others and with
 * host routes) and writes the file. */
int network_create(const struct network_config *c, struct network *n, struct error *err);
/* Definition and bridge; the caller has checked that no container uses it. */
int network_remove(const struct network_config *c, const char *name, struct error *err);

struct network_port {
	char *host_ip;			    /* NULL or "": all addresses */
	uint32_t host_port, container_port; /* 0..65535; host_port 0: any free one */
	uint32_t range;			    /* successive ports; 0 counts as 1 */
	char *protocol;			    /* "tcp" "udp" "sctp" */
};
extern const struct json_table network_port_table;

struct network_attachment {
	char *network; /* name */
	char **aliases;
	char **static_ips;
	char *static_mac;
	char *interface_name; /* inside; NULL: ethN */
};
struct network_setup {
	const char *container_id, *container_name;
	int netns_fd;
	const struct network_attachment *attachments;
	size_t n_attachments;
	const struct network_port *ports;
	size_t n_ports;
};
struct network_address {
	char *network, *interface, *mac;
	char **ips; /* "10.90.0.5/16" */
	char **gateways;
	char **dns_servers; /* of the network, for resolv.conf */
	char **dns_search;
	char *host_interface;
};
extern const struct json_table network_address_table;
struct network_status {
	struct network_address *items;
	size_t n_items;
};
void network_status_done(struct network_status *s);

/* Wire the namespace: bridge up, veth, address, routes, masquerading, published ports, DNS names.
 * On failure everything of this container is undone. */
int network_setup(const struct network_config *c, const struct network_setup *s,
		  struct network_status *ret, struct error *err);
/* Every step is tried; the first error is returned.  netns_fd may be -1 (namespace gone: the veth
 * is gone with it). */
int network_teardown(const struct network_config *c, const char *container_id, struct error *err);
/* Only loopback up inside (for --network none in a namespace of ours). */
int network_loopback_up(int netns_fd, struct error *err);
/* Our container ids that hold something of a network, for cleaning after crashes.  Also finishes at
 * once what removal in the background is still about. */
int network_holders(const struct network_config *c, char ***ret_ids, struct error *err);
/* Are the host ports free?  ERROR_BUSY naming the address.  Binds and keeps: descriptors in ret are
 * held while the container runs (handed to the monitor), so that no other program takes the port.
 */
int network_reserve_ports(const struct network_port *ports, size_t n, int **ret_fds, size_t *ret_n,
			  struct error *err);
/* Parse "-p" values: "[[ip:][hostPort[-end]]:]containerPort[-end][/proto]". */
int network_port_parse(const char *s, struct network_port *ret, struct error *err);

#endif
