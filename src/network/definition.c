/* SPDX-License-Identifier: Apache-2.0 */
#include "network/definition.h"

#include <linux/if_link.h>
#include <string.h>

#include "base/ident.h"
#include "base/str.h"

/* The smallest that IPv4 allows (RFC 791) and the largest of a veth. */
#define MTU_MIN 68
#define MTU_MAX 65535

/* A name is a file name with ".json" or ".lock" behind it. */
#define NAME_LEN_MAX 240

int definition_check_name(const char *name, struct error *err)
{
	if (!ident_name_valid(name) || strlen(name) > NAME_LEN_MAX)
		return error_set(err, ERROR_INVALID,
				 "network name '%s' is invalid: must match "
				 "[a-zA-Z0-9][a-zA-Z0-9_.-]* and have at most %d characters",
				 name, NAME_LEN_MAX);
	return 0;
}

int definition_check_interface(const char *name, struct error *err)
{
	size_t len = strlen(name);
	bool bad = len == 0 || len >= IFNAMSIZ || streq(name, ".") || streq(name, "..");

	for (const char *p = name; *p && !bad; p++)
		bad = *p <= ' ' || *p == '/' || *p == ':' || *p == 0x7f;
	if (bad)
		return error_set(err, ERROR_INVALID, "interface name '%s' is invalid", name);
	return 0;
}

static int read_number(const char *key, const char *value, uint32_t min, uint32_t max,
		       uint32_t *ret, struct error *err)
{
	uint32_t v;

	if (num_u32(value, &v) < 0 || v < min || v > max)
		return error_set(err, ERROR_INVALID, "network option %s=%s: must be %u to %u", key,
				 value, min, max);
	*ret = v;
	return 0;
}

static int read_isolation(const char *value, enum firewall_isolation *ret, struct error *err)
{
	bool on;

	if (streq(value, "strict")) {
		*ret = ISOLATION_STRICT;
		return 0;
	}
	if (num_bool(value, &on) < 0)
		return error_set(err, ERROR_INVALID,
				 "network option isolate=%s: must be true, false or strict", value);
	*ret = on ? ISOLATION_NORMAL : ISOLATION_NONE;
	return 0;
}

static int read_mode(const char *driver, const char *value, uint32_t *ret, struct error *err)
{
	static const struct {
		const char *driver, *name;
		uint32_t mode;
	} modes[] = {
		{ "bridge", "managed", 0 },
		{ "macvlan", "bridge", MACVLAN_MODE_BRIDGE },
		{ "macvlan", "private", MACVLAN_MODE_PRIVATE },
		{ "macvlan", "vepa", MACVLAN_MODE_VEPA },
		{ "macvlan", "passthru", MACVLAN_MODE_PASSTHRU },
		{ "ipvlan", "l2", IPVLAN_MODE_L2 },
		{ "ipvlan", "l3", IPVLAN_MODE_L3 },
		{ "ipvlan", "l3s", IPVLAN_MODE_L3S },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (streq(modes[i].driver, driver) && streq(modes[i].name, value)) {
			*ret = modes[i].mode;
			return 0;
		}
	}
	return error_set(err, ERROR_INVALID, "network option mode=%s is unknown to driver %s",
			 value, driver);
}

static int read_option(const struct network *n, const char *key, const char *value,
		       struct definition *d, struct error *err)
{
	if (streq(key, "mtu") || streq(key, "com.docker.network.driver.mtu"))
		return read_number(key, value, MTU_MIN, MTU_MAX, &d->mtu, err);
	if (streq(key, "metric"))
		return read_number(key, value, 0, UINT32_MAX, &d->metric, err);
	if (streq(key, "isolate") && streq(n->driver, "bridge"))
		return read_isolation(value, &d->isolation, err);
	if (streq(key, "mode"))
		return read_mode(n->driver, value, &d->mode, err);
	if (streq(key, "no_default_route")) {
		if (num_bool(value, &d->no_default_route) < 0)
			return error_set(err, ERROR_INVALID,
					 "network option %s=%s: must be true or false", key, value);
		return 0;
	}
	/* Names of the interface: network_create has put them into network_interface. */
	if (streq(key, "parent") && !streq(n->driver, "bridge"))
		return 0;
	if (streq(key, "com.docker.network.bridge.name") && streq(n->driver, "bridge"))
		return 0;
	if (streq(key, "vlan") || streq(key, "vrf"))
		return error_set(err, ERROR_UNSUPPORTED, "network option '%s' is not supported",
				 key);
	return error_set(err, ERROR_INVALID, "network option '%s' is unknown to driver %s", key,
			 n->driver);
}

