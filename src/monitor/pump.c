/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/pump.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timeutil.h"
#include "sys/fd.h"

/* A quarter of a pipe: the container writes the rest meanwhile.  One pump per process; static,
 * because untouched pages cost nothing. */
#define READ_SIZE 16384
static char buffer[READ_SIZE];
/* A terminal whose programs have all closed it is looked at again after so long. */
#define TERMINAL_RETRY_NSEC (100 * NSEC_PER_MSEC)

/* The largest pipe (/proc/sys/fs/pipe-max-size).  A process that outlived the one we watch (of an
 * exec session) may write for ever; what was there when the session ended is not more than this. */
#define DRAIN_MAX (1 << 20)

enum { OUT, ERR, STREAM_COUNT };

struct pump {
	struct loop *loop;
	struct streams *streams;
	struct log *log;
	struct attach *attach; /* NULL: none */
	struct loop_source *source[STREAM_COUNT];
	struct loop_source *retry;
	bool started, blocked, draining;
	int drained[STREAM_COUNT];
	bool reopened; /* the terminal's peer was opened anew since the last output */
};

static int *stream_fd(struct pump *p, int i)
{
	return i == OUT ? &p->streams->out : &p->streams->err;
}

static void close_stream(struct pump *p, int i)
{
	loop_remove(p->source[i]);
	p->source[i] = NULL;
	*stream_fd(p, i) = fd_close(*stream_fd(p, i));
}

static int on_output(struct loop_source *s, int fd, uint32_t events, void *arg);

/* Sources go while nothing may be read: a hang-up would be reported even when nobody asks. */
static void watch(struct pump *p)
{
	for (int i = 0; i < STREAM_COUNT; i++) {
		int fd = *stream_fd(p, i);
		bool want = p->started && !p->blocked && !p->draining && fd >= 0;

		if (!want) {
			loop_remove(p->source[i]);
			p->source[i] = NULL;
		} else if (!p->source[i] &&
			   loop_add_io(p->loop, fd, EPOLLIN, on_output, p, &p->source[i]) < 0) {
			close_stream(p, i);
		}
	}
}

static void deliver(struct pump *p, size_t len, bool is_stderr)
{
	struct log_chunk c = {
		.data = buffer, .len = len, .is_stderr = is_stderr, .time_nsec = time_now_nsec()
	};
	struct log_mark mark;
	bool have_mark = log_get_mark(p->log, &mark);

	/* Clients first: who falls behind now reads on from the mark. */
	p->blocked = p->attach && !attach_send(p->attach, &c, have_mark ? &mark : NULL);
	log_write(p->log, &c);
}

static int on_retry(struct loop_source *s, void *arg)
{
	struct pump *p = arg;

	watch(p);
	return 0;
}

/* All programs have closed the terminal (a console may be opened again), or have hung it up. */
static void terminal_hung_up(struct pump *p)
{
	if (!p->reopened && streams_reopen_peer(p->streams) >= 0) {
		p->reopened = true;
		return;
	}
	/* The kernel has no event for "opened again". */
	loop_remove(p->source[OUT]);
	p->source[OUT] = NULL;
	if (p->retry)
		loop_timer_set(p->retry, TERMINAL_RETRY_NSEC);
	else
		loop_add_timer(p->loop, TERMINAL_RETRY_NSEC, on_retry, p, &p->retry);
}

/* One read: > 0 bytes, 0 nothing now, -1 the stream has ended. */
static int take(struct pump *p, int i)
{
	ssize_t n;

	do
		n = read(*stream_fd(p, i), buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	p->reopened = false;
	deliver(p, (size_t)n, i == ERR);
	return (int)n;
}

static int on_output(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct pump *p = arg;
	int i = s == p->source[ERR] ? ERR : OUT;

	if (take(p, i) < 0) {
		if (p->streams->terminal)
			terminal_hung_up(p);
		else
			close_stream(p, i);
	}
	if (p->blocked)
		watch(p);
	return 0;
}

static void drain(struct pump *p)
{
	for (int i = 0; i < STREAM_COUNT && !p->blocked; i++) {
		int n = 1;

		while (n > 0 && !p->blocked && *stream_fd(p, i) >= 0 && p->drained[i] < DRAIN_MAX) {
			n = take(p, i);
			p->drained[i] += n > 0 ? n : 0;
		}
		if (!p->blocked)
			close_stream(p, i);
	}
}

static void on_ready(void *arg)
{
	struct pump *p = arg;

	p->blocked = false;
	if (p->draining)
		drain(p);
	else
		watch(p);
}

struct pump *pump_new(struct loop *loop, struct streams *streams, struct log *log,
		      struct attach *attach)
{
	struct pump *p = xnew(struct pump);

	p->loop = loop;
	p->streams = streams;
	p->log = log;
	p->attach = attach;
	if (attach)
		attach_on_ready(attach, on_ready, p);
	return p;
}

int pump_start(struct pump *p, struct error *err)
{
	p->started = true;
	watch(p);
	if (p->streams->out < 0 && !p->streams->passthrough)
		return error_set(err, ERROR_OS, "watch the container's output");
	return 0;
}

void pump_drain(struct pump *p)
{
	p->draining = true;
	watch(p);
	/* The last peer's end makes the kernel hand out all that is buffered before EIO. */
	p->streams->peer = fd_close(p->streams->peer);
	if (!p->blocked)
		drain(p);
}

bool pump_blocked(const struct pump *p)
{
	return p->blocked;
}

void pump_free(struct pump *p)
{
	if (!p)
		return;
	if (p->attach)
		attach_on_ready(p->attach, NULL, NULL);
	for (int i = 0; i < STREAM_COUNT; i++)
		loop_remove(p->source[i]);
	loop_remove(p->retry);
	free(p);
}
