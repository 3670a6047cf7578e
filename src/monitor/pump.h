/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pump: from the container's stdout and stderr to the log and the attach clients.
 *
 * One buffer for both streams; nothing is kept between two reads, except when attach_send asks for
 * it: then reading stops, so the container waits as it would on a pipe.
 */
#ifndef CORACLE_MONITOR_PUMP_H
#define CORACLE_MONITOR_PUMP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/loop.h"
#include "monitor/attach.h"
#include "monitor/log/log.h"
#include "monitor/streams.h"

struct pump;

struct pump *pump_new(struct loop *loop, struct streams *streams, struct log *log,
		      struct attach *attach);
/* The runtime is done: from now on what comes is the container's. */
int pump_start(struct pump *p, struct error *err);
/* The container has ended: take what is left in the pipes, without waiting for more. */
void pump_drain(struct pump *p);
/* After pump_drain: a client still has to take something before the rest can be read. */
bool pump_blocked(const struct pump *p);
void pump_free(struct pump *p);

#endif
