/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: one epoll event loop: descriptors, timers, signals (signalfd).
 *
 * Callbacks may add and remove any source, their own included.  A callback's return value < 0
 * ends loop_run with that value.  No allocation happens while events are dispatched.  Remove a
 * source before closing its descriptor: a copy of it in another process would keep delivering
 * events.
 */
#ifndef CORACLE_BASE_LOOP_H
#define CORACLE_BASE_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct loop;
struct loop_source;

typedef int (*loop_io_fn)(struct loop_source *s, int fd, uint32_t events, void *arg);
typedef int (*loop_timer_fn)(struct loop_source *s, void *arg);
typedef int (*loop_signal_fn)(struct loop_source *s, int sig, int32_t value, void *arg);

int loop_new(struct loop **ret);
void loop_free(struct loop *l); /* frees all sources; closes no descriptor that callers gave */
int loop_add_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg,
		struct loop_source **ret);
int loop_io_set_events(struct loop_source *s, uint32_t events);
/* One shot after nsec from now (CLOCK_MONOTONIC); loop_timer_set again re-arms. */
int loop_add_timer(struct loop *l, int64_t nsec, loop_timer_fn fn, void *arg,
		   struct loop_source **ret);
int loop_timer_set(struct loop_source *s, int64_t nsec); /* < 0 disarms */
/* Blocks the signals of the set for this process and delivers them here. */
int loop_add_signals(struct loop *l, const sigset_t *set, loop_signal_fn fn, void *arg,
		     struct loop_source **ret);
void loop_remove(struct loop_source *s); /* NULL is fine */
/* Until loop_exit or a callback's error; returns the exit value or the error. */
int loop_run(struct loop *l);
/* One round: waits at most timeout_msec (-1: no limit). */
int loop_run_once(struct loop *l, int timeout_msec);
void loop_exit(struct loop *l, int value);

#endif
