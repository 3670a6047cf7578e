/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pump: from the container's stdout and stderr to the log and the attach clients.
 *
 * One buffer per stream.  Between two events it is empty, except
 *   - when attach_send asks for it: then reading stops, so the container waits as it would on a
 *     pipe;
 *   - for the beginning of a line whose rest is in the pipe already: no line is cut in two only
 *     because a read ended there;
 *   - while the runtime works: what it says on stderr is the engine's message if it fails, and the
 *     container's output if not.
 */
#ifndef CORACLE_MONITOR_PUMP_H
#define CORACLE_MONITOR_PUMP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/loop.h"
#include "monitor/attach.h"
#include "monitor/follow/journal.h"
#include "monitor/log/log.h"
#include "monitor/streams.h"

struct pump;

/* journal: empty, or a predecessor's, whose output goes on where it was. */
struct pump *pump_new(struct loop *loop, struct streams *streams, struct log *log,
		      struct attach *attach, struct journal *journal);
/* The runtime works: take what it says on stderr, so that it never waits for us. */
void pump_watch_runtime(struct pump *p);
/* It has ended: its stderr may be closed now. */
void pump_runtime_ended(struct pump *p);
/* The runtime failed: what it said, at most size-1 bytes, ended by NUL.  Returns the length. */
size_t pump_runtime_message(struct pump *p, char *out, size_t size);
/* It ran on a terminal: nobody but itself wrote to its stderr. */
void pump_forget_runtime(struct pump *p);
/* The runtime is done: from now on what comes is the container's. */
int pump_start(struct pump *p, struct error *err);
/* The container has ended: take what is left in the pipes, without waiting for more. */
void pump_drain(struct pump *p);
/* After pump_drain: a client still has to take something before the rest can be read. */
bool pump_blocked(const struct pump *p);
/* Nothing has come for a while: give the buffers' memory back. */
void pump_trim(struct pump *p);
void pump_free(struct pump *p);

#endif
