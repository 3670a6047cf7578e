/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/journald.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
/* A partial line is gathered to this size before it becomes an entry. */
#define TEXT_MAX 8192
/* How long one read's lines may wait for a journal that does not take them, in all. */
#define WAIT_MSEC 1000

#define PRIORITY_STDOUT 6
#define PRIORITY_STDERR 3

struct partial {
	size_t len;
	char text[TEXT_MAX];
};

struct journald {
	struct log_driver driver;
	int sock;
	bool partial_field;
	bool complained;
	uint64_t lost;
	struct sockaddr_un address;
	struct buf fields; /* the same in every entry, in wire form */
	struct partial held[2];
};

/* ---- entries ---- */

/* Only a connected socket knows whether its peer has room.  The journal may have been restarted, so
 * this is done again when sending fails. */
static int connect_journal(struct journald *j)
{
	int r = connect(j->sock, (struct sockaddr *)&j->address, sizeof(j->address));

	return r < 0 ? -errno : 0;
}

static int wait_room(struct journald *j, int *budget_msec)
{
	int64_t before = time_monotonic_nsec();
	int r = *budget_msec > 0 ? fd_wait(j->sock, POLLOUT, *budget_msec) : 0;

	/* At least one: it ends also when there is room again and again, but never for us. */
	*budget_msec -= 1 + (int)((time_monotonic_nsec() - before) / NSEC_PER_MSEC);
	return r;
}

static void give_up(struct journald *j, int num)
{
	j->lost++;
	if (j->complained)
		return;
	j->complained = true;
	log_warn("send to journal '%s': %s; the container goes on, lines are lost",
		 j->address.sun_path, strerror(num));
}

static bool send_entry(struct journald *j, struct msghdr *msg, int *budget_msec)
{
	bool connected_anew = false;

	for (;;) {
		if (sendmsg(j->sock, msg, MSG_NOSIGNAL) >= 0)
			return true;
		if (errno == EINTR || (errno == EAGAIN && wait_room(j, budget_msec) > 0))
			continue;
		if ((errno == ENOTCONN || errno == ECONNREFUSED || errno == ECONNRESET) &&
		    !connected_anew && connect_journal(j) == 0) {
			connected_anew = true;
			continue;
		}
		return false;
	}
}

/* A program may choose the priority of a line: "<3>text" (sd-daemon(3)). */
static int take_priority(const char **text, size_t *len, int otherwise)
{
	const char *t = *text;

	if (*len < 3 || t[0] != '<' || t[1] < '0' || t[1] > '7' || t[2] != '>')
		return otherwise;
	*text += 3;
	*len -= 3;
	return t[1] - '0';
}

static bool send_text(struct journald *j, const char *text, size_t len, int level, bool partial,
		      int *budget_msec)
{
	char priority[] = "PRIORITY=0\n";
	char partial_text[] = "CONTAINER_PARTIAL_MESSAGE=true\n";
	uint64_t size = htole64(len);
	/* The form with a length: the text may have any bytes. */
	struct iovec iov[] = {
		{ (void *)(uintptr_t) "MESSAGE\n", 8 },
		{ &size, sizeof(size) },
		{ (void *)(uintptr_t)text, len },
		{ (void *)(uintptr_t) "\n", 1 },
		{ priority, sizeof(priority) - 1 },
		{ j->fields.data, j->fields.len },
		{ partial_text, partial && j->partial_field ? sizeof(partial_text) - 1 : 0 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };

	priority[9] = (char)('0' + level);
	return send_entry(j, &msg, budget_msec);
}

/* Lines were lost before: say so where they are missing. */
static void send_loss(struct journald *j, int *budget_msec)
{
	char text[96];
	int n = snprintf(text, sizeof(text), "coracle-monitor: %llu lines of output were lost here",
			 (unsigned long long)j->lost);

	if (send_text(j, text, (size_t)n, PRIORITY_STDERR, false, budget_msec)) {
		j->lost = 0;
		j->complained = false;
	}
}

static void send_line(struct journald *j, const char *text, size_t len, bool is_stderr,
		      bool partial, int *budget_msec)
{
	int level = take_priority(&text, &len, is_stderr ? PRIORITY_STDERR : PRIORITY_STDOUT);

	if (j->lost > 0)
		send_loss(j, budget_msec);
	if (j->lost > 0 || !send_text(j, text, len, level, partial, budget_msec))
		give_up(j, errno);
}

/* ---- lines ---- */

static void flush_held(struct journald *j, bool is_stderr, bool partial, int *budget_msec)
{
	struct partial *p = &j->held[is_stderr];

	send_line(j, p->text, p->len, is_stderr, partial, budget_msec);
	p->len = 0;
}

static void hold(struct journald *j, const char *text, size_t len, bool is_stderr, int *budget_msec)
{
	struct partial *p = &j->held[is_stderr];

	while (len > 0) {
		size_t n = MIN(len, TEXT_MAX - p->len);

		memcpy(p->text + p->len, text, n);
		p->len += n;
		text += n;
		len -= n;
		if (p->len == TEXT_MAX)
			flush_held(j, is_stderr, true, budget_msec);
	}
}

static void journald_write(struct log_driver *d, const struct log_chunk *c)
{
	struct journald *j = (struct journald *)d;
	const char *at = c->data, *end = c->data + c->len;
	int budget_msec = WAIT_MSEC;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		if (newline && len <= TEXT_MAX && j->held[c->is_stderr].len == 0) {
			send_line(j, at, len, c->is_stderr, false, &budget_msec);
		} else {
			hold(j, at, len, c->is_stderr, &budget_msec);
			if (newline)
				flush_held(j, c->is_stderr, false, &budget_msec);
		}
		at += len + (newline ? 1 : 0);
	}
}

