/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks and ports as elements of the sets and maps of nft_rules.h.  A published port's elements
 * carry the container id in their comment, by which they are found again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "network/firewall/firewall.h"
#include "network/firewall/nft_msg.h"
#include "network/firewall/nft_rules.h"

/* A dump that somebody else's changes interrupt is begun anew so often. */
#define DUMP_TRIES 100

/*
 * One socket for the life of the process.  Closing one waits for the RCU grace period of whatever
 * was removed last, some 10 ms: so it is left to the end, and the janitor inherits it (hand_over).
 */
static int the_socket = -1;

static int nft_socket(void)
{
	if (the_socket < 0)
		the_socket = netlink_open(NETLINK_NETFILTER);
	return the_socket;
}

static int nft_hand_over(void)
{
	int fd = the_socket;

	the_socket = -1;
	return fd;
}

static int commit(struct netlink_batch *b)
{
	int fd = nft_socket();

	if (fd < 0)
		return fd;
	nft_batch_end(b);
	return netlink_transact(fd, b, NULL);
}

static int read_use(void *arg, const struct nlmsghdr *h)
{
	const struct nlattr *a = netlink_find(h, NFT_HEADER_LEN, NFTA_CHAIN_USE);

	*(uint32_t *)arg = ntohl(netlink_u32(a));
	return 0;
}

static int nft_present(void)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int fd = nft_socket();
	uint32_t use = 0;
	int r;

	if (fd < 0)
		return fd;
	nft_begin(&b, NFT_MSG_GETCHAIN, 0);
	netlink_attr_str(&b, NFTA_CHAIN_TABLE, NFT_TABLE);
	netlink_attr_str(&b, NFTA_CHAIN_NAME, NFT_CHAIN_PROBE);
	r = netlink_query(fd, &b, read_use, &use);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : use == nft_rules_probe_count();
}

static void bridge_element(struct netlink_batch *b, uint16_t msg, const char *set,
			   const char *bridge)
{
	char key[IFNAMSIZ] = { 0 };
	struct nft_elements e;

	snprintf(key, sizeof(key), "%s", bridge);
	nft_elements_begin(&e, b, msg, set);
	nft_elements_add(&e, &(struct nft_element){ .key = key, .key_len = sizeof(key) });
	nft_elements_end(&e);
}

static void same_element(struct netlink_batch *b, uint16_t msg, const char *bridge)
{
	char key[2 * IFNAMSIZ] = { 0 };
	struct nft_elements e;

	snprintf(key, IFNAMSIZ, "%s", bridge);
	snprintf(key + IFNAMSIZ, IFNAMSIZ, "%s", bridge);
	nft_elements_begin(&e, b, msg, NFT_SET_SAME);
	nft_elements_add(&e, &(struct nft_element){ .key = key, .key_len = sizeof(key) });
	nft_elements_end(&e);
}

/* An interval is its first address, and the one behind its last as the end. */
static void subnet_element(struct netlink_batch *b, uint16_t msg, const struct subnet *s)
{
	struct ip_addr first = subnet_first(s), end = subnet_last(s);
	size_t len = ip_len(&first);
	struct nft_elements e;

	nft_elements_begin(&e, b, msg, len == 4 ? NFT_SET_SUBNETS4 : NFT_SET_SUBNETS6);
	nft_elements_add(&e, &(struct nft_element){ .key = first.bytes, .key_len = len });
	if (ip_add(&end, 1)) /* else it reaches to the end of all addresses */
		nft_elements_add(&e, &(struct nft_element){ .key = end.bytes,
							    .key_len = len,
							    .flags = NFT_SET_ELEM_INTERVAL_END });
	nft_elements_end(&e);
}

static void network_elements(struct netlink_batch *b, uint16_t msg,
			     const struct firewall_network *n)
{
	bridge_element(b, msg, NFT_SET_BRIDGES, n->bridge);
	same_element(b, msg, n->bridge);
	if (n->internal)
		bridge_element(b, msg, NFT_SET_INTERNAL, n->bridge);
	if (n->isolation != ISOLATION_NONE)
		bridge_element(b, msg, NFT_SET_ISOLATED, n->bridge);
	if (n->isolation == ISOLATION_STRICT)
		bridge_element(b, msg, NFT_SET_STRICT, n->bridge);
	for (size_t i = 0; i < n->n_subnets && !n->internal; i++)
		subnet_element(b, msg, &n->subnets[i]);
}

static bool any_address(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, ip_len(a)) == 0;
}

static const char *port_map(const struct firewall_port *p)
{
	bool v4 = p->host_ip.family == AF_INET;

	if (any_address(&p->host_ip))
		return v4 ? NFT_MAP_PORTS4 : NFT_MAP_PORTS6;
	return v4 ? NFT_MAP_HOSTPORTS4 : NFT_MAP_HOSTPORTS6;
}

/* A part of a key: its bytes, filled up to a whole register. */
static void key_part(uint8_t *key, size_t *len, const void *data, size_t n)
{
	memcpy(key + *len, data, n);
	*len += (n + 3) & ~(size_t)3;
}

static void port_elements(struct netlink_batch *b, const struct firewall_port *p)
{
	bool any = any_address(&p->host_ip);
	struct nft_elements e;

	nft_elements_begin(&e, b, NFT_MSG_NEWSETELEM, port_map(p));
	for (uint32_t i = 0; i < p->count; i++) {
		uint8_t key[32] = { 0 }, data[32] = { 0 };
		uint16_t from = htons((uint16_t)(p->host_port + i));
		uint16_t to = htons((uint16_t)(p->container_port + i));
		struct nft_element x = { .key = key, .data = data, .comment = p->owner };

		if (!any)
			key_part(key, &x.key_len, p->host_ip.bytes, ip_len(&p->host_ip));
		key_part(key, &x.key_len, &p->protocol, 1);
		key_part(key, &x.key_len, &from, sizeof(from));
		key_part(data, &x.data_len, p->container_ip.bytes, ip_len(&p->container_ip));
		key_part(data, &x.data_len, &to, sizeof(to));
		nft_elements_add(&e, &x);
	}
	nft_elements_end(&e);
}

