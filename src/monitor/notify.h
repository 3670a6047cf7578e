/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: sd_notify relay: datagrams to BUNDLE/notify/notify.sock go on to the host's socket, only
 * the lines that a container may say (no MAINPID=, no FDSTORE=).
 */
#ifndef CORACLE_MONITOR_NOTIFY_H
#define CORACLE_MONITOR_NOTIFY_H

#include "base/error.h"
#include "base/loop.h"

struct notify;

int notify_open(struct loop *loop, const char *bundle, const char *host_socket, struct notify **ret,
		struct error *err);
/* Take what is still queued; at the container's end. */
void notify_drain(struct notify *n);
void notify_free(struct notify *n);

#endif
