/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "sys/fd.h"

/* In the order of linux/capability.h. */
static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};
_Static_assert(ARRAY_SIZE(names) == CAP_CHECKPOINT_RESTORE + 1, "one name per capability");

int caps_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_ieq(name, names[i]) || str_ieq(name, names[i] + 4))
			return (int)i;
	}
	return -EINVAL;
}

const char *caps_name(int cap)
{
	return cap >= 0 && (size_t)cap < ARRAY_SIZE(names) ? names[cap] : NULL;
}

uint64_t caps_known(void)
{
	return (1ULL << ARRAY_SIZE(names)) - 1;
}

int caps_last(void)
{
	static int last = -1;
	char line[16];
	uint32_t n;

	if (last >= 0)
		return last;
	/* As many as we have names for: the usual case, and cheaper than a file of procfs. */
	if (prctl(PR_CAPBSET_READ, ARRAY_SIZE(names) - 1, 0, 0, 0) >= 0 &&
	    prctl(PR_CAPBSET_READ, ARRAY_SIZE(names), 0, 0, 0) < 0) {
		last = (int)ARRAY_SIZE(names) - 1;
		return last;
	}
	if (fd_read_line(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", line, sizeof(line)) >= 0 &&
	    num_u32(line, &n) == 0 && n < 64) {
		last = (int)n;
		return last;
	}
	/* No /proc: ask for one after the other. */
	for (last = 0; last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0; last++)
		;
	return last;
}

/* Mask of what the kernel has. */
static uint64_t existing(void)
{
	int last = caps_last();

	return last >= 63 ? ~0ULL : (1ULL << (last + 1)) - 1;
}

int caps_get_sets(struct caps *ret)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	*ret = (struct caps){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
	return 0;
}

int caps_get(struct caps *ret)
{
	struct caps c = { 0 };
	int r = caps_get_sets(&c);

	if (r < 0)
		return r;
	for (int i = 0; i <= caps_last(); i++) {
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0)
			c.bounding |= 1ULL << i;
		/* Before Linux 4.3: no ambient set, an error, and nothing in it. */
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) > 0)
			c.ambient |= 1ULL << i;
	}
	*ret = c;
	return 0;
}

int caps_drop_bounding(uint64_t keep)
{
	for (int i = 0; i <= caps_last(); i++) {
		if ((keep >> i & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0) {
			/* Without the right to drop it is an error only when there is something. */
			if (errno == EPERM && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 0)
				continue;
			return -errno;
		}
	}
	return 0;
}

int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t mask = existing();

	effective &= mask;
	permitted &= mask;
	inheritable &= mask;
	for (unsigned i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int caps_set_ambient(uint64_t ambient)
{
	ambient &= existing();
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    (errno != EINVAL || ambient != 0))
		return -errno;
	for (int i = 0; i <= caps_last(); i++) {
		if ((ambient >> i & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

int caps_keep(bool on)
{
	return prctl(PR_SET_KEEPCAPS, on ? 1 : 0, 0, 0, 0) < 0 ? -errno : 0;
}

bool caps_have(int cap)
{
	struct caps c = { 0 };

	return cap >= 0 && cap < 64 && caps_get_sets(&c) == 0 && (c.effective >> cap & 1) != 0;
}
