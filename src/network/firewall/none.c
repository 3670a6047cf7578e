/* SPDX-License-Identifier: Apache-2.0 */
/* The host's packet filter is somebody else's: nothing is installed, and a published port is
 * refused because it would lead nowhere. */
#include "network/firewall/firewall.h"

static int none_present(void)
{
	return 1;
}

static int none_replace(const struct firewall_state *s, struct error *err)
{
	return 0;
}

static int none_network(const struct firewall_network *n, struct error *err)
{
	return 0;
}

static int none_ports_add(const struct firewall_port *ports, size_t n, struct error *err)
{
	if (n == 0)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED,
			 "publish port %u: the firewall driver is 'none'; use driver 'nft'",
			 ports[0].host_port);
}

static int none_ports_remove(const char *owner, struct error *err)
{
	return 0;
}

static int none_destroy(struct error *err)
{
	return 0;
}

static int none_hand_over(void)
{
	return -1;
}

const struct firewall_ops firewall_none = {
	.name = "none",
	.present = none_present,
	.replace = none_replace,
	.network_add = none_network,
	.network_remove = none_network,
	.ports_add = none_ports_add,
	.ports_remove = none_ports_remove,
	.destroy = none_destroy,
	.hand_over = none_hand_over,
};
