/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync: the messages between a starting process and whoever waits for it.
 *
 * One fixed-size packet each way over a SOCK_SEQPACKET pair (create, exec) or over a connection to
 * the start socket ROOT/ID/start.sock (start).  What init says after its seccomp filter is loaded
 * goes by plain write(2), which nearly every filter allows.
 *
 *	parent (create)                         init
 *	   | clone3 ------------------------------> |  enters cgroups, namespaces
 *	   | -- MAPS (only with a new user ns) ---> |  id maps are written
 *	   | <------------------- NETDEVICES ------ |  only with netDevices: in its namespaces
 *	   | -- CONTINUE -------------------------> |  they are moved
 *	   | <------------------- HOOKS ----------- |  only with prestart/createRuntime hooks
 *	   | -- CONTINUE -------------------------> |
 *	   | <------------------- READY ----------- |  or ERROR {step, errno, text}
 *	   | -- ACK ------------------------------> |  pid is recorded: init may outlive us
 *
 *	starter (start)                         init, accepting on start.sock
 *	   | -- connect --------------------------> |
 *	   | <------------------- HELLO ----------- |
 *	   | unlinks start.sock, -- GO -----------> |
 *	   | <------------------- SECCOMP {fd} ---- |  only with a notify listener; -- ACK -->
 *	   | <------------------- ERROR ----------- |  or end of file: exec has happened
 */
#ifndef CORACLE_RUNTIME_SYNC_H
#define CORACLE_RUNTIME_SYNC_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum sync_type {
	SYNC_NONE,
	SYNC_MAPS,
	SYNC_NETDEVICES,
	SYNC_HOOKS,
	SYNC_CONTINUE,
	SYNC_READY,
	SYNC_ACK,
	SYNC_HELLO,
	SYNC_GO,
	SYNC_PID,     /* value: pid of the process that an intermediate child made, by itself */
	SYNC_SECCOMP, /* value: number of the listener descriptor in the sender */
	SYNC_ERROR,
	SYNC_TYPE_COUNT
};

#define SYNC_TEXT_MAX 1000

struct sync_message {
	uint32_t type;
	int32_t value;
	uint32_t kind; /* ERROR: enum error_kind */
	int32_t num;   /* ERROR: errno */
	char text[SYNC_TEXT_MAX];
};

/* 0 or -errno (-EPIPE: the other side is gone; no signal). */
int sync_send(int fd, enum sync_type type, int32_t value);
/* By write(2), with SIGPIPE as it falls: for init. */
int sync_send_plain(int fd, enum sync_type type, int32_t value);
int sync_send_error(int fd, const struct error *err);
/* One message: 1, 0 at end of file, or -errno; -EPROTO for a packet of a wrong shape. */
int sync_recv(int fd, struct sync_message *ret);
/* Fill err from an ERROR message; returns its -errno. */
int sync_error(const struct sync_message *m, struct error *err);

#endif
