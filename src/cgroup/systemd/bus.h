/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus: a connection to systemd, and calls over it.
 *
 * Why not sd-bus: the runtime and the monitor are static programs, which cannot load libsystemd
 * (Debian has no static one), and a helper program that is linked with it would be one more
 * execution and dynamic link on the way of every start.  What is needed is small: a handshake, a
 * few method calls, one signal.
 *
 * Where systemd is reached, in this order: the bus named by the environment
 * (DBUS_SYSTEM_BUS_ADDRESS, for a user's manager DBUS_SESSION_BUS_ADDRESS), the well-known bus
 * (/run/dbus/system_bus_socket, $XDG_RUNTIME_DIR/bus), systemd's own socket without a bus between
 * (/run/systemd/private, $XDG_RUNTIME_DIR/systemd/private).
 *
 * Every wait has the same bound, SYSTEMD_WAIT_MSEC from the call's begin, whatever else is received
 * meanwhile.
 */
#ifndef CORACLE_CGROUP_SYSTEMD_BUS_H
#define CORACLE_CGROUP_SYSTEMD_BUS_H

#include "base/error.h"
#include "base/mem.h"
#include "cgroup/systemd/message.h"

/* A manager that is busy with a boot answers late; one that is stuck must not hang us. */
#define SYSTEMD_WAIT_MSEC 60000

/* One job of ours runs at a time: how it ended, when systemd has told. */
struct bus_job {
	char *path;
	char result[16]; /* "done", "failed", ... (systemd: JobRemoved) */
};

struct bus {
	int fd;
	bool user;   /* the user's own manager, not the system's */
	bool direct; /* systemd itself at the other end: no destination, no Hello */
	uint32_t serial;
	struct buf in; /* received; the first message is the one last returned */
	size_t used;   /* its size, dropped before the next */
	/* Who systemd is on the bus: anybody may send us a signal, and numbers of jobs can be
	 * guessed.  NULL: direct, nobody else can. */
	char *owner;
	struct bus_job removed;
};
#define BUS_INIT ((struct bus){ .fd = -1 })

int bus_open(bool user, struct bus *ret, struct error *err);
void bus_done(struct bus *b);
DEFINE_SCOPED_STRUCT(struct bus, bus_done)

/* A method of `interface` on systemd's object `path`; the reply is valid until the next call.  An
 * error reply is ERROR_REMOTE with systemd's text; its name is put into *ret_name (static storage
 * of the connection; may be NULL), which is NULL for any other failure. */
int bus_call(struct bus *b, const char *path, const char *interface, const char *member,
	     const char *signature, const struct buf *body, struct dbus_message *reply,
	     const char **ret_name, struct error *err);
/* Wait until systemd tells that the job is over; its result (valid until the next job). */
int bus_wait_job(struct bus *b, const char *job, const char **ret_result, struct error *err);

#endif
