/* SPDX-License-Identifier: Apache-2.0 */
/* network_create and network_remove: fill in what a definition leaves open, and keep it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "network/config_priv.h"
#include "network/definition.h"
#include "network/doom.h"
#include "network/hostside.h"
#include "network/ipam.h"
#include "network/netlink/rtnl.h"
#include "network/rundir.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

/* Subnets for networks that name none: the /24 nets from here to the end of 10.0.0.0/8. */
#define POOL_FIRST "10.91.0.0"
#define POOL_PREFIX 24
#define POOL_STEP 256u

#define LOCK_CREATE ".create"
#define INTERFACE_NUMBERS 10000

/* What a new network must not meet. */
struct taken {
	struct network *networks;
	size_t n_networks;
	struct subnet *routes; /* of the host */
	size_t n_routes;
};

static void taken_done(struct taken *t)
{
	network_list_free(t->networks, t->n_networks);
	free(t->routes);
}
DEFINE_SCOPED_STRUCT(struct taken, taken_done)

static int look_around(const struct network_config *c, int rtnl, struct taken *t, struct error *err)
{
	int r = network_list(c, &t->networks, &t->n_networks, err);

	if (r < 0)
		return r;
	r = rtnl_routes(rtnl, &t->routes, &t->n_routes);
	return r < 0 ? error_os(err, -r, "read the routes of this host") : 0;
}

/* Name of the network that has it, "" for the host, NULL: free. */
static const char *who_has(const struct taken *t, const struct subnet *s, bool with_host)
{
	for (size_t i = 0; i < t->n_networks; i++) {
		for (size_t k = 0; k < t->networks[i].n_subnets; k++) {
			struct subnet other;

			if (subnet_parse(t->networks[i].subnets[k].subnet, &other) >= 0 &&
			    subnet_overlaps(s, &other))
				return t->networks[i].name;
		}
	}
	for (size_t i = 0; with_host && i < t->n_routes; i++) {
		if (subnet_overlaps(s, &t->routes[i]))
			return "";
	}
	return NULL;
}

static void add_subnet(struct network *n, const struct subnet *s)
{
	struct network_subnet *added = ARRAY_ADD(n->subnets, n->n_subnets);
	char text[SUBNET_STR_MAX];

	subnet_format(s, text);
	added->subnet = xstrdup(text);
}

static int add_free_v4(struct network *n, const struct taken *t, struct error *err)
{
	struct subnet s = { .prefix = POOL_PREFIX };

	for (ip_parse(POOL_FIRST, &s.addr); s.addr.bytes[0] == 10; ip_add(&s.addr, POOL_STEP)) {
		if (!who_has(t, &s, true)) {
			add_subnet(n, &s);
			return 0;
		}
	}
	return error_set(err, ERROR_LIMIT, "no free subnet for network '%s': name one", n->name);
}

/* A unique local prefix (RFC 4193). */
static int add_free_v6(struct network *n, const struct taken *t, struct error *err)
{
	struct subnet s = { .addr = { .family = AF_INET6 }, .prefix = 64 };

	do {
		if (getrandom(s.addr.bytes + 1, 7, 0) != 7)
			return error_os(err, errno, "read random bytes");
		s.addr.bytes[0] = 0xfd;
	} while (who_has(t, &s, true));
	add_subnet(n, &s);
	return 0;
}

static int complete_subnets(struct network *n, const struct taken *t, struct error *err)
{
	bool bridge = streq(n->driver, "bridge"), v4 = false, v6 = false;
	const char *ipam = strmap_get(&n->ipam_options, "driver");
	int r = 0;

	for (size_t i = 0; i < n->n_subnets; i++) {
		bool six = strchr(n->subnets[i].subnet, ':') != NULL;

		v6 = v6 || six;
		v4 = v4 || !six;
	}
	if (ipam && streq(ipam, "none"))
		return 0;
	if (!bridge && n->n_subnets == 0 && !ipam)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"network '%s' of driver %s names no subnet, and ipam driver 'dhcp' is "
			"not supported: give --subnet, or --ipam-driver none",
			n->name, n->driver);
	if (bridge && n->n_subnets == 0)
		r = add_free_v4(n, t, err);
	if (r >= 0 && bridge && n->ipv6_enabled && !v6)
		r = add_free_v6(n, t, err);
	if (v6)
		n->ipv6_enabled = true;
	return r;
}

/* Canonical texts, the gateway, and that nobody else has it. */
static int settle_subnet(struct network *n, struct network_subnet *s,
			 const struct definition_subnet *d, const struct taken *t,
			 struct error *err)
{
	bool bridge = streq(n->driver, "bridge");
	const char *owner = who_has(t, &d->subnet, bridge);
	char text[SUBNET_STR_MAX];
	struct ip_addr ip;

	subnet_format(&d->subnet, text);
	if (owner)
		return error_set(err, ERROR_BUSY, "subnet %s is used %s%s%s already", text,
				 *owner ? "by network '" : "by this host", owner,
				 *owner ? "'" : "");
	free(s->subnet);
	s->subnet = xstrdup(text);
	/* A range may be given as a prefix: kept as its first and last address. */
	if (s->lease_start && strchr(s->lease_start, '/')) {
		free(take_ptr(s->lease_start));
		free(take_ptr(s->lease_end));
		ip = d->start;
		if (subnet_is_reserved(&d->subnet, &ip))
			ip_add(&ip, 1);
		ip_format(&ip, text);
		s->lease_start = xstrdup(text);
		ip_format(&d->end, text);
		s->lease_end = xstrdup(text);
	}
	if (!str_empty(s->gateway) || (!bridge && n->internal))
		return 0;
	ip = subnet_first(&d->subnet);
	if (d->subnet.prefix < ip_len(&ip) * 8)
		ip_add(&ip, 1);
	ip_format(&ip, text);
	free(s->gateway);
	s->gateway = xstrdup(text);
	return 0;
}

