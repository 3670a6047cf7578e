/* SPDX-License-Identifier: Apache-2.0 */
#include "network/inside.h"

#include <string.h>

#include "network/network.h"
#include "sys/fd.h"

/* As netavark's, so that routes of `ip route` look the same to programs that read them. */
#define DEFAULT_METRIC 100

/* The loopback device is the first of every namespace. */
#define LOOPBACK_INDEX 1

int inside_loopback(int rtnl, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	rtnl_add_up(&b, LOOPBACK_INDEX);
	r = netlink_transact(rtnl, &b, NULL);
	return r < 0 ? error_os(err, -r, "bring up the loopback interface") : 0;
}

static int add_routes(struct netlink_batch *b, int index, const struct inside_link *l,
		      struct error *err)
{
	const struct definition *d = l->definition;
	uint32_t metric = (d->metric ? d->metric : DEFAULT_METRIC) + l->rank;

	for (size_t i = 0; i < d->n_subnets && !d->no_default_route && !l->network->internal; i++) {
		const struct ip_addr *gateway = &d->subnets[i].gateway;
		struct subnet all = { .addr.family = gateway->family };

		if (gateway->family)
			rtnl_add_route(b, index, &all, gateway, metric);
	}
	for (size_t i = 0; i < l->network->n_routes; i++) {
		const struct network_route *route = &l->network->routes[i];
		struct subnet to;
		struct ip_addr gateway;

		if (subnet_parse(route->destination, &to) < 0 ||
		    ip_parse(route->gateway, &gateway) < 0 || gateway.family != to.addr.family)
			return error_set(err, ERROR_INVALID,
					 "route '%s' by '%s' of network '%s' is invalid",
					 route->destination, route->gateway, l->network->name);
		rtnl_add_route(b, index, &to, &gateway,
			       route->metric.set ? route->metric.value : DEFAULT_METRIC);
	}
	return 0;
}

int inside_configure(int rtnl, const struct inside_link *l, uint8_t ret_mac[MAC_LEN],
		     struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct rtnl_link link;
	int r = rtnl_link_get(rtnl, l->interface, &link);

	if (r < 0)
		return error_os(err, -r, "find interface '%s' in the container", l->interface);
	rtnl_add_up(&b, link.index);
	for (size_t i = 0; i < l->n_addresses; i++)
		rtnl_add_address(&b, link.index, &l->addresses[i]);
	r = add_routes(&b, link.index, l, err);
	if (r < 0)
		return r;
	r = netlink_transact(rtnl, &b, NULL);
	if (r < 0)
		return error_os(err, -r, "configure interface '%s' of network '%s'", l->interface,
				l->network->name);
	memcpy(ret_mac, link.mac, MAC_LEN);
	return 0;
}

int network_loopback_up(int netns_fd, struct error *err)
{
	scoped_fd int rtnl = rtnl_open_in(netns_fd);

	if (rtnl < 0)
		return error_os(err, -rtnl, "enter the container's network namespace");
	return inside_loopback(rtnl, err);
}
