/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch: the command line of the OCI runtime, and the process that carries it out: exec of another
 * runtime's program, a call of our own.
 */
#ifndef CORACLE_MONITOR_LAUNCH_H
#define CORACLE_MONITOR_LAUNCH_H

#include <sys/types.h>

#include "base/error.h"
#include "monitor/caller.h"
#include "monitor/monitor.h"
#include "monitor/options.h"
#include "monitor/streams.h"

/* argv for create, restore or exec, NULL-ended; strings are borrowed, the array is new. */
char **monitor_launch_argv(const struct monitor_options *o, const char *bundle,
			   const char *console_socket, size_t *ret_n);
/*
 * The runtime's program can be run.  When it is ours, this process is what containers see as
 * /proc/PID/exe for a moment: it executes itself again from where they cannot write
 * (process_protect_self), so this comes before anything that an exec would undo.
 */
int monitor_launch_check(const struct monitor_options *o, char *const *argv, monitor_runtime_fn own,
			 struct error *err);
/*
 * Fork; in the child: killed when we are, streams as stdio, the container's OOM score, LISTEN_PID,
 * then the runtime.  Returns its pid.
 */
int monitor_launch_start(const struct monitor_options *o, const struct caller *caller,
			 const struct streams *streams, char **argv, size_t n,
			 monitor_runtime_fn own, pid_t *ret, struct error *err);

#endif
