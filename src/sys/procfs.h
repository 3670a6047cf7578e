/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procfs: a private, verified handle on /proc (rule R2).
 *
 * proc_open() returns a descriptor of a fresh detached proc mount (fsopen) when allowed, else of
 * /proc after checking that it is the root of a real procfs.  proc_open_at() opens below it without
 * links and without crossing mounts (RESOLVE_NO_XDEV|NO_SYMLINKS|BENEATH) and checks the type
 * of the file system of what it opened, so an over-mount cannot redirect a write.
 */
#ifndef CORACLE_SYS_PROCFS_H
#define CORACLE_SYS_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strv.h"

/* Handle for this mount and pid namespace; the caller owns it. */
int proc_open(struct error *err);
/* fsopen("proc") only (optionally subset=pid): used by a container's init. -errno. */
int proc_open_private(bool subset_pid);
int proc_open_at(int procfd, const char *path, int flags);
int proc_write(int procfd, const char *path, const char *data);
/* Is fd on procfs (PROC_SUPER_MAGIC) / sysfs / cgroup / tmpfs? */
bool proc_fd_is_procfs(int fd);
bool proc_fd_is_sysfs(int fd);

struct proc_stat {
	char state; /* R S D Z X ... */
	pid_t ppid;
	uint64_t start_time; /* clock ticks since boot, field 22 */
	uint64_t utime_ticks, stime_ticks;
};
/* From /proc/PID/stat; -ESRCH when gone. */
int proc_stat(pid_t pid, struct proc_stat *ret);
/* Wait status of a zombie (field 52); 0 for those who may not see it. */
int proc_exit_code(pid_t pid, int *ret_wstatus);
/* Host pid namespace id translations: NSpid line of /proc/PID/status, innermost last. */
int proc_nspids(pid_t pid, int32_t *out, size_t max);
int proc_boot_id(char out[37]); /* /proc/sys/kernel/random/boot_id */
/* Time of boot, nanoseconds since the epoch. */
int64_t proc_boot_time_nsec(void);

#endif
