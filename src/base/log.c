/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

/* Long enough for a message that carries a whole struct error. */
#define LOG_MSG_MAX 4096

static const char *const level_names[] = {
	[LOG_LEVEL_TRACE] = "trace",  [LOG_LEVEL_DEBUG] = "debug", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warning", [LOG_LEVEL_ERROR] = "error",
};
static_assert(ARRAY_SIZE(level_names) == LOG_LEVEL_COUNT, "one name per level");

static struct {
	enum log_level level;
	const char *program;
	log_sink_fn sink;
	void *sink_arg;
} state = { .level = LOG_LEVEL_WARN, .program = "coracle" };

void log_set_level(enum log_level level)
{
	state.level = level;
}

enum log_level log_get_level(void)
{
	return state.level;
}

void log_set_program(const char *name)
{
	state.program = name;
}

void log_set_sink(log_sink_fn fn, void *arg)
{
	state.sink = fn;
	state.sink_arg = arg;
}

int log_level_parse(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (str_ieq(s, level_names[i]))
			return (int)i;
	if (str_ieq(s, "warn"))
		return LOG_LEVEL_WARN;
	if (str_ieq(s, "fatal") || str_ieq(s, "panic"))
		return LOG_LEVEL_ERROR;
	return -1;
}

/* One write per message, so that lines of several processes do not mix. */
static void write_stderr(enum log_level level, const char *msg)
{
	char line[LOG_MSG_MAX + 128];
	int n = snprintf(line, sizeof(line), "%s: %s: %s\n", state.program, level_names[level],
			 msg);
	size_t len;

	if (n < 0)
		return;
	len = (size_t)n;
	if (len >= sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	for (size_t done = 0; done < len;) {
		ssize_t r = write(STDERR_FILENO, line + done, len - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return;
		done += (size_t)r;
	}
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char msg[LOG_MSG_MAX];
	int saved = errno;
	va_list ap;

	if (level < state.level || (unsigned)level >= LOG_LEVEL_COUNT)
		return;
	va_start(ap, fmt);
	if (vsnprintf(msg, sizeof(msg), fmt, ap) < 0)
		msg[0] = '\0';
	va_end(ap);
	if (state.sink != NULL)
		state.sink(state.sink_arg, level, msg);
	else
		write_stderr(level, msg);
	errno = saved;
}