static int read_ip(const struct network_subnet *s, const char *what, const char *text,
		   const struct subnet *subnet, struct ip_addr *ret, struct error *err)
{
	if (ip_parse(text, ret) < 0)
		return error_set(err, ERROR_INVALID, "%s '%s' is not an address", what, text);
	if (!subnet_contains(subnet, ret))
		return error_set(err, ERROR_INVALID, "%s '%s' is not in subnet %s", what, text,
				 s->subnet);
	return 0;
}

/* "--ip-range CIDR" arrives as start and end that both say the same. */
static int read_range(const struct network_subnet *s, struct definition_subnet *ret,
		      struct error *err)
{
	struct subnet range;
	int r = 0;

	if (s->lease_start && s->lease_end && streq(s->lease_start, s->lease_end) &&
	    subnet_parse(s->lease_start, &range) >= 0) {
		if (range.prefix < ret->subnet.prefix ||
		    !subnet_contains(&ret->subnet, &range.addr))
			return error_set(err, ERROR_INVALID, "range '%s' is not in subnet %s",
					 s->lease_start, s->subnet);
		ret->start = subnet_first(&range);
		ret->end = subnet_last(&range);
		return 0;
	}
	if (s->lease_start)
		r = read_ip(s, "range start", s->lease_start, &ret->subnet, &ret->start, err);
	if (r >= 0 && s->lease_end)
		r = read_ip(s, "range end", s->lease_end, &ret->subnet, &ret->end, err);
	if (r >= 0 && ip_compare(&ret->start, &ret->end) > 0)
		return error_set(err, ERROR_INVALID, "range of subnet %s ends before it starts",
				 s->subnet);
	return r;
}

static int read_subnet(const struct network_subnet *s, struct definition_subnet *ret,
		       struct error *err)
{
	if (!s->subnet || subnet_parse(s->subnet, &ret->subnet) < 0)
		return error_set(err, ERROR_INVALID,
				 "subnet '%s' is invalid: must be ADDRESS/PREFIX",
				 s->subnet ? s->subnet : "");
	ret->subnet = subnet_network(&ret->subnet);
	ret->start = subnet_first(&ret->subnet);
	ret->end = subnet_last(&ret->subnet);
	if (!str_empty(s->gateway)) {
		int r = read_ip(s, "gateway", s->gateway, &ret->subnet, &ret->gateway, err);

		if (r < 0)
			return r;
	}
	return read_range(s, ret, err);
}

static int check_ipam(const struct network *n, struct definition *d, struct error *err)
{
	const char *driver = strmap_get(&n->ipam_options, "driver");

	if (driver && streq(driver, "dhcp"))
		return error_set(err, ERROR_UNSUPPORTED, "ipam driver 'dhcp' is not supported");
	if (driver && !streq(driver, "host-local") && !streq(driver, "none"))
		return error_set(err, ERROR_INVALID, "ipam driver '%s' is unknown", driver);
	d->no_addresses = driver && streq(driver, "none");
	if (d->no_addresses && n->n_subnets)
		return error_set(err, ERROR_INVALID, "ipam driver 'none' takes no subnet");
	return 0;
}

int definition_read(const struct network *n, struct definition *ret, struct error *err)
{
	struct definition d = { 0 };
	int r = check_ipam(n, &d, err);

	if (r < 0)
		return r;
	if (!streq(n->driver, "bridge") && !streq(n->driver, "macvlan") &&
	    !streq(n->driver, "ipvlan"))
		return error_set(err, ERROR_UNSUPPORTED, "network driver '%s' is not supported",
				 n->driver);
	if (streq(n->driver, "macvlan"))
		d.mode = MACVLAN_MODE_BRIDGE;
	if (n->n_subnets > NETWORK_SUBNETS_MAX)
		return error_set(err, ERROR_LIMIT, "a network has at most %d subnets",
				 NETWORK_SUBNETS_MAX);
	for (size_t i = 0; i < n->options.n; i++) {
		r = read_option(n, n->options.items[i].key, n->options.items[i].value, &d, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n->n_subnets; i++) {
		r = read_subnet(&n->subnets[i], &d.subnets[i], err);
		if (r < 0)
			return r;
		d.n_subnets++;
	}
	*ret = d;
	return 0;
}
