/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender: what drivers share whose peer gets one message per line (journald, syslog).  Lines that
 * could not be sent are counted, and said to the peer where they are missing.
 */
#ifndef CORACLE_MONITOR_LOG_SENDER_H
#define CORACLE_MONITOR_LOG_SENDER_H

#include "monitor/log/gather.h"
#include "monitor/log/peer.h"

/* First member of such a driver's own struct. */
struct log_sender {
	struct log_driver driver;
	/* One message of that severity by log_peer_send; false: it was not sent. */
	bool (*send)(struct log_sender *s, const struct log_line *l, int severity);
	struct log_peer peer;
	struct log_gather gather;
	char *name; /* of the peer, for messages */
};

/* name: taken. */
void log_sender_init(struct log_sender *s, const struct log_driver_ops *ops, char *name,
		     bool (*send)(struct log_sender *s, const struct log_line *l, int severity));
void log_sender_done(struct log_sender *s);
/* Operations of the driver: d is the first member of a struct log_sender. */
void log_sender_write(struct log_driver *d, const struct log_chunk *c);
void log_sender_finish(struct log_driver *d);

#endif
