/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock: landlock_create_ruleset(2) and its like (Linux 5.13; files), with the rights of all
 * versions up to 7 under names of our own: the headers of Debian 12 have those of version 2.
 * Leaves.
 */
#ifndef CORACLE_SYS_LANDLOCK_H
#define CORACLE_SYS_LANDLOCK_H

#include <stdint.h>

#define LL_FS_EXECUTE (UINT64_C(1) << 0)
#define LL_FS_WRITE_FILE (UINT64_C(1) << 1)
#define LL_FS_READ_FILE (UINT64_C(1) << 2)
#define LL_FS_READ_DIR (UINT64_C(1) << 3)
#define LL_FS_ABI1 ((UINT64_C(1) << 13) - 1) /* up to making symbolic links */
#define LL_FS_REFER (UINT64_C(1) << 13)	     /* version 2 */
#define LL_FS_TRUNCATE (UINT64_C(1) << 14)   /* 3 */
#define LL_FS_IOCTL_DEV (UINT64_C(1) << 15)  /* 5 */
#define LL_NET_BIND_TCP (UINT64_C(1) << 0)   /* 4 */
#define LL_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define LL_SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0) /* 6 */
#define LL_SCOPE_SIGNAL (UINT64_C(1) << 1)

/* Rights that can be given to what is not a directory. */
#define LL_FS_OF_FILE \
	(LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE | LL_FS_IOCTL_DEV)

struct landlock_handled {
	uint64_t fs, net, scope;
};

/* Version of the kernel's interface from 1 on; -ENOSYS not built in, -EOPNOTSUPP not enabled at
 * boot. */
int landlock_abi(void);
/* A ruleset that denies what is handled and not allowed by a rule: descriptor. */
int landlock_create(const struct landlock_handled *h);
int landlock_allow_path(int ruleset, int path_fd, uint64_t rights);
int landlock_allow_port(int ruleset, uint16_t port, uint64_t rights);
/* Restrict this thread and its later children, for ever.  Wants no_new_privs or CAP_SYS_ADMIN. */
int landlock_restrict(int ruleset);

#endif
