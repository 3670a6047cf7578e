/* SPDX-License-Identifier: Apache-2.0 */
/* network create, ls, rm. */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/filter.h"
#include "cli/output/listing.h"
#include "cli/removal.h"
#include "engine/netop.h"

struct create_target {
	char **subnets, **gateways, **ranges, **dns, **options, **labels, **routes;
	char *driver, *interface, *ipam;
	bool disable_dns, internal, ipv6, ignore;
};

#define AT(member) .offset = offsetof(struct create_target, member)

static const struct option create_rows[] = {
	{ .name = "disable-dns",
	  .kind = OPTION_BOOL,
	  AT(disable_dns),
	  .help = "No resolution of container names" },
	{ .name = "dns",
	  .arg = "IP",
	  .kind = OPTION_LIST,
	  AT(dns),
	  .help = "Name server of the network" },
	{ .name = "driver",
	  .letter = 'd',
	  .arg = "DRIVER",
	  .kind = OPTION_STR,
	  AT(driver),
	  .words = WORDS_LIST,
	  .choices = "bridge macvlan ipvlan",
	  .help = "Driver: bridge (default), macvlan, ipvlan" },
	{ .name = "gateway",
	  .arg = "IP",
	  .kind = OPTION_STRV,
	  AT(gateways),
	  .help = "Gateway of the subnet" },
	{ .name = "ignore",
	  .kind = OPTION_BOOL,
	  AT(ignore),
	  .help = "A network that exists is no error" },
	{ .name = "interface-name",
	  .arg = "NAME",
	  .kind = OPTION_STR,
	  AT(interface),
	  .help = "Bridge or parent interface of the host" },
	{ .name = "internal",
	  .kind = OPTION_BOOL,
	  AT(internal),
	  .help = "No way out of the network" },
	{ .name = "ip-range",
	  .arg = "RANGE",
	  .kind = OPTION_STRV,
	  AT(ranges),
	  .help = "Give addresses from this range (CIDR, or FIRST-LAST)" },
	{ .name = "ipv6", .kind = OPTION_BOOL, AT(ipv6), .help = "Give IPv6 addresses too" },
	{ .name = "label",
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  AT(labels),
	  .help = "Label of the network" },
	{ .name = "opt",
	  .letter = 'o',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  AT(options),
	  .help = "Driver option: mtu, isolate, ..." },
	{ .name = "route",
	  .arg = "DEST,GATEWAY[,METRIC]",
	  .kind = OPTION_STRV,
	  AT(routes),
	  .help = "Route inside the containers" },
	{ .name = "subnet",
	  .arg = "CIDR",
	  .kind = OPTION_STRV,
	  AT(subnets),
	  .help = "Subnet (default: a free one of the pools)" },
};

static void create_done(void *target)
{
	struct create_target *t = target;

	strv_free(t->subnets);
	strv_free(t->gateways);
	strv_free(t->ranges);
	strv_free(t->dns);
	strv_free(t->options);
	strv_free(t->labels);
	strv_free(t->routes);
	free(t->driver);
	free(t->interface);
	free(t->ipam);
}

static int set_subnets(const struct create_target *t, struct network *n, struct error *err)
{
	size_t subnets = strv_len(t->subnets);

	if (strv_len(t->gateways) > subnets || strv_len(t->ranges) > subnets)
		return error_set(err, ERROR_INVALID,
				 "cannot set more gateways or ranges than subnets");
	for (size_t i = 0; i < subnets; i++) {
		struct network_subnet *s = ARRAY_ADD(n->subnets, n->n_subnets);
		const char *dash;
		s->subnet = xstrdup(t->subnets[i]);
		if (i < strv_len(t->gateways))
			s->gateway = xstrdup(t->gateways[i]);
		if (i >= strv_len(t->ranges))
			continue;
		dash = strchr(t->ranges[i], '-');
		/* A CIDR range is resolved by network_create: both ends say the same. */
		s->lease_start = dash ? xstrndup(t->ranges[i], (size_t)(dash - t->ranges[i]))
				      : xstrdup(t->ranges[i]);
		s->lease_end = xstrdup(dash ? dash + 1 : t->ranges[i]);
	}
	return 0;
}

static int set_routes(const struct create_target *t, struct network *n, struct error *err)
{
	STRV_FOREACH (text, t->routes) {
		scoped_strv char **parts = strv_split(*text, ",", true);
		struct network_route *r;
		size_t count = strv_len(parts);
		uint32_t metric;
		if (count < 2 || count > 3 || (count == 3 && num_u32(parts[2], &metric) < 0))
			return error_set(err, ERROR_INVALID,
					 "invalid route '%s': must be DESTINATION,GATEWAY[,METRIC]",
					 *text);
		r = ARRAY_ADD(n->routes, n->n_routes);
		r->destination = xstrdup(parts[0]);
		r->gateway = xstrdup(parts[1]);
		if (count == 3)
			r->metric = (struct opt_u32)OPT_SET(metric);
	}
	return 0;
}

static int run_create(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct create_target *t = target;
	scoped(network_done) struct network n = { 0 };
	int r = set_subnets(t, &n, err);

	if (r >= 0)
		r = set_routes(t, &n, err);
	if (r >= 0)
		r = options_pairs("label", t->labels, &n.labels, err);
	if (r >= 0)
		r = options_pairs("opt", t->options, &n.options, err);
	if (r < 0)
		return r;
	n.name = words[0] ? xstrdup(words[0]) : NULL;
	n.driver = xstrdup(t->driver ? t->driver : "bridge");
	n.interface = xstrdup_opt(t->interface);
	n.internal = t->internal;
	n.ipv6_enabled = t->ipv6;
	n.dns_enabled = !t->disable_dns && !t->internal && streq(n.driver, "bridge");
	n.dns_servers = strv_dup(t->dns);
	r = netop_create(cli->engine, &n, t->ignore, err);
	if (r < 0)
		return r;
	puts(n.name);
	return 0;
}

