/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_receiver SOCKET: the far side of runtimes that send descriptors (a seccomp agent, say).
 *
 * Takes one connection and prints what comes until its end:
 *	fds N LINK...		per message with descriptors: how many, and what they are
 *	text BYTES		all that was sent, newlines as spaces
 *	closed			the sender closed the connection
 * Then it ends, and the descriptors with it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FDS_MAX 16
#define TEXT_MAX 65536

static char text[TEXT_MAX];
static size_t text_len;

static void print_fds(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		int fds[FDS_MAX];
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || n > FDS_MAX)
			continue;
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
		printf("fds %zu", n);
		for (size_t i = 0; i < n; i++) {
			char path[64], link[256];
			ssize_t len;

			snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
			len = readlink(path, link, sizeof(link) - 1);
			link[len < 0 ? 0 : len] = '\0';
			printf(" %s", link);
		}
		printf("\n");
	}
}

static ssize_t take_message(int conn)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control;
	struct iovec io = { text + text_len, sizeof(text) - 1 - text_len };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(conn, &m, MSG_CMSG_CLOEXEC);

	if (n > 0) {
		print_fds(&m);
		text_len += (size_t)n;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), conn;
	ssize_t n;

	if (argc != 2 || strlen(argv[1]) >= sizeof(sa.sun_path))
		return 2;
	memcpy(sa.sun_path, argv[1], strlen(argv[1]) + 1);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 1) < 0)
		return 1;
	conn = accept(s, NULL, NULL);
	do
		n = conn < 0 ? -1 : take_message(conn);
	while (n > 0 && text_len < sizeof(text) - 1);
	text[text_len] = '\0';
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	printf("text %s\n", text);
	if (n == 0)
		printf("closed\n");
	return n < 0;
}
