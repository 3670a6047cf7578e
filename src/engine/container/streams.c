/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attached session: our stdin goes to the monitor's attach socket, packets from it go to stdout
 * and stderr; signals are passed on to init; the terminal is raw and its size follows ours.
 *
 *	stdin --(detach keys)--> out buffer --SEQPACKET--> monitor
 *	stdout, stderr <-------- packet: stream byte + data
 *
 * Nothing blocks but writing to our own stdout: when the socket is full, stdin is not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/container/container_priv.h"
#include "engine/container/detach_keys.h"
#include "sys/fd.h"
#include "sys/signals.h"
#include "sys/sock.h"
#include "sys/tty.h"
#include "wire/monitor.h"

struct pump {
	const struct stream_session *s;
	struct loop *loop;
	struct loop_source *in_source, *sock_source;
	struct detach_keys keys;
	bool file_input; /* a regular file: epoll does not take it, it is always ready */
	bool eof;	 /* of our stdin */
	size_t len, off; /* of pending */
	enum container_attach_end end;
	struct error *err;
	char read_buf[ATTACH_STDIN_MAX - DETACH_KEYS_MAX];
	char pending[ATTACH_STDIN_MAX];
	char packet[ATTACH_PACKET_MAX + 1];
};

int streams_connect(const char *bundle, struct error *err)
{
	scoped_fd int dir = fd_open(AT_FDCWD, bundle, O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return error_os(err, -dir, "open '%s'", bundle);
	return sock_connect_unix(dir, "attach", SOCK_SEQPACKET, err);
}

int streams_resize(const char *bundle, int tty_fd)
{
	scoped_free char *path = path_join(bundle, "ctl");
	struct monitor_ctl ctl = { .type = 1 };
	char line[MONITOR_CTL_LINE_MAX + 1];
	unsigned short rows, cols;
	scoped_fd int fd = -1;
	int r = tty_get_size(tty_fd, &rows, &cols);

	if (r < 0)
		return r;
	/* Not blocking: without a monitor there is no reader, and no terminal to resize. */
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	ctl.a = rows;
	ctl.b = cols;
	r = monitor_ctl_format(&ctl, line, sizeof(line));
	return r < 0 ? r : fd_write_all(fd, line, strlen(line));
}

static int stop_with(struct pump *p, int r)
{
	loop_exit(p->loop, r);
	return 0;
}

static int detached(struct pump *p)
{
	p->end = CONTAINER_ATTACH_DETACHED;
	return stop_with(p, 0);
}

/* Which way we wait: input only while nothing is pending. */
static void set_interest(struct pump *p)
{
	bool full = p->off < p->len;

	loop_io_set_events(p->sock_source,
			   EPOLLIN | (full || (p->file_input && !p->eof) ? EPOLLOUT : 0));
	if (p->in_source)
		loop_io_set_events(p->in_source, full ? 0 : EPOLLIN);
}

static int flush_pending(struct pump *p)
{
	while (p->off < p->len) {
		ssize_t n = send(p->s->sock, p->pending + p->off, p->len - p->off,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			break;
		if (n < 0) { /* the container's end is told by reading */
			p->off = p->len = 0;
			break;
		}
		p->off += (size_t)n;
	}
	if (p->off == p->len)
		p->off = p->len = 0;
	set_interest(p);
	return 0;
}

static int take_input(struct pump *p)
{
	ssize_t n = read(p->s->streams->in, p->read_buf, sizeof(p->read_buf));
	bool leave;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) { /* an unreadable stdin (EIO: terminal gone) is an ended one */
		p->eof = true;
		loop_remove(p->in_source);
		p->in_source = NULL;
		shutdown(p->s->sock, SHUT_WR);
		set_interest(p);
		return 0;
	}
	leave = detach_keys_filter(&p->keys, p->read_buf, (size_t)n, p->pending, &p->len);
	p->off = 0;
	flush_pending(p);
	return leave ? detached(p) : 0;
}

static int on_input(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	return take_input(arg);
}

static int write_out(int fd, const char *data, size_t len)
{
	int r;

	if (fd < 0)
		return 0;
	/* A terminal that somebody else made non-blocking is waited for. */
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			r = fd_wait(fd, POLLOUT, -1);
			if (r < 0 && r != -EINTR)
				return r;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static int on_packet(struct pump *p)
{
	ssize_t n = recv(p->s->sock, p->packet, sizeof(p->packet), MSG_DONTWAIT);
	const struct container_streams *st = p->s->streams;
	int r;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return stop_with(p, 0); /* the monitor closes at the end */
	if (n == 1)
		return 0;
	r = write_out(p->packet[0] == ATTACH_PACKET_STDERR ? st->err : st->out, p->packet + 1,
		      (size_t)n - 1);
	if (r < 0)
		return stop_with(p, error_os(p->err, -r, "write the container's output"));
	return 0;
}

static int on_socket(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	struct pump *p = arg;

	if (events & EPOLLOUT) {
		flush_pending(p);
		if (p->file_input && !p->eof && p->len == 0) {
			int r = take_input(p);

			if (r < 0)
				return r;
		}
	}
	return events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? on_packet(p) : 0;
}

static int on_signal(struct loop_source *source, int sig, int32_t value, void *arg)
{
	struct pump *p = arg;

	if (sig == SIGWINCH) {
		if (p->s->streams->tty)
			streams_resize(p->s->bundle, p->s->streams->in);
		return 0;
	}
	if (p->s->init && p->s->init->pid > 0)
		pidref_kill(p->s->init, sig); /* gone: its end is on the way */
	return 0;
}

static int add_signals(struct pump *p)
{
	static const int proxied[] = { SIGHUP,	SIGINT,	 SIGQUIT,   SIGUSR1, SIGUSR2, SIGALRM,
				       SIGTERM, SIGCONT, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR };
	struct loop_source *source;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	if (p->s->streams->sig_proxy) {
		for (size_t i = 0; i < ARRAY_SIZE(proxied); i++)
			sigaddset(&set, proxied[i]);
		for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
			sigaddset(&set, sig);
	}
	return loop_add_signals(p->loop, &set, on_signal, p, &source);
}

static int on_end(struct loop_source *source, int fd, uint32_t events, void *arg)
{
	return stop_with(arg, 0);
}

static int add_sources(struct pump *p)
{
	const struct container_streams *st = p->s->streams;
	bool copies = p->s->sock >= 0;
	int r = loop_add_io(p->loop, copies ? p->s->sock : p->s->init->fd, EPOLLIN,
			    copies ? on_socket : on_end, p, &p->sock_source);

	if (r >= 0)
		r = add_signals(p);
	if (r < 0 || !copies || st->no_stdin || st->in < 0)
		return r;
	r = loop_add_io(p->loop, st->in, EPOLLIN, on_input, p, &p->in_source);
	if (r == -EPERM) {
		p->file_input = true;
		r = 0;
	}
	set_interest(p);
	return r;
}

static int pump_run(struct pump *p, struct error *err)
{
	int r = loop_new(&p->loop);

	if (r >= 0)
		r = add_sources(p);
	if (r < 0)
		r = error_os(err, -r, "watch the container's streams");
	else
		r = loop_run(p->loop);
	loop_free(p->loop);
	if (r < 0 && err && err->kind == ERROR_NONE)
		return error_os(err, -r, "copy the container's streams");
	return r;
}

int streams_run(const struct stream_session *s, enum container_attach_end *ret, struct error *err)
{
	scoped_free struct pump *p = xnew(struct pump);
	const char *keys = s->streams->detach_keys;
	struct error own = ERROR_INIT;
	bool raw = s->streams->tty && s->streams->in >= 0 && tty_is(s->streams->in);
	struct termios saved;
	int r;

	if (!keys)
		keys = engine_conf_str(s->e, "engine", "detach_keys", DETACH_KEYS_DEFAULT);
	r = detach_keys_parse(keys, &p->keys, err);
	if (r < 0)
		return r;
	if (!s->streams->tty)
		p->keys.n = 0; /* keys are a terminal's */
	p->s = s;
	p->err = &own;
	signals_ignore_pipe();
	if (raw)
		raw = tty_raw(s->streams->in, &saved) >= 0;
	r = pump_run(p, &own);
	if (raw)
		tty_restore(s->streams->in, &saved);
	if (r < 0)
		return error_copy(err, &own);
	*ret = p->end;
	return 0;
}
