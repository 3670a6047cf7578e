/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: what clients type goes to the container's stdin.
 *
 * A container that does not read its stdin must not stop the monitor: at most one packet is held
 * here, and while it is, nothing more is read from clients (input_busy).
 */
#ifndef CORACLE_MONITOR_INPUT_H
#define CORACLE_MONITOR_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "monitor/streams.h"

struct input;
/* Called when the held packet is gone and clients may be read again. */
typedef void (*input_ready_fn)(void *arg);

struct input *input_new(struct loop *loop, struct streams *streams, bool leave_open);
void input_on_ready(struct input *in, input_ready_fn fn, void *arg);
/* Called when the container's stdin has been closed. */
void input_on_closed(struct input *in, input_ready_fn fn, void *arg);
/* Where the next packet is to be read into; ATTACH_STDIN_MAX bytes. */
char *input_buffer(struct input *in);
/* n bytes are in the buffer now.  Without stdin they are dropped. */
void input_commit(struct input *in, size_t n);
bool input_busy(const struct input *in);
/* A client has no more to say: end of file for the container, once what is held has gone. */
void input_end(struct input *in);
void input_free(struct input *in);

#endif
