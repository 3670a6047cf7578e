/* SPDX-License-Identifier: Apache-2.0 */
#include "network/netlink/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "sys/fd.h"

int rtnl_open(void)
{
	return netlink_open(NETLINK_ROUTE);
}

int rtnl_open_in(int netns_fd)
{
	return netlink_open_in(NETLINK_ROUTE, netns_fd);
}

static int read_link(void *arg, const struct nlmsghdr *h)
{
	struct rtnl_link *l = arg;
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*i)))
		return -EBADMSG;
	l->index = i->ifi_index;
	l->flags = i->ifi_flags;
	l->mtu = netlink_u32(netlink_find(h, sizeof(*i), IFLA_MTU));
	a = netlink_find(h, sizeof(*i), IFLA_ADDRESS);
	if (a && netlink_len(a) == MAC_LEN)
		memcpy(l->mac, netlink_data(a), MAC_LEN);
	a = netlink_find(h, sizeof(*i), IFLA_IFNAME);
	if (a)
		snprintf(l->name, sizeof(l->name), "%.*s", (int)netlink_len(a),
			 (const char *)netlink_data(a));
	a = netlink_find(h, sizeof(*i), IFLA_LINKINFO);
	a = a ? netlink_find_in(a, IFLA_INFO_KIND) : NULL;
	if (a)
		snprintf(l->kind, sizeof(l->kind), "%.*s", (int)netlink_len(a),
			 (const char *)netlink_data(a));
	return 0;
}

static int get_link(int fd, int index, const char *name, struct rtnl_link *ret)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct rtnl_link l = { 0 };
	int r;

	netlink_begin(&b, RTM_GETLINK, 0, &i, sizeof(i));
	if (name)
		netlink_attr_str(&b, IFLA_IFNAME, name);
	/* Counters are not wanted: the answer stays small. */
	netlink_attr_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_query(fd, &b, read_link, &l);
	if (r < 0)
		return r;
	*ret = l;
	return 0;
}

int rtnl_link_get(int fd, const char *name, struct rtnl_link *ret)
{
	return get_link(fd, 0, name, ret);
}

int rtnl_link_get_index(int fd, int index, struct rtnl_link *ret)
{
	return get_link(fd, index, NULL, ret);
}

int rtnl_bridge_add(int fd, const struct rtnl_bridge *br)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg i = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	size_t info, data;

	netlink_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &i, sizeof(i));
	netlink_attr_str(&b, IFLA_IFNAME, br->name);
	if (br->mtu)
		netlink_attr_u32(&b, IFLA_MTU, br->mtu);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_attr_str(&b, IFLA_INFO_KIND, "bridge");
	data = netlink_nest(&b, IFLA_INFO_DATA);
	/* Snooping without a querier only loses multicast between containers, and slows ports down.
	 */
	netlink_attr_u8(&b, IFLA_BR_MCAST_SNOOPING, 0);
	netlink_nest_end(&b, data);
	netlink_nest_end(&b, info);
	return netlink_transact(fd, &b, NULL);
}

static void add_hairpin(struct netlink_batch *b, const char *name)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC };
	size_t info, data;

	netlink_begin(b, RTM_NEWLINK, NLM_F_ACK, &i, sizeof(i));
	netlink_attr_str(b, IFLA_IFNAME, name);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_str(b, IFLA_INFO_SLAVE_KIND, "bridge");
	data = netlink_nest(b, IFLA_INFO_SLAVE_DATA);
	netlink_attr_u8(b, IFLA_BRPORT_MODE, 1);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

int rtnl_veth_add(int fd, const struct rtnl_veth *v)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg i = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg inside = { 0 }; /* cannot be born up: its other end is not there yet */
	size_t info, data, peer;

	netlink_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &i, sizeof(i));
	netlink_attr_str(&b, IFLA_IFNAME, v->host_name);
	netlink_attr_u32(&b, IFLA_MASTER, (uint32_t)v->master);
	if (v->mtu)
		netlink_attr_u32(&b, IFLA_MTU, v->mtu);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_attr_str(&b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(&b, IFLA_INFO_DATA);
	peer = netlink_nest(&b, VETH_INFO_PEER);
	netlink_raw(&b, &inside, sizeof(inside));
	netlink_attr_str(&b, IFLA_IFNAME, v->peer_name);
	netlink_attr_u32(&b, IFLA_NET_NS_FD, (uint32_t)v->netns_fd);
	if (v->mac)
		netlink_attr(&b, IFLA_ADDRESS, v->mac, MAC_LEN);
	if (v->mtu)
		netlink_attr_u32(&b, IFLA_MTU, v->mtu);
	netlink_nest_end(&b, peer);
	netlink_nest_end(&b, data);
	netlink_nest_end(&b, info);
	if (v->hairpin)
		add_hairpin(&b, v->host_name);
	return netlink_transact(fd, &b, NULL);
}

int rtnl_parent_add(int fd, const struct rtnl_parent *p)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg i = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	bool macvlan = strcmp(p->kind, "macvlan") == 0;
	size_t info, data;

	netlink_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &i, sizeof(i));
	netlink_attr_str(&b, IFLA_IFNAME, p->name);
	netlink_attr_u32(&b, IFLA_LINK, (uint32_t)p->parent);
	netlink_attr_u32(&b, IFLA_NET_NS_FD, (uint32_t)p->netns_fd);
	if (p->mac)
		netlink_attr(&b, IFLA_ADDRESS, p->mac, MAC_LEN);
	if (p->mtu)
		netlink_attr_u32(&b, IFLA_MTU, p->mtu);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_attr_str(&b, IFLA_INFO_KIND, p->kind);
	data = netlink_nest(&b, IFLA_INFO_DATA);
	if (macvlan) {
		netlink_attr_u32(&b, IFLA_MACVLAN_MODE, p->mode);
	} else {
		uint16_t mode = (uint16_t)p->mode;

		netlink_attr(&b, IFLA_IPVLAN_MODE, &mode, sizeof(mode));
	}
	netlink_nest_end(&b, data);
	netlink_nest_end(&b, info);
	return netlink_transact(fd, &b, NULL);
}

