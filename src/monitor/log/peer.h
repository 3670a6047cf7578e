/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: a socket to a log service (journal, syslog), local or remote.
 *
 * Nobody who does not read holds the container up for long: five seconds without room (or without
 * connection) and from then on what cannot be sent at once is not sent, until something could.
 * A connection that breaks is made again, at most once a second.
 */
#ifndef CORACLE_MONITOR_LOG_PEER_H
#define CORACLE_MONITOR_LOG_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "base/error.h"

/* No message to a stream is longer: what of it the socket did not take at once is kept. */
#define LOG_PEER_MESSAGE_MAX 16384

union log_peer_address {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct log_peer {
	int sock; /* -1: not connected */
	bool stream;
	bool stuck; /* it is not waited for */
	bool complained;
	uint64_t lost;	    /* lines not sent since the last one that was */
	int64_t retry_nsec; /* monotonic: no connection is tried before */
	const char *name;   /* for messages; borrowed */
	socklen_t address_len;
	union log_peer_address address;
	size_t pending_at, pending; /* of a message that is on its way (streams) */
	char data[LOG_PEER_MESSAGE_MAX];
};

/* Datagrams to a UNIX socket. */
int log_peer_open_unix(struct log_peer *p, const char *path, struct error *err);
/* "HOST:PORT" with a numeric host ("[::1]:514"); the service need not be there yet. */
int log_peer_open_inet(struct log_peer *p, const char *text, bool stream, struct error *err);
/* One message of n parts; false: it was not sent, and errno says why (p->lost is the caller's). */
bool log_peer_send(struct log_peer *p, const struct iovec *iov, size_t n);
/* A line was not sent: counted, and said once. */
void log_peer_lose(struct log_peer *p);
/* What is on its way goes out, within the usual wait; then what is lost is said. */
void log_peer_finish(struct log_peer *p);
void log_peer_done(struct log_peer *p);

#endif
