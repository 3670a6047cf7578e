/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/sd_notify.h"
#include "sys/sock.h"

/* Any process of the container may notify; the directory above is the container's own. */
#define SOCKET_MODE 0777
#define DIRECTORY_MODE 0755

struct notify {
	int sock, host;
	struct loop_source *source;
	struct sockaddr_un address;
	socklen_t address_len;
	bool complained;
};

/* false: nothing is queued. */
static bool relay_one(struct notify *n)
{
	char message[SD_NOTIFY_MESSAGE_MAX];
	ssize_t len = recv(n->sock, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
	size_t keep;

	if (len < 0)
		return errno == EINTR;
	if ((size_t)len > sizeof(message))
		return true;
	keep = sd_notify_filter(message, (size_t)len);
	if (keep > 0 &&
	    sendto(n->host, message, keep, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&n->address, n->address_len) < 0 &&
	    !n->complained) {
		n->complained = true;
		log_warn("relay to notify socket '%s': %s; the message is lost",
			 n->address.sun_path, strerror(errno));
	}
	return true;
}

static int on_message(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	relay_one(arg);
	return 0;
}

void notify_drain(struct notify *n)
{
	/* Bounded: a socket holds net.unix.max_dgram_qlen messages. */
	for (int i = 0; n && i < 1024 && relay_one(n); i++)
		;
}

static int set_host(struct notify *n, const char *host_socket, struct error *err)
{
	if (sd_notify_address(host_socket, &n->address, &n->address_len) < 0)
		return error_set(err, ERROR_INVALID, "--sdnotify-socket '%s' is too long",
				 host_socket);
	n->host = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->host < 0)
		return error_os(err, errno, "make socket for notify messages");
	return 0;
}

static int listen_in(struct notify *n, struct loop *loop, const char *bundle, struct error *err)
{
	scoped_fd int bundle_fd = fd_open(AT_FDCWD, bundle, O_PATH | O_DIRECTORY, 0);
	scoped_fd int dir = -1;
	int r;

	if (bundle_fd < 0)
		return error_os(err, -bundle_fd, "open bundle '%s'", bundle);
	if (mkdirat(bundle_fd, "notify", DIRECTORY_MODE) < 0 && errno != EEXIST)
		return error_os(err, errno, "make directory 'notify' in '%s'", bundle);
	dir = fd_open(bundle_fd, "notify", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (dir < 0)
		return error_os(err, -dir, "open directory 'notify' in '%s'", bundle);
	if (unlinkat(dir, "notify.sock", 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old notify socket in '%s'", bundle);
	n->sock = sock_listen_unix(dir, "notify.sock", SOCK_DGRAM, SOCKET_MODE, err);
	if (n->sock < 0)
		return n->sock;
	r = loop_add_io(loop, n->sock, EPOLLIN, on_message, n, &n->source);
	return r < 0 ? error_os(err, -r, "watch the notify socket") : 0;
}

int notify_open(struct loop *loop, const char *bundle, const char *host_socket, struct notify **ret,
		struct error *err)
{
	struct notify *n = xnew(struct notify);
	int r;

	n->sock = n->host = -1;
	r = set_host(n, host_socket, err);
	if (r >= 0)
		r = listen_in(n, loop, bundle, err);
	if (r < 0) {
		notify_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	loop_remove(n->source);
	fd_close(n->sock);
	fd_close(n->host);
	free(n);
}
