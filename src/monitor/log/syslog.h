/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog: one message per line.
 *
 *	syslog			datagrams to /dev/log, in the form that syslog(3) sends
 *	syslog:PATH		... to another socket
 *	syslog:udp://ADDRESS:PORT	RFC 5424 messages, RFC 5426 datagrams
 *	syslog:tcp://ADDRESS:PORT	RFC 5424 messages, RFC 6587 octet counting
 *
 * Facility daemon; severity informational for stdout, error for stderr, or what a line says by a
 * leading "<N>".  The tag (else the container's name, else its short id) is the program's name; id,
 * name and labels are structured data of remote messages.
 */
#ifndef CORACLE_MONITOR_LOG_SYSLOG_H
#define CORACLE_MONITOR_LOG_SYSLOG_H

#include "monitor/log/log.h"

/* target: behind "syslog:"; NULL: the local service. */
int syslog_open(const char *target, const struct monitor_log_options *o,
		const struct log_source *source, struct log_driver **ret, struct error *err);

#endif
