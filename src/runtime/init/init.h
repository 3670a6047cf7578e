/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: the child side of a container start.  Applies a struct plan and decides nothing.
 *
 * Runs between clone3 and execve in a copy of the parent's memory.  Rules for this folder:
 *  - no JSON, no log file, no name service, nothing loaded (R6);
 *  - every failure ends in init_fail(): one ERROR message to whoever waits, then _exit;
 *  - the process is not dumpable from its first instruction until execve (2016-9962);
 *  - paths inside the root only through sys/root, then by descriptor (R1, R3).
 */
#ifndef CORACLE_RUNTIME_INIT_INIT_H
#define CORACLE_RUNTIME_INIT_INIT_H

#include "base/error.h"
#include "cgroup/cgroup.h"
#include "runtime/hooks.h"
#include "runtime/plan.h"

struct init_args {
	const struct plan *plan;
	const struct cgroup_gate *gate; /* NULL: no cgroups */
	bool born_inside;
	bool join[NS_TYPE_COUNT];   /* namespaces of plan->ns.fd that are still to be entered */
	int proc_fd;		    /* the parent's procfs, out of reach (R2); -1: not needed */
	int sync_fd;		    /* to the parent */
	int listen_fd;		    /* start socket; -1: exec at once */
	int console_fd;		    /* connected console socket or -1 */
	bool console_plain;	    /* the terminal adds no carriage returns */
	int stdio[3];		    /* -1: inherited */
	int target_pidfd;	    /* exec: a process of the container; else -1 */
	uint64_t target_namespaces; /* exec: CLONE_NEW* to enter */
	/* Called by an ordinary user: rights are to be had in the container's user namespace only.
	 */
	bool unprivileged;
	bool in_userns;		/* launch has entered it, ids are mapped */
	struct plan *late_plan; /* then its files are opened there (plan_open_files); else NULL */
	const struct cgroup_record *late_cgroup; /* for its cgroup mounts */
	/* For createContainer and for startContainer hooks; empty without them. */
	struct hook_state creating, created;
};

/* Our number in the pid namespace of a->proc_fd, the parent's; -errno. */
pid_t init_outer_pid(const struct init_args *a);

/* Entry of a container's first process; entry of exec's process. */
_Noreturn void init_create(const struct init_args *a);
_Noreturn void init_exec(const struct init_args *a);
/* Entries of processes that change the mounts of a container that is there, say READY and end:
 * plan->mounts are mounted, all or none; or what lies at their destinations is unmounted. */
_Noreturn void init_add_mounts(const struct init_args *a);
_Noreturn void init_remove_mounts(const struct init_args *a);

#endif
