/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: a container that is there, held open so that a process of ours can be put into its
 * namespaces (exec, mounts).  Its init is known by a pidfd: what is entered is that process's, or
 * nothing.
 */
#ifndef CORACLE_RUNTIME_TARGET_H
#define CORACLE_RUNTIME_TARGET_H

#include "runtime/init/init.h"
#include "runtime/runtime.h"

struct target {
	int dir; /* of its state */
	struct runtime_record record;
	enum runtime_status status;
	struct pidref init;
	int proc_fd;  /* our procfs */
	int pidns_fd; /* -1: it shares ours */
};
#define TARGET_INIT \
	((struct target){ .dir = -1, .init = PIDREF_INIT, .proc_fd = -1, .pidns_fd = -1 })

/* Record, status and init.  ERROR_STATE "cannot WHAT in a stopped container" unless it is created,
 * running or paused. */
int target_open(const struct runtime_context *cx, const char *id, const char *what,
		struct target *ret, struct error *err);
/* proc_fd and pidns_fd. */
int target_open_namespaces(struct target *t, struct error *err);
/* What a process in it is launched with: no cgroup, no console, our stdio. */
struct init_args target_init_args(const struct target *t, const struct plan *plan);
void target_done(struct target *t);
DEFINE_SCOPED_STRUCT(struct target, target_done)

#endif
