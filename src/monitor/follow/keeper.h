/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper: a second, sleeping process beside the monitor of a container, so that a killed monitor
 * costs nothing: it holds the other references to the container's pipes or terminal, and to the
 * journal.  No pipe is ever without its other end, so the container sees neither SIGPIPE nor an end
 * of file nor a hang-up.
 *
 *	monitor ──fork──▶ keeper            waits for the monitor's end, and nothing else
 *	   ╳ SIGKILL
 *	                  keeper ──fork──▶ keeper of the next one
 *	                    │
 *	                    └─exec──▶ monitor, a successor (takeover.h)
 *
 * A killed keeper is forked anew.  Both killed at once: the engine starts a successor.
 */
#ifndef CORACLE_MONITOR_FOLLOW_KEEPER_H
#define CORACLE_MONITOR_FOLLOW_KEEPER_H

#include <sys/types.h>

#include "base/error.h"
#include "monitor/caller.h"
#include "monitor/follow/journal.h"
#include "monitor/follow/takeover.h"

/* What it needs when it has to act; borrowed from the monitor. */
struct keeper_charge {
	struct takeover goods; /* what it holds */
	const struct journal *journal;
	const struct caller *caller;
	const char *pidfile; /* of the monitor; NULL: none */
	char *const *argv;   /* of the monitor, as its main got it */
	const char *cid;
	bool renamed; /* a keeper's own: argv is not where the kernel shows it from any more */
};

/* What its command line begins with; the container's id follows. */
#define KEEPER_NAME "coracle-keeper"

int keeper_start(struct keeper *k, const struct keeper_charge *charge, struct error *err);
/* The container's stdin ends: it holds its end no longer. */
void keeper_drop_stdin(struct keeper *k);
/* Neither does it hold the ports that were reserved; waits until they are free. */
void keeper_drop_kept(struct keeper *k);
/* SIGCHLD of it: it is gone. */
void keeper_lost(struct keeper *k);
/* Everything is over. */
void keeper_stop(struct keeper *k);

#endif
