/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: phases of an operation in Chrome trace format (`coracle --trace FILE`).
 *
 * The file is a JSON array of events {"name","ph":"X","ts","dur","pid","tid"} (microseconds,
 * CLOCK_MONOTONIC), appended by O_APPEND writes so that several processes (engine, monitor,
 * runtime) share it; the environment variable CORACLE_TRACE carries the path to children.
 * When no file is set every call is one branch.  At log level debug the name of each span is logged
 * when it begins.
 */
#ifndef CORACLE_BASE_TRACE_H
#define CORACLE_BASE_TRACE_H

#include <stdint.h>

#define TRACE_ENV "CORACLE_TRACE"

struct trace_span {
	const char *name; /* static string */
	int64_t start_nsec;
};

/* Begin the file (truncates, writes "["); exports TRACE_ENV.  0 or -errno. */
int trace_start(const char *path);
/* Take over from TRACE_ENV (in the monitor and runtime). */
void trace_inherit(void);
/* The file's descriptor, for those who close descriptors without exec; -1: none. */
int trace_fileno(void);
struct trace_span trace_begin(const char *name);
void trace_end(struct trace_span *span);
#define TRACE_JOIN_(a, b) a##b
#define TRACE_JOIN(a, b) TRACE_JOIN_(a, b)
/* Until the end of the enclosing block; blocks may nest. */
#define trace_scope(label)                                                        \
	__attribute__((cleanup(trace_end), unused)) struct trace_span TRACE_JOIN( \
		trace_scope_span_, __LINE__) = trace_begin(label)

#endif
