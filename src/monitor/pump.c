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
#include "wire/monitor.h"

#define READ_SIZE JOURNAL_READ_SIZE
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

enum { OUT = JOURNAL_OUT, ERR = JOURNAL_ERR, STREAM_COUNT = JOURNAL_STREAM_COUNT };

/*
 * A read that filled the buffer has cut a line somewhere: what is behind the last newline is held
 * back, buffer[at..at+held), until the rest of the line has come or the pipe is found empty.
 */
struct stream {
	struct loop_source *source;
	char *buffer;
	struct journal_stream place; /* the journal has what holds between two deliveries */
	size_t staged;		     /* bytes that are in the staging pipe */
	int drained;
};

struct pump {
	struct loop *loop;
	struct streams *streams;
	struct log *log;
	struct attach *attach; /* NULL: none */
	struct journal *journal;
	struct stream stream[STREAM_COUNT];
	int null_fd; /* where output goes that nobody wants; -1: not open yet */
	struct loop_source *retry;
	struct loop_source *throttle; /* ends the wait that --log-rate asks for */
	bool started, blocked, throttled, draining;
	size_t message_len; /* of what the runtime said first; 0: all of it is still held */
	bool reopened;	    /* the terminal's peer was opened anew since the last output */
};

static void note_place(struct pump *p, int i)
{
	journal_stream_set(&p->journal->stream[i], &p->stream[i].place);
}

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
	struct journal_stream *s = &p->stream[i].place;
	struct log_chunk c = { .data = p->stream[i].buffer + s->at,
			       .len = len,
			       .is_stderr = i == ERR,
			       .offset = (int64_t)s->done,
			       .time_nsec = time_now_nsec() };
	struct log_mark mark;
	bool have_mark = log_get_mark(p->log, &mark);

	s->at += (uint32_t)len;
	s->held -= (uint32_t)len;
	s->done += len;
	/* Clients first: who falls behind now reads on from the mark. */
	p->blocked = p->attach && !attach_send(p->attach, &c, have_mark ? &mark : NULL);
	log_write(p->log, &c);
	note_place(p, i);
	throttle(p);
}

