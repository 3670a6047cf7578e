/* SPDX-License-Identifier: Apache-2.0 */
#include "network/filter.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "network/definition.h"
#include "network/firewall/firewall.h"
#include "sys/fd.h"

static const struct firewall_ops *driver(const struct network_config *c)
{
	return c->firewall && streq(c->firewall, "none") ? &firewall_none : &firewall_nft;
}

/* What a firewall_network points into. */
struct network_view {
	struct up up;
	struct subnet subnets[NETWORK_SUBNETS_MAX];
	struct firewall_network view;
};

static int make_view(const struct network *n, struct network_view *v, struct error *err)
{
	struct definition d;
	int r = definition_read(n, &d, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < d.n_subnets; i++)
		v->subnets[i] = d.subnets[i].subnet;
	v->view = (struct firewall_network){ .bridge = n->interface,
					     .subnets = v->subnets,
					     .n_subnets = d.n_subnets,
					     .internal = n->internal,
					     .isolation = d.isolation };
	return 0;
}

static uint8_t protocol_number(const char *name)
{
	if (streq_opt(name, "udp"))
		return IPPROTO_UDP;
	return streq_opt(name, "sctp") ? IPPROTO_SCTP : IPPROTO_TCP;
}

/* The address that published ports lead to: the first of the family on a bridge with a way out. */
static bool target_address(const struct record *r, int family, struct ip_addr *ret)
{
	for (size_t i = 0; i < r->n_links; i++) {
		const struct record_link *l = &r->links[i];

		if (!streq(l->driver, "bridge") || l->internal)
			continue;
		STRV_FOREACH (ip, l->ips) {
			struct subnet s;

			if (subnet_parse(*ip, &s) >= 0 && s.addr.family == family) {
				*ret = s.addr;
				return true;
			}
		}
	}
	return false;
}

struct port_list {
	struct firewall_port *items;
	size_t n;
};

static bool add_port(const struct record *r, const struct network_port *p,
		     const struct ip_addr *host_ip, struct port_list *list)
{
	struct firewall_port port = { .owner = r->id,
				      .host_ip = *host_ip,
				      .protocol = protocol_number(p->protocol),
				      .host_port = (uint16_t)p->host_port,
				      .container_port = (uint16_t)p->container_port,
				      .count = p->range ? p->range : 1 };

	if (!target_address(r, host_ip->family, &port.container_ip))
		return false;
	*ARRAY_ADD(list->items, list->n) = port;
	return true;
}

static int add_ports(const struct record *r, struct port_list *list, struct error *err)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct network_port *p = &r->ports[i];
		struct ip_addr any4 = { .family = AF_INET }, any6 = { .family = AF_INET6 }, ip;
		bool done;

		if (str_empty(p->host_ip)) {
			done = add_port(r, p, &any4, list);
			done = add_port(r, p, &any6, list) || done;
		} else if (ip_parse(p->host_ip, &ip) < 0) {
			return error_set(err, ERROR_INVALID, "host address '%s' is invalid",
					 p->host_ip);
		} else {
			done = add_port(r, p, &ip, list);
		}
		if (!done)
			return error_set(
				err, ERROR_INVALID,
				"publish port %u: the container has no address for it on a "
				"bridge network that is not internal",
				p->host_port);
	}
	return 0;
}

struct rebuild {
	struct network_view *views;
	size_t n_views;
	struct record *records;
	size_t n_records;
	struct port_list ports;
};

static void rebuild_done(struct rebuild *b)
{
	for (size_t i = 0; i < b->n_views; i++)
		up_done(&b->views[i].up);
	for (size_t i = 0; i < b->n_records; i++)
		record_done(&b->records[i]);
	free(b->views);
	free(b->records);
	free(b->ports.items);
}
DEFINE_SCOPED_STRUCT(struct rebuild, rebuild_done)

static int collect_networks(int dir, struct rebuild *b, struct error *err)
{
	scoped_strv char **names = NULL;
	int r = rundir_names(dir, "up", &names, err);

	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		struct up up = { 0 };

		r = up_read(dir, *name, &up, err);
		if (r < 0)
			return r;
		if (r > 0)
			ARRAY_ADD(b->views, b->n_views)->up = up;
	}
	return 0;
}

