/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: runs the container's health check when its time has come (health_table.h), by the
 * runtime's exec in a fork of ours: no engine, and no program but the check itself.  What is to be
 * run, and where the record is, stands in a file that the engine writes before it says that the
 * container's program runs (wire/health.h).
 */
#ifndef CORACLE_MONITOR_HEALTH_H
#define CORACLE_MONITOR_HEALTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/loop.h"
#include "monitor/caller.h"
#include "monitor/monitor.h"
#include "monitor/options.h"

struct health;

/* All are borrowed. */
struct health *health_new(struct loop *loop, const struct monitor_options *o,
			  const struct caller *caller, monitor_runtime_fn own);
/* The container's program runs: the first check is now.  Orders that cannot be read are told to the
 * operator, and the container goes unchecked. */
void health_started(struct health *h);
/* Was it the check?  NULL: there is none. */
bool health_reap(struct health *h, pid_t pid, int wait_status);
/* The container has ended. */
void health_ended(struct health *h);
void health_free(struct health *h);

#endif
