/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journald: one journal entry per line, over the native protocol (datagrams to
 * /run/systemd/journal/socket; systemd.io/JOURNAL_NATIVE_PROTOCOL).  Spoken here directly: the
 * monitor is linked statically and libsystemd is not.
 */
#ifndef CORACLE_MONITOR_LOG_JOURNALD_H
#define CORACLE_MONITOR_LOG_JOURNALD_H

#include "monitor/log/log.h"

int journald_open(const struct monitor_log_options *o, const struct log_source *source,
		  struct log_driver **ret, struct error *err);

#endif
