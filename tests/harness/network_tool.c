/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_tool: the network facade as a program, for the integration tests of src/network.
 *
 *	network_tool DIR setup ID NETNS-FILE [-n NETWORK[:IP]] [-p PORT] [-a ALIAS]...	prints JSON
 *	network_tool DIR teardown ID...
 *	network_tool DIR create NAME [-s SUBNET] [-o KEY=VALUE] [-d DRIVER] [-i] [-6] [-D]
 *	network_tool DIR remove NAME
 *	network_tool DIR list | holders
 *	network_tool DIR reserve PORT		holds it until standard input ends
 *	network_tool DIR bench ROUNDS NETNS-FILE...
 *
 * DIR/conf and DIR/run are the two directories.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "network/network.h"
#include "sys/fd.h"
#include "sys/ns.h"

static struct network_config config;

static int fail(const struct error *err)
{
	fprintf(stderr, "network_tool: %s\n", err->msg);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "network_tool: see the head of network_tool.c\n");
	return 2;
}

static void print_status(const struct network_status *s)
{
	for (size_t i = 0; i < s->n_items; i++) {
		scoped(buf_done) struct buf text = BUF_INIT;

		json_table_dump(&network_address_table, &s->items[i], 0, &text);
		puts(buf_str(&text));
	}
}

static int cmd_setup(char **args, struct error *err)
{
	struct network_attachment attachments[8] = { 0 };
	struct network_port ports[8] = { 0 };
	struct network_setup s = { .container_id = args[0],
				   .attachments = attachments,
				   .ports = ports };
	struct network_status status = { 0 };
	scoped_fd int netns = -1;
	scoped_free char *name = xasprintf("name-%.8s", args[0]);
	int r = 0;

	s.container_name = name;
	netns = ns_open_path(args[1], NS_NET, err);
	if (netns < 0)
		return netns;
	s.netns_fd = netns;
	for (char **a = args + 2; a[0] && a[1] && r >= 0; a += 2) {
		if (streq(a[0], "-n")) {
			struct network_attachment *x = &attachments[s.n_attachments++];
			char *colon = strchr(a[1], ':');

			x->network = colon ? xstrndup(a[1], (size_t)(colon - a[1])) : xstrdup(a[1]);
			if (colon)
				strv_add(&x->static_ips, colon + 1);
		} else if (streq(a[0], "-a")) {
			strv_add(&attachments[0].aliases, a[1]);
		} else {
			r = network_port_parse(a[1], &ports[s.n_ports++], err);
		}
	}
	if (s.n_attachments == 0)
		attachments[s.n_attachments++].network = xstrdup("podman");
	if (r >= 0)
		r = network_setup(&config, &s, &status, err);
	if (r >= 0)
		print_status(&status);
	network_status_done(&status);
	for (size_t i = 0; i < ARRAY_SIZE(attachments); i++) {
		free(attachments[i].network);
		strv_free(attachments[i].aliases);
		strv_free(attachments[i].static_ips);
		json_table_free(&network_port_table, &ports[i]);
	}
	return r;
}

static int cmd_teardown(char **args, struct error *err)
{
	int r = 0;

	for (; *args && r >= 0; args++)
		r = network_teardown(&config, *args, err);
	return r;
}

static int cmd_create(char **args, struct error *err)
{
	scoped(network_done) struct network n = { 0 };
	int r;

	n.name = xstrdup(args[0]);
	for (char **a = args + 1; *a; a++) {
		char *eq;

		if (streq(*a, "-i")) {
			n.internal = true;
		} else if (streq(*a, "-6")) {
			n.ipv6_enabled = true;
		} else if (streq(*a, "-D")) {
			n.dns_enabled = true;
		} else if (!a[1]) {
			break;
		} else if (streq(*a, "-s")) {
			ARRAY_ADD(n.subnets, n.n_subnets)->subnet = xstrdup(*++a);
		} else if (streq(*a, "-d")) {
			n.driver = xstrdup(*++a);
		} else if ((eq = strchr(*++a, '=')) != NULL) {
			*eq = '\0';
			strmap_set(&n.options, *a, eq + 1);
		}
	}
	r = network_create(&config, &n, err);
	if (r >= 0)
		printf("%s %s\n", n.interface, n.n_subnets ? n.subnets[0].subnet : "-");
	return r;
}