int rtnl_link_rename(int fd, int index, const char *name)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg i = { .ifi_index = index, .ifi_change = IFF_UP };

	netlink_begin(&b, RTM_NEWLINK, NLM_F_ACK, &i, sizeof(i));
	netlink_begin(&b, RTM_NEWLINK, NLM_F_ACK, &i, sizeof(i));
	netlink_attr_str(&b, IFLA_IFNAME, name);
	return netlink_transact(fd, &b, NULL);
}

void rtnl_add_delete(struct netlink_batch *b, int index)
{
	struct ifinfomsg i = { .ifi_index = index };

	netlink_begin(b, RTM_DELLINK, NLM_F_ACK, &i, sizeof(i));
}

void rtnl_add_up(struct netlink_batch *b, int index)
{
	struct ifinfomsg i = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	netlink_begin(b, RTM_NEWLINK, NLM_F_ACK, &i, sizeof(i));
}

void rtnl_add_address(struct netlink_batch *b, int index, const struct subnet *address)
{
	const struct ip_addr *ip = &address->addr;
	struct ifaddrmsg m = { .ifa_family = (uint8_t)ip->family,
			       .ifa_prefixlen = (uint8_t)address->prefix,
			       .ifa_index = (uint32_t)index };
	bool v4 = ip->family == AF_INET;

	/* The address is from our own pool: nobody else on the bridge can have it, no need to ask.
	 */
	if (!v4)
		m.ifa_flags = IFA_F_NODAD;
	netlink_begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, &m, sizeof(m));
	netlink_attr(b, IFA_LOCAL, ip->bytes, ip_len(ip));
	netlink_attr(b, IFA_ADDRESS, ip->bytes, ip_len(ip));
	if (v4 && address->prefix < 31) {
		struct ip_addr last = subnet_last(address);

		netlink_attr(b, IFA_BROADCAST, last.bytes, 4);
	}
}

void rtnl_add_route(struct netlink_batch *b, int index, const struct subnet *destination,
		    const struct ip_addr *gateway, uint32_t metric)
{
	struct ip_addr to = subnet_first(destination);
	struct rtmsg m = { .rtm_family = (uint8_t)to.family,
			   .rtm_dst_len = (uint8_t)destination->prefix,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
			   .rtm_type = RTN_UNICAST };

	netlink_begin(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, &m, sizeof(m));
	netlink_attr_u32(b, RTA_OIF, (uint32_t)index);
	if (destination->prefix)
		netlink_attr(b, RTA_DST, to.bytes, ip_len(&to));
	if (gateway)
		netlink_attr(b, RTA_GATEWAY, gateway->bytes, ip_len(gateway));
	if (metric)
		netlink_attr_u32(b, RTA_PRIORITY, metric);
}

struct route_list {
	struct subnet *items;
	size_t n;
};

static int read_route(void *arg, const struct nlmsghdr *h)
{
	struct route_list *l = arg;
	const struct rtmsg *m = NLMSG_DATA(h);
	const struct nlattr *a;
	struct subnet s = { 0 };

	if (h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return 0;
	if (m->rtm_table != RT_TABLE_MAIN || m->rtm_dst_len == 0 ||
	    (m->rtm_family != AF_INET && m->rtm_family != AF_INET6))
		return 0;
	s.addr.family = m->rtm_family;
	s.prefix = m->rtm_dst_len;
	a = netlink_find(h, sizeof(*m), RTA_DST);
	if (!a || netlink_len(a) != ip_len(&s.addr))
		return 0;
	memcpy(s.addr.bytes, netlink_data(a), ip_len(&s.addr));
	*ARRAY_ADD(l->items, l->n) = s;
	return 0;
}

int rtnl_routes(int fd, struct subnet **ret, size_t *ret_n)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct rtmsg m = { .rtm_family = AF_UNSPEC };
	struct route_list l = { 0 };
	int r;

	netlink_begin(&b, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
	r = netlink_dump(fd, &b, read_route, &l);
	if (r < 0) {
		free(l.items);
		return r;
	}
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}

int mac_parse(const char *s, uint8_t ret[MAC_LEN])
{
	uint8_t mac[MAC_LEN];

	for (size_t i = 0; i < MAC_LEN; i++) {
		uint64_t v;
		char pair[3] = { s[0], s[0] ? s[1] : '\0', '\0' };

		if (num_u64_base(pair, 16, &v) < 0 || strlen(pair) != 2)
			return -EINVAL;
		s += 2;
		if (*s != (i + 1 < MAC_LEN ? ':' : '\0'))
			return -EINVAL;
		s += i + 1 < MAC_LEN;
		mac[i] = (uint8_t)v;
	}
	memcpy(ret, mac, MAC_LEN);
	return 0;
}

void mac_format(const uint8_t mac[MAC_LEN], char out[MAC_STR_MAX])
{
	snprintf(out, MAC_STR_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}
