/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/sd_notify.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "sys/fd.h"

static bool line_allowed(const char *line, size_t len)
{
	static const char *const whole[] = { "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1",
					     "WATCHDOG=trigger" };
	static const char *const prefixes[] = { "STATUS=", "ERRNO=", "BUSERROR=",
						"MONOTONIC_USEC=" };

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		if (len == strlen(whole[i]) && memcmp(line, whole[i], len) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (len >= strlen(prefixes[i]) &&
		    memcmp(line, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

size_t sd_notify_filter(char *message, size_t len)
{
	const char *at = message, *end = message + len;
	char *to = message;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline : end) - at);

		if (line_allowed(at, n)) {
			memmove(to, at, n);
			to += n;
			/* The line's own newline, or one behind the last line: there is room,
			 * because a line without newline is the last one. */
			if (newline)
				*to++ = '\n';
		}
		at += n + (newline ? 1 : 0);
	}
	return (size_t)(to - message);
}

int sd_notify_address(const char *socket_path, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t len = strlen(socket_path);
	bool abstract = socket_path[0] == '@';

	if (len == 0 || len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, socket_path, len);
	if (abstract)
		ret->sun_path[0] = '\0';
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (abstract ? 0 : 1));
	return 0;
}

int sd_notify_send(const char *socket_path, const char *message)
{
	struct sockaddr_un address;
	socklen_t len;
	scoped_fd int fd = -1;
	int r = sd_notify_address(socket_path, &address, &len);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&address, len) < 0)
		return -errno;
	return 0;
}
