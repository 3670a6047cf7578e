/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather: chunks into lines, for drivers whose messages are whole lines.  A line that comes in
 * parts is put together; what is longer than the maximum comes out as partial messages.
 */
#ifndef CORACLE_MONITOR_LOG_GATHER_H
#define CORACLE_MONITOR_LOG_GATHER_H

#include "monitor/log/log.h"

#define LOG_GATHER_MAX 8192

struct log_line {
	const char *text; /* without newline */
	size_t len;
	bool is_stderr;
	bool partial; /* the line goes on */
	int64_t time_nsec;
};
typedef void (*log_line_fn)(void *arg, const struct log_line *line);

struct log_gather {
	struct {
		size_t len;
		int64_t time_nsec; /* of its first part */
		char text[LOG_GATHER_MAX];
	} held[2];
};

void log_gather_add(struct log_gather *g, const struct log_chunk *c, log_line_fn fn, void *arg);
/* What is held is all that will come. */
void log_gather_finish(struct log_gather *g, log_line_fn fn, void *arg);

#endif
