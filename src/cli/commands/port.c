/* SPDX-License-Identifier: Apache-2.0 */
/* port: published ports of containers. */
#include <stdio.h>

#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct port_target {
	struct targets targets;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct port_target, targets),
	TARGET_ROW_LATEST(struct port_target, targets),
};

/* "80", "80/tcp": 0 and the parts, or an error. */
static int parse_port(const char *text, uint32_t *ret_port, const char **ret_protocol,
		      struct error *err)
{
	const char *slash = strchr(text, '/');
	scoped_free char *number = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);

	if (num_u32(number, ret_port) < 0 || *ret_port == 0 || *ret_port > 65535)
		return error_set(err, ERROR_INVALID, "'%s' is no port", text);
	*ret_protocol = slash ? slash + 1 : "tcp";
	return 0;
}

/* Number of lines printed. */
static unsigned print_ports(const struct container_summary *c, uint32_t want, const char *protocol,
			    bool with_id)
{
	unsigned printed = 0;

	for (size_t i = 0; i < c->n_ports; i++) {
		const struct network_port *p = &c->ports[i];
		const char *proto = str_empty(p->protocol) ? "tcp" : p->protocol;
		for (unsigned k = 0; k < (p->range ? p->range : 1); k++) {
			if (want && (p->container_port + k != want || !streq(proto, protocol)))
				continue;
			if (with_id)
				printf("%.12s\t", c->id);
			if (!want)
				printf("%u/%s -> ", p->container_port + k, proto);
			printf("%s:%u\n", str_empty(p->host_ip) ? "0.0.0.0" : p->host_ip,
			       p->host_port + k);
			printed++;
		}
	}
	return printed;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct port_target *t = target;
	struct container_summary *list = NULL;
	const char *protocol = "tcp";
	uint32_t want = 0;
	unsigned printed = 0;
	size_t n = 0;
	char id[65] = "";
	bool named = !t->targets.all && !t->targets.latest;
	int r = 0;

	if (named && !words[0])
		return error_set(err, ERROR_INVALID,
				 "you must supply a running container name or id");
	if (words[0] && words[named])
		r = parse_port(words[named], &want, &protocol, err);
	if (r >= 0 && named)
		r = container_lookup(cli->engine, words[0], id, err);
	if (r >= 0)
		r = container_list(cli->engine, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (named && !streq(list[i].id, id))
			continue;
		printed += print_ports(&list[i], want, protocol, t->targets.all);
		if (t->targets.latest)
			break;
	}
	container_list_free(list, n);
	if (r >= 0 && want && !printed)
		return error_set(err, ERROR_NOT_FOUND, "failed to find published port \"%s\"",
				 words[named]);
	return r < 0 ? r : 0;
}

const struct command command_port = {
	.path = "port",
	.usage = "[options] CONTAINER [PORT]",
	.summary = "Show the published ports of a container",
	.target_size = sizeof(struct port_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = 2,
	.words = WORDS_CONTAINERS,
	.run = run,
};
