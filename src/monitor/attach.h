/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: the socket for engines that want to see the container's output and feed its stdin.
 *
 * Each client has the bounded queue that its socket is.  When that is full the client has fallen
 * behind, and then
 *   - with a k8s-file log it is served from the log, at its own pace (replay.h): it misses nothing
 *     and nobody waits for it;
 *   - without one, if it is the only consumer of the output, the container waits for it, as on a
 * pipe;
 *   - else it is waited for a bounded time and dropped.
 */
#ifndef CORACLE_MONITOR_ATTACH_H
#define CORACLE_MONITOR_ATTACH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/loop.h"
#include "monitor/input.h"
#include "monitor/log/log.h"

struct attach;
/* All clients have taken what attach_send left over. */
typedef void (*attach_ready_fn)(void *arg);

struct attach_place {
	const char *bundle;
	const char *socket_dir; /* a link SOCKET_DIR/UUID to the bundle is made; NULL: none */
	const char *uuid;
};

/* Listens at BUNDLE/attach. */
int attach_open(struct loop *loop, const struct attach_place *place, struct input *input,
		struct log *log, struct attach **ret, struct error *err);
void attach_on_ready(struct attach *a, attach_ready_fn fn, void *arg);
/*
 * One chunk to all clients, before it is written to the log; mark is the log's place (NULL: none).
 * false: somebody has to be waited for; the chunk's data must stay as it is until on_ready.
 */
bool attach_send(struct attach *a, const struct log_chunk *c, const struct log_mark *mark);
/* Is there a client?  Asked before output is thrown away unseen; see attach_send for the first. */
bool attach_wanted(struct attach *a);
/* The container has ended: no new clients, the socket file goes, clients leave when they have all.
 */
void attach_finish(struct attach *a);
/* After attach_finish: has everybody left? */
bool attach_idle(const struct attach *a);
void attach_free(struct attach *a);

#endif
