/* SPDX-License-Identifier: Apache-2.0 */
/*
 * janitor: a short-lived process of its own that does what takes the kernel long and nobody waits
 * for: the host side of networks that no container uses any more, and doomed links.  It works from
 * the run directory alone; what a killed one leaves, the next one finds.
 */
#ifndef CORACLE_NETWORK_JANITOR_H
#define CORACLE_NETWORK_JANITOR_H

#include "network/network.h"

/* Start one, detached: no descriptor, terminal or wait status of ours is held. */
int janitor_start(const struct network_config *c, struct error *err);
/* Do its work here and now. */
int janitor_work(const struct network_config *c, struct error *err);
/* Start one if a former one left something. */
int janitor_resume(const struct network_config *c, int dir, struct error *err);

#endif