static int nft_replace(const struct firewall_state *s, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	nft_batch_begin(&b);
	/* Add, so that the removal of what may be missing cannot fail. */
	nft_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nft_table(&b, NFT_MSG_DELTABLE, 0);
	nft_rules_add(&b);
	for (size_t i = 0; i < s->n_networks; i++)
		network_elements(&b, NFT_MSG_NEWSETELEM, &s->networks[i]);
	for (size_t i = 0; i < s->n_ports; i++)
		port_elements(&b, &s->ports[i]);
	r = commit(&b);
	if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT || r == -EINVAL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "install packet filter table '" NFT_TABLE
				 "': %s; the kernel needs "
				 "nf_tables with nat, fib and inet support",
				 strerror(-r));
	return r < 0 ? error_os(err, -r, "install packet filter table '" NFT_TABLE "'") : 0;
}

static int change_network(const struct firewall_network *n, uint16_t msg, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	nft_batch_begin(&b);
	network_elements(&b, msg, n);
	r = commit(&b);
	if (r == -ENOENT && msg == NFT_MSG_DELSETELEM)
		return 0;
	return r < 0 ? error_os(err, -r, "change the packet filter for bridge '%s'", n->bridge) : 0;
}

static int nft_network_add(const struct firewall_network *n, struct error *err)
{
	return change_network(n, NFT_MSG_NEWSETELEM, err);
}

static int nft_network_remove(const struct firewall_network *n, struct error *err)
{
	return change_network(n, NFT_MSG_DELSETELEM, err);
}

static int nft_ports_add(const struct firewall_port *ports, size_t n, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	if (n == 0)
		return 0;
	nft_batch_begin(&b);
	for (size_t i = 0; i < n; i++)
		port_elements(&b, &ports[i]);
	r = commit(&b);
	if (r == -EEXIST)
		return error_set(err, ERROR_BUSY,
				 "publish host port %u: another container has published it",
				 ports[0].host_port);
	return r < 0 ? error_os(err, -r, "publish host port %u", ports[0].host_port) : 0;
}

struct owned_elements {
	const char *owner;
	struct nft_elements *out;
	size_t n;
};

static bool has_comment(const struct nlattr *element, const char *owner)
{
	const struct nlattr *user = netlink_find_in(element, NFTA_SET_ELEM_USERDATA);
	const char *text;
	size_t len = strlen(owner) + 1;

	if (!user || netlink_len(user) < 2 + len)
		return false;
	text = netlink_data(user);
	return text[0] == 0 && (uint8_t)text[1] == len && memcmp(text + 2, owner, len) == 0;
}

static int read_elements(void *arg, const struct nlmsghdr *h)
{
	struct owned_elements *o = arg;
	const struct nlattr *list = netlink_find(h, NFT_HEADER_LEN, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *element = NULL;

	while (list && (element = netlink_next_in(list, element)) != NULL) {
		const struct nlattr *key = netlink_find_in(element, NFTA_SET_ELEM_KEY);

		key = key ? netlink_find_in(key, NFTA_DATA_VALUE) : NULL;
		if (!key || !has_comment(element, o->owner))
			continue;
		nft_elements_add(o->out, &(struct nft_element){ .key = netlink_data(key),
								.key_len = netlink_len(key) });
		o->n++;
	}
	return 0;
}

/* Remove the owner's elements of one map. */
static int remove_owned(int fd, const char *map, const char *owner)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	scoped(netlink_batch_done) struct netlink_batch found = { 0 };
	struct nft_elements e;
	struct owned_elements o = { .owner = owner, .out = &e };
	int r;

	nft_begin(&b, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	netlink_attr_str(&b, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	netlink_attr_str(&b, NFTA_SET_ELEM_LIST_SET, map);
	nft_batch_begin(&found);
	nft_elements_begin(&e, &found, NFT_MSG_DELSETELEM, map);
	r = netlink_dump(fd, &b, read_elements, &o);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (o.n == 0)
		return 0;
	nft_elements_end(&e);
	return commit(&found);
}

static int nft_ports_remove(const char *owner, struct error *err)
{
	static const char *const maps[] = { NFT_MAP_PORTS4, NFT_MAP_HOSTPORTS4, NFT_MAP_PORTS6,
					    NFT_MAP_HOSTPORTS6 };
	int fd = nft_socket();

	if (fd < 0)
		return error_os(err, -fd, "open a netfilter socket");
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		unsigned tries = DUMP_TRIES;
		int r;

		do {
			r = remove_owned(fd, maps[i], owner);
		} while (r == -EINTR && --tries);
		if (r < 0)
			return error_os(err, -r, "withdraw the published ports of container '%s'",
					owner);
	}
	return 0;
}

static int nft_destroy(struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	nft_batch_begin(&b);
	nft_table(&b, NFT_MSG_DELTABLE, 0);
	r = commit(&b);
	if (r < 0 && r != -ENOENT)
		return error_os(err, -r, "remove packet filter table '" NFT_TABLE "'");
	return 0;
}

const struct firewall_ops firewall_nft = {
	.name = "nft",
	.present = nft_present,
	.replace = nft_replace,
	.network_add = nft_network_add,
	.network_remove = nft_network_remove,
	.ports_add = nft_ports_add,
	.ports_remove = nft_ports_remove,
	.destroy = nft_destroy,
	.hand_over = nft_hand_over,
};
