/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor_client: speaks the engine's side of the monitor protocol from a shell test; knows nothing
 * of our own code, so it drives conmon just as well (the control).
 *
 *	monitor_client start [-n LINES] [-a DIR] -- MONITOR ARG...
 *		pipes, start byte, prints "sync: LINE" for each line and "status: N" for the program
 *		that was started.  -a: exec with attach: waits for the attach pipe, attaches to
 *		DIR/attach, releases the exec, prints packets.
 *	monitor_client attach [-i] [-c] [-s PACKETS] DIR
 *		prints packets as "2:TEXT"; -i feeds stdin, then half-closes; -c counts bytes only;
 *		-s stops reading after that many packets and waits for the other side to hang up.
 *	monitor_client pty [-r ROWS -c COLS] STEP... -- COMMAND...
 *		runs a command on a new terminal; a STEP is send:TEXT, expect:TEXT, size:ROWSxCOLS
 *		(\n, \r, \e and \xNN are understood); prints what the terminal showed; exits as the
 *		command.
 *	monitor_client wait-file PATH		until it is there
 *	monitor_client wait-exit PID		until that process has ended
 *	monitor_client notify SOCKET TEXT	one datagram
 *	monitor_client listen SOCKET [COUNT]	prints datagrams
 *
 * Every wait is bounded by MONITOR_CLIENT_TIMEOUT seconds (default 90): exit status 124 then.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t deadline_msec;

__attribute__((noreturn, format(printf, 2, 3))) static void die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "monitor_client: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	fflush(stdout);
	_exit(status);
}

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0')
		die(2, "'%s' is not a number", text);
	return n;
}

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Poll within the deadline of the whole call. */
static void wait_for(struct pollfd *p, nfds_t n, const char *what)
{
	int64_t left = deadline_msec - now_msec();
	int r = poll(p, n, left > 0 ? (int)left : 0);

	if (r == 0)
		die(124, "timeout while waiting for %s", what);
	if (r < 0)
		die(1, "poll: %s", strerror(errno));
}

static void wait_readable(int fd, const char *what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	wait_for(&p, 1, what);
}

/* ---- packets ---- */

static void print_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\n')
			fputs("\\n", stdout);
		else if (c == '\r')
			fputs("\\r", stdout);
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
	fflush(stdout);
}

