/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_file: files of lines {"log":"TEXT\n","stream":"stdout","attrs":{...},"time":"RFC 3339"}, as
 * Docker's driver json-file writes them; see file.h.  attrs are --log-tag ("tag") and --log-label;
 * without any the member is left out.  A text without newline is the beginning of a line.
 */
#ifndef CORACLE_MONITOR_LOG_JSON_FILE_H
#define CORACLE_MONITOR_LOG_JSON_FILE_H

#include "monitor/log/log.h"

int json_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		   struct error *err);

#endif
