/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_setup: wire a container.  In this order, so that a teardown after any step finds all of
 * it:
 *	1. record (links and ports; no addresses yet)
 *	2. per link, under the network's lock: host side up, addresses leased
 *	3. record again, with the addresses
 *	4. per link: interface into the namespace; addresses and routes there
 *	5. published ports; names for the name server
 */
#include <stdio.h>
#include <string.h>

#include "base/ident.h"
#include "base/str.h"
#include "base/trace.h"
#include "network/config_priv.h"
#include "network/dns.h"
#include "network/drivers/driver.h"
#include "network/filter.h"
#include "network/hostside.h"
#include "network/inside.h"
#include "network/ipam.h"
#include "network/janitor.h"
#include "network/rundir.h"
#include "sys/fd.h"

/* Digits of the index at the end of a host interface's name. */
#define LINKS_MAX 36

#define DNS_SEARCH "dns.podman"

struct link {
	struct network network;
	struct definition definition;
	const struct network_driver *driver;
	struct subnet addresses[NETWORK_SUBNETS_MAX];
	uint8_t mac[MAC_LEN];
	bool has_mac;
};

struct wiring {
	const struct network_config *config;
	const struct network_setup *setup;
	int dir, rtnl, inside;
	struct link *links;
	size_t n_links;
	struct record record;
};

static void wiring_done(struct wiring *w)
{
	for (size_t i = 0; i < w->n_links; i++)
		network_done(&w->links[i].network);
	free(w->links);
	record_done(&w->record);
	fd_close(w->dir);
	fd_close(w->rtnl);
	fd_close(w->inside);
}
DEFINE_SCOPED_STRUCT(struct wiring, wiring_done)

static int load_link(struct wiring *w, const struct network_attachment *a, struct link *l,
		     struct error *err)
{
	int r = definition_check_name(a->network, err);

	if (r >= 0)
		r = config_load(w->config, a->network, &l->network, err);
	if (r >= 0)
		r = definition_read(&l->network, &l->definition, err);
	if (r < 0)
		return r;
	l->driver = driver_find(l->network.driver);
	if (!l->driver)
		return error_set(err, ERROR_UNSUPPORTED, "network driver '%s' is not supported",
				 l->network.driver);
	l->has_mac = !str_empty(a->static_mac);
	if (l->has_mac && mac_parse(a->static_mac, l->mac) < 0)
		return error_set(err, ERROR_INVALID, "hardware address '%s' is invalid",
				 a->static_mac);
	return 0;
}

static int note_link(struct wiring *w, const struct network_attachment *a, const struct link *l,
		     size_t index, struct error *err)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	const char *id = w->setup->container_id;
	struct record_link *rl = ARRAY_ADD(w->record.links, w->record.n_links);

	rl->network = xstrdup(l->network.name);
	rl->driver = xstrdup(l->network.driver);
	rl->bridge = xstrdup_opt(l->network.interface);
	rl->interface = str_empty(a->interface_name) ? xasprintf("eth%zu", index)
						     : xstrdup(a->interface_name);
	if (l->driver->has_host_side)
		rl->host_interface = xasprintf("cr%.12s%c", id, digits[index]);
	rl->internal = l->network.internal;
	rl->dns = l->network.dns_enabled && l->driver->has_host_side;
	if (!str_empty(w->setup->container_name))
		strv_add(&rl->names, w->setup->container_name);
	strv_addf(&rl->names, "%.12s", id);
	STRV_FOREACH (alias, a->aliases) {
		if (!strv_has(rl->names, *alias))
			strv_add(&rl->names, *alias);
	}
	return definition_check_interface(rl->interface, err);
}

