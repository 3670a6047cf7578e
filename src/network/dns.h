/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: names of containers, answered by aardvark-dns on the networks' gateways.  It reads one file
 * per network in RUNDIR/aardvark-dns
 *	GATEWAY[,GATEWAY6] [UPSTREAM,...]
 *	ID ADDRESSES4 ADDRESSES6 NAMES		(comma-separated lists; one line per container)
 * and rereads them on SIGHUP.  One process serves all; it is started with the first entry and
 * stopped with the last.
 */
#ifndef CORACLE_NETWORK_DNS_H
#define CORACLE_NETWORK_DNS_H

#include "network/definition.h"
#include "network/rundir.h"

/* Enter a container's link; the network's definition gives the first line. */
int dns_enter(const struct network_config *c, int dir, const char *id, const struct record_link *l,
	      const struct network *n, struct error *err);
/* Take the container's lines out of the network's file. */
int dns_leave(const struct network_config *c, int dir, const char *id, const char *network,
	      struct error *err);

/* Pure parts. */
void dns_format_head(const struct network *n, const struct definition *d, struct buf *out);
void dns_format_entry(const char *id, const struct record_link *l, struct buf *out);
/* text without the lines of id; true when a container's line remains. */
bool dns_without(const char *text, const char *id, struct buf *out);

#endif
