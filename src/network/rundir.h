/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rundir: what is up right now, as files.  Everything else (links, firewall, name server) is
 * derived from them, before the thing they describe is made and until after it is gone:
 *
 *	up/NETWORK		definition of a network whose host side is made, or is being made
 *	containers/ID		links and published ports of a container
 *	ipam/NETWORK/ADDRESS	lease: a symbolic link whose target is the container id (made
 *				atomically with its content); .lastN: the address last given from
 *				subnet N
 *	locks/NETWORK, locks/.firewall, locks/.dns	taken in this order
 *	aardvark-dns/		files of the name server
 */
#ifndef CORACLE_NETWORK_RUNDIR_H
#define CORACLE_NETWORK_RUNDIR_H

#include "network/network.h"

/* The directory in use (network.h: host_rundir). */
const char *rundir_path(const struct network_config *c);
/* Descriptor of the directory, made with its parts when missing. */
int rundir_open(const struct network_config *c, struct error *err);
/* Descriptor that holds the lock. */
int rundir_lock(int dir, const char *name, struct error *err);
/* -EAGAIN: somebody has it. */
int rundir_try_lock(int dir, const char *name);
#define RUNDIR_LOCK_FIREWALL ".firewall"
#define RUNDIR_LOCK_DNS ".dns"
/* Names in a sub-directory without those that begin with a point, sorted; missing: none. */
int rundir_names(int dir, const char *sub, char ***ret, struct error *err);

struct record_link {
	char *network, *driver;
	char *bridge;	      /* bridge or parent */
	char *interface;      /* inside */
	char *host_interface; /* veth end; NULL for macvlan and ipvlan */
	char **ips;	      /* "10.90.0.5/16"; NULL until they are leased */
	char **names;	      /* container name, short id and aliases, for the name server */
	bool dns, internal;
};
/* A container's part. */
struct record {
	char *id;
	char *owner; /* the engine's own run directory */
	struct record_link *links;
	size_t n_links;
	struct network_port *ports;
	size_t n_ports;
};
void record_done(struct record *r);
DEFINE_SCOPED_STRUCT(struct record, record_done)
int record_write(int dir, const struct record *r, struct error *err);
/* 1, or 0 when there is none (ret untouched). */
int record_read(int dir, const char *id, struct record *ret, struct error *err);
int record_remove(int dir, const char *id, struct error *err);

/* A network that is up. */
struct up {
	struct network network;
	bool adopted; /* the bridge was there before us, and stays */
};
void up_done(struct up *u);
DEFINE_SCOPED_STRUCT(struct up, up_done)
int up_write(int dir, const struct up *u, struct error *err);
int up_read(int dir, const char *name, struct up *ret, struct error *err); /* 1, 0 as above */
int up_remove(int dir, const char *name, struct error *err);
/* Is any network up? 1/0/-errno */
int up_any(int dir);

#endif
