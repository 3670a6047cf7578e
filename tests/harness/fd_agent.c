/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_agent: the other end of a socket on which a runtime sends a descriptor.
 *
 *	fd_agent SOCKET FILE [ERRNO]
 *	fd_agent --print SOCKET
 *	fd_agent --manager SOCKET FILE
 *	fd_agent --send SOCKET TEXT
 *
 * Listens on SOCKET, takes one message, writes it to FILE (renamed into place) with one line per
 * descriptor that says what it is.  With ERRNO the last descriptor is a seccomp listener: every
 * call it tells of fails with that error (0: goes on) until its processes are gone.
 *
 * --print takes all that comes on one connection until its end and prints, for each message with
 * descriptors, "fds N LINK...", then "text BYTES" with newlines as spaces, and "closed" when the
 * sender has ended it.
 *
 * --manager is a service manager's socket for datagrams: each is appended to FILE, a line "--"
 * after it, until we are killed.  --send sends one.
 *
 * The name of a socket appears when somebody listens there already: a test may wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "sys/fd.h"
#include "sys/sock.h"

/* Longer than any test. */
#define WAIT_MSEC 120000
#define MESSAGE_MAX 65536
#define FDS_MAX 16

static int die(const char *what)
{
	perror(what);
	return 1;
}

/* Until no process with the filter is left. */
static int answer(int listener, int num)
{
	for (;;) {
		struct pollfd p = { .fd = listener, .events = POLLIN };
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp reply = { 0 };

		if (poll(&p, 1, WAIT_MSEC) <= 0)
			return die("wait for a call");
		if ((p.revents & POLLIN) == 0)
			return 0;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
			if (errno == ENOENT || errno == EINTR)
				continue;
			return die("receive a call");
		}
		reply.id = call.id;
		reply.error = -num;
		reply.flags = num == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0 && errno != ENOENT)
			return die("answer a call");
	}
}

/* A socket of that name, or -1 with a message. */
static int listen_at(const char *socket_path, int type)
{
	scoped_free char *temp = xasprintf("%s.new", socket_path);
	struct error err = ERROR_INIT;
	scoped_fd int s = sock_listen_unix(AT_FDCWD, temp, type, 0600, &err);

	if (s < 0)
		fprintf(stderr, "%s\n", err.msg);
	else if (rename(temp, socket_path) < 0)
		return die("name the socket"), -1;
	return take_fd(s);
}

/* The first connection to it, or -1. */
static int accept_at(const char *socket_path)
{
	scoped_fd int s = listen_at(socket_path, SOCK_STREAM);

	if (s < 0 || fd_wait(s, POLLIN, WAIT_MSEC) <= 0)
		return -1;
	return accept4(s, NULL, NULL, SOCK_CLOEXEC);
}

static int print_all(const char *socket_path)
{
	static char data[MESSAGE_MAX];
	scoped_fd int conn = accept_at(socket_path);
	size_t total = 0;
	ssize_t len;

	if (conn < 0)
		return die("accept a connection");
	do {
		int fds[FDS_MAX];
		size_t n = 0;

		len = sock_recv_fds(conn, data + total, sizeof(data) - total, fds, FDS_MAX, &n);
		total += len > 0 ? (size_t)len : 0;
		if (n > 0)
			printf("fds %zu", n);
		for (size_t i = 0; i < n; i++) {
			char path[256];

			fd_path(fds[i], path, sizeof(path));
			printf(" %s%s", path, i + 1 < n ? "" : "\n");
		}
	} while (len > 0);
	for (char *c = memchr(data, '\n', total); c;
	     c = memchr(c, '\n', total - (size_t)(c - data)))
		*c = ' ';
	printf("text %.*s\n%s", (int)total, data, len == 0 ? "closed\n" : "");
	return len < 0;
}

static int take(const char *socket_path, const char *file, int *ret_fd)
{
	static char data[MESSAGE_MAX + 1];
	scoped_free char *temp = xasprintf("%s.new", file);
	scoped_fd int conn = accept_at(socket_path);
	int fds[FDS_MAX];
	size_t n = 0;
	ssize_t len;
	FILE *out;

	if (conn < 0)
		return -1;
	len = sock_recv_fds(conn, data, MESSAGE_MAX, fds, FDS_MAX, &n);
	out = len > 0 ? fopen(temp, "we") : NULL;
	if (out == NULL)
		return -1;
	fprintf(out, "%s\n", data);
	for (size_t i = 0; i < n; i++) {
		char path[256];

		fd_path(fds[i], path, sizeof(path));
		fprintf(out, "%s\n", path);
		*ret_fd = fds[i];
	}
	return fclose(out) == 0 && rename(temp, file) == 0 ? 0 : -1;
}

static int manager(const char *socket_path, const char *file)
{
	scoped_fd int s = listen_at(socket_path, SOCK_DGRAM);
	scoped_fd int out = fd_open(AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (s < 0 || out < 0)
		return die("open socket and file");
	for (;;) {
		char message[MESSAGE_MAX + 4];
		ssize_t n = recv(s, message, MESSAGE_MAX, 0);

		if (n < 0)
			return die("receive");
		memcpy(message + n, "\n--\n", 4);
		if (fd_write_all(out, message, (size_t)n + 4) < 0)
			return die("write");
	}
}

static int send_text(const char *socket_path, const char *text)
{
	struct error err = ERROR_INIT;
	scoped_fd int s = sock_connect_unix(AT_FDCWD, socket_path, SOCK_DGRAM, &err);

	if (s < 0)
		fprintf(stderr, "%s\n", err.msg);
	return s < 0 || send(s, text, strlen(text), 0) < 0;
}

int main(int argc, char **argv)
{
	uint32_t num = 0;
	int fd = -1;

	if (argc == 4 && strcmp(argv[1], "--manager") == 0)
		return manager(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "--send") == 0)
		return send_text(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print_all(argv[2]);
	if (argc < 3 || (argc > 3 && num_u32(argv[3], &num) < 0)) {
		fprintf(stderr, "usage: fd_agent SOCKET FILE [ERRNO]\n");
		return 2;
	}
	if (take(argv[1], argv[2], &fd) < 0)
		return die("take a message");
	return argc > 3 ? answer(fd, (int)num) : 0;
}
