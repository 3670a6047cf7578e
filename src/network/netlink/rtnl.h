/* SPDX-License-Identifier: Apache-2.0 */
/* rtnl: links, addresses and routes over rtnetlink.  Leaves (-errno). */
#ifndef CORACLE_NETWORK_NETLINK_RTNL_H
#define CORACLE_NETWORK_NETLINK_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "network/subnet.h"
#include "sys/netlink.h"

#define MAC_LEN 6
#define MAC_STR_MAX 18

struct rtnl_link {
	int index;
	char name[IFNAMSIZ];
	char kind[16]; /* "bridge", "veth"; "" for hardware */
	uint8_t mac[MAC_LEN];
	uint32_t mtu;
	unsigned flags; /* IFF_* */
};

int rtnl_open(void);
int rtnl_open_in(int netns_fd);

/* -ENODEV when there is none. */
int rtnl_link_get(int fd, const char *name, struct rtnl_link *ret);
int rtnl_link_get_index(int fd, int index, struct rtnl_link *ret);

struct rtnl_bridge {
	const char *name;
	uint32_t mtu; /* 0: default */
};
/* Makes it and brings it up; -EEXIST. */
int rtnl_bridge_add(int fd, const struct rtnl_bridge *b);

struct rtnl_veth {
	const char *host_name; /* our end: up, in the bridge */
	int master;	       /* bridge index */
	int netns_fd;	       /* where the peer is born, down */
	const char *peer_name;
	const uint8_t *mac; /* of the peer; NULL: kernel's choice */
	uint32_t mtu;	    /* 0: default */
	bool hairpin;	    /* our bridge port sends frames back where they came from */
};
int rtnl_veth_add(int fd, const struct rtnl_veth *v);

struct rtnl_parent {
	const char *kind; /* "macvlan", "ipvlan" */
	const char *name; /* inside */
	int parent;	  /* index of the host's interface */
	int netns_fd;
	uint32_t mode;	    /* MACVLAN_MODE_*, IPVLAN_MODE_* */
	const uint8_t *mac; /* NULL: kernel's choice */
	uint32_t mtu;
};
int rtnl_parent_add(int fd, const struct rtnl_parent *p);

/* Down, and under another name. */
int rtnl_link_rename(int fd, int index, const char *name);

/* Requests for a batch; all carry NLM_F_ACK. */
void rtnl_add_up(struct netlink_batch *b, int index);
void rtnl_add_delete(struct netlink_batch *b, int index);
void rtnl_add_address(struct netlink_batch *b, int index, const struct subnet *address);
/* gateway NULL: on link; destination with prefix 0: default; metric 0: kernel's. */
void rtnl_add_route(struct netlink_batch *b, int index, const struct subnet *destination,
		    const struct ip_addr *gateway, uint32_t metric);

/* Destinations of all routes of the main table except the default: what the host can reach. */
int rtnl_routes(int fd, struct subnet **ret, size_t *ret_n);

/* "aa:bb:..." both ways. */
int mac_parse(const char *s, uint8_t ret[MAC_LEN]);
void mac_format(const uint8_t mac[MAC_LEN], char out[MAC_STR_MAX]);

#endif
