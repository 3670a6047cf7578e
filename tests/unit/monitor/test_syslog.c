/* SPDX-License-Identifier: Apache-2.0 */
/* Against sockets of our own in the service's place. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/log/syslog.h"
#include "sys/fd.h"
#include "sys/sock.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct log_driver *open_driver(const char *target, const struct monitor_log_options *o)
{
	struct log_source source = { .id = ID, .name = "web" };
	struct error err = ERROR_INIT;
	struct log_driver *d = NULL;

	use_utc();
	if (syslog_open(target, o, &source, &d, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return d;
}

/* A service on a free port of 127.0.0.1; its target text in out. */
static int listen_inet(int type, char *out, size_t size)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    (type == SOCK_STREAM && listen(s, 5) < 0) ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		test_fail(__FILE__, __LINE__, "listen: %s", strerror(errno));
	snprintf(out, size, "%s://127.0.0.1:%d", type == SOCK_DGRAM ? "udp" : "tcp",
		 ntohs(a.sin_port));
	return s;
}

/* What comes next within a minute. */
static const char *next(int sock)
{
	static char data[65536];
	ssize_t n = fd_wait(sock, POLLIN, 60000) > 0 ? recv(sock, data, sizeof(data) - 1, 0) : -1;

	data[n > 0 ? n : 0] = '\0';
	return data;
}

TEST(syslog_local_golden)
{
	struct monitor_log_options o = { 0 };
	struct error err = ERROR_INIT;
	int s = sock_listen_unix(AT_FDCWD, test_path("dev-log"), SOCK_DGRAM, 0600, &err);
	struct log_driver *d = open_driver(test_path("dev-log"), &o);
	scoped_free char *one = xasprintf("<30>Nov 22 02:45:52 web[%d]: out", (int)getpid());
	scoped_free char *two = xasprintf("<27>Nov 22 02:45:52 web[%d]: err", (int)getpid());
	scoped_free char *three = xasprintf("<29>Nov 22 02:45:52 web[%d]: notice", (int)getpid());

	puts_to(d, false, "out\n");
	puts_to(d, true, "err\n<5>notice\n");
	CHECK_STR(next(s), one);
	CHECK_STR(next(s), two);
	CHECK_STR(next(s), three);
	d->ops->free(d);
	close(s);
}

TEST(syslog_udp_golden)
{
	const char *labels[] = { "role=a\"b]c\\" };
	struct monitor_log_options o = { .tag = "my tag", .labels = { labels, 1 } };
	char target[64], host[256] = "";
	int s = listen_inet(SOCK_DGRAM, target, sizeof(target));
	struct log_driver *d = open_driver(target, &o);
	scoped_free char *want = NULL;

	gethostname(host, sizeof(host) - 1);
	want = xasprintf(
		"<30>1 2026-11-22T02:45:52.981065Z %s my_tag %d - [container@32473 id=\"" ID
		"\" name=\"web\" role=\"a\\\"b\\]c\\\\\"] text",
		host, (int)getpid());
	puts_to(d, false, "te");
	puts_to(d, false, "xt\n");
	CHECK_STR(next(s), want);
	d->ops->free(d);
	close(s);
}

/* Octet counting, and nothing of a message lost when the reader is slow. */
TEST(syslog_tcp_counts)
{
	struct monitor_log_options o = { 0 };
	char target[64];
	int s = listen_inet(SOCK_STREAM, target, sizeof(target));
	struct log_driver *d = open_driver(target, &o);
	int conn = accept(s, NULL, NULL);
	scoped(buf_done) struct buf all = BUF_INIT;
	int lines = 0, at = 0;

	CHECK(conn >= 0);
	for (int i = 0; i < 500; i++) {
		char text[64];

		snprintf(text, sizeof(text), "line %d\n", i);
		puts_to(d, false, text);
	}
	d->ops->finish(d);
	d->ops->free(d);
	CHECK(fd_read_all(conn, 1 << 20, &all) >= 0);
	while (at < (int)all.len) {
		char want[32];
		int used = 0, len = 0;

		CHECK_INT(sscanf(all.data + at, "%d %n", &len, &used), 1);
		at += used + len;
		CHECK(at <= (int)all.len);
		snprintf(want, sizeof(want), "line %d", lines);
		CHECK(strncmp(all.data + at - strlen(want), want, strlen(want)) == 0);
		lines++;
	}
	CHECK_INT(lines, 500);
	close(conn);
	close(s);
}

