/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreground: stay in front of a container's process: forward signals, pump the terminal, give its
 * exit status (run without --detach, exec).
 */
#ifndef CORACLE_RUNTIME_COMMANDS_FOREGROUND_H
#define CORACLE_RUNTIME_COMMANDS_FOREGROUND_H

#include "base/error.h"
#include "runtime/host/notify.h"
#include "sys/pidref.h"

struct foreground {
	int signal_fd;
	int listen_fd;	   /* our own console socket, -1 none */
	char *socket_path; /* unlinked when done */
	char *socket_dir;
	struct notify_relay relay; /* what the container tells the service manager */
};
#define FOREGROUND_INIT \
	((struct foreground){ .signal_fd = -1, .listen_fd = -1, .relay = NOTIFY_RELAY_INIT })

/* Before the process is made: signals are blocked from here on and kept for it. */
int foreground_begin(struct foreground *f, struct error *err);
/* A console socket of our own, for a terminal without --console-socket: its path, borrowed. */
int foreground_console(struct foreground *f, const char **ret_path, struct error *err);
/* Until it ends; the exit status 0..255 (128+signal). */
int foreground_wait(struct foreground *f, const struct pidref *p, struct error *err);
void foreground_done(struct foreground *f);
DEFINE_SCOPED_STRUCT(struct foreground, foreground_done)

#endif