/* Step 1. */
static int load(struct wiring *w, struct error *err)
{
	const struct network_setup *s = w->setup;
	int r;

	if (!ident_name_valid(s->container_id) || strlen(s->container_id) < ID_SHORT_LEN)
		return error_set(err, ERROR_INVALID, "container id '%s' is invalid",
				 s->container_id);
	if (s->n_attachments > LINKS_MAX)
		return error_set(err, ERROR_LIMIT, "a container joins at most %d networks",
				 LINKS_MAX);
	w->record.id = xstrdup(s->container_id);
	w->record.owner = xstrdup(w->config->rundir);
	w->links = xnew_n(struct link, s->n_attachments + 1);
	for (size_t i = 0; i < s->n_attachments; i++) {
		struct link *l = &w->links[w->n_links++];

		r = load_link(w, &s->attachments[i], l, err);
		if (r >= 0)
			r = note_link(w, &s->attachments[i], l, i, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < s->n_ports; i++)
		json_table_copy(&network_port_table, ARRAY_ADD(w->record.ports, w->record.n_ports),
				&s->ports[i]);
	return record_write(w->dir, &w->record, err);
}

static int wanted_address(const struct network_attachment *a, const struct definition_subnet *s,
			  struct ip_addr *ret, struct error *err)
{
	STRV_FOREACH (text, a->static_ips) {
		struct ip_addr ip;

		if (ip_parse(*text, &ip) < 0)
			return error_set(err, ERROR_INVALID, "address '%s' is invalid", *text);
		if (subnet_contains(&s->subnet, &ip)) {
			*ret = ip;
			return 1;
		}
	}
	return 0;
}

static int check_static(const struct network_attachment *a, const struct link *l, struct error *err)
{
	STRV_FOREACH (text, a->static_ips) {
		struct ip_addr ip;
		bool found = false;

		if (ip_parse(*text, &ip) < 0)
			return error_set(err, ERROR_INVALID, "address '%s' is invalid", *text);
		for (size_t i = 0; i < l->definition.n_subnets && !found; i++)
			found = subnet_contains(&l->definition.subnets[i].subnet, &ip);
		if (!found)
			return error_set(err, ERROR_INVALID,
					 "address %s is in no subnet of network '%s'", *text,
					 l->network.name);
	}
	return 0;
}

/* Neighbours never hold a stale entry when the hardware address follows from the other one. */
static void derive_mac(struct link *l)
{
	for (size_t i = 0; i < l->definition.n_subnets && !l->has_mac; i++) {
		if (l->addresses[i].addr.family != AF_INET)
			continue;
		l->mac[0] = 0x92; /* locally administered, unicast */
		l->mac[1] = 0xca;
		memcpy(l->mac + 2, l->addresses[i].addr.bytes, 4);
		l->has_mac = true;
	}
}

static int lease(struct wiring *w, const struct network_attachment *a, struct link *l,
		 struct record_link *rl, struct error *err)
{
	int r = check_static(a, l, err);

	rl->ips = xnew_n(char *, 1);
	for (size_t i = 0; i < l->definition.n_subnets && r >= 0; i++) {
		const struct definition_subnet *s = &l->definition.subnets[i];
		char text[SUBNET_STR_MAX];
		struct ip_addr wanted;

		r = wanted_address(a, s, &wanted, err);
		if (r >= 0)
			r = ipam_take(w->dir, l->network.name, i, s, w->record.id,
				      r > 0 ? &wanted : NULL, &l->addresses[i].addr, err);
		if (r < 0)
			break;
		l->addresses[i].prefix = s->subnet.prefix;
		subnet_format(&l->addresses[i], text);
		strv_add(&rl->ips, text);
	}
	if (r >= 0)
		derive_mac(l);
	return r;
}

/* Step 2. */
static int claim(struct wiring *w, size_t i, struct error *err)
{
	struct link *l = &w->links[i];
	scoped_fd int lock = rundir_lock(w->dir, l->network.name, err);
	int r = lock < 0 ? lock : 0;

	if (r >= 0 && l->driver->has_host_side)
		r = hostside_up(w->config, w->dir, w->rtnl, l->driver, &l->network, &l->definition,
				err);
	return r < 0 ? r : lease(w, &w->setup->attachments[i], l, &w->record.links[i], err);
}

/* Step 4. */
static int attach(struct wiring *w, size_t i, struct error *err)
{
	struct link *l = &w->links[i];
	const struct record_link *rl = &w->record.links[i];
	struct driver_link dl = { .network = &l->network,
				  .definition = &l->definition,
				  .netns_fd = w->setup->netns_fd,
				  .interface = rl->interface,
				  .host_interface = rl->host_interface,
				  .mac = l->has_mac ? l->mac : NULL,
				  .hairpin = w->setup->n_ports > 0 };
	struct inside_link il = { .interface = rl->interface,
				  .network = &l->network,
				  .definition = &l->definition,
				  .addresses = l->addresses,
				  .n_addresses = l->definition.n_subnets,
				  .rank = (unsigned)i };
	int r = l->driver->attach(w->rtnl, &dl, err);

	return r < 0 ? r : inside_configure(w->inside, &il, l->mac, err);
}

static void describe(const struct wiring *w, size_t i, struct network_address *a)
{
	const struct link *l = &w->links[i];
	const struct record_link *rl = &w->record.links[i];
	char mac[MAC_STR_MAX], text[IP_STR_MAX];

	mac_format(l->mac, mac);
	a->network = xstrdup(rl->network);
	a->interface = xstrdup(rl->interface);
	a->mac = xstrdup(mac);
	a->ips = strv_dup(rl->ips);
	a->host_interface = xstrdup_opt(rl->host_interface);
	for (size_t k = 0; k < l->definition.n_subnets; k++) {
		const struct ip_addr *gateway = &l->definition.subnets[k].gateway;

		if (!gateway->family)
			continue;
		ip_format(gateway, text);
		strv_add(&a->gateways, text);
		if (rl->dns)
			strv_add(&a->dns_servers, text);
	}
	if (rl->dns)
		strv_add(&a->dns_search, DNS_SEARCH);
	else
		strv_add_all(&a->dns_servers, l->network.dns_servers);
}

static int wire(struct wiring *w, struct error *err)
{
	int r;

	for (size_t i = 0; i < w->n_links; i++) {
		r = claim(w, i, err);
		if (r < 0)
			return r;
	}
	r = record_write(w->dir, &w->record, err);
	if (r >= 0)
		r = inside_loopback(w->inside, err);
	for (size_t i = 0; r >= 0 && i < w->n_links; i++)
		r = attach(w, i, err);
	if (r >= 0 && w->record.n_ports)
		r = filter_publish(w->config, w->dir, &w->record, err);
	for (size_t i = 0; r >= 0 && i < w->n_links; i++) {
		if (w->record.links[i].dns)
			r = dns_enter(w->config, w->dir, w->record.id, &w->record.links[i],
				      &w->links[i].network, err);
	}
	return r;
}

static int open_sockets(struct wiring *w, struct error *err)
{
	w->rtnl = rtnl_open();
	if (w->rtnl < 0)
		return error_os(err, -w->rtnl, "open a routing socket");
	w->inside = rtnl_open_in(w->setup->netns_fd);
	if (w->inside < 0)
		return error_os(err, -w->inside, "enter the container's network namespace");
	return 0;
}

int network_setup(const struct network_config *c, const struct network_setup *s,
		  struct network_status *ret, struct error *err)
{
	scoped(wiring_done) struct wiring w = {
		.config = c, .setup = s, .dir = -1, .rtnl = -1, .inside = -1
	};
	struct network_status status = { 0 };
	struct error why = ERROR_INIT;
	int r = rundir_open(c, err);

	trace_scope("network setup");
	if (r < 0)
		return r;
	w.dir = r;
	r = janitor_resume(c, w.dir, err);
	if (r >= 0)
		r = open_sockets(&w, err);
	if (r < 0)
		return r;
	r = load(&w, &why);
	if (r >= 0)
		r = wire(&w, &why);
	if (r < 0) {
		struct error undo = ERROR_INIT;

		if (network_teardown(c, s->container_id, &undo) < 0)
			error_prefix(&why, "undo after a failure: %s; it was", undo.msg);
		return error_copy(err, &why);
	}
	for (size_t i = 0; i < w.n_links; i++)
		describe(&w, i, ARRAY_ADD(status.items, status.n_items));
	*ret = status;
	return 0;
}
