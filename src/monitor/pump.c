/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "wire/monitor.h"

/*
 * Half a pipe: the container writes the other half meanwhile.  One pump
 * per process; static, because untouched pages cost nothing.
 */
#define READ_SIZE 32768
static char buffers[2][READ_SIZE] __attribute__((aligned(4096)));
/* What the runtime said first, when it said more than a buffer takes. */
static char message[MONITOR_MESSAGE_MAX];
/* Reads of one stream before the loop looks at anything else. */
#define ROUNDS 8
/* An unfinished line longer than this is not waited for: drivers cut lines there anyway. */
#define HELD_MAX ATTACH_PACKET_MAX
/* A terminal whose programs have all closed it is looked at again after so long. */
#define TERMINAL_RETRY_NSEC (100 * NSEC_PER_MSEC)

/* The largest pipe (/proc/sys/fs/pipe-max-size).  A process that outlived the one we watch (of an
 * exec session) may write for ever; what was there when the session ended is not more than this. */
#define DRAIN_MAX (1 << 20)

enum { OUT, ERR, STREAM_COUNT };

/*
 * A read that filled the buffer has cut a line somewhere: what is behind the last newline is held
 * back, buffer[at..at+held), until the rest of the line has come or the pipe is found empty.
 */
struct stream {
	struct loop_source *source;
	char *buffer;
	size_t at, held;
	int drained;
};

struct pump {
	struct loop *loop;
	struct streams *streams;
	struct log *log;
	struct attach *attach; /* NULL: none */
	struct stream stream[STREAM_COUNT];
	int null_fd; /* where output goes that nobody wants; -1: not open yet */
	struct loop_source *retry;
	struct loop_source *throttle; /* ends the wait that --log-rate asks for */
	bool started, blocked, throttled, draining;
	size_t message_len; /* of what the runtime said first; 0: all of it is still held */
	bool reopened;	    /* the terminal's peer was opened anew since the last output */
};

static int *stream_fd(struct pump *p, int i)
{
	return i == OUT ? &p->streams->out : &p->streams->err;
}

static void close_stream(struct pump *p, int i)
{
	loop_remove(p->stream[i].source);
	p->stream[i].source = NULL;
	*stream_fd(p, i) = fd_close(*stream_fd(p, i));
}

static int on_output(struct loop_source *s, int fd, uint32_t events, void *arg);

/* Sources go while nothing may be read: a hang-up would be reported even when nobody asks. */
static void watch(struct pump *p)
{
	for (int i = 0; i < STREAM_COUNT; i++) {
		struct loop_source **source = &p->stream[i].source;
		int fd = *stream_fd(p, i);
		bool want = p->started && !p->blocked && !p->throttled && !p->draining && fd >= 0;

		if (!want) {
			loop_remove(*source);
			*source = NULL;
		} else if (!*source &&
			   loop_add_io(p->loop, fd, EPOLLIN, on_output, p, source) < 0) {
			close_stream(p, i);
		}
	}
}

static int on_throttle(struct loop_source *s, void *arg)
{
	struct pump *p = arg;

	p->throttled = false;
	watch(p);
	return 0;
}

/* Output comes faster than it may be recorded: it stays in the pipe for a while. */
static void throttle(struct pump *p)
{
	int64_t delay = log_delay(p->log);

	if (delay <= 0 || p->draining || !p->started)
		return;
	if (p->throttle)
		p->throttled = loop_timer_set(p->throttle, delay) >= 0;
	else
		p->throttled = loop_add_timer(p->loop, delay, on_throttle, p, &p->throttle) >= 0;
}

static void deliver(struct pump *p, int i, size_t len)
{
	struct stream *s = &p->stream[i];
	struct log_chunk c = { .data = s->buffer + s->at,
			       .len = len,
			       .is_stderr = i == ERR,
			       .time_nsec = time_now_nsec() };
	struct log_mark mark;
	bool have_mark = log_get_mark(p->log, &mark);

	s->at += len;
	s->held -= len;
	/* Clients first: who falls behind now reads on from the mark. */
	p->blocked = p->attach && !attach_send(p->attach, &c, have_mark ? &mark : NULL);
	log_write(p->log, &c);
	throttle(p);
}

