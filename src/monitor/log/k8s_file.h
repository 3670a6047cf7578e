/* SPDX-License-Identifier: Apache-2.0 */
/* k8s_file: files of lines "STAMP STREAM TAG TEXT" (also CRI's format); see file.h. */
#ifndef CORACLE_MONITOR_LOG_K8S_FILE_H
#define CORACLE_MONITOR_LOG_K8S_FILE_H

#include "monitor/log/log.h"

int k8s_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		  struct error *err);

#endif
