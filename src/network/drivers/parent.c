/* SPDX-License-Identifier: Apache-2.0 */
/* parent: macvlan and ipvlan: the container's interface hangs on one of the host's, and lives and
 * dies in the namespace; nothing of it is on the host. */
#include <errno.h>

#include "base/str.h"
#include "network/drivers/driver.h"

static int attach(int rtnl, const char *kind, const struct driver_link *l, struct error *err)
{
	struct rtnl_parent spec = { .kind = kind,
				    .name = l->interface,
				    .netns_fd = l->netns_fd,
				    .mode = l->definition->mode,
				    .mac = l->mac,
				    .mtu = l->definition->mtu };
	struct rtnl_link parent;
	int r;

	if (str_empty(l->network->interface))
		return error_set(
			err, ERROR_INVALID,
			"network '%s' of driver %s has no parent interface; create it with "
			"--opt parent=NAME",
			l->network->name, kind);
	r = rtnl_link_get(rtnl, l->network->interface, &parent);
	if (r == -ENODEV)
		return error_set(err, ERROR_NOT_FOUND,
				 "parent interface '%s' of network '%s' does not exist",
				 l->network->interface, l->network->name);
	if (r < 0)
		return error_os(err, -r, "find interface '%s'", l->network->interface);
	spec.parent = parent.index;
	r = rtnl_parent_add(rtnl, &spec);
	if (r == -EOPNOTSUPP)
		return error_set(err, ERROR_UNSUPPORTED, "the kernel has no %s interfaces", kind);
	return r < 0 ? error_os(err, -r, "make interface '%s' of network '%s'", l->interface,
				l->network->name)
		     : 0;
}

static int macvlan_attach(int rtnl, const struct driver_link *l, struct error *err)
{
	return attach(rtnl, "macvlan", l, err);
}

static int ipvlan_attach(int rtnl, const struct driver_link *l, struct error *err)
{
	struct driver_link same_mac = *l;

	same_mac.mac = NULL; /* all of them share the parent's */
	return attach(rtnl, "ipvlan", &same_mac, err);
}

const struct network_driver driver_macvlan = { .name = "macvlan", .attach = macvlan_attach };
const struct network_driver driver_ipvlan = { .name = "ipvlan", .attach = ipvlan_attach };
