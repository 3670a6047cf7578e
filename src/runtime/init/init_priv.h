/* SPDX-License-Identifier: Apache-2.0 */
/* init_priv: the stages of init, in the order in which they run; see
 * docs/design/container-start.md. */
#ifndef CORACLE_RUNTIME_INIT_PRIV_H
#define CORACLE_RUNTIME_INIT_PRIV_H

#include "runtime/init/init.h"

/* init.c: stage 1, and the end of a stage that failed: one message to whoever waits. */
int init_begin(const struct init_args *a, struct error *err);
_Noreturn void init_fail(int report_fd, const struct error *err);

/* namespaces.c: enter and make the remaining namespaces, become root of a user namespace, names. */
int init_namespaces(const struct init_args *a, struct error *err);
int init_join_target(const struct init_args *a, struct error *err);

/* rootfs.c: our copy of the host's mounts cut off, the root attached over "/", or at
 * its own path when hooks of create look for it there. */
int init_root_attach(const struct init_args *a, struct error *err);
int init_root_enter(const struct init_args *a, struct error *err);

/* mounts.c, devices.c, masks.c; rootfd is the attached root. */
/* One of the plan's.  attached: NULL, or gets a descriptor of what was mounted (left alone when
 * nothing was; set also where a later step fails). */
int init_mount(int rootfd, const struct plan_mount *m, int *attached, struct error *err);
int init_mounts(const struct init_args *a, struct error *err);
int init_devices(const struct init_args *a, struct error *err);
int init_masks(const struct init_args *a, struct error *err);
int init_sysctls(const struct init_args *a, struct error *err);

/* console.c: the terminal; stdio in place. rootfd: where dev/pts is found. */
int init_console(const struct init_args *a, int rootfd, bool bind_console, struct error *err);
int init_stdio(const struct init_args *a, struct error *err);

/* process.c: everything about the process that can be done before start. */
int init_process(const struct init_args *a, char **ret_path, struct error *err);
/* The rest and execve; returns only on failure.  report_fd: sync connection of whoever waits. */
int init_process_exec(const struct init_args *a, const char *path, int report_fd,
		      struct error *err);

/* landlock.c: only called with one. */
int init_landlock(const struct plan_landlock *l, struct error *err);

/* hooks.c: hooks that run in the container's namespaces. */
int init_hooks(const struct init_args *a, enum plan_hook_kind kind,
	       const struct hook_output *output, struct error *err);

/* "PID/<name>" of this process in the parent's procfs. */
int init_proc_self(const struct init_args *a, const char *name, char *out, size_t size);

#endif
