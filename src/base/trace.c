/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/timeutil.h"

static int trace_fd = -1;

int trace_start(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	int r;

	if (fd < 0)
		return -errno;
	/* The closing "]" may be left out (Trace Event Format, JSON Array Format), which is what
	 * lets several processes append. */
	if (write(fd, "[\n", 2) != 2 || setenv(TRACE_ENV, path, 1) < 0) {
		r = errno != 0 ? -errno : -EIO;
		close(fd);
		return r;
	}
	if (trace_fd >= 0)
		close(trace_fd);
	trace_fd = fd;
	return 0;
}

void trace_inherit(void)
{
	const char *path = getenv(TRACE_ENV);

	if (path == NULL || *path == '\0' || trace_fd >= 0)
		return;
	/* A trace that cannot be written is no reason to fail a container. */
	trace_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
}

int trace_fileno(void)
{
	return trace_fd;
}

struct trace_span trace_begin(const char *name)
{
	if (trace_fd < 0 && log_get_level() > LOG_LEVEL_DEBUG)
		return (struct trace_span){ 0 };
	log_debug("%s", name);
	return (struct trace_span){ .name = name, .start_nsec = time_monotonic_nsec() };
}

void trace_end(struct trace_span *span)
{
	char line[256];
	int64_t end;
	ssize_t r;
	int n;

	if (trace_fd < 0 || span->name == NULL)
		return;
	end = time_monotonic_nsec();
	n = snprintf(
		line, sizeof(line),
		"{\"name\":\"%s\",\"ph\":\"X\",\"ts\":%.3f,\"dur\":%.3f,\"pid\":%d,\"tid\":%ld},\n",
		span->name, (double)span->start_nsec / 1000.0,
		(double)(end - span->start_nsec) / 1000.0, (int)getpid(), (long)gettid());
	span->name = NULL;
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	r = write(trace_fd, line, (size_t)n); /* one write: lines of processes do not mix */
	(void)r;
}
