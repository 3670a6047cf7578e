/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commands/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/sock.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

static const char *level_name(enum log_level level)
{
	if (level >= LOG_LEVEL_ERROR)
		return "error";
	if (level == LOG_LEVEL_WARN)
		return "warning";
	return level == LOG_LEVEL_INFO ? "info" : "debug";
}

static int level_priority(enum log_level level)
{
	if (level >= LOG_LEVEL_ERROR)
		return LOG_ERR;
	if (level == LOG_LEVEL_WARN)
		return LOG_WARNING;
	return level == LOG_LEVEL_INFO ? LOG_INFO : LOG_DEBUG;
}

static void format_line(const struct report *rp, enum log_level level, const char *msg,
			struct buf *b)
{
	char now[TIME_STR_MAX];

	time_format_rfc3339(time_now_nsec(), now);
	if (rp->json) {
		buf_addf(b, "{\"level\":\"%s\",\"msg\":", level_name(level));
		buf_add_json_string(b, msg);
		buf_addf(b, ",\"time\":\"%s\"}\n", now);
	} else {
		buf_addf(b, "time=\"%s\" level=%s msg=", now, level_name(level));
		buf_add_json_string(b, msg);
		buf_addc(b, '\n');
	}
}

/* The journal's native protocol: NAME=value lines, and for a value with a line end the name, eight
 * bytes of length (little endian) and the value (systemd, JOURNAL_NATIVE_PROTOCOL). */
static void journal_field(struct buf *b, const char *name, const char *value)
{
	size_t len = strlen(value);

	buf_adds(b, name);
	if (strchr(value, '\n') == NULL) {
		buf_addf(b, "=%s\n", value);
		return;
	}
	buf_addc(b, '\n');
	for (unsigned i = 0; i < 8; i++)
		buf_addc(b, (char)((uint64_t)len >> (8 * i)));
	buf_add(b, value, len);
	buf_addc(b, '\n');
}

static void write_log(const struct report *rp, enum log_level level, const char *msg)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	switch (rp->target) {
	case REPORT_FILE:
		format_line(rp, level, msg, &b);
		break;
	case REPORT_JOURNAL:
		buf_addf(&b, "PRIORITY=%d\nSYSLOG_IDENTIFIER=coracle-runtime\n",
			 level_priority(level));
		journal_field(&b, "ID", rp->ident);
		journal_field(&b, "MESSAGE", msg);
		break;
	case REPORT_SYSLOG:
		buf_addf(&b, "<%d>%s[%d]: %s", LOG_DAEMON | level_priority(level), rp->ident,
			 (int)getpid(), msg);
		break;
	case REPORT_STDERR:
	case REPORT_TARGET_COUNT:
		return;
	}
	/* A log that does not take it is no reason to fail: errors are on stderr too. */
	(void)fd_write_all(rp->fd, buf_str(&b), b.len);
}

static void sink(void *arg, enum log_level level, const char *msg)
{
	const struct report *rp = arg;
	scoped(buf_done) struct buf b = BUF_INIT;

	if (rp->target != REPORT_STDERR) {
		write_log(rp, level, msg);
	} else {
		if (rp->lines)
			format_line(rp, level, msg, &b);
		else
			buf_addf(&b, "coracle-runtime: %s: %s\n", level_name(level), msg);
		(void)fd_write_all(STDERR_FILENO, buf_str(&b), b.len);
	}
}

void report_error(const struct report *rp, const struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	write_log(rp, LOG_LEVEL_ERROR, err->msg);
	if (rp->target == REPORT_STDERR && rp->lines)
		format_line(rp, LOG_LEVEL_ERROR, err->msg, &b);
	else
		buf_addf(&b, "coracle-runtime: %s\n", err->msg);
	(void)fd_write_all(STDERR_FILENO, buf_str(&b), b.len);
}

static int open_socket(struct report *rp, enum report_target target, const char *path,
		       const char *ident, const char *option, struct error *err)
{
	if (str_empty(ident))
		return error_set(err, ERROR_INVALID, "--log: '%s' needs a name behind the colon",
				 option);
	rp->fd = sock_connect_unix(AT_FDCWD, path, SOCK_DGRAM, err);
	if (rp->fd < 0)
		return error_prefix(err, "--log '%s'", option);
	rp->target = target;
	rp->ident = ident;
	return 0;
}

static int open_target(struct report *rp, const char *log, struct error *err)
{
	const char *rest;

	if (str_empty(log))
		return 0;
	if ((rest = str_skip_prefix(log, "journald:")) != NULL)
		return open_socket(rp, REPORT_JOURNAL, JOURNAL_SOCKET, rest, log, err);
	if ((rest = str_skip_prefix(log, "syslog:")) != NULL)
		return open_socket(rp, REPORT_SYSLOG, SYSLOG_SOCKET, rest, log, err);
	rest = str_skip_prefix(log, "file:");
	if (rest == NULL)
		rest = log;
	rp->fd = fd_open(AT_FDCWD, rest, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0644);
	if (rp->fd < 0)
		return error_os(err, -rp->fd, "open log '%s'", rest);
	rp->target = REPORT_FILE;
	return 0;
}

static int set_level(struct report *rp, const struct report_options *o, struct error *err)
{
	rp->debug = o->debug;
	if (o->level == NULL || streq(o->level, "warning"))
		return 0;
	if (streq(o->level, "debug"))
		rp->debug = true;
	else if (streq(o->level, "error"))
		rp->quiet = !o->debug;
	else
		return error_set(err, ERROR_INVALID,
				 "--log-level: '%s' is none of error, warning, debug", o->level);
	return 0;
}

int report_open(struct report *rp, const struct report_options *o, struct error *err)
{
	int r = set_level(rp, o, err);

	if (r < 0)
		return r;
	if (o->format && !streq(o->format, "text") && !streq(o->format, "json"))
		return error_set(err, ERROR_INVALID, "--log-format: '%s' is neither text nor json",
				 o->format);
	rp->json = streq_opt(o->format, "json");
	rp->lines = rp->debug || o->format != NULL;
	r = open_target(rp, o->log, err);
	log_set_sink(sink, rp);
	if (rp->quiet)
		log_set_level(LOG_LEVEL_ERROR);
	else
		log_set_level(rp->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
	return r;
}

void report_done(struct report *rp)
{
	fd_close(rp->fd);
	rp->fd = -1;
	log_set_sink(NULL, NULL);
	log_set_level(LOG_LEVEL_WARN);
}
