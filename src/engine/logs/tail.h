/* SPDX-License-Identifier: Apache-2.0 */
/* tail: where to begin in a log file: the last lines, found from the end, or a time. */
#ifndef CORACLE_ENGINE_LOGS_TAIL_H
#define CORACLE_ENGINE_LOGS_TAIL_H

#include <stdint.h>

/* A line counts when it is ended; the parts before it belong to it.  *ret_offset:
 * where the last `want` lines begin (0 when the file has fewer), *ret_lines: how many there are
 * from there, at most want.  Leaf; memory does not grow with the file. */
int logs_tail_find(int fd, int64_t want, int64_t *ret_offset, int64_t *ret_lines);

/* Where lines begin whose time is since_nsec or later, or a little before that: found by halving,
 * so a long file is not read.  Stamps are taken to ascend (a clock that was set back may hide lines
 * written before). */
int logs_since_find(int fd, int64_t since_nsec, int64_t *ret_offset);

#endif
