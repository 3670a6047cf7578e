/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"

/* How long a peer is waited for, once: a journal that is short of processor time is not dead. */
#define WAIT_MSEC 5000
#define RETRY_NSEC NSEC_PER_SEC

/* ---- connection ---- */

static int make_socket(struct log_peer *p)
{
	int type = (p->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int s = socket(p->address.any.sa_family, type, 0);

	return s < 0 ? -errno : s;
}

/* A stream's connection is under way when this returns; whoever writes waits for it. */
static int connect_once(struct log_peer *p)
{
	int64_t now = time_monotonic_nsec();
	scoped_fd int s = -1;

	if (now < p->retry_nsec)
		return -ENOTCONN;
	/* A local service costs nothing to ask. */
	if (p->address.any.sa_family != AF_UNIX)
		p->retry_nsec = now + RETRY_NSEC;
	s = make_socket(p);
	if (s < 0)
		return s;
	if (connect(s, &p->address.any, p->address_len) < 0 && errno != EINPROGRESS)
		return -errno;
	p->sock = take_fd(s);
	p->pending = p->pending_at = 0;
	return 0;
}

static void disconnect(struct log_peer *p)
{
	/* The rest of a message means nothing to another connection: that line is lost. */
	if (p->pending > 0)
		log_peer_lose(p);
	p->pending = p->pending_at = 0;
	p->sock = fd_close(p->sock);
}

/* ---- sending ---- */

/* Wait for room once; then the peer is stuck until something could be sent. */
static bool wait_room(struct log_peer *p)
{
	if (p->stuck)
		return false;
	if (fd_wait(p->sock, POLLOUT, WAIT_MSEC) > 0)
		return true;
	p->stuck = true;
	return false;
}

static bool broken(int num)
{
	return num != EAGAIN && num != ENOBUFS && num != EMSGSIZE && num != EINTR;
}

/* The socket takes nothing, or is broken.  true: try again. */
static bool may_retry(struct log_peer *p, bool *reconnected)
{
	int num = errno;

	if (num == EINTR)
		return true;
	if (num == EAGAIN || num == ENOBUFS)
		return wait_room(p);
	if (!broken(num))
		return false;
	disconnect(p);
	if (!*reconnected && connect_once(p) == 0) {
		*reconnected = true;
		return true;
	}
	errno = num;
	return false;
}

static bool send_pending(struct log_peer *p, bool *reconnected)
{
	while (p->pending_at < p->pending) {
		ssize_t n = send(p->sock, p->data + p->pending_at, p->pending - p->pending_at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			p->pending_at += (size_t)n;
		else if (!may_retry(p, reconnected))
			return false;
	}
	p->pending = p->pending_at = 0;
	return true;
}

/* What a stream did not take of a message is kept: its rest must come before anything else. */
static void keep_rest(struct log_peer *p, const struct iovec *iov, size_t n, size_t sent)
{
	p->pending = p->pending_at = 0;
	for (size_t i = 0; i < n; i++) {
		size_t skip = MIN(sent, iov[i].iov_len);

		memcpy(p->data + p->pending, (const char *)iov[i].iov_base + skip,
		       iov[i].iov_len - skip);
		p->pending += iov[i].iov_len - skip;
		sent -= skip;
	}
}

bool log_peer_send(struct log_peer *p, const struct iovec *iov, size_t n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n };
	bool reconnected = false;
	ssize_t sent = -1;

	if (p->sock < 0 && connect_once(p) < 0) {
		errno = ENOTCONN;
		return false;
	}
	if (!send_pending(p, &reconnected))
		return false;
	while (sent < 0) {
		sent = sendmsg(p->sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && !may_retry(p, &reconnected))
			return false;
	}
	p->stuck = false;
	if (p->stream)
		keep_rest(p, iov, n, (size_t)sent);
	return true;
}

void log_peer_lose(struct log_peer *p)
{
	int num = errno;

	p->lost++;
	if (p->complained)
		return;
	p->complained = true;
	log_warn("send to %s: %s; the container goes on, lines are lost", p->name, strerror(num));
}

void log_peer_finish(struct log_peer *p)
{
	bool reconnected = true; /* not for this */

	if (p->sock >= 0 && p->pending > 0 && !send_pending(p, &reconnected))
		disconnect(p);
	if (p->lost > 0)
		log_warn("%s: the last %llu lines of output are lost", p->name,
			 (unsigned long long)p->lost);
}

/* ---- opening ---- */

int log_peer_open_unix(struct log_peer *p, const char *path, struct error *err)
{
	size_t len = strlen(path);

	p->sock = -1;
	p->stream = false;
	if (len == 0 || len >= sizeof(p->address.local.sun_path))
		return error_set(err, ERROR_INVALID, "socket path '%s' is empty or too long", path);
	p->address.local.sun_family = AF_UNIX;
	memcpy(p->address.local.sun_path, path, len + 1);
	p->address_len = sizeof(p->address.local);
	/* A service that is not there yet may come. */
	connect_once(p);
	p->retry_nsec = 0;
	return 0;
}

static int parse_host(struct log_peer *p, const char *host, uint16_t port)
{
	memset(&p->address, 0, sizeof(p->address));
	if (inet_pton(AF_INET, host, &p->address.v4.sin_addr) == 1) {
		p->address.v4.sin_family = AF_INET;
		p->address.v4.sin_port = htons(port);
		p->address_len = sizeof(p->address.v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &p->address.v6.sin6_addr) != 1)
		return -EINVAL;
	p->address.v6.sin6_family = AF_INET6;
	p->address.v6.sin6_port = htons(port);
	p->address_len = sizeof(p->address.v6);
	return 0;
}

int log_peer_open_inet(struct log_peer *p, const char *text, bool stream, struct error *err)
{
	const char *colon = strrchr(text, ':');
	const char *begin = text[0] == '[' ? text + 1 : text;
	const char *end = text[0] == '[' ? strchr(text, ']') : colon;
	scoped_free char *host = NULL;
	uint32_t port;

	p->sock = -1;
	p->stream = stream;
	if (!colon || !end || end > colon || (text[0] == '[' && end + 1 != colon) ||
	    num_u32(colon + 1, &port) < 0 || port == 0 || port > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "'%s' is not ADDRESS:PORT", text);
	host = xstrndup(begin, (size_t)(end - begin));
	if (parse_host(p, host, (uint16_t)port) < 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' is not a numeric address: names are not looked up here",
				 host);
	connect_once(p);
	p->retry_nsec = 0;
	return 0;
}

void log_peer_done(struct log_peer *p)
{
	p->sock = fd_close(p->sock);
}
