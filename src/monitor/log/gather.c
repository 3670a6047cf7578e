/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/gather.h"

#include <string.h>

#include "base/mem.h"

static void flush_held(struct log_gather *g, bool is_stderr, bool partial, log_line_fn fn,
		       void *arg)
{
	struct log_line l = { .text = g->held[is_stderr].text,
			      .len = g->held[is_stderr].len,
			      .is_stderr = is_stderr,
			      .partial = partial,
			      .time_nsec = g->held[is_stderr].time_nsec };

	g->held[is_stderr].len = 0;
	fn(arg, &l);
}

static void hold(struct log_gather *g, const struct log_chunk *c, const char *text, size_t len,
		 log_line_fn fn, void *arg)
{
	while (len > 0) {
		size_t have = g->held[c->is_stderr].len;
		size_t n = MIN(len, LOG_GATHER_MAX - have);

		if (have == 0)
			g->held[c->is_stderr].time_nsec = c->time_nsec;
		memcpy(g->held[c->is_stderr].text + have, text, n);
		g->held[c->is_stderr].len += n;
		text += n;
		len -= n;
		if (g->held[c->is_stderr].len == LOG_GATHER_MAX)
			flush_held(g, c->is_stderr, true, fn, arg);
	}
}

void log_gather_add(struct log_gather *g, const struct log_chunk *c, log_line_fn fn, void *arg)
{
	const char *at = c->data, *end = c->data + c->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		if (newline && len <= LOG_GATHER_MAX && g->held[c->is_stderr].len == 0) {
			struct log_line l = { .text = at,
					      .len = len,
					      .is_stderr = c->is_stderr,
					      .time_nsec = c->time_nsec };

			fn(arg, &l);
		} else {
			hold(g, c, at, len, fn, arg);
			if (newline)
				flush_held(g, c->is_stderr, false, fn, arg);
		}
		at += len + (newline ? 1 : 0);
	}
}

void log_gather_finish(struct log_gather *g, log_line_fn fn, void *arg)
{
	for (int i = 0; i < 2; i++) {
		if (g->held[i].len > 0)
			flush_held(g, i == 1, true, fn, arg);
	}
}