static void journald_finish(struct log_driver *d)
{
	struct journald *j = (struct journald *)d;
	int budget_msec = WAIT_MSEC;

	for (int i = 0; i < 2; i++) {
		if (j->held[i].len > 0)
			flush_held(j, i == 1, true, &budget_msec);
	}
	if (j->lost > 0)
		send_loss(j, &budget_msec);
	if (j->lost > 0)
		log_warn("journal '%s': the last %llu lines of output are lost",
			 j->address.sun_path, (unsigned long long)j->lost);
}

static void journald_free(struct log_driver *d)
{
	struct journald *j = (struct journald *)d;

	fd_close(j->sock);
	buf_done(&j->fields);
	free(j);
}

static const struct log_driver_ops journald_ops = {
	.name = "journald",
	.write = journald_write,
	.finish = journald_finish,
	.free = journald_free,
};

/* ---- opening ---- */

/* Values come from the command line and may have newlines: always the form with a length. */
static void add_field(struct buf *out, const char *name, size_t name_len, const char *value)
{
	uint64_t size = htole64(strlen(value));

	buf_add(out, name, name_len);
	buf_addc(out, '\n');
	buf_add(out, &size, sizeof(size));
	buf_adds(out, value);
	buf_addc(out, '\n');
}

#define ADD(out, name, value) add_field(out, name, sizeof(name) - 1, value)

static int add_labels(struct buf *out, const struct option_list *labels, struct error *err)
{
	for (size_t i = 0; i < labels->n; i++) {
		const char *label = labels->items[i];
		size_t n = strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (n == 0 || label[n] != '=')
			return error_set(err, ERROR_INVALID,
					 "--log-label: '%s' is not LABEL=VALUE with a label of "
					 "A-Z, 0-9 and _",
					 label);
		add_field(out, label, n, label + n + 1);
	}
	return 0;
}

static int build_fields(struct buf *out, const struct monitor_log_options *o,
			const struct log_source *source, struct error *err)
{
	char shortened[ID_SHORT_LEN + 1];
	const char *identifier = o->tag ? o->tag : source->name;

	if (!source->id || strlen(source->id) <= ID_SHORT_LEN)
		return error_set(err, ERROR_INVALID,
				 "log driver journald needs a --cuuid longer than %d characters",
				 ID_SHORT_LEN);
	memcpy(shortened, source->id, ID_SHORT_LEN);
	shortened[ID_SHORT_LEN] = '\0';
	ADD(out, "CONTAINER_ID_FULL", source->id);
	ADD(out, "CONTAINER_ID", shortened);
	if (o->tag)
		ADD(out, "CONTAINER_TAG", o->tag);
	if (source->name)
		ADD(out, "CONTAINER_NAME", source->name);
	ADD(out, "SYSLOG_IDENTIFIER", identifier ? identifier : shortened);
	return add_labels(out, &o->labels, err);
}

int journald_open(const struct monitor_log_options *o, const struct log_source *source,
		  struct log_driver **ret, struct error *err)
{
	const char *path = getenv("CORACLE_JOURNAL_SOCKET");
	struct journald *j = xnew(struct journald);
	int r;

	j->driver.ops = &journald_ops;
	j->partial_field = !o->no_partial_message;
	j->address.sun_family = AF_UNIX;
	if (!path || !*path || strlen(path) >= sizeof(j->address.sun_path))
		path = JOURNAL_SOCKET;
	memcpy(j->address.sun_path, path, strlen(path) + 1);
	j->sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (j->sock < 0)
		r = error_os(err, errno, "make socket for the journal");
	else
		r = build_fields(&j->fields, o, source, err);
	/* A journal that is not there yet may come: see send_entry. */
	if (r >= 0)
		connect_journal(j);
	if (r < 0) {
		journald_free(&j->driver);
		return r;
	}
	*ret = &j->driver;
	return 0;
}
