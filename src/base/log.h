/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: messages for people on stderr.  Libraries log at debug and warn only; nobody logs an error
 * that it also returns.  A warning ends with what happens next.
 */
#ifndef CORACLE_BASE_LOG_H
#define CORACLE_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_TRACE,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_COUNT
};

/* A sink gets each complete message; default writes "coracle: warning: ..." to stderr. */
typedef void (*log_sink_fn)(void *arg, enum log_level level, const char *msg);

void log_set_level(enum log_level level); /* default LOG_LEVEL_WARN */
enum log_level log_get_level(void);
void log_set_program(const char *name); /* borrowed */
void log_set_sink(log_sink_fn fn, void *arg);
int log_level_parse(const char *s); /* trace debug info warn warning error fatal panic; -1 */

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_debug(...)                                         \
	do {                                                   \
		if (log_get_level() <= LOG_LEVEL_DEBUG)        \
			log_msg(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_info(...) log_msg(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_LEVEL_WARN, __VA_ARGS__)

#endif
