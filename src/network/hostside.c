/* SPDX-License-Identifier: Apache-2.0 */
#include "network/hostside.h"

#include "base/str.h"
#include "network/doom.h"
#include "network/filter.h"

static int bring_up(const struct network_config *c, int dir, int rtnl,
		    const struct network_driver *driver, const struct network *n,
		    const struct definition *d, struct error *err)
{
	struct up up = { .network = *n }; /* borrowed */
	int r;

	/* Intent first.  Without an up file, a bridge of that name is somebody else's. */
	up.adopted = driver->host_present(rtnl, n) > 0;
	r = up_write(dir, &up, err);
	if (r >= 0)
		r = driver->host_up(rtnl, n, d, &up.adopted, err);
	return r < 0 ? r : filter_network_up(c, dir, n, err);
}

int hostside_up(const struct network_config *c, int dir, int rtnl,
		const struct network_driver *driver, const struct network *n,
		const struct definition *d, struct error *err)
{
	scoped(up_done) struct up up = { 0 };
	int r = up_read(dir, n->name, &up, err);

	if (r < 0)
		return r;
	if (r == 0)
		return bring_up(c, dir, rtnl, driver, n, d, err);
	if (!streq_opt(up.network.id, n->id))
		return error_set(
			err, ERROR_BUSY,
			"another network named '%s' is up on this host (of another engine, or "
			"created anew while containers use the old one)",
			n->name);
	r = driver->host_present(rtnl, n);
	if (r < 0)
		return error_os(err, -r, "look at interface '%s'", n->interface);
	if (r < 2) {
		bool adopted;

		r = driver->host_up(rtnl, n, d, &adopted, err);
		if (r < 0)
			return r;
	}
	return filter_check(c, dir, err);
}

int hostside_down(const struct network_config *c, int dir, int rtnl, const char *name,
		  struct error *err)
{
	scoped(up_done) struct up up = { 0 };
	int r = up_read(dir, name, &up, err);

	if (r <= 0)
		return r;
	r = filter_network_down(c, dir, &up.network, err);
	if (r < 0)
		return r;
	if (!up.adopted)
		r = doom_rename(dir, rtnl, up.network.interface, err);
	return r < 0 ? r : up_remove(dir, name, err);
}
