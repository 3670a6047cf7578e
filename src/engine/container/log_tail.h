/* SPDX-License-Identifier: Apache-2.0 */
/* log_tail: where to begin in a k8s-file log: the last lines, found from the end, or a time. */
#ifndef CORACLE_ENGINE_CONTAINER_LOG_TAIL_H
#define CORACLE_ENGINE_CONTAINER_LOG_TAIL_H

#include <stdint.h>

/* A line counts when it is ended (tag F); the parts (tag P) before it belong to it.  *ret_offset:
 * where the last `want` lines begin (0 when the file has fewer), *ret_lines: how many there are
 * from there, at most want.  Leaf; memory does not grow with the file. */
int log_tail_find(int fd, int64_t want, int64_t *ret_offset, int64_t *ret_lines);

/* Where lines begin whose time is since_nsec or later, or a little before that: found by halving,
 * so a long file is not read.  Stamps are taken to ascend (a clock that was set back may hide lines
 * written before). */
int log_since_find(int fd, int64_t since_nsec, int64_t *ret_offset);

#endif
