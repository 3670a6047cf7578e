/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pidref: a process as pid + start time + pidfd, so that a reused number is never signalled.
 */
#ifndef CORACLE_SYS_PIDREF_H
#define CORACLE_SYS_PIDREF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "base/mem.h"

struct pidref {
	pid_t pid;	     /* 0: unset */
	uint64_t start_time; /* /proc/PID/stat field 22; 0: unknown */
	int fd;		     /* pidfd or -1 */
};

#define PIDREF_INIT ((struct pidref){ .fd = -1 })

void pidref_done(struct pidref *p);
DEFINE_SCOPED_STRUCT(struct pidref, pidref_done)
/* Open a pidfd and read the start time; -ESRCH when gone. */
int pidref_set(struct pidref *p, pid_t pid);
/* Open and compare with a recorded start time (0: any): -ESRCH when it is another process. */
int pidref_open(struct pidref *p, pid_t pid, uint64_t start_time);
/* Cheap check without a pidfd: 1 alive (not a zombie), 0 dead, zombie or another process. */
int pidref_alive_at(pid_t pid, uint64_t start_time);
int pidref_alive(const struct pidref *p); /* 1, 0 or -errno */
int pidref_kill(const struct pidref *p, int sig);
/* Our own copy of descriptor `number` of that process (pidfd_getfd; wants ptrace rights). */
int pidref_get_fd(const struct pidref *p, int number);
/* Until the process has ended (poll on the pidfd): 1 ended, 0 timeout; timeout_msec -1: none. */
int pidref_wait(const struct pidref *p, int timeout_msec);
/* Wait status of a process that has ended and need not be our child: of a zombie from
 * /proc/PID/stat, after that from its pidfd (Linux 6.15).  -ENODATA when the kernel does not tell.
 */
int pidref_end(const struct pidref *p, int *ret_wstatus);
/* waitid(P_PIDFD) of a child: exit status 0..255 or 128+signal. */
int pidref_reap(const struct pidref *p, int *ret_status);
/* waitpid of a child by number: exit status 0..255 or 128+signal; EINTR retried. */
int pid_reap(pid_t pid, int *ret_status);
/* Decode a wait status to 0..255 or 128+signal. */
int pid_exit_status(int wstatus);

#endif
