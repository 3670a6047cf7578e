/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "sys/fd.h"
#include "sys/watch.h"
#include "wire/monitor.h"

int exit_record_read(const struct engine *e, const char *id, int *ret_code, int64_t *ret_time)
{
	scoped_free char *path = engine_run_path(e, "exits/%s", id);
	struct stat st;
	char text[32];

	/* The file appears by rename: it is there whole or not at all. */
	if (fd_read_line(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    fd_stat(AT_FDCWD, path, 0, &st) < 0)
		return 0;
	if (monitor_exit_parse(text, ret_code) < 0)
		*ret_code = -1;
	*ret_time = (int64_t)st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec;
	return 1;
}

bool exit_record_oom(const struct engine *e, const char *id)
{
	scoped_free char *path = engine_run_path(e, "containers/%s/oom", id);

	return access(path, F_OK) == 0;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int exit_record_wait(const struct engine *e, const char *id, const struct pidref *monitor,
		     int timeout_msec)
{
	scoped_free char *path = engine_run_path(e, "exits/%s", id);
	scoped_free char *dir = engine_run_path(e, "exits");
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;
	scoped_fd int in = -1;

	if (exists(path))
		return 1;
	in = watch_open();
	if (in < 0 || watch_add(in, dir, WATCH_APPEAR) < 0)
		return 0;
	for (;;) {
		struct pollfd p[2] = { { .fd = in, .events = POLLIN },
				       { .fd = monitor ? monitor->fd : -1, .events = POLLIN } };
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;

		if (exists(path))
			return 1;
		if (left <= 0)
			return 0;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return 0;
		if (p[1].revents) /* it ended; the file, if any, was written before */
			return exists(path);
		watch_drain(in);
	}
}

void exit_record_rotate(const struct engine *e, const char *id)
{
	static const char *const stale[] = { "containers/%s/attach", "containers/%s/ctl",
					     "containers/%s/winsz", "containers/%s/oom" };
	scoped_free char *path = engine_run_path(e, "exits/%s", id);
	scoped_free char *old = engine_run_path(e, "exits/%s-old", id);

	rename(path, old);
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		scoped_free char *name = str_replace(stale[i], "%s", id);
		scoped_free char *file = engine_run_path(e, "%s", name);

		unlink(file);
	}
}
