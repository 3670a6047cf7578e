/* SPDX-License-Identifier: Apache-2.0 */
/* ns: namespaces: clone3, setns, unshare, files under /proc/PID/ns. */
#ifndef CORACLE_SYS_NS_H
#define CORACLE_SYS_NS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum ns_type {
	NS_USER,
	NS_MOUNT,
	NS_PID,
	NS_NET,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_TYPE_COUNT
};

uint64_t ns_clone_flag(enum ns_type t);	  /* CLONE_NEW* */
const char *ns_proc_name(enum ns_type t); /* "mnt", "net", ... */
const char *ns_oci_name(enum ns_type t);  /* "mount", "network", ... */
int ns_type_from_oci(const char *name);	  /* enum or -1 */

struct ns_clone {
	uint64_t flags;	 /* CLONE_NEW* and CLONE_PARENT, CLONE_INTO_CGROUP is set by cgroup_fd */
	int cgroup_fd;	 /* -1: none */
	int *ret_pidfd;	 /* may be NULL */
	int exit_signal; /* SIGCHLD */
};
/* clone3 with copied memory (fork semantics); falls back to clone when clone3 is missing or denied
 * (cgroup_fd then is -EOPNOTSUPP).  0 in the child, pid in the parent, -errno. */
pid_t ns_clone3(const struct ns_clone *c);

int ns_open(pid_t pid, enum ns_type t); /* /proc/PID/ns/X */
/* Open a path and check that it is a namespace of that type (NS_GET_NSTYPE). */
int ns_open_path(const char *path, enum ns_type t, struct error *err);
int ns_enter(int fd, enum ns_type t);
int ns_enter_pidfd(int pidfd, uint64_t flags);
int ns_unshare(uint64_t flags);
/* Bring "lo" of our network namespace up: in a new one it is down. */
int ns_loopback_up(void);
/* Root and working directory become those of the mount namespace that this process is in: the way
 * out of a chroot.  Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT; not with threads. */
int ns_leave_chroot(void);
/* Inode of the namespace, to compare. */
int ns_inode(int fd, ino_t *ret);
/* Same namespace as that of this process? 1/0/-errno */
int ns_is_own(int fd, enum ns_type t);
/* A new network namespace: descriptor; this process stays in its own.  Not with threads. */
int ns_new_net(struct error *err);
/* Pin a namespace descriptor at path (file made 0600, bind mount); ns_unpin undoes both. */
int ns_pin(int nsfd, const char *path, struct error *err);
int ns_unpin(const char *path);

#endif
