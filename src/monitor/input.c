/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/input.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/fd.h"
#include "wire/monitor.h"

/* One stdin per process; static, because untouched pages cost nothing. */
static char buffer[ATTACH_STDIN_MAX];

struct input {
	struct loop *loop;
	struct streams *streams;
	struct loop_source *source; /* while something is held */
	input_ready_fn ready, closed;
	void *ready_arg, *closed_arg;
	bool leave_open, ending;
	size_t at, len; /* held: buffer[at..len) */
};

struct input *input_new(struct loop *loop, struct streams *streams, bool leave_open)
{
	struct input *in = xnew(struct input);

	in->loop = loop;
	in->streams = streams;
	in->leave_open = leave_open;
	return in;
}

void input_on_ready(struct input *in, input_ready_fn fn, void *arg)
{
	in->ready = fn;
	in->ready_arg = arg;
}

void input_on_closed(struct input *in, input_ready_fn fn, void *arg)
{
	in->closed = fn;
	in->closed_arg = arg;
}

char *input_buffer(struct input *in)
{
	return buffer;
}

bool input_busy(const struct input *in)
{
	return in->at < in->len;
}

static void close_stdin(struct input *in)
{
	loop_remove(in->source);
	in->source = NULL;
	in->at = in->len = 0;
	in->streams->in = fd_close(in->streams->in);
	if (in->closed)
		in->closed(in->closed_arg);
}

/* Write what is held, as far as it goes. */
static void push(struct input *in)
{
	while (input_busy(in)) {
		ssize_t n = write(in->streams->in, buffer + in->at, in->len - in->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* EPIPE: the container has closed its stdin; EIO: its terminal is gone. */
			if (in->streams->terminal)
				in->at = in->len;
			else
				close_stdin(in);
			return;
		}
		in->at += (size_t)n;
	}
}

static void finish_if_idle(struct input *in)
{
	if (input_busy(in))
		return;
	loop_remove(in->source);
	in->source = NULL;
	if (in->ending && in->streams->in >= 0)
		close_stdin(in);
}

static int on_writable(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct input *in = arg;

	push(in);
	finish_if_idle(in);
	if (!input_busy(in) && in->ready)
		in->ready(in->ready_arg);
	return 0;
}

void input_commit(struct input *in, size_t n)
{
	in->at = 0;
	in->len = in->streams->in >= 0 ? n : 0;
	push(in);
	if (input_busy(in) &&
	    loop_add_io(in->loop, in->streams->in, EPOLLOUT, on_writable, in, &in->source) < 0)
		in->at = in->len; /* no memory in the kernel to wait: these bytes are lost */
	finish_if_idle(in);
}

void input_end(struct input *in)
{
	/* A terminal has no end of file of its own: the next client types on. */
	if (in->leave_open || in->streams->terminal)
		return;
	in->ending = true;
	finish_if_idle(in);
}

void input_free(struct input *in)
{
	if (!in)
		return;
	loop_remove(in->source);
	free(in);
}
