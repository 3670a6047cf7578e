/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/monitor: the exchanges between engine and monitor (conmon 2.x protocol; reference
 * conmon-protocols.md).  Encoders and decoders only: no descriptors, no blocking.
 *
 *	engine                         monitor
 *	  | fork, exec with _OCI_SYNCPIPE, _OCI_STARTPIPE
 *	  | -- 1 byte on start pipe -->  |   (engine has placed the monitor in its cgroup)
 *	  |                              | runtime create / exec
 *	  | <-- {"data": PID}\n -------- |   or {"data": -1, "message": "..."}\n
 *	  |                              |
 *	  | attach socket (SEQPACKET): stream byte 2|3 + data -->, raw stdin <--
 *	  | ctl fifo: "1 ROWS COLS\n" resize, "2 0 0\n" reopen logs, ours: enum monitor_ctl_type
 *	  | <-- EXITDIR/ID: "STATUS" by rename
 */
#ifndef CORACLE_WIRE_MONITOR_H
#define CORACLE_WIRE_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* What the exit lock's file (--exit-lock) has in it when its holder leaves the trees of
 * --exit-remove to the monitor. */
#define MONITOR_EXIT_LEFT "left to the monitor\n"

#define MONITOR_ENV_SYNCPIPE "_OCI_SYNCPIPE"
#define MONITOR_ENV_STARTPIPE "_OCI_STARTPIPE"
#define MONITOR_ENV_ATTACHPIPE "_OCI_ATTACHPIPE"

#define ATTACH_PACKET_STDOUT 2
#define ATTACH_PACKET_STDERR 3
#define ATTACH_PACKET_MAX 8192 /* data bytes of one packet to a client */
#define ATTACH_STDIN_MAX 32768 /* bytes of one packet from a client */
#define MONITOR_CTL_LINE_MAX 199
#define MONITOR_MESSAGE_MAX 8191

enum monitor_sync_key { MONITOR_SYNC_DATA, MONITOR_SYNC_PID, MONITOR_SYNC_EXIT_CODE };

struct monitor_sync {
	int64_t data;
	char message[MONITOR_MESSAGE_MAX + 1]; /* "" when absent */
};
/* One line without newline; -EINVAL. */
int monitor_sync_parse(const char *line, size_t len, struct monitor_sync *ret);
void monitor_sync_format(enum monitor_sync_key key, int64_t data, const char *message,
			 struct buf *out);

/* The first two are conmon's, which says that it does not know the others and goes on. */
enum monitor_ctl_type {
	MONITOR_CTL_RESIZE = 1,
	MONITOR_CTL_REOPEN = 2,
	MONITOR_CTL_NO_WAIT = 3, /* run the exit command now: nobody wants the restart any more */
	MONITOR_CTL_STARTED = 4, /* the container's program runs: health checks begin */
};
struct monitor_ctl {
	int type; /* enum monitor_ctl_type, or a number that nobody knows */
	int a, b;
};
int monitor_ctl_parse(const char *line, struct monitor_ctl *ret);
int monitor_ctl_format(const struct monitor_ctl *c, char *out, size_t size);

/* Where the journal takes entries; CORACLE_JOURNAL_SOCKET names another place (tests). */
const char *monitor_journal_socket(void);

/* Exit file text: decimal, optional minus, no newline needed.  -EINVAL. */
int monitor_exit_parse(const char *text, int *ret);

/* k8s-file line: "STAMP STREAM TAG TEXT" (no newline).  Pointers into line. */
struct monitor_log_line {
	int64_t time_nsec;
	bool is_stderr;
	bool partial;
	const char *text;
	size_t len;
};
int monitor_log_line_parse(const char *line, size_t len, struct monitor_log_line *ret);
/* "STAMP STREAM TAG " into out (>= 64 bytes); returns its length. */
size_t monitor_log_prefix(int64_t time_nsec, bool is_stderr, bool partial, char *out);

#endif