static int attach_connect(const char *dir)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int d = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (d < 0 || s < 0)
		die(1, "attach to '%s': %s", dir, strerror(errno));
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/attach", d);
	if (connect(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(1, "connect '%s/attach': %s", dir, strerror(errno));
	close(d);
	return s;
}

struct attach_mode {
	bool feed_stdin, count_only;
	long stop_after; /* packets; 0: never */
};

static void send_stdin(int s, bool *open)
{
	char data[32768];
	ssize_t n = read(0, data, sizeof(data));

	if (n > 0 && send(s, data, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	if (n <= 0)
		shutdown(s, SHUT_WR);
	*open = false;
}

/* Prints until the other side hangs up; returns the number of bytes seen. */
static long long attach_pump(int s, const struct attach_mode *m)
{
	char data[65536];
	long long total = 0;
	long packets = 0;
	bool feeding = m->feed_stdin;

	for (;;) {
		struct pollfd p[2] = { { .fd = s, .events = POLLIN },
				       { .fd = feeding ? 0 : -1, .events = POLLIN } };
		ssize_t n;

		if (m->stop_after && packets >= m->stop_after)
			p[0].events = POLLRDHUP;
		wait_for(p, 2, "the attach socket");
		if (p[1].revents)
			send_stdin(s, &feeding);
		if (!p[0].revents)
			continue;
		n = recv(s, data, sizeof(data), 0);
		if (n <= 0)
			return total;
		packets++;
		total += n - 1;
		if (m->count_only)
			continue;
		printf("%d:", data[0]);
		print_text(data + 1, (size_t)n - 1);
	}
}

static int command_attach(int argc, char **argv)
{
	struct attach_mode m = { 0 };
	long long total;
	int c;

	while ((c = getopt(argc, argv, "+ics:")) != -1) {
		if (c == 'i')
			m.feed_stdin = true;
		else if (c == 'c')
			m.count_only = true;
		else if (c == 's')
			m.stop_after = number(optarg);
		else
			return 2;
	}
	if (optind + 1 != argc)
		return 2;
	total = attach_pump(attach_connect(argv[optind]), &m);
	if (m.count_only)
		printf("%lld\n", total);
	return 0;
}

/* ---- start ---- */

struct start_pipes {
	int sync[2], start[2], attach[2];
};

static void export_pipe(const char *name, int fd)
{
	char number[16];

	if (fcntl(fd, F_SETFD, 0) < 0)
		die(1, "pass descriptor: %s", strerror(errno));
	snprintf(number, sizeof(number), "%d", fd);
	setenv(name, number, 1);
}

static pid_t start_monitor(const struct start_pipes *p, bool attach, char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die(1, "fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	export_pipe("_OCI_SYNCPIPE", p->sync[1]);
	export_pipe("_OCI_STARTPIPE", p->start[0]);
	if (attach)
		export_pipe("_OCI_ATTACHPIPE", p->attach[1]);
	execvp(argv[0], argv);
	die(127, "exec '%s': %s", argv[0], strerror(errno));
}

/* One line without newline; false at end of file. */
static bool read_line(int fd, char *line, size_t size, const char *what)
{
	size_t n = 0;

	for (;;) {
		wait_readable(fd, what);
		if (n + 1 >= size || read(fd, line + n, 1) <= 0)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return true;
}

static int command_start(int argc, char **argv)
{
	static char line[65536];
	struct start_pipes p;
	struct attach_mode m = { 0 };
	const char *dir = NULL;
	int c, lines = 1, status = 0, s = -1;
	pid_t pid;

	while ((c = getopt(argc, argv, "+n:a:")) != -1) {
		if (c == 'n')
			lines = (int)number(optarg);
		else if (c == 'a')
			dir = optarg;
		else
			return 2;
	}
	if (pipe2(p.sync, O_CLOEXEC) || pipe2(p.start, O_CLOEXEC) || pipe2(p.attach, O_CLOEXEC))
		die(1, "pipe: %s", strerror(errno));
	pid = start_monitor(&p, dir != NULL, argv + optind);
	close(p.sync[1]);
	close(p.start[0]);
	close(p.attach[1]);
	if (write(p.start[1], "", 1) != 1)
		die(1, "start pipe: %s", strerror(errno));
	if (dir) {
		if (!read_line(p.attach[0], line, sizeof(line), "the attach pipe"))
			die(1, "the attach pipe ended");
		printf("attach: %s\n", line);
		s = attach_connect(dir);
		if (write(p.start[1], "", 1) != 1)
			die(1, "start pipe: %s", strerror(errno));
	}
	close(p.start[1]);
	if (s >= 0)
		attach_pump(s, &m);
	for (int i = 0; i < lines && read_line(p.sync[0], line, sizeof(line), "the sync pipe");
	     i++) {
		printf("sync: %s\n", line);
		fflush(stdout);
	}
	if (waitpid(pid, &status, 0) == pid)
		printf("status: %d\n",
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

/* ---- pty ---- */

static char *unescape(const char *s)
{
	char *out = strdup(s), *o = out;

	for (; *s; s++) {
		if (*s != '\\' || s[1] == '\0') {
			*o++ = *s;
			continue;
		}
		s++;
		if (*s == 'n')
			*o++ = '\n';
		else if (*s == 'r')
			*o++ = '\r';
		else if (*s == 'e')
			*o++ = '\033';
		else if (*s == 'x' && s[1] && s[2]) {
			char hex[3] = { s[1], s[2], '\0' };

			*o++ = (char)strtol(hex, NULL, 16);
			s += 2;
		} else {
			*o++ = *s;
		}
	}
	*o = '\0';
	return out;
}

static char seen[1 << 20];
static size_t n_seen, n_matched;

/* More output of the terminal; false when it has ended. */
static bool pty_read(int fd)
{
	ssize_t n;

	wait_readable(fd, "output of the terminal");
	if (n_seen + 1 >= sizeof(seen))
		die(1, "too much output");
	n = read(fd, seen + n_seen, sizeof(seen) - 1 - n_seen);
	if (n <= 0)
		return false;
	if (write(1, seen + n_seen, (size_t)n) < 0)
		return false;
	n_seen += (size_t)n;
	seen[n_seen] = '\0';
	return true;
}

static void pty_expect(int fd, const char *text)
{
	for (;;) {
		char *hit = memmem(seen + n_matched, n_seen - n_matched, text, strlen(text));

		if (hit) {
			n_matched = (size_t)(hit - seen) + strlen(text);
			return;
		}
		if (!pty_read(fd))
			die(1, "the terminal ended before '%s' was seen", text);
	}
}

static void pty_step(int fd, const char *step)
{
	struct winsize ws = { 0 };

	if (strncmp(step, "send:", 5) == 0) {
		char *text = unescape(step + 5);

		if (write(fd, text, strlen(text)) < 0)
			die(1, "write to the terminal: %s", strerror(errno));
		free(text);
	} else if (strncmp(step, "expect:", 7) == 0) {
		char *text = unescape(step + 7);

		pty_expect(fd, text);
		free(text);
	} else if (sscanf(step, "size:%hux%hu", &ws.ws_row, &ws.ws_col) == 2) {
		if (ioctl(fd, TIOCSWINSZ, &ws) < 0)
			die(1, "resize: %s", strerror(errno));
	} else {
		die(2, "unknown step '%s'", step);
	}
}

static int command_pty(int argc, char **argv)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	int c, fd, first, end, status;
	pid_t pid;

	while ((c = getopt(argc, argv, "+r:c:")) != -1) {
		if (c == 'r')
			ws.ws_row = (unsigned short)number(optarg);
		else if (c == 'c')
			ws.ws_col = (unsigned short)number(optarg);
		else
			return 2;
	}
	for (first = end = optind; end < argc && strcmp(argv[end], "--") != 0; end++)
		;
	if (end + 1 >= argc)
		return 2;
	pid = forkpty(&fd, NULL, NULL, &ws);
	if (pid < 0)
		die(1, "forkpty: %s", strerror(errno));
	if (pid == 0) {
		execvp(argv[end + 1], argv + end + 1);
		die(127, "exec '%s': %s", argv[end + 1], strerror(errno));
	}
	for (int i = first; i < end; i++)
		pty_step(fd, argv[i]);
	while (pty_read(fd))
		;
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- waiting and datagrams ---- */

static int command_wait_file(int argc, char **argv)
{
	char copy[4096], events[4096];
	int fd = inotify_init1(IN_CLOEXEC);

	if (argc != 2)
		return 2;
	snprintf(copy, sizeof(copy), "%s", argv[1]);
	if (inotify_add_watch(fd, dirname(copy), IN_CREATE | IN_MOVED_TO) < 0)
		die(1, "watch '%s': %s", copy, strerror(errno));
	while (access(argv[1], F_OK) != 0) {
		wait_readable(fd, argv[1]);
		if (read(fd, events, sizeof(events)) < 0)
			return 1;
	}
	return 0;
}

static int command_wait_exit(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		return 2;
	fd = (int)syscall(SYS_pidfd_open, number(argv[1]), 0);
	if (fd < 0)
		return errno == ESRCH ? 0 : 1;
	wait_readable(fd, "the end of the process");
	return 0;
}

static int datagram_socket(const char *path, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->sun_path))
		die(2, "path too long: '%s'", path);
	memcpy(a->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int command_notify(int argc, char **argv)
{
	struct sockaddr_un a;
	int s;

	if (argc != 3)
		return 2;
	s = datagram_socket(argv[1], &a);
	if (sendto(s, argv[2], strlen(argv[2]), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(1, "send to '%s': %s", argv[1], strerror(errno));
	return 0;
}

static int command_listen(int argc, char **argv)
{
	char data[65536];
	struct sockaddr_un a;
	int count = argc > 2 ? (int)number(argv[2]) : 1;
	int s;

	if (argc < 2)
		return 2;
	s = datagram_socket(argv[1], &a);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(1, "bind '%s': %s", argv[1], strerror(errno));
	for (int i = 0; i < count; i++) {
		ssize_t n;

		wait_readable(s, "a datagram");
		n = recv(s, data, sizeof(data), 0);
		print_text(data, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "start", command_start },
		{ "attach", command_attach },
		{ "pty", command_pty },
		{ "wait-file", command_wait_file },
		{ "wait-exit", command_wait_exit },
		{ "notify", command_notify },
		{ "listen", command_listen },
	};
	const char *limit = getenv("MONITOR_CLIENT_TIMEOUT");

	signal(SIGPIPE, SIG_IGN);
	deadline_msec = now_msec() + (limit ? number(limit) : 90) * 1000;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		int r;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		r = commands[i].run(argc - 1, argv + 1);
		fflush(stdout);
		return r;
	}
	die(2, "usage: see the head of tests/harness/monitor_client.c");
}
