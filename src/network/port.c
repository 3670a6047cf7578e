/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: the text of "-p", and holding host ports so that nobody else takes them. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "network/network.h"
#include "network/subnet.h"
#include "sys/fd.h"

/* Held descriptors per container; ports beyond are checked only.  The monitor keeps these open, and
 * gets them in one message (SCM_MAX_FD is 253). */
#define HELD_MAX 200

struct port_range {
	uint32_t first, count;
};

static int parse_range(const char *text, const char *whole, struct port_range *ret,
		       struct error *err)
{
	const char *dash = strchr(text, '-');
	scoped_free char *first = dash ? xstrndup(text, (size_t)(dash - text)) : xstrdup(text);
	uint32_t a, b;

	if (num_u32(first, &a) < 0 || num_u32(dash ? dash + 1 : first, &b) < 0 || a == 0 ||
	    a > 65535 || b > 65535)
		return error_set(err, ERROR_INVALID,
				 "invalid port '%s' in '%s': must be 1 to 65535 or a range", text,
				 whole);
	if (b < a)
		return error_set(err, ERROR_INVALID,
				 "invalid port range '%s' in '%s': ends before it starts", text,
				 whole);
	*ret = (struct port_range){ a, b - a + 1 };
	return 0;
}

/* Cut "/proto" off; the protocol or NULL for an unknown one. */
static const char *cut_protocol(char *text)
{
	static const char *const known[] = { "tcp", "udp", "sctp" };
	char *slash = strrchr(text, '/');

	if (!slash)
		return known[0];
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (str_ieq(slash + 1, known[i]))
			return known[i];
	}
	return NULL;
}

/* Cut the host address off the front; the rest. */
static int cut_host(char *text, const char *whole, char **ret_ip, char **ret_rest,
		    struct error *err)
{
	struct ip_addr ip;
	char *host = text, *end;

	if (*text == '[') {
		host = text + 1;
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return error_set(err, ERROR_INVALID, "invalid address in '%s'", whole);
		*end++ = '\0';
	} else {
		end = strchr(text, ':');
		if (!end || !strchr(end + 1, ':')) {
			*ret_ip = xstrdup("");
			*ret_rest = text;
			return 0;
		}
	}
	*end = '\0';
	if (*host && ip_parse(host, &ip) < 0)
		return error_set(err, ERROR_INVALID, "invalid address '%s' in '%s'", host, whole);
	*ret_ip = xstrdup(host);
	*ret_rest = end + 1;
	return 0;
}

int network_port_parse(const char *s, struct network_port *ret, struct error *err)
{
	scoped_free char *text = xstrdup(s), *ip = NULL;
	struct port_range host = { 0 }, container;
	const char *protocol = cut_protocol(text);
	char *rest = text, *colon;
	int r;

	if (!protocol)
		return error_set(err, ERROR_INVALID,
				 "invalid protocol in '%s': must be tcp, udp or sctp", s);
	r = cut_host(text, s, &ip, &rest, err);
	if (r < 0)
		return r;
	colon = strchr(rest, ':');
	if (colon)
		*colon = '\0';
	r = parse_range(colon ? colon + 1 : rest, s, &container, err);
	if (r >= 0 && colon && *rest)
		r = parse_range(rest, s, &host, err);
	if (r < 0)
		return r;
	if (host.count && host.count != container.count)
		return error_set(err, ERROR_INVALID,
				 "invalid ports '%s': host and container ranges differ in length",
				 s);
	*ret = (struct network_port){ .host_ip = take_ptr(ip),
				      .host_port = host.first,
				      .container_port = container.first,
				      .range = container.count,
				      .protocol = xstrdup(protocol) };
	return 0;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t make_address(const struct ip_addr *ip, uint32_t port, union address *out)
{
	*out = (union address){ 0 };
	if (ip->family == AF_INET) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		memcpy(&out->v4.sin_addr, ip->bytes, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons((uint16_t)port);
	memcpy(&out->v6.sin6_addr, ip->bytes, 16);
	return sizeof(out->v6);
}

static int open_socket(int family, const char *protocol, bool v6_only)
{
	int type = streq(protocol, "udp") ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(family, type | SOCK_CLOEXEC, streq(protocol, "sctp") ? IPPROTO_SCTP : 0);
	int only = v6_only;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	return fd;
}

/*
 * Connections that a former owner of the port left in TIME_WAIT forbid a plain bind.  SO_REUSEADDR
 * does not mind them, and listening tells whether anybody else is there; then the option goes, so
 * that nobody can join us, and the socket stops to listen: a connection that the packet filter does
 * not lead to the container is refused rather than left waiting.
 */
static int bind_over_time_wait(int fd, const union address *a, socklen_t len)
{
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &a->any, len) < 0 || listen(fd, 1) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off)) < 0)
		return -errno;
	return shutdown(fd, SHUT_RD) < 0 ? -errno : 0;
}

