/* SPDX-License-Identifier: Apache-2.0 */
/* Field tables of the facade's structs. */
#include <stdlib.h>

#include "network/network.h"

/* lease_start and lease_end are one JSON object; they lie side by side in the struct. */
struct lease_range {
	char *start, *end;
};
_Static_assert(offsetof(struct network_subnet, lease_end) ==
		       offsetof(struct network_subnet, lease_start) +
			       offsetof(struct lease_range, end),
	       "lease_range is seen through the two members");

static const struct json_field range_fields[] = {
	JROW(struct lease_range, "start_ip", start, JT_STR, 0),
	JROW(struct lease_range, "end_ip", end, JT_STR, 0),
};
static const struct json_table range_table = JTABLE(struct lease_range, range_fields);

static const struct json_field subnet_fields[] = {
	JROW(struct network_subnet, "subnet", subnet, JT_STR, JF_REQUIRED),
	JROW(struct network_subnet, "gateway", gateway, JT_STR, 0),
	JROW_OBJ(struct network_subnet, "lease_range", lease_start, JT_OBJ, 0, &range_table),
};
static const struct json_table subnet_table = JTABLE(struct network_subnet, subnet_fields);

static const struct json_field route_fields[] = {
	JROW(struct network_route, "destination", destination, JT_STR, JF_REQUIRED),
	JROW(struct network_route, "gateway", gateway, JT_STR, JF_REQUIRED),
	JROW(struct network_route, "metric", metric, JT_OPT_U32, 0),
};
static const struct json_table route_table = JTABLE(struct network_route, route_fields);

static const struct json_field network_fields[] = {
	JROW(struct network, "name", name, JT_STR, JF_REQUIRED),
	JROW(struct network, "id", id, JT_STR, JF_REQUIRED),
	JROW(struct network, "driver", driver, JT_STR, JF_REQUIRED),
	JROW(struct network, "network_interface", interface, JT_STR, 0),
	JROW(struct network, "created", created_nsec, JT_TIME, JF_EMIT_EMPTY),
	JROW_ARR(struct network, "subnets", subnets, n_subnets, JT_ARR, 0, &subnet_table),
	JROW_ARR(struct network, "routes", routes, n_routes, JT_ARR, 0, &route_table),
	JROW(struct network, "ipv6_enabled", ipv6_enabled, JT_BOOL, JF_EMIT_EMPTY),
	JROW(struct network, "internal", internal, JT_BOOL, JF_EMIT_EMPTY),
	JROW(struct network, "dns_enabled", dns_enabled, JT_BOOL, JF_EMIT_EMPTY),
	JROW(struct network, "network_dns_servers", dns_servers, JT_STRV, 0),
	JROW(struct network, "labels", labels, JT_MAP, 0),
	JROW(struct network, "options", options, JT_MAP, 0),
	JROW(struct network, "ipam_options", ipam_options, JT_MAP, 0),
};
const struct json_table network_table = JTABLE(struct network, network_fields);

void network_done(struct network *n)
{
	json_table_free(&network_table, n);
}

void network_list_free(struct network *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		network_done(&list[i]);
	free(list);
}

static const struct json_field port_fields[] = {
	JROW(struct network_port, "host_ip", host_ip, JT_STR, JF_EMIT_EMPTY),
	JROW(struct network_port, "container_port", container_port, JT_U32, JF_EMIT_EMPTY),
	JROW(struct network_port, "host_port", host_port, JT_U32, JF_EMIT_EMPTY),
	JROW(struct network_port, "range", range, JT_U32, JF_EMIT_EMPTY),
	JROW(struct network_port, "protocol", protocol, JT_STR, JF_EMIT_EMPTY),
};
const struct json_table network_port_table = JTABLE(struct network_port, port_fields);

static const struct json_field address_fields[] = {
	JROW(struct network_address, "network", network, JT_STR, JF_REQUIRED),
	JROW(struct network_address, "interface", interface, JT_STR, 0),
	JROW(struct network_address, "mac", mac, JT_STR, 0),
	JROW(struct network_address, "ips", ips, JT_STRV, 0),
	JROW(struct network_address, "gateways", gateways, JT_STRV, 0),
	JROW(struct network_address, "dnsServers", dns_servers, JT_STRV, 0),
	JROW(struct network_address, "dnsSearch", dns_search, JT_STRV, 0),
	JROW(struct network_address, "hostInterface", host_interface, JT_STR, 0),
};
const struct json_table network_address_table = JTABLE(struct network_address, address_fields);

void network_status_done(struct network_status *s)
{
	for (size_t i = 0; i < s->n_items; i++)
		json_table_free(&network_address_table, &s->items[i]);
	free(s->items);
	*s = (struct network_status){ 0 };
}
