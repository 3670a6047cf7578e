/* SPDX-License-Identifier: Apache-2.0 */
/* rlimit, personality, scheduler, I/O priority, keyring: per-process settings of a container's
 * init. */
#ifndef CORACLE_SYS_PROCESS_H
#define CORACLE_SYS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* "RLIMIT_NOFILE" to its number, -EINVAL. */
int process_rlimit_from_name(const char *name);
const char *process_rlimit_name(int resource); /* "RLIMIT_NOFILE" */
int process_set_rlimit(int resource, uint64_t soft, uint64_t hard);
int process_get_rlimit(int resource, uint64_t *soft, uint64_t *hard);
int process_set_personality(unsigned long persona);
/* sched_setattr(2) with all members. */
struct process_sched {
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
int process_set_scheduler(const struct process_sched *s);
int process_set_ioprio(int io_class, int priority);
int process_set_mempolicy(int mode, unsigned flags, const uint64_t *nodemask, unsigned bits);
/* As many CPUs as a mask has room for (CONFIG_NR_CPUS is at most 8192). */
#define PROCESS_CPUS_MAX 8192
struct process_cpus {
	unsigned long bits[PROCESS_CPUS_MAX / (8 * sizeof(unsigned long))];
};
/* "0-3, 7"; -EINVAL for what is no list, an empty one too. */
int process_parse_cpus(const char *cpulist, struct process_cpus *ret);
int process_get_cpus(pid_t pid, struct process_cpus *ret);
int process_set_cpus(pid_t pid, const struct process_cpus *cpus);
int process_set_affinity(pid_t pid, const char *cpulist); /* parse and set */
/* Join a new session keyring. */
int process_new_keyring(const char *name);
int process_no_new_privs(void);
int process_set_dumpable(bool on);
int process_subreaper(bool on);
int process_pdeathsig(int sig);
int process_seccomp_install(const void *prog, unsigned short len,
			    unsigned flags); /* fd with NEW_LISTENER */
/* Is a SECCOMP_FILTER_FLAG_* known to the kernel? */
bool process_seccomp_has_flag(unsigned flag);
int process_setgroups(const uint32_t *gids, size_t n);
int process_setid(uint32_t uid,
		  uint32_t gid); /* setresgid, setresuid by raw call: no threads here */
/*
 * CVE-2019-5736: no process of a container may write to the file that we run from, which it gets
 * by executing /proc/self/exe (as payload or "#!" interpreter).  See protect.c.
 *
 * process_protect_self(): 0 when our executable is out of reach already (read-only mount, sealed
 * memfd, or not ours to write) or could be exchanged for one that is (swap_exe.c); else executes
 * itself again from such a place with argv and does not return.  Call it first thing in main,
 * before any namespace is joined or made.
 *
 * process_protected_exe(): such a place for another program, to be started with spawn's exec_fd:
 * the started program finds itself protected and saves the second exec.  Descriptor or -errno.
 *
 * process_protect_begin(): the same, but the protection is complete only after
 * process_protect_settle(), which takes 0.2 ms of waiting and must be called, by every process that
 * was forked meanwhile, before anything of a container runs or sees us
 * (tests/unit/sys/test_protect.c shows why).
 *
 * Either way /proc/self/exe then reads "/" or "/memfd:...": no path to find oneself by.
 */
int process_protect_self(char *const *argv);
int process_protect_begin(char *const *argv);
void process_protect_settle(void);
int process_protected_exe(const char *path);
/* 1 when our own executable cannot be written from inside a container, else 0; -errno. */
int process_is_protected(void);

/*
 * For a process that has started and now waits for a long time: give back what only the start
 * needed: free heap, stack below the caller, and pages of the program's text (they come back from
 * the page cache when used).
 */
void process_trim(void);
/* Give back the whole pages of a static buffer that is empty now: it then reads as zeros. */
void process_drop_pages(void *data, size_t size);
/* The same for memory that may be shared with others (a mapped memfd). */
void process_drop_shared_pages(void *data, size_t size);
/* As ps(1) shows it; at most 15 characters. */
int process_set_name(const char *name);

/* SIGKILL for a process and its group, unless the group is ours.  pid is a child that nobody has
 * collected, or one whose parent is known to live. */
void process_kill_group(pid_t pid);

#endif
