/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkSettings: addresses and ports. */
#include <stdio.h>

#include "base/num.h"
#include "base/str.h"
#include "engine/inspect/inspect_priv.h"

json_t *inspect_ports(const struct wish_network *n)
{
	json_t *ports = json_object();

	STRV_FOREACH (e, n->expose) {
		scoped_free char *key = strchr(*e, '/') ? xstrdup(*e) : xasprintf("%s/tcp", *e);
		json_object_set_new(ports, key, json_null());
	}
	for (size_t i = 0; i < n->n_ports; i++) {
		const struct network_port *p = &n->ports[i];
		for (unsigned k = 0; k < (p->range ? p->range : 1); k++) {
			scoped_free char *key = xasprintf("%u/%s", p->container_port + k,
							  str_empty(p->protocol) ? "tcp"
										 : p->protocol);
			char host_port[8];
			json_t *list = json_object_get(ports, key);
			snprintf(host_port, sizeof(host_port), "%u", p->host_port + k);
			if (!json_is_array(list)) {
				list = json_array();
				json_object_set_new(ports, key, list);
			}
			json_array_append_new(list, json_pack("{ss ss}", "HostIp",
							      p->host_ip ? p->host_ip : "",
							      "HostPort", host_port));
		}
	}
	return ports;
}

/* First IPv4 and IPv6 address of an attachment, with gateways, into the object. */
static void set_addresses(const struct network_address *a, json_t *o)
{
	const char *ip4 = NULL, *ip6 = NULL, *gw4 = NULL, *gw6 = NULL;

	for (size_t i = 0; a && i < strv_len(a->ips); i++) {
		if (strchr(a->ips[i], ':'))
			ip6 = ip6 ? ip6 : a->ips[i];
		else
			ip4 = ip4 ? ip4 : a->ips[i];
	}
	for (size_t i = 0; a && i < strv_len(a->gateways); i++) {
		if (strchr(a->gateways[i], ':'))
			gw6 = gw6 ? gw6 : a->gateways[i];
		else
			gw4 = gw4 ? gw4 : a->gateways[i];
	}
	const struct {
		const char *address, *prefix, *value;
	} rows[] = { { "IPAddress", "IPPrefixLen", ip4 },
		     { "GlobalIPv6Address", "GlobalIPv6PrefixLen", ip6 } };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *slash = rows[i].value ? strchr(rows[i].value, '/') : NULL;
		scoped_free char *plain =
			rows[i].value ? xstrndup(rows[i].value, strcspn(rows[i].value, "/")) : NULL;
		uint32_t length = 0;
		if (slash && num_u32(slash + 1, &length) < 0)
			length = 0;
		inspect_str(o, rows[i].address, plain);
		inspect_int(o, rows[i].prefix, length);
	}
	inspect_str(o, "EndpointID", "");
	inspect_str(o, "Gateway", gw4);
	inspect_str(o, "IPv6Gateway", gw6);
	inspect_str(o, "MacAddress", a ? a->mac : "");
}

static const struct network_attachment *attachment_of(const struct wish_network *n,
						      const char *network)
{
	for (size_t i = 0; i < n->n_attachments; i++)
		if (streq_opt(n->attachments[i].network, network))
			return &n->attachments[i];
	return NULL;
}

json_t *inspect_network_settings(struct engine *e, const struct container_record *r)
{
	const struct container_state *s = &r->state;
	scoped_free char *sandbox = s->netns ? engine_run_path(e, "netns/%s", r->id) : NULL;
	json_t *o = json_object(), *networks = json_object();

	/* Podman fills the top level only when there is just one network */
	set_addresses(s->n_networks == 1 ? &s->networks[0] : NULL, o);
	inspect_str(o, "Bridge", "");
	inspect_str(o, "SandboxID", "");
	inspect_bool(o, "HairpinMode", false);
	inspect_str(o, "LinkLocalIPv6Address", "");
	inspect_int(o, "LinkLocalIPv6PrefixLen", 0);
	json_object_set_new(o, "Ports", inspect_ports(&r->wish.network));
	inspect_str(o, "SandboxKey", sandbox);
	for (size_t i = 0; i < s->n_networks; i++) {
		const struct network_address *a = &s->networks[i];
		const struct network_attachment *wish = attachment_of(&r->wish.network, a->network);
		json_t *n = json_object();
		set_addresses(a, n);
		inspect_str(n, "NetworkID", a->network);
		json_object_set_new(n, "DriverOpts", json_null());
		json_object_set_new(n, "IPAMConfig", json_null());
		json_object_set_new(n, "Links", json_null());
		inspect_strv(n, "Aliases", wish ? wish->aliases : NULL);
		json_object_set_new(networks, a->network ? a->network : "", n);
	}
	json_object_set_new(o, "Networks", networks);
	return o;
}
