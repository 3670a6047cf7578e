/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/complain.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "sys/fd.h"

#define SYSLOG_SOCKET "/dev/log"
#define SYSLOG_DAEMON (3 << 3) /* facility, RFC 3164 */

static const char *container;

/* A socket for each message: they are rare, and syslog may come and go. */
static void to_syslog(int severity, const char *msg)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET };
	scoped_fd int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[1024];
	int n = snprintf(text, sizeof(text), "<%d>coracle-monitor[%d]: %.12s: %s",
			 SYSLOG_DAEMON | severity, (int)getpid(), container, msg);

	if (s < 0 || n < 0)
		return;
	n = n < (int)sizeof(text) ? n : (int)sizeof(text) - 1;
	/* Nobody listens: there is no further place to say so. */
	if (sendto(s, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&a,
		   sizeof(a)) < 0)
		return;
}

static void sink(void *arg, enum log_level level, const char *msg)
{
	static const int severity[LOG_LEVEL_COUNT] = { [LOG_LEVEL_TRACE] = 7,
						       [LOG_LEVEL_DEBUG] = 7,
						       [LOG_LEVEL_INFO] = 6,
						       [LOG_LEVEL_WARN] = 4,
						       [LOG_LEVEL_ERROR] = 3 };

	dprintf(STDERR_FILENO, "coracle-monitor: %s\n", msg);
	to_syslog(severity[level], msg);
}

int complain_init(const char *level, bool syslog, const char *cid, struct error *err)
{
	int l = level ? log_level_parse(level) : (int)LOG_LEVEL_WARN;

	if (l < 0)
		return error_set(err, ERROR_INVALID, "--log-level: no such level '%s'", level);
	log_set_program("coracle-monitor");
	log_set_level((enum log_level)l);
	container = cid;
	if (syslog)
		log_set_sink(sink, NULL);
	return 0;
}
