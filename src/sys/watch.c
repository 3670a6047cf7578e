/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

int watch_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int watch_add(int fd, const char *path, uint32_t what)
{
	uint32_t mask = 0;
	int wd;

	if (what & WATCH_APPEAR)
		mask |= IN_CREATE | IN_MOVED_TO;
	if (what & WATCH_WRITE)
		mask |= IN_MODIFY | IN_CLOSE_WRITE;
	if (what & WATCH_GONE)
		mask |= IN_DELETE_SELF | IN_MOVE_SELF | IN_DELETE | IN_MOVED_FROM;
	wd = inotify_add_watch(fd, path, mask);
	return wd < 0 ? -errno : wd;
}

int watch_remove(int fd, int wd)
{
	return inotify_rm_watch(fd, wd) < 0 ? -errno : 0;
}

static uint32_t what_of(uint32_t mask)
{
	uint32_t what = 0;

	if (mask & (IN_CREATE | IN_MOVED_TO))
		what |= WATCH_APPEAR;
	if (mask & (IN_MODIFY | IN_CLOSE_WRITE))
		what |= WATCH_WRITE;
	if (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_DELETE | IN_MOVED_FROM | IN_IGNORED))
		what |= WATCH_GONE;
	return what;
}

static void tell(const char *events, size_t len, watch_fn fn, void *arg)
{
	for (size_t at = 0; at < len;) {
		const struct inotify_event *e = (const struct inotify_event *)(events + at);

		/* IN_Q_OVERFLOW has the id -1 already. */
		fn(arg, e->wd, what_of(e->mask), e->len > 0 ? e->name : "");
		at += sizeof(*e) + e->len;
	}
}

int watch_read(int fd, watch_fn fn, void *arg)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int some = 0;

	for (;;) {
		ssize_t n = read(fd, events, sizeof(events));

		if (n > 0) {
			some = 1;
			if (fn)
				tell(events, (size_t)n, fn, arg);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		return n < 0 && errno != EAGAIN ? -errno : some;
	}
}

int watch_drain(int fd)
{
	return watch_read(fd, NULL, NULL);
}
