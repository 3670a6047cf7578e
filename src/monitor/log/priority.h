/* SPDX-License-Identifier: Apache-2.0 */
/* priority: syslog severities of lines. */
#ifndef CORACLE_MONITOR_LOG_PRIORITY_H
#define CORACLE_MONITOR_LOG_PRIORITY_H

#include <stdbool.h>
#include <stddef.h>

#define LOG_PRIORITY_STDOUT 6
#define LOG_PRIORITY_STDERR 3

/* A program may choose the priority of a line: "<3>text" (sd-daemon(3)); it is taken off. */
static inline int log_take_priority(const char **text, size_t *len, bool is_stderr)
{
	const char *t = *text;

	if (*len < 3 || t[0] != '<' || t[1] < '0' || t[1] > '7' || t[2] != '>')
		return is_stderr ? LOG_PRIORITY_STDERR : LOG_PRIORITY_STDOUT;
	*text += 3;
	*len -= 3;
	return t[1] - '0';
}

#endif
