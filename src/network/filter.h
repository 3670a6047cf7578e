/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: brings the host's firewall to what the run directory says.  Each function takes the
 * firewall's lock itself; it notices a table that somebody flushed and builds it anew from the
 * records.
 */
#ifndef CORACLE_NETWORK_FILTER_H
#define CORACLE_NETWORK_FILTER_H

#include "network/rundir.h"

/* The network's up file is written. */
int filter_network_up(const struct network_config *c, int dir, const struct network *n,
		      struct error *err);
/* Rebuild when something is missing; otherwise nothing is touched, and no lock is taken. */
int filter_check(const struct network_config *c, int dir, struct error *err);
/* The up file is still there; with the last network the whole table goes. */
int filter_network_down(const struct network_config *c, int dir, const struct network *n,
			struct error *err);
/* The record, with its addresses, is written. */
int filter_publish(const struct network_config *c, int dir, const struct record *r,
		   struct error *err);
int filter_withdraw(const struct network_config *c, int dir, const char *id, struct error *err);
/* After a fork: see firewall.h. */
int filter_hand_over(const struct network_config *c);

#endif