static unsigned warnings;
static char last_warning[512];

static void count_warning(void *arg, enum log_level level, const char *msg)
{
	warnings++;
	snprintf(last_warning, sizeof(last_warning), "%s", msg);
}

/* A peer that does not read is waited for once; then lines are lost, counted, and said. */
TEST(syslog_stuck_peer)
{
	struct monitor_log_options o = { 0 };
	struct error err = ERROR_INIT;
	int s = sock_listen_unix(AT_FDCWD, test_path("stuck"), SOCK_DGRAM, 0600, &err);
	struct log_driver *d = open_driver(test_path("stuck"), &o);
	const char *got = "";
	int kept = 0;
	unsigned lost = 0;

	warnings = 0;
	log_set_sink(count_warning, NULL);
	for (int i = 0; i < 3000; i++)
		puts_to(d, false, "x\n");
	CHECK_INT(warnings, 1);
	for (; recv(s, (char[64]){ 0 }, 64, MSG_DONTWAIT) > 0; kept++)
		;
	puts_to(d, false, "again\n");
	got = next(s);
	CHECK(strstr(got, " lines of output were lost here") != NULL);
	CHECK_INT(sscanf(strstr(got, "coracle-monitor: "), "coracle-monitor: %u", &lost), 1);
	CHECK_INT(kept + (int)lost, 3000);
	CHECK(strstr(next(s), "again") != NULL);
	log_set_sink(NULL, NULL);
	d->ops->free(d);
	close(s);
}

/* Nobody there: said once, and the end says how much was lost.  Then the service comes. */
TEST(syslog_service_comes_later)
{
	struct monitor_log_options o = { 0 };
	struct error err = ERROR_INIT;
	struct log_driver *d = open_driver(test_path("later"), &o);
	int s;

	warnings = 0;
	log_set_sink(count_warning, NULL);
	puts_to(d, false, "1\n2\n");
	CHECK_INT(warnings, 1);
	s = sock_listen_unix(AT_FDCWD, test_path("later"), SOCK_DGRAM, 0600, &err);
	puts_to(d, false, "3\n");
	CHECK(strstr(next(s), "coracle-monitor: 2 lines of output were lost here") != NULL);
	CHECK(strstr(next(s), ": 3") != NULL);
	close(s);
	puts_to(d, false, "4\n");
	d->ops->finish(d);
	CHECK(strstr(last_warning, "the last 1 lines") != NULL);
	log_set_sink(NULL, NULL);
	d->ops->free(d);
}

TEST(syslog_refused)
{
	static const struct {
		const char *target, *text;
	} rows[] = {
		{ "", "neither" },
		{ "http://127.0.0.1:514", "neither" },
		{ "udp://127.0.0.1", "ADDRESS:PORT" },
		{ "udp://127.0.0.1:0", "ADDRESS:PORT" },
		{ "udp://127.0.0.1:65536", "ADDRESS:PORT" },
		{ "tcp://[::1:514", "ADDRESS:PORT" },
		{ "tcp://localhost:514", "'localhost' is not a numeric address" },
	};
	struct log_source source = { .id = ID };
	struct monitor_log_options o = { 0 };
	struct log_driver *d;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;

		CHECK_FAILS(syslog_open(rows[i].target, &o, &source, &d, &err), err, ERROR_INVALID,
			    rows[i].text);
	}
}
