/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: what outlives the monitor: exit status (EXITDIR/CID and PERSIST/exit, decimal, without
 * newline, by rename) and the OOM marker (an empty file `oom` in the bundle and in PERSIST).
 */
#ifndef CORACLE_MONITOR_RECORD_H
#define CORACLE_MONITOR_RECORD_H

#include "base/error.h"

struct record_places {
	const char *cid;
	const char *bundle;
	const char *exit_dir;	 /* NULL: none */
	const char *persist_dir; /* NULL: none */
};

/* Both places are tried even when one fails; the error is the first one's. */
int record_exit(const struct record_places *p, int status, struct error *err);
int record_oom(const struct record_places *p, struct error *err);
/* Markers and status of an earlier run of the container. */
void record_clear(const struct record_places *p);

#endif