static bool interface_taken(int rtnl, const struct taken *t, const char *name)
{
	struct rtnl_link link;

	for (size_t i = 0; i < t->n_networks; i++) {
		if (streq_opt(t->networks[i].interface, name))
			return true;
	}
	return rtnl_link_get(rtnl, name, &link) >= 0;
}

static int choose_interface(struct network *n, int rtnl, const struct taken *t, struct error *err)
{
	bool bridge = streq(n->driver, "bridge");
	const char *option = strmap_get(&n->options,
					bridge ? "com.docker.network.bridge.name" : "parent");

	if (str_empty(n->interface) && option) {
		free(n->interface);
		n->interface = xstrdup(option);
	}
	if (!str_empty(n->interface)) {
		for (size_t i = 0; bridge && i < t->n_networks; i++) {
			if (streq_opt(t->networks[i].interface, n->interface))
				return error_set(err, ERROR_BUSY,
						 "interface '%s' is used by network '%s' already",
						 n->interface, t->networks[i].name);
		}
		return definition_check_interface(n->interface, err);
	}
	if (!bridge)
		return error_set(err, ERROR_INVALID,
				 "network of driver %s needs the host interface it hangs on: give "
				 "--opt parent=NAME",
				 n->driver);
	for (unsigned i = 1; i < INTERFACE_NUMBERS; i++) {
		scoped_free char *name = xasprintf("coracle%u", i);

		if (!interface_taken(rtnl, t, name)) {
			free(n->interface);
			n->interface = take_ptr(name);
			return 0;
		}
	}
	return error_set(err, ERROR_LIMIT, "no free interface name for the network");
}

static int complete(const struct network_config *c, struct network *n, int rtnl, struct error *err)
{
	scoped(taken_done) struct taken t = { 0 };
	struct definition d;
	char id[ID_BUF];
	int r = look_around(c, rtnl, &t, err);

	if (r < 0)
		return r;
	if (!n->driver)
		n->driver = xstrdup("bridge");
	r = definition_read(n, &d, err); /* before anything is added to it */
	if (r >= 0)
		r = choose_interface(n, rtnl, &t, err);
	if (r < 0)
		return r;
	if (!n->name)
		n->name = xstrdup(n->interface);
	r = definition_check_name(n->name, err);
	for (size_t i = 0; r >= 0 && i < t.n_networks; i++) {
		if (streq(t.networks[i].name, n->name))
			return error_set(err, ERROR_EXISTS, "network '%s' exists already", n->name);
	}
	if (r >= 0)
		r = complete_subnets(n, &t, err);
	if (r >= 0)
		r = definition_read(n, &d, err);
	for (size_t i = 0; r >= 0 && i < n->n_subnets; i++)
		r = settle_subnet(n, &n->subnets[i], &d.subnets[i], &t, err);
	if (r < 0)
		return r;
	if (!strmap_has(&n->ipam_options, "driver"))
		strmap_set(&n->ipam_options, "driver", "host-local");
	ident_generate(id);
	free(n->id);
	n->id = xstrdup(id);
	n->created_nsec = time_now_nsec();
	return 0;
}

int network_create(const struct network_config *c, struct network *n, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_fd int lock = -1, rtnl = -1;
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *path = NULL;
	int r;

	if (dir < 0)
		return dir;
	lock = rundir_lock(dir, LOCK_CREATE, err);
	if (lock < 0)
		return lock;
	rtnl = rtnl_open();
	if (rtnl < 0)
		return error_os(err, -rtnl, "open a routing socket");
	r = complete(c, n, rtnl, err);
	if (r < 0)
		return r;
	path = xasprintf("%s/%s.json", c->confdir, n->name);
	json_table_dump(&network_table, n, 4, &text);
	buf_addc(&text, '\n');
	r = fd_mkdir_p(AT_FDCWD, c->confdir, 0755);
	if (r >= 0)
		r = atomic_file_write(AT_FDCWD, path, buf_str(&text), text.len, 0644, true);
	return r < 0 ? error_os(err, -r, "write network definition '%s'", path) : 0;
}

int network_remove(const struct network_config *c, const char *name, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_fd int lock = -1, rtnl = -1;
	scoped_free char *path = xasprintf("%s/%s.json", c->confdir, name);
	int r;

	if (dir < 0)
		return dir;
	r = definition_check_name(name, err);
	if (r < 0)
		return r;
	if (access(path, F_OK) < 0) {
		if (streq(name, c->default_network))
			return error_set(err, ERROR_DENIED,
					 "default network '%s' cannot be removed", name);
		return network_not_found(name, err);
	}
	lock = rundir_lock(dir, name, err);
	rtnl = lock < 0 ? lock : rtnl_open();
	if (lock < 0)
		return lock;
	if (rtnl < 0)
		return error_os(err, -rtnl, "open a routing socket");
	r = hostside_down(c, dir, rtnl, name, err);
	if (r >= 0)
		r = doom_execute(dir, rtnl, err);
	if (r >= 0)
		r = ipam_forget(dir, name, err);
	if (r >= 0 && unlink(path) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove network definition '%s'", path);
	return r;
}
