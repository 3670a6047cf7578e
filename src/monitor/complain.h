/* SPDX-License-Identifier: Apache-2.0 */
/* complain: where the monitor's own messages (base/log) go: stderr and, when asked, syslog. */
#ifndef CORACLE_MONITOR_COMPLAIN_H
#define CORACLE_MONITOR_COMPLAIN_H

#include <stdbool.h>

#include "base/error.h"

/* level: NULL is warning.  cid is borrowed. */
int complain_init(const char *level, bool syslog, const char *cid, struct error *err);

#endif