static int cmd_list(struct error *err)
{
	struct network *list;
	size_t n;
	int r = network_list(&config, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		printf("%s %s %s\n", list[i].name, list[i].interface, list[i].id);
	if (r >= 0)
		network_list_free(list, n);
	return r;
}

static int cmd_holders(struct error *err)
{
	scoped_strv char **ids = NULL;
	int r = network_holders(&config, &ids, err);

	STRV_FOREACH (id, ids)
		puts(*id);
	return r;
}

static int cmd_reserve(char **args, struct error *err)
{
	struct network_port p = { 0 };
	scoped_free int *fds = NULL;
	size_t n;
	int r = network_port_parse(args[0], &p, err);

	if (r >= 0)
		r = network_reserve_ports(&p, 1, &fds, &n, err);
	json_table_free(&network_port_table, &p);
	if (r < 0)
		return r;
	printf("held %zu\n", n);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Medians in microseconds of setup and teardown, while the caller keeps the network up or not. */
static int cmd_bench(char **args, struct error *err)
{
	unsigned rounds = (unsigned)strtoul(args[0], NULL, 10);
	scoped_free int64_t *up = xnew_n(int64_t, rounds + 1), *down = xnew_n(int64_t, rounds + 1);
	char *port = args[1];
	struct network_port ports[1] = { 0 };

	if (port && network_port_parse(port, &ports[0], err) < 0)
		return -1;
	for (unsigned i = 0; i < rounds; i++) {
		struct network_attachment a = { .network = xstrdup("podman") };
		char id[65];
		struct network_setup s = { .container_id = id,
					   .attachments = &a,
					   .n_attachments = 1,
					   .ports = ports,
					   .n_ports = port ? 1 : 0 };
		struct network_status status = { 0 };
		scoped_fd int ns = s.netns_fd = ns_new_net(err);
		int64_t t0, t1, t2;
		int r = ns;

		snprintf(id, sizeof(id), "%012x%052x", i + 0x10000, 0);
		t0 = time_monotonic_nsec();
		if (r >= 0)
			r = network_setup(&config, &s, &status, err);
		t1 = time_monotonic_nsec();
		if (r >= 0)
			r = network_teardown(&config, id, err);
		t2 = time_monotonic_nsec();
		network_status_done(&status);
		free(a.network);
		if (r < 0)
			return r;
		up[i] = (t1 - t0) / 1000;
		down[i] = (t2 - t1) / 1000;
	}
	qsort(up, rounds, sizeof(*up), compare);
	qsort(down, rounds, sizeof(*down), compare);
	printf("setup median %lld us (p90 %lld), teardown median %lld us (p90 %lld)\n",
	       (long long)up[rounds / 2], (long long)up[rounds * 9 / 10],
	       (long long)down[rounds / 2], (long long)down[rounds * 9 / 10]);
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	scoped_free char *conf = NULL, *run = NULL;
	int r;

	if (argc < 3)
		return usage();
	conf = xasprintf("%s/conf", argv[1]);
	run = xasprintf("%s/run", argv[1]);
	config = (struct network_config){ .confdir = conf,
					  .rundir = run,
					  .default_network = "podman",
					  .default_subnet = "10.90.0.0/16",
					  .firewall = getenv("NETWORK_TOOL_FIREWALL") };
	if (streq(argv[2], "setup") && argc >= 5)
		r = cmd_setup(argv + 3, &err);
	else if (streq(argv[2], "teardown"))
		r = cmd_teardown(argv + 3, &err);
	else if (streq(argv[2], "create") && argc >= 4)
		r = cmd_create(argv + 3, &err);
	else if (streq(argv[2], "remove") && argc == 4)
		r = network_remove(&config, argv[3], &err);
	else if (streq(argv[2], "list"))
		r = cmd_list(&err);
	else if (streq(argv[2], "holders"))
		r = cmd_holders(&err);
	else if (streq(argv[2], "reserve") && argc == 4)
		r = cmd_reserve(argv + 3, &err);
	else if (streq(argv[2], "bench") && argc >= 4)
		r = cmd_bench(argv + 3, &err);
	else
		return usage();
	return r < 0 ? fail(&err) : 0;
}
