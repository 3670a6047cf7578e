/* SPDX-License-Identifier: Apache-2.0 */
/* notify: see notify.h. */
#include "runtime/host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/sd_notify.h"
#include "sys/sock.h"

#define DIRECTORY "notify" /* below ROOT/ID */
#define SOCKET "notify.sock"
/* Any process of the container may notify; the directory is the container's own. */
#define SOCKET_MODE 0777

void notify_relay_done(struct notify_relay *n)
{
	n->sock = fd_close(n->sock);
	n->out = fd_close(n->out);
}

int notify_add(struct plan *p, int state_dir, struct error *err)
{
	const uint64_t attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      MOUNT_ATTR_NOEXEC;
	scoped_fd int tree = -1;
	struct plan_mount *m;
	int r = 0;

	for (size_t i = 0; i < p->n_mounts; i++) {
		if (streq(p->mounts[i].destination, NOTIFY_DESTINATION))
			return 0;
	}
	if (mkdirat(state_dir, DIRECTORY, 0755) < 0)
		return error_os(err, errno, "make directory for the notify socket");
	tree = mountapi_open_tree(state_dir, DIRECTORY, 0);
	if (tree >= 0)
		r = mountapi_setattr(tree, "", 0, attr, 0, MS_SLAVE, -1);
	if (tree < 0 || r < 0)
		return error_os(err, tree < 0 ? -tree : -r, "clone directory of the notify socket");
	m = ARRAY_ADD(p->mounts, p->n_mounts);
	*m = (struct plan_mount){
		.kind = PLAN_MOUNT_BIND,
		.index = p->n_mounts - 1,
		.destination = xstrdup(NOTIFY_DESTINATION),
		.source = xstrdup(DIRECTORY),
		.source_is_dir = true,
		.fd = take_fd(tree),
		.userns_fd = -1,
	};
	strv_env_set(&p->process.env, "NOTIFY_SOCKET", NOTIFY_DESTINATION "/" SOCKET);
	return 1;
}

int notify_listen(int state_dir, const char *host_socket, struct notify_relay *ret,
		  struct error *err)
{
	scoped(notify_relay_done) struct notify_relay n = NOTIFY_RELAY_INIT;
	scoped_fd int dir = fd_open(state_dir, DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (dir < 0)
		return error_os(err, -dir, "open directory of the notify socket");
	if (sd_notify_address(host_socket, &n.address, &n.address_len) < 0)
		return error_set(err, ERROR_INVALID, "environment NOTIFY_SOCKET: '%s' is too long",
				 host_socket);
	n.out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n.out < 0)
		return error_os(err, errno, "make socket for notify messages");
	/* Of a start that was killed. */
	if (unlinkat(dir, SOCKET, 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old notify socket");
	n.sock = sock_listen_unix(dir, SOCKET, SOCK_DGRAM, SOCKET_MODE, err);
	if (n.sock < 0)
		return n.sock;
	*ret = n;
	n.sock = n.out = -1;
	return 0;
}

static bool says_ready(const char *message, size_t len)
{
	static const char word[] = "READY=1";
	const size_t n = sizeof(word) - 1;

	for (const char *at = message, *end = message + len; at != NULL && at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);

		if (line == n && memcmp(at, word, n) == 0)
			return true;
		at = newline ? newline + 1 : NULL;
	}
	return false;
}

int notify_relay_one(const struct notify_relay *n, pid_t main_pid)
{
	/* Room for MAINPID=. */
	char message[SD_NOTIFY_MESSAGE_MAX + 32];
	ssize_t len = recv(n->sock, message, SD_NOTIFY_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
	size_t keep;
	bool ready;

	if (len <= 0 || len > SD_NOTIFY_MESSAGE_MAX)
		return 0;
	keep = sd_notify_filter(message, (size_t)len);
	if (keep == 0)
		return 0;
	ready = says_ready(message, keep);
	if (ready && main_pid > 0)
		keep += (size_t)snprintf(message + keep, sizeof(message) - keep, "%sMAINPID=%d",
					 message[keep - 1] == '\n' ? "" : "\n", (int)main_pid);
	if (sendto(n->out, message, keep, MSG_NOSIGNAL, (const struct sockaddr *)&n->address,
		   n->address_len) < 0)
		log_warn("relay to NOTIFY_SOCKET: %s; the message is lost", strerror(errno));
	return ready;
}

int notify_wait_ready(const struct notify_relay *n, const struct pidref *init, struct error *err)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = n->sock, .events = POLLIN },
				       { .fd = init->fd, .events = POLLIN } };

		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_os(err, errno, "wait for the container to be ready");
		}
		if (p[0].revents != 0 && notify_relay_one(n, init->pid) > 0)
			return 0;
		/* What it said last came first. */
		if (p[0].revents == 0 && p[1].revents != 0)
			return 0;
	}
}
