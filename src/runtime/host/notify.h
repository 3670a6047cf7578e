/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: NOTIFY_SOCKET of whoever calls us, for a payload that speaks sd_notify(3); as runc.
 *
 * create binds ROOT/ID/notify on /run/notify and sets NOTIFY_SOCKET inside; start makes the socket
 * there and relays: until READY=1, or the container's end, and says MAINPID with it; `run` in the
 * foreground, which is the service's main process, all the time.
 */
#ifndef CORACLE_RUNTIME_HOST_NOTIFY_H
#define CORACLE_RUNTIME_HOST_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/plan.h"
#include "sys/pidref.h"

#define NOTIFY_DESTINATION "/run/notify"

struct notify_relay {
	int sock, out;
	struct sockaddr_un address;
	socklen_t address_len;
};
#define NOTIFY_RELAY_INIT ((struct notify_relay){ .sock = -1, .out = -1 })
void notify_relay_done(struct notify_relay *n);
DEFINE_SCOPED_STRUCT(struct notify_relay, notify_relay_done)

/* create: directory and mount; 1 when the plan has it now, 0 when the document mounts something
 * there itself (an engine that relays on its own). */
int notify_add(struct plan *p, int state_dir, struct error *err);
/* start, before the payload runs. */
int notify_listen(int state_dir, const char *host_socket, struct notify_relay *ret,
		  struct error *err);
/* One message, if there is one: 1 with READY=1, 0 another or none.  main_pid is added to READY=1;
 * 0: it is not known better than the manager does. */
int notify_relay_one(const struct notify_relay *n, pid_t main_pid);
/* Until READY=1 or the end of the process. */
int notify_wait_ready(const struct notify_relay *n, const struct pidref *init, struct error *err);

#endif
