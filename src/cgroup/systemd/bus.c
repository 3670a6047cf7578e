/* SPDX-License-Identifier: Apache-2.0 */
/* bus: see bus.h. */
#include "cgroup/systemd/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/userns.h"

#define SYSTEM_BUS "/run/dbus/system_bus_socket"
#define SYSTEM_DIRECT "/run/systemd/private"
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
/* A line of the handshake: "OK" and 32 digits. */
#define AUTH_TEXT_MAX 512

void bus_done(struct bus *b)
{
	b->fd = fd_close(b->fd);
	buf_done(&b->in);
	free(b->owner);
	free(b->removed.path);
	*b = BUS_INIT;
}

static int wait_for(int fd, short events, int64_t end)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;
		int n = poll(&p, 1, left < 0 ? 0 : (int)left);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && left <= 0)
			return -ETIMEDOUT;
	}
}

static int send_all(struct bus *b, const char *data, size_t len, int64_t end)
{
	while (len > 0) {
		ssize_t n = send(b->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r;

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		r = wait_for(b->fd, POLLOUT, end);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Some more bytes, at most max. */
static int receive_some(struct bus *b, size_t max, int64_t end)
{
	char *at = buf_reserve(&b->in, max);

	if (at == NULL)
		return -EMSGSIZE;
	for (;;) {
		ssize_t n = recv(b->fd, at, max, MSG_DONTWAIT);
		int r;

		if (n > 0) {
			buf_grow(&b->in, (size_t)n);
			return 0;
		}
		if (n == 0)
			return -ECONNRESET;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(b->fd, POLLIN, end);
		if (r < 0)
			return r;
	}
}

/*
 * SASL EXTERNAL without an identity: the other end takes it from the socket, which is right in a
 * user namespace, too, where our own number would be another than it sees.  The three lines are
 * sent at once; the answers are two lines.
 */
static int handshake(struct bus *b, int64_t end)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	int r = send_all(b, hello, sizeof(hello) - 1, end);

	for (unsigned lines = 0; r == 0 && lines < 2;) {
		const char *text = buf_str(&b->in), *eol = strstr(text, "\r\n");

		if (eol == NULL) {
			r = b->in.len > AUTH_TEXT_MAX ? -EPROTO
						      : receive_some(b, AUTH_TEXT_MAX, end);
			continue;
		}
		if (!str_has_prefix(text, lines == 0 ? "DATA" : "OK "))
			return str_has_prefix(text, "REJECTED") ? -EACCES : -EPROTO;
		buf_consume(&b->in, (size_t)(eol - text) + 2);
		lines++;
	}
	return r;
}

/* The next message, whatever it is. */
static int receive(struct bus *b, struct dbus_message *ret, int64_t end)
{
	buf_consume(&b->in, b->used);
	b->used = 0;
	for (;;) {
		ssize_t size = dbus_message_size(b->in.data, b->in.len);
		int r;

		if (size < 0)
			return (int)size;
		if (size > 0 && (size_t)size <= b->in.len) {
			b->used = (size_t)size;
			/* Signals that come without end must not keep us. */
			if (time_monotonic_nsec() > end)
				return -ETIMEDOUT;
			return dbus_message_parse(b->in.data, b->used, ret);
		}
		r = receive_some(b, size > 0 ? (size_t)size - b->in.len : 4096, end);
		if (r < 0)
			return r;
	}
}

/* JobRemoved(u id, o job, s unit, s result): the last one is remembered, as it may overtake us. */
static void note_signal(struct bus *b, const struct dbus_message *m)
{
	struct dbus_reader r = dbus_body(m);
	const char *job, *result;

	if (m->type != DBUS_SIGNAL || !streq_opt(m->interface, MANAGER_INTERFACE) ||
	    !streq_opt(m->member, "JobRemoved") ||
	    (b->owner != NULL && !streq_opt(m->sender, b->owner)))
		return;
	(void)dbus_get_u32(&r);
	job = dbus_get_string(&r);
	(void)dbus_get_string(&r);
	result = dbus_get_string(&r);
	if (r.bad || result == NULL)
		return;
	free(b->removed.path);
	b->removed.path = xstrdup(job);
	snprintf(b->removed.result, sizeof(b->removed.result), "%s", result);
}

static int talk_failed(const struct bus *b, int r, const char *what, struct error *err)
{
	const char *who = b->user ? "the user's systemd" : "systemd";

	if (r == -ETIMEDOUT)
		return error_set(err, ERROR_TIMEOUT, "%s: %s did not answer within %d seconds",
				 what, who, SYSTEMD_WAIT_MSEC / 1000);
	if (r == -EPROTO || r == -EMSGSIZE)
		return error_set(err, ERROR_REMOTE, "%s: %s sent what is no D-Bus message", what,
				 who);
	return error_os(err, -r, "%s: talk to %s", what, who);
}

static int64_t bound(void)
{
	return time_monotonic_nsec() + SYSTEMD_WAIT_MSEC * NSEC_PER_MSEC;
}

/* Send; the serial by which the reply is known. */
static int send_method(struct bus *b, const struct dbus_method *m, const struct buf *body,
		       int64_t end)
{
	scoped(buf_done) struct buf out = BUF_INIT_MAX(DBUS_MESSAGE_MAX);

	b->serial++;
	dbus_method_format(m, b->serial, body, &out);
	return buf_ok(&out) && (body == NULL || buf_ok(body)) ? send_all(b, out.data, out.len, end)
							      : -EMSGSIZE;
}

static int call(struct bus *b, const struct dbus_method *m, const struct buf *body,
		struct dbus_message *reply, const char **ret_name, struct error *err)
{
	struct dbus_message got = { 0 };
	int64_t end = bound();
	int r = send_method(b, m, body, end);

	if (ret_name != NULL)
		*ret_name = NULL;
	while (r == 0) {
		r = receive(b, &got, end);
		if (r < 0)
			break;
		if ((got.type == DBUS_RETURN || got.type == DBUS_ERROR) &&
		    got.reply_serial == b->serial)
			break;
		note_signal(b, &got);
	}
	if (r < 0)
		return talk_failed(b, r, m->member, err);
	if (got.type == DBUS_ERROR) {
		struct dbus_reader body_reader = dbus_body(&got);
		const char *text = dbus_get_string(&body_reader);

		if (ret_name != NULL)
			*ret_name = got.error;
		return error_set(err, ERROR_REMOTE, "%s: systemd: %s", m->member,
				 text != NULL	     ? text
				 : got.error != NULL ? got.error
						     : "error without a text");
	}
	if (reply != NULL)
		*reply = got;
	return 0;
}

int bus_call(struct bus *b, const char *path, const char *interface, const char *member,
	     const char *signature, const struct buf *body, struct dbus_message *reply,
	     const char **ret_name, struct error *err)
{
	const struct dbus_method m = { .destination = b->direct ? NULL : SYSTEMD_NAME,
				       .path = path,
				       .interface = interface,
				       .member = member,
				       .signature = signature };

	return call(b, &m, body, reply, ret_name, err);
}

int bus_wait_job(struct bus *b, const char *job, const char **ret_result, struct error *err)
{
	int64_t end = bound();

	while (!streq_opt(b->removed.path, job)) {
		struct dbus_message got;
		int r = receive(b, &got, end);

		if (r < 0)
			return talk_failed(b, r, "wait for a job", err);
		note_signal(b, &got);
	}
	*ret_result = b->removed.result;
	return 0;
}

/* On a bus: our name there, systemd's, and the signal that ends jobs (systemd sends it to who made
 * the job; the match is for buses that deliver only what was asked for). */
static int join_bus(struct bus *b, struct error *err)
{
	static const char match[] = "type='signal',sender='" SYSTEMD_NAME
				    "',interface='" MANAGER_INTERFACE "',member='JobRemoved'";
	const struct dbus_method hello = { BUS_NAME, BUS_PATH, BUS_NAME, "Hello", NULL };
	const struct dbus_method add = { BUS_NAME, BUS_PATH, BUS_NAME, "AddMatch", "s" };
	const struct dbus_method who = { BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner", "s" };
	scoped(buf_done) struct buf body = BUF_INIT;
	scoped(buf_done) struct buf name = BUF_INIT;
	struct dbus_message reply;
	struct dbus_reader reader;
	const char *owner;
	int r = call(b, &hello, NULL, NULL, NULL, err);

	if (r < 0)
		return r;
	dbus_put_string(&body, match);
	r = call(b, &add, &body, NULL, NULL, err);
	if (r < 0)
		return r;
	dbus_put_string(&name, SYSTEMD_NAME);
	r = call(b, &who, &name, &reply, NULL, err);
	if (r < 0)
		return r;
	reader = dbus_body(&reply);
	owner = dbus_get_string(&reader);
	if (owner == NULL)
		return talk_failed(b, -EPROTO, who.member, err);
	b->owner = xstrdup(owner);
	return 0;
}

static int open_one(const char *path, bool user, bool direct, struct bus *ret, struct error *err)
{
	scoped(bus_done) struct bus b = BUS_INIT;
	int r;

	b.user = user;
	b.direct = direct;
	b.in.max = 2 * DBUS_MESSAGE_MAX;
	b.fd = sock_connect_unix(AT_FDCWD, path, SOCK_STREAM, err);
	if (b.fd < 0)
		return b.fd;
	r = handshake(&b, bound());
	if (r < 0)
		return talk_failed(&b, r, path, err);
	r = direct ? 0 : join_bus(&b, err);
	if (r < 0)
		return r;
	*ret = b;
	b = BUS_INIT;
	return 0;
}

/* "unix:path=/run/x,guid=...;tcp:...": the first path of a unix socket, or NULL. */
static char *address_path(const char *address)
{
	static const char key[] = "unix:path=";
	const char *at = address != NULL ? strstr(address, key) : NULL;

	if (at == NULL || (at != address && at[-1] != ';'))
		return NULL;
	at += sizeof(key) - 1;
	/* %xx stands for unusual bytes, which a path of a bus has not. */
	return memchr(at, '%', strcspn(at, ",;")) != NULL ? NULL : xstrndup(at, strcspn(at, ",;"));
}

/* XDG_RUNTIME_DIR, or where it is by convention. */
static char *runtime_dir(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	uint32_t uid = geteuid();

	if (!str_empty(dir))
		return xstrdup(dir);
	/* In a user namespace we are root, and the manager's user is who made it. */
	(void)userns_own_host_uid(&uid);
	return xasprintf("/run/user/%u", uid);
}

int bus_open(bool user, struct bus *ret, struct error *err)
{
	scoped_free char *dir = user ? runtime_dir() : NULL;
	scoped_free char *bus =
		address_path(getenv(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS"));
	scoped_free char *direct = user ? xasprintf("%s/systemd/private", dir)
					: xstrdup(SYSTEM_DIRECT);
	struct error first = ERROR_INIT;

	if (bus == NULL)
		bus = user ? xasprintf("%s/bus", dir) : xstrdup(SYSTEM_BUS);
	if (open_one(bus, user, false, ret, &first) == 0 ||
	    open_one(direct, user, true, ret, NULL) == 0)
		return 0;
	(void)error_copy(err, &first);
	return error_prefix(err,
			    "the systemd cgroup driver needs %s (another driver: "
			    "--cgroup-manager=cgroupfs)",
			    user ? "the user's systemd" : "systemd");
}
