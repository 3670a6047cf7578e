/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

/* linux/landlock.h of version 6; the kernel takes a longer one than it knows when the rest is 0. */
struct ruleset_attr {
	uint64_t handled_fs, handled_net, scoped;
};
_Static_assert(sizeof(struct ruleset_attr) == 24, "as in the kernel");

struct path_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct port_attr {
	uint64_t allowed, port;
};

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int landlock_abi(void)
{
	return result(
		syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION));
}

int landlock_create(const struct landlock_handled *h)
{
	struct ruleset_attr a = { h->fs, h->net, h->scope };

	/* The descriptor is close-on-exec. */
	return result(syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0));
}

int landlock_allow_path(int ruleset, int path_fd, uint64_t rights)
{
	struct path_attr a = { rights, path_fd };

	return result(syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &a, 0));
}

int landlock_allow_port(int ruleset, uint16_t port, uint64_t rights)
{
	struct port_attr a = { rights, port };

	return result(syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &a, 0));
}

int landlock_restrict(int ruleset)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset, 0));
}
