/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/syslog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "monitor/log/sender.h"

#define LOCAL_SOCKET "/dev/log"
#define FACILITY_DAEMON (3 << 3)
/* RFC 5424, section 6: longest APP-NAME and HOSTNAME. */
#define APP_NAME_MAX 48
#define HOST_MAX 255
/* The number of RFC 5612 (documentation): coracle has none of its own. */
#define STRUCTURED_ID "container@32473"
/* Everything in front of a text; with the text it must fit LOG_PEER_MESSAGE_MAX. */
#define HEAD_MAX 4096
#define STRUCTURED_MAX (HEAD_MAX - HOST_MAX - APP_NAME_MAX - 128)

struct syslog {
	struct log_sender sender;
	bool remote;
	char app[APP_NAME_MAX + 1];
	char host[HOST_MAX + 1];
	struct buf structured; /* "[...]" or "-" */
};

/* ---- messages ---- */

static size_t local_head(const struct syslog *s, const struct log_line *l, int priority, char *out)
{
	time_t sec = (time_t)(l->time_nsec / NSEC_PER_SEC);
	struct tm tm;
	char stamp[32];

	localtime_r(&sec, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	return (size_t)snprintf(out, HEAD_MAX, "<%d>%s %s[%d]: ", priority, stamp, s->app,
				(int)getpid());
}

static size_t remote_head(const struct syslog *s, const struct log_line *l, int priority, char *out)
{
	time_t sec = (time_t)(l->time_nsec / NSEC_PER_SEC);
	struct tm tm;
	char stamp[32];

	gmtime_r(&sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	return (size_t)snprintf(out, HEAD_MAX, "<%d>1 %s.%06dZ %s %s %d - %s ", priority, stamp,
				(int)(l->time_nsec % NSEC_PER_SEC / NSEC_PER_USEC), s->host, s->app,
				(int)getpid(), buf_str((struct buf *)(uintptr_t)&s->structured));
}

static bool send_message(struct log_sender *sender, const struct log_line *l, int severity)
{
	static char head[HEAD_MAX];
	struct syslog *s = (struct syslog *)sender;
	char count[24];
	size_t head_len = s->remote ? remote_head(s, l, FACILITY_DAEMON | severity, head)
				    : local_head(s, l, FACILITY_DAEMON | severity, head);
	int n = snprintf(count, sizeof(count), "%zu ", head_len + l->len);
	struct iovec iov[] = {
		{ count, sender->peer.stream ? (size_t)n : 0 },
		{ head, head_len },
		{ (void *)(uintptr_t)l->text, l->len },
	};

	return log_peer_send(&sender->peer, iov, ARRAY_SIZE(iov));
}

/* ---- driver ---- */

static void syslog_free(struct log_driver *d)
{
	struct syslog *s = (struct syslog *)d;

	log_sender_done(&s->sender);
	buf_done(&s->structured);
	free(s);
}

static const struct log_driver_ops syslog_ops = {
	.name = "syslog",
	.write = log_sender_write,
	.finish = log_sender_finish,
	.free = syslog_free,
};

/* ---- opening ---- */

/* Only what a HOSTNAME or APP-NAME may have: printable ASCII without blank. */
static void copy_word(char *out, size_t max, const char *text)
{
	size_t n = 0;

	for (; *text && n < max; text++)
		out[n++] = *text > ' ' && *text < 0x7f ? *text : '_';
	if (n == 0)
		out[n++] = '-';
	out[n] = '\0';
}

static void add_param(struct buf *out, const char *name, size_t name_len, const char *value)
{
	buf_addc(out, ' ');
	buf_add(out, name, name_len);
	buf_adds(out, "=\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\' || *value == ']')
			buf_addc(out, '\\');
		buf_addc(out, *value);
	}
	buf_addc(out, '"');
}

static int add_structured(struct syslog *s, const struct monitor_log_options *o,
			  const struct log_source *source, struct error *err)
{
	struct buf *out = &s->structured;

	buf_adds(out, "[" STRUCTURED_ID);
	add_param(out, "id", 2, source->id);
	if (source->name)
		add_param(out, "name", 4, source->name);
	for (size_t i = 0; i < o->labels.n; i++) {
		const char *label = o->labels.items[i];
		size_t n = strcspn(label, "= \"]");

		if (n == 0 || n > 32 || label[n] != '=')
			return error_set(err, ERROR_INVALID,
					 "--log-label: '%s' is not LABEL=VALUE with a label of at "
					 "most 32 characters",
					 label);
		add_param(out, label, n, label + n + 1);
	}
	buf_addc(out, ']');
	return out->len <= STRUCTURED_MAX ? 0
					  : error_set(err, ERROR_LIMIT,
						      "log driver syslog: labels are too long (at "
						      "most %d bytes)",
						      STRUCTURED_MAX);
}

static int open_peer(struct syslog *s, const char *target, struct error *err)
{
	struct log_peer *peer = &s->sender.peer;
	const char *address;
	int r;

	if (target[0] == '/')
		return log_peer_open_unix(peer, target, err);
	s->remote = true;
	if ((address = str_skip_prefix(target, "udp://")))
		r = log_peer_open_inet(peer, address, false, err);
	else if ((address = str_skip_prefix(target, "tcp://")))
		r = log_peer_open_inet(peer, address, true, err);
	else
		r = error_set(err, ERROR_INVALID,
			      "'%s' is neither a socket's path nor udp:// or tcp://ADDRESS:PORT",
			      target);
	return r < 0 ? error_prefix(err, "log driver syslog") : 0;
}

int syslog_open(const char *target, const struct monitor_log_options *o,
		const struct log_source *source, struct log_driver **ret, struct error *err)
{
	struct syslog *s = xnew(struct syslog);
	char host[HOST_MAX + 1] = "";
	int r;

	if (!target)
		target = LOCAL_SOCKET;
	log_sender_init(&s->sender, &syslog_ops, xasprintf("syslog '%s'", target), send_message);
	gethostname(host, sizeof(host) - 1);
	copy_word(s->host, HOST_MAX, host);
	copy_word(s->app, APP_NAME_MAX, o->tag ? o->tag : source->name ? source->name : source->id);
	if (!o->tag && !source->name)
		s->app[MIN(strlen(s->app), (size_t)ID_SHORT_LEN)] = '\0';
	r = add_structured(s, o, source, err);
	if (r >= 0)
		r = open_peer(s, target, err);
	if (r < 0) {
		syslog_free(&s->sender.driver);
		return r;
	}
	*ret = &s->sender.driver;
	return 0;
}
