/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/fd.h"

/* SCM_MAX_FD of the kernel (include/net/scm.h): more cannot arrive in one message. */
#define FDS_MAX 253
/* For connect: a listener that accepts nothing for this long is dead. */
#define CONNECT_SEC 60

/* The address of (dirfd, path).  A relative path or one too long for sun_path is given by
 * its directory's descriptor, which must stay open until the address was used (*ret_dir). */
static int unix_address(int dirfd, const char *path, struct sockaddr_un *a, int *ret_dir)
{
	scoped_free char *dir = NULL;
	const char *slash;
	int n;

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (path_absolute(path) && strlen(path) < sizeof(a->sun_path)) {
		memcpy(a->sun_path, path, strlen(path) + 1);
		return 0;
	}
	slash = strrchr(path, '/');
	dir = path_dir(path);
	*ret_dir = fd_open(dirfd, dir, O_PATH | O_DIRECTORY, 0);
	if (*ret_dir < 0)
		return *ret_dir;
	n = snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", *ret_dir,
		     slash != NULL ? slash + 1 : path);
	return (size_t)n < sizeof(a->sun_path) ? 0 : -ENAMETOOLONG;
}

int sock_listen_unix(int dirfd, const char *path, int type, mode_t mode, struct error *err)
{
	scoped_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	scoped_fd int dir = -1;
	struct sockaddr_un a;
	int r;

	if (fd < 0)
		return error_os(err, errno, "create socket '%s'", path);
	r = unix_address(dirfd, path, &a, &dir);
	if (r < 0)
		return error_os(err, -r, "find directory of socket '%s'", path);
	/* The mode of the unbound socket becomes that of the file, less the umask: nobody can
	 * connect before the mode is right. */
	if (fchmod(fd, mode) < 0)
		return error_os(err, errno, "set mode of socket '%s'", path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return error_os(err, errno, "bind socket '%s'", path);
	if (chmod(a.sun_path, mode) < 0 ||
	    ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_DGRAM && listen(fd, SOMAXCONN) < 0)) {
		int num = errno;

		unlink(a.sun_path);
		return error_os(err, num, "listen on socket '%s'", path);
	}
	return take_fd(fd);
}

int sock_connect_unix(int dirfd, const char *path, int type, struct error *err)
{
	scoped_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	scoped_fd int dir = -1;
	/* connect waits as long as the listener's queue is full: not for ever. */
	struct timeval bound = { .tv_sec = CONNECT_SEC }, none = { 0 };
	struct sockaddr_un a;
	int r;

	if (fd < 0)
		return error_os(err, errno, "create socket for '%s'", path);
	r = unix_address(dirfd, path, &a, &dir);
	if (r < 0)
		return error_os(err, -r, "find directory of socket '%s'", path);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof(bound));
	do
		r = connect(fd, (struct sockaddr *)&a, sizeof(a));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_os(err, errno == EAGAIN ? ETIMEDOUT : errno, "connect to socket '%s'",
				path);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	return take_fd(fd);
}

int sock_pair(int type, int ret[2])
{
	int p[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, p) < 0)
		return -errno;
	ret[0] = p[0];
	ret[1] = p[1];
	return 0;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
};

int sock_send_fds(int sock, const void *data, size_t len, const int *fds, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	ssize_t sent;

	if (len == 0 || n > FDS_MAX)
		return -EINVAL;
	if (n > 0) {
		memset(&control, 0, sizeof(control));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n);
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	}
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	if ((size_t)sent == len)
		return 0;
	/* A stream took a part: the descriptors went with it. */
	while ((size_t)sent < len) {
		ssize_t k = send(sock, (const char *)data + sent, len - (size_t)sent, MSG_NOSIGNAL);

		if (k < 0 && errno != EINTR)
			return -errno;
		sent += MAX(k, 0);
	}
	return 0;
}

static void take_received(const struct cmsghdr *cm, int *fds, size_t max_fds, size_t *n)
{
	size_t count = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
		if (*n < max_fds)
			fds[(*n)++] = fd;
		else
			fd_close(fd);
	}
}

ssize_t sock_recv_fds(int sock, void *data, size_t len, int *fds, size_t max_fds, size_t *ret_n)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };
	union control control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	size_t n = 0;
	ssize_t got;

	do
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(&msg); cm != NULL; cm = CMSG_NXTHDR(&msg, cm)) {
		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS)
			take_received(cm, fds, max_fds, &n);
	}
	*ret_n = n;
	return got;
}

int sock_peer_uid(int sock, uid_t *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	*ret = cred.uid;
	return 0;
}

/* Addresses looked at; a host with more has its first one among these. */
#define ADDRESSES_MAX 64

static bool is_usable(int sock, const struct ifreq *r)
{
	struct ifreq flags = *r;

	return r->ifr_addr.sa_family == AF_INET && ioctl(sock, SIOCGIFFLAGS, &flags) == 0 &&
	       (flags.ifr_flags & IFF_UP) != 0 && (flags.ifr_flags & IFF_LOOPBACK) == 0;
}

int sock_first_address(char ret[INET_ADDRSTRLEN])
{
	scoped_fd int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq list[ADDRESSES_MAX] = { 0 };
	struct ifconf conf = { .ifc_len = sizeof(list), .ifc_req = list };

	if (sock < 0 || ioctl(sock, SIOCGIFCONF, &conf) < 0)
		return -errno;
	for (size_t i = 0; i < (size_t)conf.ifc_len / sizeof(list[0]); i++) {
		struct sockaddr_in in;

		if (!is_usable(sock, &list[i]))
			continue;
		memcpy(&in, &list[i].ifr_addr, sizeof(in));
		return inet_ntop(AF_INET, &in.sin_addr, ret, INET_ADDRSTRLEN) ? 0 : -errno;
	}
	return -ENOENT;
}
