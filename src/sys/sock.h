/* SPDX-License-Identifier: Apache-2.0 */
/* sock: UNIX sockets, descriptor passing. */
#ifndef CORACLE_SYS_SOCK_H
#define CORACLE_SYS_SOCK_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* type SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM.  Paths longer than sun_path work: they go
 * through /proc/self/fd of the opened directory. */
int sock_listen_unix(int dirfd, const char *path, int type, mode_t mode, struct error *err);
int sock_connect_unix(int dirfd, const char *path, int type, struct error *err);
int sock_pair(int type, int ret[2]);
/* Send data (at least one byte) with n descriptors (SCM_RIGHTS). */
int sock_send_fds(int sock, const void *data, size_t len, const int *fds, size_t n);
/* Receive at most max_fds; all CLOEXEC; superfluous ones closed.  Returns bytes, *ret_n
 * descriptors. */
ssize_t sock_recv_fds(int sock, void *data, size_t len, int *fds, size_t max_fds, size_t *ret_n);
int sock_peer_uid(int sock, uid_t *ret);
/* The first IPv4 address of this network namespace that is up and no loopback, as text; -ENOENT
 * when there is none.  One ioctl(2): getifaddrs(3) reads all that netlink knows of every link. */
int sock_first_address(char ret[INET_ADDRSTRLEN]);

#endif
