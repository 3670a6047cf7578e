/* SPDX-License-Identifier: Apache-2.0 */
/* signals: masks and dispositions of this process. */
#ifndef CORACLE_SYS_SIGNALS_H
#define CORACLE_SYS_SIGNALS_H

/* All handlers to default (SIGPIPE too), mask empty: what a new program expects. */
void signals_reset(void);
void signals_ignore_pipe(void);

/* Catch SIGINT and SIGTERM for a while: each writes to the eventfd (signals_catch_stop) and is back
 * at its former disposition at once, so that a second one acts as if nobody caught it; a signal
 * that is ignored stays ignored.  SIGPIPE is ignored meanwhile.  One scope at a time in a process.
 */
void signals_catch_stop(int eventfd);
void signals_release_stop(void);

#endif
