/* SPDX-License-Identifier: Apache-2.0 */
/* bus and manager against a bus of our own: a child process that answers as it is told. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroup/systemd/manager.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/sock.h"

#define JOB "/org/freedesktop/systemd1/job/7"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define OWNER ":1.3"
#define STRANGER ":1.66"

struct fake {
	const char *start_error; /* the first StartTransientUnit fails by this name */
	bool start_error_stays;
	const char *result; /* of jobs */
	bool signal_first;  /* JobRemoved overtakes the reply */
	bool forged;	    /* another client tells of the job's end, too */
	const char *greeting;
	bool garbage; /* in place of a reply */
};

static void put_field(struct buf *b, char code, const char *type, const char *text, uint32_t number)
{
	dbus_struct_begin(b);
	buf_addc(b, code);
	dbus_put_signature(b, type);
	if (*type == 'u')
		dbus_put_u32(b, number);
	else if (*type == 'g')
		dbus_put_signature(b, text);
	else
		dbus_put_string(b, text);
}

static void send_message_of(int fd, const char *sender, enum dbus_type type, uint32_t reply_to,
			    const char *name, const char *signature, const struct buf *body)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	char head[4] = { __BYTE_ORDER == __LITTLE_ENDIAN ? 'l' : 'B', (char)type, 0, 1 };
	size_t at;

	buf_add(&b, head, sizeof(head));
	dbus_put_u32(&b, (uint32_t)body->len);
	dbus_put_u32(&b, 99);
	at = dbus_array_begin(&b, 8);
	if (type == DBUS_SIGNAL) {
		put_field(&b, 1, "o", "/org/freedesktop/systemd1", 0);
		put_field(&b, 2, "s", MANAGER, 0);
		put_field(&b, 3, "s", name, 0);
	} else {
		put_field(&b, 5, "u", NULL, reply_to);
	}
	if (type == DBUS_ERROR)
		put_field(&b, 4, "s", name, 0);
	put_field(&b, 7, "s", sender, 0);
	put_field(&b, 8, "g", signature, 0);
	dbus_array_end(&b, at, 8);
	dbus_struct_begin(&b);
	buf_add(&b, body->data, body->len);
	/* In two pieces: a reader must put them together. */
	if (send(fd, b.data, 20, MSG_NOSIGNAL) != 20 ||
	    send(fd, b.data + 20, b.len - 20, MSG_NOSIGNAL) != (ssize_t)b.len - 20)
		_exit(3);
}

static void send_message(int fd, enum dbus_type type, uint32_t reply_to, const char *name,
			 const char *signature, const struct buf *body)
{
	send_message_of(fd, OWNER, type, reply_to, name, signature, body);
}

static void send_removed(int fd, const char *sender, const char *result)
{
	scoped(buf_done) struct buf body = BUF_INIT;

	dbus_put_u32(&body, 7);
	dbus_put_string(&body, JOB);
	dbus_put_string(&body, "x.scope");
	dbus_put_string(&body, result);
	send_message_of(fd, sender, DBUS_SIGNAL, 0, "JobRemoved", "uoss", &body);
}

static void answer_job(int fd, const struct fake *f, uint32_t serial)
{
	scoped(buf_done) struct buf body = BUF_INIT;

	dbus_put_string(&body, JOB);
	if (f->signal_first)
		send_removed(fd, OWNER, f->result);
	if (f->forged)
		send_removed(fd, STRANGER, "forged");
	send_message(fd, DBUS_RETURN, serial, NULL, "o", &body);
	if (f->forged)
		send_removed(fd, STRANGER, "forged");
	if (!f->signal_first)
		send_removed(fd, OWNER, f->result);
}

static void answer_error(int fd, const char *name, uint32_t serial)
{
	scoped(buf_done) struct buf body = BUF_INIT;

	dbus_put_string(&body, "told so");
	send_message(fd, DBUS_ERROR, serial, name, "s", &body);
}

static void answer_property(int fd, const struct dbus_message *m)
{
	scoped(buf_done) struct buf body = BUF_INIT;
	struct dbus_reader r = dbus_body(m);
	const char *name = (dbus_get_string(&r), dbus_get_string(&r));

	dbus_put_signature(&body, "s");
	dbus_put_string(&body, streq_opt(name, "Version") ? "252.39-1" : "/user.slice/x");
	send_message(fd, DBUS_RETURN, m->serial, NULL, "v", &body);
}

