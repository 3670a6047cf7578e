/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k8s_file: lines "STAMP STREAM TAG TEXT" (also CRI's format), with a size limit and rotation.
 *
 * Invariants: the file always ends with a whole line (a write cut short by a full disk is cut
 * back); PATH always exists, also while files are rotated; a line is in exactly one file.
 */
#ifndef CORACLE_MONITOR_LOG_K8S_FILE_H
#define CORACLE_MONITOR_LOG_K8S_FILE_H

#include "monitor/log/log.h"

int k8s_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		  struct error *err);
/* d is a driver of this kind; see log_get_mark and log_on_change. */
bool k8s_file_get_mark(const struct log_driver *d, struct log_mark *ret);
void k8s_file_on_change(struct log_driver *d, log_changed_fn fn, void *arg);

#endif
