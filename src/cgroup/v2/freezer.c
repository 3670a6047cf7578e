/* SPDX-License-Identifier: Apache-2.0 */
/* v2 freezer: cgroup.freeze, and the events of cgroup.events that tell when it has happened. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/timeutil.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* Tasks in an uninterruptible wait freeze when they leave it; a hung disk would take for ever. */
#define FREEZE_MSEC 10000
/* The kernel delays repeated notices, and forgets those of a directory that is removed meanwhile:
 * so often we look ourselves. */
#define LOOK_MSEC 20

int cgroup_v2_wait_event(const struct cgroup_record *r, const char *key, uint64_t value,
			 int timeout_msec)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;
	char full[PATH_MAX], text[CGROUP_VALUE_MAX];
	scoped_fd int fd = -1;

	if (h == NULL || cgroup_file_path(full, h, r->path, "cgroup.events") < 0)
		return -ENOENT;
	fd = fd_open(AT_FDCWD, full, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;
		uint64_t now;

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (cgroup_text_u64(text, key, &now) < 0)
			return -ENOENT;
		if (now == value)
			return 1;
		if (left <= 0)
			return 0;
		/* kernfs raises POLLPRI when the file's text has changed since it was read. */
		if (poll(&p, 1, (int)MIN(left, LOOK_MSEC)) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_v2_freeze(const struct cgroup_record *r, bool on, struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	char full[PATH_MAX];
	int n = cgroup_file_path(full, h, r->path, "cgroup.freeze");

	if (n >= 0)
		n = fd_write_file(AT_FDCWD, full, on ? "1" : "0");
	if (n < 0)
		return error_os(err, -n, "%s cgroup: write '%s'", on ? "freeze" : "thaw", full);
	n = cgroup_v2_wait_event(r, "frozen", on, FREEZE_MSEC);
	if (n == 0) {
		if (on)
			(void)fd_write_file(AT_FDCWD, full, "0");
		return error_set(err, ERROR_TIMEOUT, "cgroup '%s' did not %s within %d seconds",
				 r->path, on ? "freeze" : "thaw", FREEZE_MSEC / 1000);
	}
	return n < 0 ? error_os(err, -n, "wait for cgroup '%s'", r->path) : 0;
}

int cgroup_v2_is_frozen(const struct cgroup_record *r)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	char full[PATH_MAX], value[8];
	int n = h == NULL ? -ENOENT : cgroup_file_path(full, h, r->path, "cgroup.freeze");

	if (n >= 0)
		n = fd_read_line(AT_FDCWD, full, value, sizeof(value));
	return n < 0 ? n : value[0] == '1';
}
