/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge: one software bridge per network, whose address is the containers' gateway, and a veth
 * pair per container.  The kernel makes the pair in one request: our end in the bridge, the other
 * one born inside the container's namespace, both up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/str.h"
#include "network/drivers/driver.h"
#include "sys/fd.h"

/* Write a sysctl below /proc/sys/net, unless it says so already (/proc/sys may be read-only where
 * an administrator has set it). */
static int set_sysctl(const char *name, const char *value, struct error *err)
{
	scoped_free char *path = xasprintf("/proc/sys/net/%s", name);
	char now[32];
	int r = fd_read_line(AT_FDCWD, path, now, sizeof(now));

	if (r >= 0 && streq(now, value))
		return 0;
	r = fd_write_file(AT_FDCWD, path, value);
	return r < 0 ? error_os(err, -r, "set '%s' to %s", path, value) : 0;
}

static bool has_family(const struct definition *d, int family)
{
	for (size_t i = 0; i < d->n_subnets; i++) {
		if (d->subnets[i].subnet.addr.family == family)
			return true;
	}
	return false;
}

static int set_sysctls(const struct network *n, const struct definition *d, struct error *err)
{
	scoped_free char *route_localnet = xasprintf("ipv4/conf/%s/route_localnet", n->interface);
	scoped_free char *accept_ra = xasprintf("ipv6/conf/%s/accept_ra", n->interface);
	int r = 0;

	if (has_family(d, AF_INET) && !n->internal) {
		r = set_sysctl("ipv4/ip_forward", "1", err);
		/* For ports published on 127.0.0.1; what comes from the bridge itself is stopped by
		 * the firewall's chain `guard`. */
		if (r >= 0)
			r = set_sysctl(route_localnet, "1", err);
	}
	if (r >= 0 && has_family(d, AF_INET6)) {
		r = set_sysctl(accept_ra, "0", err);
		if (r >= 0 && !n->internal)
			r = set_sysctl("ipv6/conf/all/forwarding", "1", err);
	}
	return r;
}

static int set_addresses(int rtnl, int index, const struct network *n, const struct definition *d,
			 struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r;

	for (size_t i = 0; i < d->n_subnets; i++) {
		struct subnet address = { .addr = d->subnets[i].gateway,
					  .prefix = d->subnets[i].subnet.prefix };

		if (address.addr.family)
			rtnl_add_address(&b, index, &address);
	}
	r = netlink_transact(rtnl, &b, NULL);
	return r < 0 ? error_os(err, -r, "give bridge '%s' its addresses", n->interface) : 0;
}

static int bridge_up(int rtnl, const struct network *n, const struct definition *d,
		     bool *ret_adopted, struct error *err)
{
	struct rtnl_bridge spec = { .name = n->interface, .mtu = d->mtu };
	struct rtnl_link link;
	int r = rtnl_bridge_add(rtnl, &spec);

	if (r < 0 && r != -EEXIST)
		return error_os(err, -r, "make bridge '%s'", n->interface);
	*ret_adopted = r == -EEXIST;
	r = rtnl_link_get(rtnl, n->interface, &link);
	if (r < 0)
		return error_os(err, -r, "find bridge '%s'", n->interface);
	if (!streq(link.kind, "bridge"))
		return error_set(err, ERROR_EXISTS,
				 "bridge '%s' of network '%s' cannot be made: an interface of that "
				 "name exists and is not a bridge",
				 n->interface, n->name);
	if (*ret_adopted) {
		scoped(netlink_batch_done) struct netlink_batch b = { 0 };

		rtnl_add_up(&b, link.index);
		r = netlink_transact(rtnl, &b, NULL);
		if (r < 0)
			return error_os(err, -r, "bring up bridge '%s'", n->interface);
	}
	r = set_addresses(rtnl, link.index, n, d, err);
	return r < 0 ? r : set_sysctls(n, d, err);
}

static int bridge_present(int rtnl, const struct network *n)
{
	struct rtnl_link link;
	int r = rtnl_link_get(rtnl, n->interface, &link);

	if (r == -ENODEV)
		return 0;
	return r < 0 ? r : (link.flags & IFF_UP ? 2 : 1);
}

/* A start that was killed has left it: by its name it is ours. */
static int delete_now(int rtnl, const char *name)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct rtnl_link link;
	int r = rtnl_link_get(rtnl, name, &link);

	if (r < 0)
		return r == -ENODEV ? 0 : r;
	rtnl_add_delete(&b, link.index);
	r = netlink_transact(rtnl, &b, NULL);
	return r == -ENODEV ? 0 : r;
}

static int bridge_attach(int rtnl, const struct driver_link *l, struct error *err)
{
	struct rtnl_veth veth = { .host_name = l->host_interface,
				  .netns_fd = l->netns_fd,
				  .peer_name = l->interface,
				  .mtu = l->definition->mtu,
				  .hairpin = l->hairpin };
	struct rtnl_link bridge;
	int r = rtnl_link_get(rtnl, l->network->interface, &bridge);

	if (r < 0)
		return error_os(err, -r, "find bridge '%s'", l->network->interface);
	veth.master = bridge.index;
	veth.mac = l->mac;
	r = rtnl_veth_add(rtnl, &veth);
	if (r == -EEXIST) {
		r = delete_now(rtnl, l->host_interface);
		if (r < 0)
			return error_os(err, -r, "remove interface '%s'", l->host_interface);
		r = rtnl_veth_add(rtnl, &veth);
	}
	if (r == -EEXIST)
		return error_set(err, ERROR_EXISTS,
				 "interface '%s' exists in the network namespace already",
				 l->interface);
	return r < 0 ? error_os(err, -r, "make interface '%s' of network '%s'", l->interface,
				l->network->name)
		     : 0;
}

const struct network_driver driver_bridge = {
	.name = "bridge",
	.has_host_side = true,
	.host_up = bridge_up,
	.host_present = bridge_present,
	.attach = bridge_attach,
};