static int collect_ports(int dir, struct rebuild *b, struct error *err)
{
	scoped_strv char **ids = NULL;
	int r = rundir_names(dir, "containers", &ids, err);

	if (r < 0)
		return r;
	STRV_FOREACH (id, ids) {
		struct record *rec = ARRAY_ADD(b->records, b->n_records);
		struct error sub = ERROR_INIT;

		r = record_read(dir, *id, rec, err);
		if (r < 0)
			return r;
		/* One that is not wired yet publishes its ports itself. */
		if (r > 0 && rec->n_links && rec->links[0].ips)
			(void)add_ports(rec, &b->ports, &sub);
	}
	return 0;
}

/* Caller has the firewall's lock. */
static int rebuild(const struct network_config *c, int dir, struct error *err)
{
	scoped(rebuild_done) struct rebuild b = { 0 };
	scoped_free struct firewall_network *networks = NULL;
	struct firewall_state s;
	int r = collect_networks(dir, &b, err);

	if (r >= 0)
		r = collect_ports(dir, &b, err);
	if (r < 0)
		return r;
	networks = xnew_n(struct firewall_network, b.n_views + 1);
	for (size_t i = 0; i < b.n_views; i++) { /* the array has stopped moving */
		r = make_view(&b.views[i].up.network, &b.views[i], err);
		if (r < 0)
			return r;
		networks[i] = b.views[i].view;
	}
	s = (struct firewall_state){ .networks = networks,
				     .n_networks = b.n_views,
				     .ports = b.ports.items,
				     .n_ports = b.ports.n };
	return driver(c)->replace(&s, err);
}

static int present(const struct network_config *c, struct error *err)
{
	int r = driver(c)->present();

	return r < 0 ? error_os(err, -r, "look at the packet filter") : r;
}

int filter_network_up(const struct network_config *c, int dir, const struct network *n,
		      struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_FIREWALL, err);
	struct network_view v = { 0 };
	int r = lock < 0 ? lock : present(c, err);

	if (r < 0)
		return r;
	if (r == 0)
		return rebuild(c, dir, err);
	r = make_view(n, &v, err);
	return r < 0 ? r : driver(c)->network_add(&v.view, err);
}

int filter_check(const struct network_config *c, int dir, struct error *err)
{
	scoped_fd int lock = -1;
	int r = present(c, err);

	if (r != 0)
		return r < 0 ? r : 0;
	lock = rundir_lock(dir, RUNDIR_LOCK_FIREWALL, err);
	r = lock < 0 ? lock : present(c, err);
	if (r != 0)
		return r < 0 ? r : 0;
	return rebuild(c, dir, err);
}

int filter_network_down(const struct network_config *c, int dir, const struct network *n,
			struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_FIREWALL, err);
	scoped_strv char **up = NULL;
	struct network_view v = { 0 };
	int r = lock < 0 ? lock : rundir_names(dir, "up", &up, err);

	if (r < 0)
		return r;
	if (strv_len(up) == 0 || (strv_len(up) == 1 && streq(up[0], n->name)))
		return driver(c)->destroy(err);
	r = present(c, err);
	if (r > 0)
		r = make_view(n, &v, err);
	else
		return r; /* flushed: the next one that needs it builds it without this network */
	return r < 0 ? r : driver(c)->network_remove(&v.view, err);
}

int filter_publish(const struct network_config *c, int dir, const struct record *rec,
		   struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_FIREWALL, err);
	struct port_list list = { 0 };
	int r = lock < 0 ? lock : add_ports(rec, &list, err);

	if (r >= 0)
		r = present(c, err);
	if (r > 0)
		r = driver(c)->ports_add(list.items, list.n, err);
	else if (r == 0)
		r = rebuild(c, dir, err);
	free(list.items);
	return r;
}

int filter_withdraw(const struct network_config *c, int dir, const char *id, struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_FIREWALL, err);

	return lock < 0 ? lock : driver(c)->ports_remove(id, err);
}

int filter_hand_over(const struct network_config *c)
{
	return driver(c)->hand_over();
}
