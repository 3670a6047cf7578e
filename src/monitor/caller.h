/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caller: what the engine that starts the monitor hands over and hears: the pipes of the
 * environment, the descriptors to keep, the step into the background.
 */
#ifndef CORACLE_MONITOR_CALLER_H
#define CORACLE_MONITOR_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "monitor/options.h"
#include "wire/monitor.h"

/* Reserved ports and preserved descriptors of one container; more than this nobody has passed. */
#define CALLER_KEEP_MAX 1024

struct caller {
	int sync, start, attach; /* -1: none */
	enum monitor_sync_key key;
	pid_t first_pid;    /* of the process that the engine started */
	char oom_score[16]; /* what the container is to have; "" unknown */
	int *keep; /* inherited descriptors, ascending: for the runtime, closed at the end */
	size_t n_keep;
};

/* Read the environment and look at the open descriptors.  Ours become CLOEXEC. */
int caller_init(struct caller *c, const struct monitor_options *o, struct error *err);
/* Until the engine says go; ERROR_CANCELED when it has died instead. */
int caller_wait_start(struct caller *c, struct error *err);
/*
 * Into the background unless it is to stay this process: own session, subreaper, hard to choose for
 * the OOM killer. Returns in the monitor only; the first process ends here, after the pid file is
 * written.
 */
int caller_detach(struct caller *c, const struct monitor_options *o, bool stay, struct error *err);
/* Standard streams to /dev/null. */
int caller_leave_stdio(struct error *err);
/* One line on the sync pipe; without one nothing. */
void caller_report(const struct caller *c, int64_t data, const char *message);
/* The attach socket listens: say so, and wait to be released. */
int caller_attach_handshake(struct caller *c, struct error *err);
/* In a child that goes on without exec: only stdio, kept and `also` descriptors stay. */
int caller_close_others(const struct caller *c, int also);
/* At the end: ports that were reserved are free. */
void caller_close_kept(struct caller *c);
void caller_done(struct caller *c);

#endif
