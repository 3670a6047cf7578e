/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "network/network.h"
#include "sys/fd.h"

struct expected {
	const char *text, *ip;
	uint32_t host, container, range;
	const char *protocol;
};

TEST(what_podman_takes)
{
	static const struct expected rows[] = {
		{ "80", "", 0, 80, 1, "tcp" },
		{ "8080:80", "", 8080, 80, 1, "tcp" },
		{ "8080:80/udp", "", 8080, 80, 1, "udp" },
		{ "8080:80/SCTP", "", 8080, 80, 1, "sctp" },
		{ "127.0.0.1:8080:80", "127.0.0.1", 8080, 80, 1, "tcp" },
		{ "127.0.0.1::80", "127.0.0.1", 0, 80, 1, "tcp" },
		{ ":80", "", 0, 80, 1, "tcp" },
		{ "[::1]:8080:80/udp", "::1", 8080, 80, 1, "udp" },
		{ "[fd00::1]::80", "fd00::1", 0, 80, 1, "tcp" },
		{ "9000-9009:80-89", "", 9000, 80, 10, "tcp" },
		{ "80-89", "", 0, 80, 10, "tcp" },
		{ "65535:65535", "", 65535, 65535, 1, "tcp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct network_port p = { 0 };
		struct error err = ERROR_INIT;

		CHECK_OK(network_port_parse(rows[i].text, &p, &err), err);
		CHECK_STR(p.host_ip, rows[i].ip);
		CHECK_STR(p.protocol, rows[i].protocol);
		CHECK_INT(p.host_port, rows[i].host);
		CHECK_INT(p.container_port, rows[i].container);
		CHECK_INT(p.range, rows[i].range);
		json_table_free(&network_port_table, &p);
	}
}

TEST(what_is_refused_is_named)
{
	static const char *const rows[][2] = {
		{ "", "invalid port ''" },
		{ "0", "invalid port '0'" },
		{ "65536", "invalid port '65536'" },
		{ "http", "invalid port 'http'" },
		{ "8080:", "invalid port ''" },
		{ "80/icmp", "invalid protocol in '80/icmp'" },
		{ "80/", "invalid protocol" },
		{ "1.2.3:80:80", "invalid address '1.2.3'" },
		{ "a:b:c:d", "invalid address 'a'" },
		{ "[::1:80:80", "invalid address in" },
		{ "[::1]80", "invalid address in" },
		{ "90-80", "ends before it starts" },
		{ "1-3:1-2", "differ in length" },
		{ "1-2-3", "invalid port '1-2-3'" },
		{ "+80", "invalid port '+80'" },
		{ " 80", "invalid port ' 80'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct network_port p = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(network_port_parse(rows[i][0], &p, &err), err, ERROR_INVALID,
			    rows[i][1]);
		CHECK(p.host_ip == NULL && p.protocol == NULL);
	}
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) < 0 ? 0 : ntohs(a.sin6_port);
}

static void release(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fd_close(fds[i]);
	free(fds);
}

TEST(a_reserved_port_is_nobody_elses)
{
	char loopback[] = "127.0.0.1", protocol[] = "tcp";
	struct network_port p = {
		.host_ip = loopback, .container_port = 80, .range = 1, .protocol = protocol
	};
	struct error err = ERROR_INIT;
	int *fds = NULL, *more = NULL;
	size_t n = 0, m = 0;

	CHECK_OK(network_reserve_ports(&p, 1, &fds, &n, &err), err);
	CHECK_INT(n, 1);
	p.host_port = port_of(fds[0]);
	CHECK(p.host_port != 0);
	CHECK_FAILS(network_reserve_ports(&p, 1, &more, &m, &err), err, ERROR_BUSY,
		    "is in use by another program");
	CHECK(more == NULL && m == 0);
	release(fds, n);
	CHECK_OK(network_reserve_ports(&p, 1, &more, &m, &err), err);
	release(more, m);
}

/* A connection to a reserved port is refused, not left waiting in a queue that nobody reads. */
TEST(a_reserved_port_does_not_listen)
{
	char loopback[] = "127.0.0.1", protocol[] = "tcp";
	struct network_port p = {
		.host_ip = loopback, .container_port = 80, .range = 1, .protocol = protocol
	};
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct error err = ERROR_INIT;
	int *fds = NULL;
	size_t n = 0;
	scoped_fd int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_OK(network_reserve_ports(&p, 1, &fds, &n, &err), err);
	a.sin_port = htons(port_of(fds[0]));
	CHECK(connect(s, (struct sockaddr *)&a, sizeof(a)) < 0);
	release(fds, n);
}

/* The active closer's side stays in TIME_WAIT: the port can be reserved all the same, and only
 * once. */
TEST(a_port_in_time_wait_can_be_reserved)
{
	char loopback[] = "127.0.0.1", protocol[] = "tcp";
	struct network_port p = {
		.host_ip = loopback, .container_port = 80, .range = 1, .protocol = protocol
	};
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	struct error err = ERROR_INIT;
	int one = 1, server, accepted, client, *fds = NULL, *more = NULL;
	size_t n = 0, m = 0;
	char byte;

	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(bind(server, (struct sockaddr *)&a, len) == 0 && listen(server, 1) == 0);
	CHECK(getsockname(server, (struct sockaddr *)&a, &len) == 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(client, (struct sockaddr *)&a, len) == 0);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	close(accepted);
	CHECK(read(client, &byte, 1) == 0);
	close(client);
	close(server);
	p.host_port = ntohs(a.sin_port);
	CHECK_OK(network_reserve_ports(&p, 1, &fds, &n, &err), err);
	CHECK_FAILS(network_reserve_ports(&p, 1, &more, &m, &err), err, ERROR_BUSY, "in use");
	release(fds, n);
}

TEST(one_busy_port_releases_all)
{
	char loopback[] = "127.0.0.1", udp[] = "udp";
	struct network_port ports[2] = {
		{ .host_ip = loopback, .container_port = 1, .range = 1, .protocol = udp },
		{ .host_ip = loopback, .container_port = 2, .range = 1, .protocol = udp },
	};
	struct error err = ERROR_INIT;
	int *fds = NULL, *more = NULL;
	size_t n = 0, m = 0;

	CHECK_OK(network_reserve_ports(&ports[1], 1, &fds, &n, &err), err);
	ports[1].host_port = port_of(fds[0]);
	CHECK_FAILS(network_reserve_ports(ports, 2, &more, &m, &err), err, ERROR_BUSY,
		    "/udp is in use");
	release(fds, n);
}

TEST(a_range_beyond_the_last_port)
{
	struct network_port p = { .host_port = 65535, .container_port = 1, .range = 2 };
	struct error err = ERROR_INIT;
	int *fds = NULL;
	size_t n = 0;

	CHECK_FAILS(network_reserve_ports(&p, 1, &fds, &n, &err), err, ERROR_INVALID, "pass 65535");
}
