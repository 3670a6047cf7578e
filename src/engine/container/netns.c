/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network namespace of a container on a bridge: made and pinned by us at RUNROOT/netns/<id>
 * before the runtime joins it, so that it can be wired first and torn down by name after a crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "sys/fd.h"
#include "sys/ns.h"

bool container_has_own_netns(const struct container_record *r)
{
	return streq_opt(r->wish.network.mode, "bridge");
}

static int wire(struct container *c, int nsfd, struct error *err)
{
	const struct wish_network *n = &c->r.wish.network;
	struct network_setup s = { .container_id = c->r.id,
				   .container_name = c->r.name,
				   .netns_fd = nsfd,
				   .attachments = n->attachments,
				   .n_attachments = n->n_attachments,
				   .ports = n->ports,
				   .n_ports = n->n_ports };
	struct network_status status = { 0 };
	int r = network_setup(engine_network_config(c->e), &s, &status, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->r.state.n_networks; i++)
		json_table_free(&network_address_table, &c->r.state.networks[i]);
	free(c->r.state.networks);
	c->r.state.networks = status.items; /* taken */
	c->r.state.n_networks = status.n_items;
	return 0;
}

int container_network_up(struct container *c, struct error *err)
{
	scoped_free char *pin = NULL;
	scoped_fd int nsfd = -1;
	int r;

	if (!container_has_own_netns(&c->r))
		return 0;
	trace_scope("network");
	pin = engine_run_path(c->e, "netns/%s", c->r.id);
	nsfd = ns_new_net(err);
	if (nsfd < 0)
		return nsfd;
	r = ns_pin(nsfd, pin, err);
	if (r < 0)
		return r;
	c->r.state.netns = true;
	return wire(c, nsfd, err);
}

int container_network_down(struct container *c, struct error *err)
{
	scoped_free char *pin = NULL;
	int r, first = 0;

	if (!container_has_own_netns(&c->r))
		return 0;
	trace_scope("network down");
	pin = engine_run_path(c->e, "netns/%s", c->r.id);
	first = network_teardown(engine_network_config(c->e), c->r.id, err);
	r = ns_unpin(pin);
	if (r < 0 && r != -ENOENT && first >= 0)
		first = error_os(err, -r, "release the network namespace '%s'", pin);
	for (size_t i = 0; i < c->r.state.n_networks; i++)
		json_table_free(&network_address_table, &c->r.state.networks[i]);
	free(take_ptr(c->r.state.networks));
	c->r.state.n_networks = 0;
	c->r.state.netns = false;
	return first;
}
