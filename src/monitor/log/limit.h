/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit: how fast one container may fill its logs: a bucket of `burst` bytes that fills with `rate`
 * bytes a second.  What comes too fast waits in the pipe (block: the container is held up) or is
 * not recorded (drop: whole lines, counted).
 */
#ifndef CORACLE_MONITOR_LOG_LIMIT_H
#define CORACLE_MONITOR_LOG_LIMIT_H

#include "monitor/log/log.h"

struct log_limit {
	int64_t rate, burst; /* bytes (a second); rate 0: no limit */
	bool drop;
	int64_t tokens;	   /* < 0: so many bytes too much were taken */
	int64_t last_nsec; /* monotonic, of `tokens` */
	uint64_t dropped;  /* lines since the last note */
	struct {
		bool open;     /* the line has begun, and its beginning is recorded */
		bool dropping; /* ... is dropped and counted */
	} stream[2];
};

/* ERROR_INVALID when the numbers or the policy's name are no good. */
int log_limit_init(struct log_limit *l, const struct monitor_log_options *o, struct error *err);
/*
 * Policy drop: what of the chunk is to be recorded, at most a first and a second piece (either may
 * be empty); what is not is counted.
 */
void log_limit_filter(struct log_limit *l, int64_t now_nsec, const struct log_chunk *c,
		      struct log_chunk *ret_first, struct log_chunk *ret_second);
/* Policy block: the bytes were recorded. */
void log_limit_take(struct log_limit *l, int64_t now_nsec, size_t bytes);
/* Policy block: nanoseconds until more may be read; 0: at once. */
int64_t log_limit_delay(const struct log_limit *l);

#endif
