/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover: what a monitor that was killed hands to its successor: the journal and the container's
 * streams, as descriptors whose numbers stand in an environment variable.
 *
 * The keeper has them all (keeper.h).  When it was killed, too, the streams are found again where
 * the container holds the other ends of them (/proc/PID/fd), if it still does; BUNDLE/stdio says
 * which pipes they were.
 */
#ifndef CORACLE_MONITOR_FOLLOW_TAKEOVER_H
#define CORACLE_MONITOR_FOLLOW_TAKEOVER_H

#include <stdbool.h>

#include "base/error.h"
#include "monitor/streams.h"
#include "sys/pidref.h"

#define TAKEOVER_ENV "_CORACLE_TAKEOVER"

/* See keeper.h. */
struct keeper {
	pid_t pid;	  /* 0: none */
	int wish, answer; /* eventfds; -1: none */
};
#define KEEPER_INIT ((struct keeper){ .wish = -1, .answer = -1 })

struct takeover {
	bool here; /* we are a successor */
	int journal;
	int in, out, err;
	int stage[2][2];
	struct pidref init;   /* of the container */
	struct keeper keeper; /* it guards us already */
};
#define TAKEOVER_INIT                                            \
	((struct takeover){ .journal = -1,                       \
			    .in = -1,                            \
			    .out = -1,                           \
			    .err = -1,                           \
			    .stage = { { -1, -1 }, { -1, -1 } }, \
			    .init = PIDREF_INIT,                 \
			    .keeper = KEEPER_INIT })

/* For the program that is executed next: descriptors are inherited, the variable says which. */
int takeover_pass(const struct takeover *t);
/* Is there a predecessor's variable?  Its descriptors become ours; the variable goes. */
int takeover_receive(struct takeover *ret, struct error *err);
/* Nothing was kept: look for the streams of the process `pid` that BUNDLE/stdio describes. */
int takeover_find(pid_t pid, const char *bundle, struct takeover *ret, struct error *err);
/* The container has got these pipes: note them in BUNDLE/stdio. */
int takeover_note_streams(const struct streams *s, const char *bundle);
/* The streams, to go on with. */
void takeover_streams(struct takeover *t, struct streams *ret);
void takeover_done(struct takeover *t);

#endif
