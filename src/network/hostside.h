/* SPDX-License-Identifier: Apache-2.0 */
/* hostside: what a network needs on the host as long as containers use it: bridge and firewall
 * entries. The caller has the network's lock. */
#ifndef CORACLE_NETWORK_HOSTSIDE_H
#define CORACLE_NETWORK_HOSTSIDE_H

#include "network/drivers/driver.h"
#include "network/rundir.h"

/* See to it that all is there; cheap when it is. */
int hostside_up(const struct network_config *c, int dir, int rtnl,
		const struct network_driver *driver, const struct network *n,
		const struct definition *d, struct error *err);
/* Remove it; nothing there: fine. */
int hostside_down(const struct network_config *c, int dir, int rtnl, const char *name,
		  struct error *err);

#endif