struct ls_target {
	char **filters;
	char *format;
	bool noheading, no_trunc, quiet;
};

static const struct option ls_rows[] = {
	{ .name = "filter",
	  .letter = 'f',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  .offset = offsetof(struct ls_target, filters),
	  .help = "Only networks that match: name, id, driver, label" },
	{ .name = "format",
	  .arg = "FORMAT",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct ls_target, format),
	  .help = "json, or a Go template" },
	{ .name = "no-trunc",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct ls_target, no_trunc),
	  .help = "Do not shorten IDs" },
	{ .name = "noheading",
	  .letter = 'n',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct ls_target, noheading),
	  .help = "No line of column titles" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct ls_target, quiet),
	  .help = "Print names only" },
};

static void ls_done(void *target)
{
	struct ls_target *t = target;

	strv_free(t->filters);
	free(t->format);
}

static int network_matches(const struct network *n, char *const *filters, bool *ret,
			   struct error *err)
{
	*ret = true;
	STRV_FOREACH (f, filters) {
		const char *x;
		bool hit;
		if ((x = str_skip_prefix(*f, "name=")))
			hit = strstr(n->name, x) != NULL;
		else if ((x = str_skip_prefix(*f, "id=")))
			hit = str_has_prefix(n->id, x);
		else if ((x = str_skip_prefix(*f, "driver=")))
			hit = streq(n->driver, x);
		else if ((x = str_skip_prefix(*f, "label=")))
			hit = filter_label(&n->labels, x);
		else
			return error_set(err, ERROR_INVALID, "invalid network filter \"%s\"", *f);
		*ret = *ret && hit;
	}
	return 0;
}

static json_t *network_row(const struct ls_target *t, const struct network *n)
{
	bool json = t->format && streq(t->format, "json");
	json_t *row = json_table_encode(&network_table, n);

	if (json)
		return row;
	json_object_set_new(row, "ID", json_stringn(n->id, t->no_trunc ? strlen(n->id) : 12));
	json_object_set_new(row, "Name", json_string(n->name));
	json_object_set_new(row, "Driver", json_string(n->driver));
	json_object_set_new(row, "Created", json_incref(json_object_get(row, "created")));
	json_object_set_new(row, "Internal", json_boolean(n->internal));
	json_object_set_new(row, "DNSEnabled", json_boolean(n->dns_enabled));
	json_object_set_new(row, "IPv6Enabled", json_boolean(n->ipv6_enabled));
	return row;
}

static int run_ls(struct cli *cli, void *target, char **words, struct error *err)
{
	static const struct template_header headers[] = { { "ID", "NETWORK ID" },
							  { "Name", "NAME" },
							  { "Driver", "DRIVER" } };
	const struct ls_target *t = target;
	scoped_json json_t *array = json_array();
	struct network *list = NULL;
	size_t n = 0;
	int r = netop_list(cli->engine, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		bool match;
		r = network_matches(&list[i], t->filters, &match, err);
		if (r < 0 || !match)
			continue;
		if (t->quiet)
			puts(list[i].name);
		else
			json_array_append_new(array, network_row(t, &list[i]));
	}
	network_list_free(list, n);
	if (r < 0 || t->quiet)
		return r < 0 ? r : 0;
	return listing_print(t->format ? t->format : "table {{.ID}}\t{{.Name}}\t{{.Driver}}", array,
			     headers, ARRAY_SIZE(headers), t->noheading, err);
}

struct rm_target {
	bool force;
};

static const struct option rm_rows[] = {
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct rm_target, force),
	  .help = "Remove containers that use them too" },
};

static int remove_one(struct cli *cli, const char *word, void *arg, struct error *err)
{
	int r = netop_remove(cli->engine, word, ((const struct rm_target *)arg)->force, err);

	if (r >= 0)
		puts(word);
	return r;
}

static int run_rm(struct cli *cli, void *target, char **words, struct error *err)
{
	struct rm_target *t = target;

	return removal_each(cli, words, remove_one, t, t->force);
}

const struct command command_network_create = {
	.path = "network create",
	.usage = "[options] [NAME]",
	.summary = "Create a network",
	.target_size = sizeof(struct create_target),
	.target_done = create_done,
	.options = create_rows,
	.n_options = ARRAY_SIZE(create_rows),
	.max_args = 1,
	.run = run_create,
};
const struct command command_network_ls = {
	.path = "network ls",
	.usage = "[options]",
	.summary = "List networks",
	.target_size = sizeof(struct ls_target),
	.target_done = ls_done,
	.options = ls_rows,
	.n_options = ARRAY_SIZE(ls_rows),
	.run = run_ls,
};
const struct command command_network_rm = {
	.path = "network rm",
	.usage = "[options] NETWORK [NETWORK...]",
	.summary = "Remove networks",
	.target_size = sizeof(struct rm_target),
	.options = rm_rows,
	.n_options = ARRAY_SIZE(rm_rows),
	.min_args = 1,
	.max_args = -1,
	.words = WORDS_NETWORKS,
	.run = run_rm,
};