/* Nothing more is there: what was held is all of the line for now. */
static void settle(struct pump *p, int i)
{
	if (!p->blocked && p->stream[i].place.held > 0)
		deliver(p, i, p->stream[i].place.held);
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

/* Room for the next read.  What is held goes to the front by a copy that leaves the original whole:
 * the journal may be read at any moment. */
static size_t make_room(struct pump *p, int i)
{
	struct journal_stream *s = &p->stream[i].place;
	char *buffer = p->stream[i].buffer;

	if (s->held == 0) {
		s->at = JOURNAL_FRONT_SIZE;
	} else if (s->at >= JOURNAL_FRONT_SIZE && s->held <= JOURNAL_FRONT_SIZE) {
		memcpy(buffer + JOURNAL_FRONT_SIZE - s->held, buffer + s->at, s->held);
		s->at = JOURNAL_FRONT_SIZE - s->held;
	}
	return MIN((size_t)READ_SIZE, JOURNAL_BUFFER_SIZE - s->at - s->held);
}

static bool is_full(const struct stream *s)
{
	return s->place.at + s->place.held == JOURNAL_BUFFER_SIZE;
}

/*
 * Bytes that the next read will give: > 0, 0 nothing now, -1 the stream has ended.  With a staging
 * pipe they are moved there: of a pipe that nobody else writes to it is known, when a monitor is
 * killed, whether its read was done.
 */
static ssize_t stage(struct pump *p, int i, size_t room)
{
	int to = p->streams->stage[i][1];
	ssize_t n;

	if (to < 0)
		return (ssize_t)room;
	if (p->stream[i].staged > 0)
		return (ssize_t)MIN(p->stream[i].staged, room);
	do
		n = splice(*stream_fd(p, i), NULL, to, NULL, room,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0 && errno == EINVAL) {
		/* A terminal that this kernel cannot splice. */
		streams_close_stage(p->streams, i);
		return (ssize_t)room;
	}
	p->stream[i].staged = n > 0 ? (size_t)n : 0;
	return n > 0 ? n : -1;
}

/* Read behind what is held: > 0 bytes, 0 nothing now, -1 the stream has ended. */
static int fill(struct pump *p, int i, size_t *ret_room)
{
	struct stream *s = &p->stream[i];
	ssize_t n;
	int from;

	*ret_room = make_room(p, i);
	n = stage(p, i, *ret_room);
	if (n <= 0)
		return (int)n;
	from = s->staged > 0 ? p->streams->stage[i][0] : *stream_fd(p, i);
	if (s->staged > 0) {
		s->place.want = (uint32_t)n;
		note_place(p, i);
	}
	do
		n = read(from, s->buffer + s->place.at + s->place.held, (size_t)n);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	s->place.held += (uint32_t)n;
	s->place.want = 0;
	s->staged -= MIN(s->staged, (size_t)n);
	note_place(p, i);
	return (int)n;
}

/* Has the pipe more of the line that stands at the end of what was read?  A staging pipe may have
 * taken less than the buffer has room for. */
static bool cut_short(struct pump *p, int i, size_t n, size_t room)
{
	const struct journal_stream *s = &p->stream[i].place;

	if (n == room)
		return true;
	return p->streams->stage[i][1] >= 0 && p->stream[i].buffer[s->at + s->held - 1] != '\n' &&
	       (p->stream[i].staged > 0 || fd_readable(*stream_fd(p, i)) > 0);
}

/* One read, and what it gave delivered.  *ret_more: the pipe had more than the buffer takes. */
static int take(struct pump *p, int i, bool *ret_more)
{
	struct stream *s = &p->stream[i];
	size_t room;
	int n = fill(p, i, &room);

	*ret_more = n > 0 && cut_short(p, i, (size_t)n, room);
	if (n <= 0) {
		settle(p, i);
		return n;
	}
	p->reopened = false;
	deliver(p, i,
		*ret_more ? whole_lines(s->buffer + s->place.at, s->place.held) : s->place.held);
	return n;
}

/* Nobody keeps it and nobody looks: out of the pipe without being copied.  false: it is not to be
 * done so. */
static bool discard(struct pump *p, int i)
{
	ssize_t n = 1;

	if (p->streams->terminal || log_keeps(p->log) || p->stream[i].place.held > 0 ||
	    p->stream[i].staged > 0 || (p->attach && attach_wanted(p->attach)))
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
	} else if (p->stream[i].place.held > 0 && fd_readable(fd) <= 0) {
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

/* What a predecessor had read, or was about to read. */
static void resume(struct pump *p, int i)
{
	struct stream *s = &p->stream[i];
	int left = p->streams->stage[i][0] >= 0 ? fd_readable(p->streams->stage[i][0]) : 0;

	s->place = journal_stream_get(&p->journal->stream[i]);
	s->staged = left > 0 ? (size_t)left : 0;
	/* Of an announced read nothing is done, or all that the pipe does not have any more. */
	if (s->place.want > s->staged)
		s->place.held += s->place.want - (uint32_t)s->staged;
	s->place.want = 0;
	note_place(p, i);
}

struct pump *pump_new(struct loop *loop, struct streams *streams, struct log *log,
		      struct attach *attach, struct journal *journal)
{
	struct pump *p = xnew(struct pump);

	p->loop = loop;
	p->streams = streams;
	p->log = log;
	p->attach = attach;
	p->null_fd = -1;
	p->journal = journal;
	for (int i = 0; i < STREAM_COUNT; i++) {
		p->stream[i].buffer = journal->buffer[i];
		resume(p, i);
	}
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
		p->message_len = MIN((size_t)s->place.held, (size_t)MONITOR_MESSAGE_MAX);
		memcpy(message, s->buffer + s->place.at, p->message_len);
	}
	if (p->streams->terminal)
		s->place.held = 0;
	else
		deliver(p, ERR, whole_lines(s->buffer + s->place.at, s->place.held));
}

static int on_runtime_stderr(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	struct pump *p = arg;
	struct stream *s = &p->stream[ERR];
	size_t room;
	int n = fill(p, ERR, &room);

	if (is_full(s))
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

	while (len == 0 && !is_full(s) && p->streams->err >= 0 && fill(p, ERR, &room) > 0)
		;
	if (len == 0) {
		text = s->buffer + s->place.at;
		len = s->place.held;
	}
	len = MIN(len, size - 1);
	memcpy(out, text, len);
	out[len] = '\0';
	return len;
}

/* What was held before: of the runtime's stderr, or of a predecessor. */
static void begin_stream(struct pump *p, int i)
{
	struct stream *s = &p->stream[i];
	bool more;

	/* No event tells of what is in a staging pipe. */
	while (s->staged > 0 && !p->blocked)
		take(p, i, &more);
	if (*stream_fd(p, i) < 0 || fd_readable(*stream_fd(p, i)) <= 0)
		settle(p, i);
}

int pump_start(struct pump *p, struct error *err)
{
	p->started = true;
	for (int i = 0; i < STREAM_COUNT; i++)
		begin_stream(p, i);
	watch(p);
	if (!p->blocked && p->streams->out < 0 && !p->streams->passthrough)
		return error_set(err, ERROR_OS, "watch the container's output");
	return 0;
}

void pump_forget_runtime(struct pump *p)
{
	struct journal_stream *s = &p->stream[ERR].place;

	s->held = 0;
	note_place(p, ERR);
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
		if (!p->blocked && p->stream[i].place.held == 0)
			journal_trim(p->journal, i);
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
