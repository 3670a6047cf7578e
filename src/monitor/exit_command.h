/* SPDX-License-Identifier: Apache-2.0 */
/* exit_command: the program that the engine wants run when all is over. */
#ifndef CORACLE_MONITOR_EXIT_COMMAND_H
#define CORACLE_MONITOR_EXIT_COMMAND_H

#include <sys/types.h>

#include "base/error.h"
#include "monitor/caller.h"
#include "monitor/options.h"

/* Start it (no shell, only stdio, the OOM score that we were started with).  *ret is its pid, 0
 * when there is none to run. */
int exit_command_start(const struct monitor_exit_options *o, const struct caller *caller,
		       pid_t *ret, struct error *err);

#endif
