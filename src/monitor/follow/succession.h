/* SPDX-License-Identifier: Apache-2.0 */
/*
 * succession: how the monitor of a container is followed by another one when it is killed: what it
 * prepares for that (journal, keeper), and what a successor does in place of a start.
 *
 * The container is not the successor's child: its end is seen on a pidfd.
 */
#ifndef CORACLE_MONITOR_FOLLOW_SUCCESSION_H
#define CORACLE_MONITOR_FOLLOW_SUCCESSION_H

#include "base/error.h"
#include "base/loop.h"
#include "monitor/follow/journal.h"
#include "monitor/follow/keeper.h"
#include "monitor/follow/takeover.h"

struct monitor;

struct succession {
	char *const *argv; /* of this process */
	struct journal *journal;
	int journal_fd;
	struct keeper keeper;
	struct takeover inherited;
	struct pidref init; /* of the container, for the keeper and for a successor */
	struct loop_source *init_source;
};
#define SUCCESSION_INIT                                   \
	((struct succession){ .journal_fd = -1,           \
			      .keeper = KEEPER_INIT,      \
			      .inherited = TAKEOVER_INIT, \
			      .init = PIDREF_INIT })

/* First thing: are we a successor?  Then the predecessor's descriptors are ours. */
int succession_init(struct monitor *m, struct error *err);
/* An own journal, or the predecessor's; before the log is opened. */
int succession_open_journal(struct monitor *m, struct error *err);
/* In place of the runtime: go on where the predecessor was. */
int succession_resume(struct monitor *m, struct error *err);
/* The container runs: from now on the monitor may be killed. */
void succession_guard(struct monitor *m);
/* A child has ended: the keeper? */
bool succession_reaped(struct monitor *m, pid_t pid);
/* The container has ended and that is recorded: what is left needs no successor. */
void succession_end(struct monitor *m);
void succession_done(struct monitor *m);

#endif
