/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: the command line of coracle-runtime, callable in process.
 *
 * runtime_main does what the program does with this argv: the same options as runc and crun, errors
 * to stderr and to --log, and returns the exit status.  It keeps no global state besides the log
 * sink of base/log, so a process that has forked may call it (coracle-monitor does, in the child,
 * instead of executing the program).  The caller is already protected (sys/process.h,
 * process_protect_self).
 */
#ifndef CORACLE_RUNTIME_COMMANDS_MAIN_H
#define CORACLE_RUNTIME_COMMANDS_MAIN_H

#include <stdbool.h>

int runtime_main(int argc, char **argv);
/* Does this command line start a process in a container, so that the executable must be out of its
 * reach before? */
bool runtime_needs_protection(int argc, char **argv);

#endif
