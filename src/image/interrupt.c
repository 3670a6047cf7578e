/* SPDX-License-Identifier: Apache-2.0 */
#include "image/interrupt.h"

#include <poll.h>
#include <stddef.h>

#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/signals.h"

static int stop_fd = -1;
static unsigned depth;

int interrupt_begin(struct interrupt_scope *ret, struct error *err)
{
	if (depth == 0) {
		int fd = fd_eventfd();

		if (fd < 0)
			return error_os(err, -fd, "create an event descriptor");
		stop_fd = fd;
		signals_catch_stop(fd);
	}
	depth++;
	ret->active = true;
	return 0;
}

void interrupt_end(struct interrupt_scope *s)
{
	if (!s->active)
		return;
	s->active = false;
	if (--depth > 0)
		return;
	signals_release_stop();
	stop_fd = fd_close(stop_fd);
}

int interrupt_fd(void)
{
	return stop_fd;
}

bool interrupt_pending(void)
{
	return stop_fd >= 0 && fd_wait(stop_fd, POLLIN, 0) > 0;
}

int interrupt_error(struct error *err)
{
	return error_set(err, ERROR_CANCELED, "interrupted by a signal");
}

int interrupt_pause(int64_t nsec, struct error *err)
{
	int64_t end = time_monotonic_nsec() + nsec;

	for (;;) {
		int64_t left = end - time_monotonic_nsec();
		int r;

		if (interrupt_pending())
			return interrupt_error(err);
		if (left <= 0)
			return 0;
		r = fd_wait(stop_fd, POLLIN, (int)((left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC));
		if (r < 0)
			return error_os(err, -r, "wait before another attempt");
	}
}