/* Nothing more is there: what was held is all of the line for now. */
static void settle(struct pump *p, int i)
{
	if (!p->blocked && p->stream[i].held > 0)
		deliver(p, i, p->stream[i].held);
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
	loop_remove(p->stream[OUT].source);
	p->stream[OUT].source = NULL;
	if (p->retry)
		loop_timer_set(p->retry, TERMINAL_RETRY_NSEC);
	else
		loop_add_timer(p->loop, TERMINAL_RETRY_NSEC, on_retry, p, &p->retry);
}

/* Bytes up to the last newline; all of them when that is too far back. */
static size_t whole_lines(const char *data, size_t len)
{
	size_t look = MIN(len, (size_t)HELD_MAX);
	const char *newline = memrchr(data + len - look, '\n', look);

	return newline ? (size_t)(newline + 1 - data) : len;
}

/* Read behind what is held: > 0 bytes, 0 nothing now, -1 the stream has ended. */
static int fill(struct pump *p, int i, size_t *ret_room)
{
	struct stream *s = &p->stream[i];
	ssize_t n;

	if (s->at > 0 && s->held > 0)
		memmove(s->buffer, s->buffer + s->at, s->held);
	s->at = 0;
	*ret_room = READ_SIZE - s->held;
	do
		n = read(*stream_fd(p, i), s->buffer + s->held, *ret_room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	s->held += (size_t)n;
	return (int)n;
}

/* One read, and what it gave delivered.  *ret_more: the pipe had more than the buffer takes. */
static int take(struct pump *p, int i, bool *ret_more)
{
	struct stream *s = &p->stream[i];
	size_t room;
	int n = fill(p, i, &room);

	*ret_more = n > 0 && (size_t)n == room;
	if (n <= 0) {
		settle(p, i);
		return n;
	}
	p->reopened = false;
	deliver(p, i, *ret_more ? whole_lines(s->buffer, s->held) : s->held);
	return n;
}

/* Nobody keeps it and nobody looks: out of the pipe without being copied.  false: it is not to be
 * done so. */
static bool discard(struct pump *p, int i)
{
	ssize_t n = 1;

	if (p->streams->terminal || log_keeps(p->log) || p->stream[i].held > 0 ||
	    (p->attach && attach_wanted(p->attach)))
		return false;
	if (p->null_fd < 0)
		p->null_fd = fd_open(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	for (int round = 0; round < ROUNDS && n > 0 && p->null_fd >= 0; round++)
		n = splice(*stream_fd(p, i), NULL, p->null_fd, NULL, DRAIN_MAX,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	/* An end or an error is for reading to find. */
	return p->null_fd >= 0 && (n > 0 || (n < 0 && errno == EAGAIN));
}

static int on_output(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct pump *p = arg;
	int i = s == p->stream[ERR].source ? ERR : OUT;
	bool more = true;
	int n = 1;

	if (discard(p, i))
		return 0;

	for (int round = 0; round < ROUNDS && more && n > 0 && !p->blocked && !p->throttled;
	     round++)
		n = take(p, i, &more);
	if (n < 0) {
		if (p->streams->terminal)
			terminal_hung_up(p);
		else
			close_stream(p, i);
	} else if (p->stream[i].held > 0 && fd_readable(fd) <= 0) {
		settle(p, i);
	}
	if (p->blocked || p->throttled)
		watch(p);
	return 0;
}

static void drain_stream(struct pump *p, int i)
{
	struct stream *s = &p->stream[i];
	bool more;
	int n = 1;

	while (n > 0 && !p->blocked && *stream_fd(p, i) >= 0 && s->drained < DRAIN_MAX) {
		n = take(p, i, &more);
		s->drained += n > 0 ? n : 0;
	}
	settle(p, i);
	if (!p->blocked)
		close_stream(p, i);
}

static void drain(struct pump *p)
{
	for (int i = 0; i < STREAM_COUNT && !p->blocked; i++)
		drain_stream(p, i);
}

static void on_ready(void *arg)
{
	struct pump *p = arg;

	p->blocked = false;
	if (p->draining) {
		drain(p);
		return;
	}
	if (!p->started) {
		pump_watch_runtime(p);
		return;
	}
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (*stream_fd(p, i) < 0 || fd_readable(*stream_fd(p, i)) <= 0)
			settle(p, i);
	}
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
	p->null_fd = -1;
	for (int i = 0; i < STREAM_COUNT; i++)
		p->stream[i].buffer = buffers[i];
	if (attach)
		attach_on_ready(attach, on_ready, p);
	return p;
}

/*
 * The runtime's buffer is full: its first words are kept for the engine, and the rest must not hold
 * it up.  With pipes the container's own stderr may be among it, so it is output like any other.
 */
static void runtime_overflow(struct pump *p)
{
	struct stream *s = &p->stream[ERR];

	if (p->message_len == 0) {
		p->message_len = MIN(s->held, (size_t)MONITOR_MESSAGE_MAX);
		memcpy(message, s->buffer + s->at, p->message_len);
	}
	if (p->streams->terminal)
		s->held = 0;
	else
		deliver(p, ERR, whole_lines(s->buffer + s->at, s->held));
}

static int on_runtime_stderr(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	struct pump *p = arg;
	struct stream *s = &p->stream[ERR];
	size_t room;
	int n = fill(p, ERR, &room);

	if (s->held == READ_SIZE)
		runtime_overflow(p);
	if (n < 0 || p->blocked) {
		loop_remove(s->source);
		s->source = NULL;
	}
	return 0;
}

void pump_watch_runtime(struct pump *p)
{
	struct stream *s = &p->stream[ERR];

	/* Failing costs no more than a runtime with very much to say being waited for. */
	if (p->streams->err >= 0 && !s->source && !p->blocked)
		loop_add_io(p->loop, p->streams->err, EPOLLIN, on_runtime_stderr, p, &s->source);
}

void pump_runtime_ended(struct pump *p)
{
	loop_remove(p->stream[ERR].source);
	p->stream[ERR].source = NULL;
}

size_t pump_runtime_message(struct pump *p, char *out, size_t size)
{
	struct stream *s = &p->stream[ERR];
	const char *text = message;
	size_t len = p->message_len, room;

	while (len == 0 && s->held < READ_SIZE && p->streams->err >= 0 && fill(p, ERR, &room) > 0)
		;
	if (len == 0) {
		text = s->buffer + s->at;
		len = s->held;
	}
	len = MIN(len, size - 1);
	memcpy(out, text, len);
	out[len] = '\0';
	return len;
}

int pump_start(struct pump *p, struct error *err)
{
	struct stream *s = &p->stream[ERR];

	p->started = true;
	/* On a terminal only the runtime itself wrote there. */
	if (p->streams->terminal)
		s->held = 0;
	settle(p, ERR);
	watch(p);
	if (!p->blocked && p->streams->out < 0 && !p->streams->passthrough)
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

void pump_trim(struct pump *p)
{
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (!p->blocked && p->stream[i].held == 0)
			process_drop_pages(p->stream[i].buffer, READ_SIZE);
	}
}

void pump_free(struct pump *p)
{
	if (!p)
		return;
	if (p->attach)
		attach_on_ready(p->attach, NULL, NULL);
	for (int i = 0; i < STREAM_COUNT; i++)
		loop_remove(p->stream[i].source);
	loop_remove(p->retry);
	loop_remove(p->throttle);
	fd_close(p->null_fd);
	free(p);
}
