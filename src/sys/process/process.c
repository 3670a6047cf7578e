/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/process.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"

#define WORD_BITS (8 * sizeof(unsigned long))

static const struct {
	int resource;
	const char *name;
} rlimits[] = {
	{ RLIMIT_AS, "RLIMIT_AS" },
	{ RLIMIT_CORE, "RLIMIT_CORE" },
	{ RLIMIT_CPU, "RLIMIT_CPU" },
	{ RLIMIT_DATA, "RLIMIT_DATA" },
	{ RLIMIT_FSIZE, "RLIMIT_FSIZE" },
	{ RLIMIT_LOCKS, "RLIMIT_LOCKS" },
	{ RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK" },
	{ RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE" },
	{ RLIMIT_NICE, "RLIMIT_NICE" },
	{ RLIMIT_NOFILE, "RLIMIT_NOFILE" },
	{ RLIMIT_NPROC, "RLIMIT_NPROC" },
	{ RLIMIT_RSS, "RLIMIT_RSS" },
	{ RLIMIT_RTPRIO, "RLIMIT_RTPRIO" },
	{ RLIMIT_RTTIME, "RLIMIT_RTTIME" },
	{ RLIMIT_SIGPENDING, "RLIMIT_SIGPENDING" },
	{ RLIMIT_STACK, "RLIMIT_STACK" },
};
_Static_assert(ARRAY_SIZE(rlimits) == RLIM_NLIMITS, "one row per resource");

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int process_rlimit_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rlimits); i++) {
		if (streq(rlimits[i].name, name))
			return rlimits[i].resource;
	}
	return -EINVAL;
}

const char *process_rlimit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(rlimits); i++) {
		if (rlimits[i].resource == resource)
			return rlimits[i].name;
	}
	return NULL;
}

int process_set_rlimit(int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit rl = { .rlim_cur = soft, .rlim_max = hard };

	return result(prlimit(0, (enum __rlimit_resource)resource, &rl, NULL));
}

int process_get_rlimit(int resource, uint64_t *soft, uint64_t *hard)
{
	struct rlimit rl;

	if (prlimit(0, (enum __rlimit_resource)resource, NULL, &rl) < 0)
		return -errno;
	*soft = rl.rlim_cur;
	*hard = rl.rlim_max;
	return 0;
}

int process_set_personality(unsigned long persona)
{
	return personality(persona) < 0 ? -errno : 0;
}

/* struct sched_attr of linux/sched/types.h, first published size. */
struct kernel_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
_Static_assert(sizeof(struct kernel_sched_attr) == 48, "SCHED_ATTR_SIZE_VER0");

int process_set_scheduler(const struct process_sched *s)
{
	struct kernel_sched_attr attr = {
		.size = sizeof(attr),
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};

	return result(syscall(SYS_sched_setattr, 0, &attr, 0));
}

int process_set_ioprio(int io_class, int priority)
{
	/* The kernel looks at three bits of each and drops what is above. */
	if (io_class < 0 || io_class > 3 || priority < 0 || priority > 7)
		return -EINVAL;
	/* IOPRIO_WHO_PROCESS, ourselves; the class lies above 13 bits of priority. */
	return result(syscall(SYS_ioprio_set, 1, 0, io_class << 13 | priority));
}

int process_set_mempolicy(int mode, unsigned flags, const uint64_t *nodemask, unsigned bits)
{
	/* The kernel takes one off the number of bits. */
	return result(syscall(SYS_set_mempolicy, (unsigned)mode | flags, nodemask,
			      nodemask != NULL ? (unsigned long)bits + 1 : 0UL));
}

static int parse_cpu_range(char *text, unsigned long *mask)
{
	char *dash = strchr(text, '-');
	uint32_t first, last;

	if (dash != NULL)
		*dash = '\0';
	if (num_u32(str_trim(text), &first) < 0)
		return -EINVAL;
	last = first;
	if (dash != NULL && num_u32(str_trim(dash + 1), &last) < 0)
		return -EINVAL;
	if (last < first || last >= PROCESS_CPUS_MAX)
		return -EINVAL;
	for (uint32_t i = first; i <= last; i++)
		mask[i / WORD_BITS] |= 1UL << (i % WORD_BITS);
	return 0;
}

int process_parse_cpus(const char *cpulist, struct process_cpus *ret)
{
	scoped_strv char **parts = strv_split(cpulist, ",", true);

	*ret = (struct process_cpus){ 0 };
	if (parts == NULL)
		return -EINVAL;
	for (char **p = parts; *p != NULL; p++) {
		int r = parse_cpu_range(*p, ret->bits);

		if (r < 0)
			return r;
	}
	return 0;
}

int process_get_cpus(pid_t pid, struct process_cpus *ret)
{
	*ret = (struct process_cpus){ 0 };
	/* The number of bytes that the kernel's masks have. */
	return syscall(SYS_sched_getaffinity, pid, sizeof(ret->bits), ret->bits) < 0 ? -errno : 0;
}

int process_set_cpus(pid_t pid, const struct process_cpus *cpus)
{
	return syscall(SYS_sched_setaffinity, pid, sizeof(cpus->bits), cpus->bits) < 0 ? -errno : 0;
}

int process_set_affinity(pid_t pid, const char *cpulist)
{
	struct process_cpus cpus;
	int r = process_parse_cpus(cpulist, &cpus);

	return r < 0 ? r : process_set_cpus(pid, &cpus);
}

int process_new_keyring(const char *name)
{
	return result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0));
}

int process_no_new_privs(void)
{
	return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int process_set_dumpable(bool on)
{
	return result(prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0));
}

int process_set_name(const char *name)
{
	return result(prctl(PR_SET_NAME, name, 0, 0, 0));
}

int process_subreaper(bool on)
{
	return result(prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0));
}

int process_pdeathsig(int sig)
{
	return result(prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0));
}

int process_seccomp_install(const void *prog, unsigned short len, unsigned flags)
{
	struct sock_fprog fprog = {
		.len = len,
		.filter = (struct sock_filter *)(uintptr_t)prog,
	};

	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &fprog));
}

bool process_seccomp_has_flag(unsigned flag)
{
	/* Flags are looked at before the program, which is missing.  WAIT_KILLABLE_RECV (32) is
	 * valid only together with NEW_LISTENER. */
	if (flag == 32)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}

int process_setgroups(const uint32_t *gids, size_t n)
{
#ifdef SYS_setgroups32
	return result(syscall(SYS_setgroups32, n, gids));
#else
	return result(syscall(SYS_setgroups, n, gids));
#endif
}

/* By raw call: libc's would signal every thread to do the same, and there are none. */
int process_setid(uint32_t uid, uint32_t gid)
{
#ifdef SYS_setresuid32
	if (syscall(SYS_setresgid32, gid, gid, gid) < 0 ||
	    syscall(SYS_setresuid32, uid, uid, uid) < 0)
		return -errno;
#else
	if (syscall(SYS_setresgid, gid, gid, gid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
		return -errno;
#endif
	return 0;
}

void process_kill_group(pid_t pid)
{
	pid_t group = getpgid(pid);

	if (group > 1 && group != getpgrp())
		kill(-group, SIGKILL);
	/* In our own group, or gone on to another one. */
	kill(pid, SIGKILL);
}
