/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the FIFOs BUNDLE/ctl ("TYPE A B\n", wire/monitor.h) and BUNDLE/winsz
 * ("ROWS COLS\n").  They stay when the monitor has gone, as conmon's do.
 */
#ifndef CORACLE_MONITOR_CONTROL_H
#define CORACLE_MONITOR_CONTROL_H

#include "base/error.h"
#include "base/loop.h"
#include "monitor/log/log.h"
#include "monitor/streams.h"
#include "wire/monitor.h"

struct control;

int control_open(struct loop *loop, const char *bundle, struct streams *streams, struct log *log,
		 struct control **ret, struct error *err);
/* What concerns neither terminal nor log goes to fn, which returns false when it does not know it.
 */
typedef bool (*control_order_fn)(int type, void *arg);
void control_on_order(struct control *c, control_order_fn fn, void *arg);
/* Remove the fifos that control_open made; NULL: none. */
void control_remove(const struct control *c, const char *bundle);
void control_free(struct control *c);

/* Bytes of a FIFO into lines: a reader may get half a line, or several. */
struct control_lines {
	size_t len;
	bool skipping; /* the rest of a line that was too long */
	char data[MONITOR_CTL_LINE_MAX + 1];
};
typedef void (*control_line_fn)(const char *line, void *arg);
void control_lines_add(struct control_lines *l, const char *data, size_t len, control_line_fn fn,
		       void *arg);

#endif
