/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_teardown: the steps of network_setup backwards, from the container's record.  No step
 * stops the next ones; the record goes last, and only when all of them succeeded, so that a later
 * call can finish.
 */
#include <errno.h>

#include "base/ident.h"
#include "base/str.h"
#include "base/trace.h"
#include "network/dns.h"
#include "network/doom.h"
#include "network/filter.h"
#include "network/ipam.h"
#include "network/janitor.h"
#include "network/netlink/rtnl.h"
#include "network/rundir.h"
#include "sys/fd.h"

/* Keep the first failure. */
static void note(int r, const struct error *e, int *first, struct error *err)
{
	if (r < 0 && *first >= 0)
		*first = error_copy(err, e);
}

static int leave(int dir, const char *id, const struct record_link *l, struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, l->network, err);

	return lock < 0 ? lock : ipam_release(dir, l->network, id, l->ips, err);
}

int network_teardown(const struct network_config *c, const char *container_id, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_fd int rtnl = -1;
	scoped(record_done) struct record rec = { 0 };
	struct error e = ERROR_INIT;
	int r, first = 0;

	trace_scope("network teardown");
	if (dir < 0)
		return dir;
	if (!ident_name_valid(container_id))
		return error_set(err, ERROR_INVALID, "container id '%s' is invalid", container_id);
	r = record_read(dir, container_id, &rec, err);
	if (r <= 0)
		return r;
	rtnl = rtnl_open();
	if (rtnl < 0)
		return error_os(err, -rtnl, "open a routing socket");
	for (size_t i = 0; i < rec.n_links; i++) {
		if (rec.links[i].dns)
			note(dns_leave(c, dir, rec.id, rec.links[i].network, &e), &e, &first, err);
	}
	if (rec.n_ports)
		note(filter_withdraw(c, dir, rec.id, &e), &e, &first, err);
	for (size_t i = 0; i < rec.n_links; i++) {
		if (rec.links[i].host_interface)
			note(doom_note(dir, rtnl, rec.links[i].host_interface, &e), &e, &first,
			     err);
		note(leave(dir, rec.id, &rec.links[i], &e), &e, &first, err);
	}
	note(janitor_start(c, &e), &e, &first, err);
	return first < 0 ? first : record_remove(dir, container_id, err);
}

int network_holders(const struct network_config *c, char ***ret_ids, struct error *err)
{
	scoped_fd int dir = rundir_open(c, err);
	scoped_strv char **ids = NULL;
	scoped_strv char **records = NULL;
	int r = dir < 0 ? dir : janitor_work(c, err);

	/* A lease is never without a record. */
	if (r >= 0)
		r = rundir_names(dir, "containers", &records, err);
	if (r < 0)
		return r;
	STRV_FOREACH (id, records) {
		scoped(record_done) struct record rec = { 0 };

		r = record_read(dir, *id, &rec, err);
		if (r < 0)
			return r;
		if (r > 0 && streq_opt(rec.owner, c->rundir))
			strv_add(&ids, *id);
	}
	*ret_ids = take_ptr(ids);
	return 0;
}