static void answer_owner(int fd, const struct dbus_message *m)
{
	scoped(buf_done) struct buf body = BUF_INIT;
	struct dbus_reader r = dbus_body(m);

	if (!streq_opt(dbus_get_string(&r), "org.freedesktop.systemd1"))
		_exit(6);
	dbus_put_string(&body, OWNER);
	send_message(fd, DBUS_RETURN, m->serial, NULL, "s", &body);
}

static void answer(int fd, struct fake *f, const struct dbus_message *m)
{
	scoped(buf_done) struct buf body = BUF_INIT;

	if (streq(m->member, "GetNameOwner")) {
		answer_owner(fd, m);
	} else if (f->garbage && !streq(m->member, "Hello") && !streq(m->member, "AddMatch")) {
		if (send(fd, "this is not a message", 21, MSG_NOSIGNAL) != 21)
			_exit(3);
	} else if (streq(m->member, "StartTransientUnit") && f->start_error != NULL) {
		answer_error(fd, f->start_error, m->serial);
		f->start_error = f->start_error_stays ? f->start_error : NULL;
	} else if (streq(m->member, "StartTransientUnit")) {
		answer_job(fd, f, m->serial);
	} else if (streq(m->member, "StopUnit")) {
		answer_error(fd, "org.freedesktop.systemd1.NoSuchUnit", m->serial);
	} else if (streq(m->member, "Get")) {
		answer_property(fd, m);
	} else {
		send_message(fd, DBUS_RETURN, m->serial, NULL, "", &body);
	}
}

