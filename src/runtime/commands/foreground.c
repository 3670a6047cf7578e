/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commands/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/tty.h"

#define PUMP_BYTES 32768

/* One direction of the terminal. */
struct pump {
	int from, to;
	char data[PUMP_BYTES];
	size_t at, len;
};

struct session {
	const struct pidref *process;
	int master; /* -1: no terminal */
	struct pump in, out;
	struct termios saved;
	bool raw;
};

int foreground_begin(struct foreground *f, struct error *err)
{
	sigset_t all;
	int fd;

	sigfillset(&all);
	/* Faults of our own must still end us. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGTTIN);
	sigdelset(&all, SIGTTOU);
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		return error_os(err, errno, "block signals");
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_os(err, errno, "make signal descriptor");
	f->signal_fd = fd;
	return 0;
}

int foreground_console(struct foreground *f, const char **ret_path, struct error *err)
{
	char dir[] = "/tmp/coracle-console-XXXXXX";

	if (mkdtemp(dir) == NULL)
		return error_os(err, errno, "make directory '%s'", dir);
	f->socket_dir = xstrdup(dir);
	f->socket_path = xasprintf("%s/socket", dir);
	f->listen_fd = sock_listen_unix(AT_FDCWD, f->socket_path, SOCK_STREAM, 0600, err);
	if (f->listen_fd < 0)
		return f->listen_fd;
	*ret_path = f->socket_path;
	return 0;
}

static int take_master(struct foreground *f, int *ret, struct error *err)
{
	scoped_fd int conn = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	char name[64];
	size_t n = 0;
	ssize_t r;
	int fd = -1;

	if (conn < 0)
		return error_os(err, errno, "accept on the console socket");
	r = sock_recv_fds(conn, name, sizeof(name), &fd, 1, &n);
	if (r < 0 || n != 1)
		return error_os(err, r < 0 ? (int)-r : EPROTO, "receive the terminal");
	*ret = fd;
	return 0;
}

static void copy_size(int master)
{
	unsigned short rows, cols;

	/* A terminal that does not know its size must not undo .process.consoleSize. */
	if (tty_get_size(STDIN_FILENO, &rows, &cols) == 0 && rows > 0 && cols > 0)
		(void)tty_set_size(master, rows, cols);
}

static void forward_signals(struct foreground *f, const struct session *s)
{
	struct signalfd_siginfo info;

	while (read(f->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
		case SIGPIPE:
		case SIGURG:
			break;
		case SIGWINCH:
			if (s->master >= 0)
				copy_size(s->master);
			break;
		default:
			(void)pidref_kill(s->process, (int)info.ssi_signo);
			break;
		}
	}
}

/* 1 go on, 0 this direction has ended. */
static int pump_read(struct pump *p)
{
	ssize_t n = read(p->from, p->data, sizeof(p->data));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	p->at = 0;
	p->len = (size_t)n;
	return n > 0;
}

static int pump_write(struct pump *p)
{
	ssize_t n = write(p->to, p->data + p->at, p->len - p->at);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	p->at += (size_t)n;
	if (p->at == p->len)
		p->at = p->len = 0;
	return 1;
}

static void pump_poll(const struct pump *p, struct pollfd *in, struct pollfd *out)
{
	*in = (struct pollfd){ .fd = p->from >= 0 && p->len == 0 ? p->from : -1, .events = POLLIN };
	*out = (struct pollfd){ .fd = p->to >= 0 && p->len > 0 ? p->to : -1, .events = POLLOUT };
}

static void pump_step(struct pump *p, const struct pollfd *in, const struct pollfd *out)
{
	if (in->fd >= 0 && in->revents != 0 && !pump_read(p))
		p->from = -1;
	if (out->fd >= 0 && out->revents != 0 && !pump_write(p))
		p->to = -1;
}

/* What the terminal still holds when its process is gone. */
static void drain(struct pump *p)
{
	while (p->from >= 0 && p->to >= 0) {
		if (p->len == 0 && (fd_wait(p->from, POLLIN, 0) <= 0 || !pump_read(p)))
			return;
		if (p->len > 0 && !pump_write(p))
			return;
	}
}

static int loop(struct foreground *f, struct session *s, struct error *err)
{
	for (;;) {
		struct pollfd p[7] = { { .fd = s->process->fd, .events = POLLIN },
				       { .fd = f->signal_fd, .events = POLLIN } };

		pump_poll(&s->in, &p[2], &p[3]);
		pump_poll(&s->out, &p[4], &p[5]);
		p[6] = (struct pollfd){ .fd = f->relay.sock, .events = POLLIN };
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_os(err, errno, "wait for the container");
		}
		if (p[1].revents != 0)
			forward_signals(f, s);
		pump_step(&s->in, &p[2], &p[3]);
		pump_step(&s->out, &p[4], &p[5]);
		if (p[6].revents != 0) {
			(void)notify_relay_one(&f->relay, 0);
			continue;
		}
		if (p[0].revents != 0) {
			drain(&s->out);
			return 0;
		}
	}
}

int foreground_wait(struct foreground *f, const struct pidref *process, struct error *err)
{
	struct session s = { .process = process, .master = -1 };
	scoped_fd int master = -1;
	int status = 0;
	int r;

	s.in.from = s.in.to = s.out.from = s.out.to = -1;
	if (f->listen_fd >= 0) {
		r = take_master(f, &master, err);
		if (r < 0)
			return r;
		s.master = master;
		s.in.from = STDIN_FILENO;
		s.in.to = s.out.from = master;
		s.out.to = STDOUT_FILENO;
		if (tty_is(STDIN_FILENO)) {
			copy_size(master);
			s.raw = tty_raw_input(STDIN_FILENO, &s.saved) == 0;
		}
	}
	r = loop(f, &s, err);
	if (s.raw)
		(void)tty_restore(STDIN_FILENO, &s.saved);
	if (r < 0)
		return r;
	r = pidref_reap(process, &status);
	return r < 0 ? error_os(err, -r, "reap the container's process") : status;
}

void foreground_done(struct foreground *f)
{
	fd_close(f->signal_fd);
	fd_close(f->listen_fd);
	notify_relay_done(&f->relay);
	if (f->socket_path)
		(void)unlink(f->socket_path);
	if (f->socket_dir)
		(void)rmdir(f->socket_dir);
	free(f->socket_path);
	free(f->socket_dir);
}
