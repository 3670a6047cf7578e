/* SPDX-License-Identifier: Apache-2.0 */
/* show: where one container's lines go: filtered by time, with the marks that were asked for. */
#ifndef CORACLE_ENGINE_LOGS_SHOW_H
#define CORACLE_ENGINE_LOGS_SHOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "engine/container.h"
#include "wire/monitor.h"

struct logs_show {
	const struct container_logs_options *o;
	char *prefix; /* owned; NULL: none */
	struct buf out;
	bool out_is_err; /* of what `out` has */
	bool over;	 /* a line beyond o->until_nsec was seen: nothing further is shown */
};

void logs_show_done(struct logs_show *s);
/* Leaf; what is shown may stay in `out` until the flush. */
int logs_show_line(struct logs_show *s, const struct monitor_log_line *l);
int logs_show_flush(struct logs_show *s);

#endif