static void greet(int fd, const struct fake *f)
{
	static const char want[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	char text[sizeof(want) - 1];
	size_t n = 0;

	while (n < sizeof(text)) {
		ssize_t got = recv(fd, text + n, sizeof(text) - n, 0);

		if (got <= 0)
			_exit(3);
		n += (size_t)got;
	}
	if (memcmp(text, want, sizeof(text)) != 0)
		_exit(4);
	if (send(fd, f->greeting, strlen(f->greeting), MSG_NOSIGNAL) < 0)
		_exit(3);
}

static _Noreturn void serve(int listen_fd, struct fake f)
{
	int fd = accept(listen_fd, NULL, NULL);
	scoped(buf_done) struct buf in = BUF_INIT;

	greet(fd, &f);
	for (;;) {
		ssize_t size = dbus_message_size(in.data, in.len);
		char *at;
		ssize_t n;

		if (size > 0 && (size_t)size <= in.len) {
			struct dbus_message m;

			if (dbus_message_parse(in.data, (size_t)size, &m) < 0)
				_exit(5);
			answer(fd, &f, &m);
			buf_consume(&in, (size_t)size);
			continue;
		}
		at = buf_reserve(&in, 4096);
		n = recv(fd, at, 4096, 0);
		if (n <= 0)
			_exit(0);
		buf_grow(&in, (size_t)n);
	}
}

struct server {
	pid_t pid;
};

static void server_done(struct server *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}
DEFINE_SCOPED_STRUCT(struct server, server_done)

static struct server server_start(struct fake f)
{
	const char *path = test_path("bus");
	scoped_free char *address = xasprintf("unix:path=%s,guid=0", path);
	struct error err = ERROR_INIT;
	scoped_fd int fd = -1;
	struct server s;

	if (f.result == NULL)
		f.result = "done";
	if (f.greeting == NULL)
		f.greeting = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n";
	(void)unlink(path);
	fd = sock_listen_unix(AT_FDCWD, path, SOCK_STREAM, 0600, &err);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	s.pid = fork();
	if (s.pid == 0)
		serve(fd, f);
	if (fd < 0 || s.pid < 0)
		test_fail(__FILE__, __LINE__, "no bus: %s", fd < 0 ? err.msg : strerror(errno));
	return s;
}

/* Starts x.scope by a systemd that is so. */
static int start_scope(struct fake f, struct error *err)
{
	scoped(server_done) __attribute__((unused)) struct server s = server_start(f);
	scoped(bus_done) struct bus b = BUS_INIT;
	scoped(buf_done) struct buf properties = BUF_INIT;
	int r = bus_open(false, &b, err);

	return r < 0 ? r : manager_start(&b, "x.scope", &properties, err);
}

TEST(a_scope_is_started_and_its_job_awaited)
{
	for (int first = 0; first < 2; first++) {
		scoped(server_done) __attribute__((unused)) struct server s =
			server_start((struct fake){ .signal_first = first });
		scoped(bus_done) struct bus b = BUS_INIT;
		scoped(buf_done) struct buf properties = BUF_INIT;
		struct error err = ERROR_INIT;

		CHECK_OK(bus_open(false, &b, &err), err);
		CHECK(!b.direct);
		CHECK_OK(manager_start(&b, "x.scope", &properties, &err), err);
		CHECK_OK(manager_stop(&b, "x.scope", &err), err);
	}
}

TEST(a_failed_unit_of_that_name_makes_room)
{
	struct fake f = { .start_error = "org.freedesktop.systemd1.UnitExists" };
	struct error err = ERROR_INIT;

	CHECK_OK(start_scope(f, &err), err);
}

TEST(a_unit_that_is_in_use_is_an_error)
{
	struct fake f = { .start_error = "org.freedesktop.systemd1.UnitExists",
			  .start_error_stays = true };
	struct error err = ERROR_INIT;

	CHECK_FAILS(start_scope(f, &err), err, ERROR_EXISTS, "another container");
}

TEST(only_systemd_tells_how_a_job_ended)
{
	for (int first = 0; first < 2; first++) {
		struct fake f = { .signal_first = first, .forged = true };
		struct error err = ERROR_INIT;

		CHECK_OK(start_scope(f, &err), err);
	}
}

TEST(what_systemd_says_is_passed_on)
{
	struct fake f = { .start_error = "org.x.Denied" };
	struct error err = ERROR_INIT;

	CHECK_FAILS(start_scope(f, &err), err, ERROR_REMOTE, "told so");
	CHECK(strstr(err.msg, "'x.scope'") != NULL);
}

TEST(a_job_that_fails_is_an_error)
{
	struct fake f = { .result = "failed" };
	struct error err = ERROR_INIT;

	CHECK_FAILS(start_scope(f, &err), err, ERROR_REMOTE, "'failed'");
}

TEST(properties_of_the_manager)
{
	scoped(server_done)
		__attribute__((unused)) struct server s = server_start((struct fake){ 0 });
	scoped(bus_done) struct bus b = BUS_INIT;
	scoped_free char *group = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(bus_open(false, &b, &err), err);
	CHECK_INT(manager_version(&b), 252);
	CHECK_OK(manager_control_group(&b, &group, &err), err);
	CHECK_STR(group, "/user.slice/x");
}

TEST(refusals_end_in_an_error)
{
	static const struct fake fakes[] = {
		{ .greeting = "REJECTED EXTERNAL\r\n" },
		{ .greeting = "HTTP/1.1 200 OK\r\n\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fakes); i++) {
		scoped(server_done)
			__attribute__((unused)) struct server s = server_start(fakes[i]);
		scoped(bus_done) struct bus b = BUS_INIT;
		struct error err = ERROR_INIT;

		CHECK(bus_open(false, &b, &err) < 0);
		CHECK(strstr(err.msg, "--cgroup-manager=cgroupfs") != NULL);
	}
}

TEST(garbage_in_place_of_a_reply_is_an_error)
{
	struct fake f = { .garbage = true };
	struct error err = ERROR_INIT;

	CHECK_FAILS(start_scope(f, &err), err, ERROR_REMOTE, "no D-Bus message");
}

TEST(without_systemd_the_remedy_is_named)
{
	scoped_free char *address = xasprintf("unix:path=%s", test_path("nobody"));
	scoped(bus_done) struct bus b = BUS_INIT;
	struct error err = ERROR_INIT;

	if (access("/run/systemd/private", F_OK) == 0) {
		test_skip("a machine without systemd");
		return;
	}
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	CHECK(bus_open(false, &b, &err) < 0);
	CHECK(strstr(err.msg, "systemd cgroup driver") != NULL);
}
