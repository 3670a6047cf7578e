/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/tty.h"

/* One pipe: `ours` is the index of the end that we keep (and that must not block). */
static int open_pipe(int ours, int *ret_ours, int *ret_theirs)
{
	int p[2];
	int r = fd_pipe(p, 0);

	if (r < 0)
		return r;
	r = fd_set_nonblock(p[ours], true);
	if (r < 0) {
		fd_close(p[0]);
		fd_close(p[1]);
		return r;
	}
	*ret_ours = p[ours];
	*ret_theirs = p[1 - ours];
	return 0;
}

static int open_null(int *ret)
{
	int fd = fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0);

	if (fd >= 0)
		*ret = fd;
	return fd;
}

/* The name cannot be guessed and nobody but our user may connect. */
static int open_console(struct streams *s, struct error *err)
{
	const char *dir = getenv("TMPDIR");
	unsigned char random[8];
	char hex[17];
	int n;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_os(err, EIO, "make a name for the console socket");
	str_hex(random, sizeof(random), hex);
	n = snprintf(s->console_path, sizeof(s->console_path), "%s/conmon-term.%s",
		     str_empty(dir) ? "/tmp" : dir, hex);
	if (n < 0 || (size_t)n >= sizeof(s->console_path))
		(void)snprintf(s->console_path, sizeof(s->console_path), "/tmp/conmon-term.%s",
			       hex);
	n = sock_listen_unix(AT_FDCWD, s->console_path, SOCK_STREAM | SOCK_NONBLOCK, 0700, err);
	if (n < 0) {
		s->console_path[0] = '\0';
		return n;
	}
	s->console_listen = n;
	return 0;
}

static int open_all(struct streams *s, bool open_stdin, struct error *err)
{
	int r;

	if (open_stdin && !s->terminal)
		r = open_pipe(1, &s->in, &s->child[0]);
	else
		r = open_null(&s->child[0]);
	if (r >= 0 && !s->terminal)
		r = open_pipe(0, &s->out, &s->child[1]);
	else if (r >= 0)
		r = open_null(&s->child[1]);
	/* With a terminal only the runtime itself writes here. */
	if (r >= 0)
		r = open_pipe(0, &s->err, &s->child[2]);
	if (r < 0)
		return error_os(err, -r, "make the container's standard streams");
	return s->terminal ? open_console(s, err) : 0;
}

int streams_open(struct streams *s, bool terminal, bool open_stdin, struct error *err)
{
	int r;

	s->terminal = terminal;
	if (s->passthrough) {
		for (int i = 0; i < 3; i++) {
			s->child[i] = fd_dup_min(i, 3);
			if (s->child[i] < 0)
				return error_os(err, -s->child[i], "pass standard stream %d on", i);
		}
		return 0;
	}
	r = open_all(s, open_stdin, err);
	if (r < 0)
		streams_done(s);
	return r;
}

int streams_become_child(const struct streams *s)
{
	int moved[3] = { -1, -1, -1 };

	/* A source may have one of the numbers 0, 1, 2 itself (a caller with closed stdio). */
	for (int i = 0; i < 3; i++) {
		moved[i] = fd_dup_min(s->child[i], 3);
		if (moved[i] < 0)
			return moved[i];
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(moved[i], i) < 0)
			return -errno;
	}
	return 0;
}

void streams_close_child(struct streams *s)
{
	for (int i = 0; i < 3; i++)
		s->child[i] = fd_close(s->child[i]);
}

static void close_console(struct streams *s)
{
	s->console_listen = fd_close(s->console_listen);
	if (s->console_path[0])
		unlink(s->console_path);
	s->console_path[0] = '\0';
}

static int adopt_master(struct streams *s, int master, struct error *err)
{
	scoped_fd int fd = master;
	scoped_fd int input = -1;
	int r;

	if (!tty_is(fd))
		return error_set(err, ERROR_INVALID, "runtime sent something else than a terminal");
	r = fd_set_nonblock(fd, true);
	if (r < 0)
		return error_os(err, -r, "set up terminal");
	input = fd_dup_min(fd, 3);
	if (input < 0)
		return error_os(err, -input, "set up terminal");
	s->peer = tty_open_peer(fd, O_RDWR);
	if (s->have_size)
		tty_set_size(fd, s->rows, s->cols);
	/* The runtime's own stderr is of no interest any more. */
	s->err = fd_close(s->err);
	s->in = take_fd(input);
	s->out = take_fd(fd);
	return 0;
}

int streams_take_console(struct streams *s, struct error *err)
{
	scoped_fd int sock = -1;
	char name[4096];
	int master = -1;
	size_t n = 0;
	ssize_t r;

	/* The runtime has connected and sent before it ended, so nothing here has to wait. */
	sock = accept4(s->console_listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (sock < 0) {
		close_console(s);
		return error_set(err, ERROR_STATE, "runtime did not send a terminal");
	}
	r = sock_recv_fds(sock, name, sizeof(name), &master, 1, &n);
	close_console(s);
	if (r < 0)
		return error_os(err, (int)-r, "receive terminal from runtime");
	if (n != 1)
		return error_set(err, ERROR_STATE, "runtime did not send a terminal");
	return adopt_master(s, master, err);
}

int streams_resize(struct streams *s, unsigned short rows, unsigned short cols)
{
	s->have_size = true;
	s->rows = rows;
	s->cols = cols;
	return s->terminal && s->out >= 0 ? tty_set_size(s->out, rows, cols) : 0;
}

int streams_reopen_peer(struct streams *s)
{
	fd_close(s->peer);
	s->peer = tty_open_peer(s->out, O_RDWR);
	return s->peer;
}

int streams_open_stage(struct streams *s)
{
	const int from[] = { s->out, s->err };

	for (int i = 0; i < 2; i++) {
		int r = from[i] >= 0 && s->stage[i][0] < 0 ? fd_pipe(s->stage[i], O_NONBLOCK) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

void streams_close_stage(struct streams *s, int i)
{
	s->stage[i][0] = fd_close(s->stage[i][0]);
	s->stage[i][1] = fd_close(s->stage[i][1]);
}

void streams_done(struct streams *s)
{
	streams_close_stage(s, 0);
	streams_close_stage(s, 1);
	streams_close_child(s);
	close_console(s);
	s->in = fd_close(s->in);
	s->out = fd_close(s->out);
	s->err = fd_close(s->err);
	s->peer = fd_close(s->peer);
}
