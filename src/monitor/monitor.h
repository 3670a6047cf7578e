/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor: the process that watches one container (or one exec session): a drop-in for conmon 2.x.
 *
 * It owns the container's stdio, writes the log, serves attach clients, relays resizes, records the
 * exit twice (exit file, persist directory), marks an OOM kill and runs the exit command.  The
 * exchanges are drawn in docs/design/monitor-protocol.md and wire/monitor.h.
 *
 * Invariants:
 * - One thread, one event loop.  Memory is taken at the start and when a client attaches; what the
 *   container prints never makes the monitor grow.
 * - Nobody who does not read can hold up somebody else: see attach.h.
 * - Nothing is recorded that needs a living monitor: killed with SIGKILL it leaves files that the
 *   next engine command understands.
 */
#ifndef CORACLE_MONITOR_MONITOR_H
#define CORACLE_MONITOR_MONITOR_H

/* An OCI runtime as a function: argv as its program would get it; its exit status. */
typedef int (*monitor_runtime_fn)(int argc, char **argv);

/* Base name of the runtime that is called in process instead of executed. */
#define MONITOR_RUNTIME_OWN "coracle-runtime"

/* The program: returns its exit status.  own: our runtime, or NULL (then it is executed, too). */
int monitor_main(int argc, char **argv, monitor_runtime_fn own);

#endif
