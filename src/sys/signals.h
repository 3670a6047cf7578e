/* SPDX-License-Identifier: Apache-2.0 */
/* signals: masks and dispositions of this process. */
#ifndef CORACLE_SYS_SIGNALS_H
#define CORACLE_SYS_SIGNALS_H

/* All handlers to default (SIGPIPE too), mask empty: what a new program expects. */
void signals_reset(void);
void signals_ignore_pipe(void);

#endif