/* A descriptor that holds ip:port, or -errno. */
static int hold(const struct ip_addr *ip, bool v6_only, const char *protocol, uint32_t port)
{
	scoped_fd int fd = open_socket(ip->family, protocol, v6_only);
	union address a;
	socklen_t len = make_address(ip, port, &a);
	int r;

	if (fd < 0)
		return fd;
	if (bind(fd, &a.any, len) == 0)
		return take_fd(fd);
	if (errno != EADDRINUSE || !streq(protocol, "tcp"))
		return -errno;
	r = bind_over_time_wait(fd, &a, len);
	return r < 0 ? r : take_fd(fd);
}

static int hold_one(const struct network_port *p, uint32_t port, struct error *err)
{
	struct ip_addr ip = { .family = AF_INET6 };
	const char *protocol = p->protocol ? p->protocol : "tcp";
	bool any = str_empty(p->host_ip);
	int fd;

	if (!any && ip_parse(p->host_ip, &ip) < 0)
		return error_set(err, ERROR_INVALID, "host address '%s' is invalid", p->host_ip);
	fd = hold(&ip, !any, protocol, port);
	if (any && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) { /* a host without IPv6 */
		ip.family = AF_INET;
		fd = hold(&ip, false, protocol, port);
	}
	if (fd == -EPROTONOSUPPORT || fd == -ESOCKTNOSUPPORT)
		return -EPROTONOSUPPORT;
	if (fd == -EADDRINUSE)
		return error_set(err, ERROR_BUSY, "host port %s:%u/%s is in use by another program",
				 any ? "" : p->host_ip, port, protocol);
	return fd < 0 ? error_os(err, -fd, "reserve host port %s:%u/%s", any ? "" : p->host_ip,
				 port, protocol)
		      : fd;
}

static void add_held(int fd, int **fds, size_t *n)
{
	if (*n >= HELD_MAX)
		fd_close(fd);
	else
		*ARRAY_ADD(*fds, *n) = fd;
}

static uint32_t bound_port(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) < 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

/* A free stretch for a range without host port: the first is the kernel's choice. */
#define RANGE_TRIES 64

static int hold_range(const struct network_port *p, uint32_t first, int **fds, size_t *n,
		      struct error *err)
{
	uint32_t count = p->range ? p->range : 1;

	if (first + count - 1 > 65535)
		return error_set(err, ERROR_INVALID, "host ports %u to %u pass 65535", first,
				 first + count - 1);
	for (uint32_t i = 0; i < count; i++) {
		int fd = hold_one(p, first + i, err);

		if (fd == -EPROTONOSUPPORT) /* no SCTP sockets here: nobody else has one, either */
			return 0;
		if (fd < 0)
			return fd;
		if (first == 0)
			first = bound_port(fd);
		add_held(fd, fds, n);
	}
	return 0;
}

static void drop_from(int *fds, size_t *n, size_t keep)
{
	while (*n > keep)
		fd_close(fds[--*n]);
}

int network_reserve_ports(const struct network_port *ports, size_t n, int **ret_fds, size_t *ret_n,
			  struct error *err)
{
	int *fds = NULL;
	size_t n_fds = 0;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		size_t keep = n_fds;
		unsigned tries = ports[i].host_port == 0 && ports[i].range > 1 ? RANGE_TRIES : 1;

		do {
			drop_from(fds, &n_fds, keep);
			r = hold_range(&ports[i], ports[i].host_port, &fds, &n_fds, err);
		} while (r < 0 && --tries);
	}
	if (r < 0) {
		drop_from(fds, &n_fds, 0);
		free(fds);
		return r;
	}
	*ret_fds = fds;
	*ret_n = n_fds;
	return 0;
}
