/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/limit.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"

int log_limit_init(struct log_limit *l, const struct monitor_log_options *o, struct error *err)
{
	const char *policy = o->rate_policy ? o->rate_policy : "block";

	*l = (struct log_limit){ .rate = o->rate, .burst = o->rate_burst };
	/* So that neither a product nor a sum of tokens overflows. */
	if (o->rate < 0 || o->rate_burst < 0 || o->rate > INT64_MAX / NSEC_PER_SEC ||
	    o->rate_burst > INT64_MAX / NSEC_PER_SEC)
		return error_set(err, ERROR_INVALID,
				 "--log-rate and --log-rate-burst: out of range");
	if (!streq(policy, "block") && !streq(policy, "drop"))
		return error_set(err, ERROR_INVALID,
				 "--log-rate-policy: '%s' is neither block nor drop", policy);
	if (o->rate == 0 && (o->rate_policy || o->rate_burst > 0))
		return error_set(err, ERROR_INVALID, "--log-rate-%s needs --log-rate",
				 o->rate_policy ? "policy" : "burst");
	/* A second's worth unless told otherwise. */
	if (l->burst == 0)
		l->burst = l->rate;
	l->tokens = l->burst;
	l->drop = streq(policy, "drop");
	return 0;
}

static void refill(struct log_limit *l, int64_t now)
{
	int64_t passed = l->last_nsec ? now - l->last_nsec : 0;

	l->last_nsec = now;
	/* In parts, so that no product overflows. */
	l->tokens += passed / NSEC_PER_SEC > l->burst / l->rate + 1
			     ? l->burst
			     : passed / NSEC_PER_SEC * l->rate +
				       passed % NSEC_PER_SEC * l->rate / NSEC_PER_SEC;
	l->tokens = MIN(l->tokens, l->burst);
}

void log_limit_take(struct log_limit *l, int64_t now_nsec, size_t bytes)
{
	refill(l, now_nsec);
	l->tokens -= (int64_t)bytes;
}

int64_t log_limit_delay(const struct log_limit *l)
{
	int64_t missing = -l->tokens;

	if (l->rate == 0 || l->drop || missing <= 0)
		return 0;
	return missing / l->rate * NSEC_PER_SEC + missing % l->rate * NSEC_PER_SEC / l->rate + 1;
}

/* ---- dropping ---- */

static size_t to_newline(const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);

	return newline ? (size_t)(newline + 1 - data) : len;
}

static struct log_chunk piece(const struct log_chunk *c, size_t from, size_t to)
{
	struct log_chunk p = *c;

	p.data = c->data + from;
	if (c->offset != LOG_OWN_WORDS)
		p.offset = c->offset + (int64_t)from;
	p.len = to - from;
	return p;
}

/* data[from..len) is not recorded. */
static void drop(struct log_limit *l, const struct log_chunk *c, size_t from)
{
	bool dropping = l->stream[c->is_stderr].dropping;

	for (size_t at = from, next; at < c->len; at = next) {
		next = at + to_newline(c->data + at, c->len - at);
		/* The rest of a line that is counted already. */
		l->dropped += !dropping;
		dropping = c->data[next - 1] != '\n';
	}
	l->stream[c->is_stderr].dropping = dropping;
}

void log_limit_filter(struct log_limit *l, int64_t now_nsec, const struct log_chunk *c,
		      struct log_chunk *ret_first, struct log_chunk *ret_second)
{
	bool *open = &l->stream[c->is_stderr].open, *dropping = &l->stream[c->is_stderr].dropping;
	size_t from = 0, to = c->len;

	refill(l, now_nsec);
	*ret_first = *ret_second = piece(c, 0, 0);
	if (l->tokens > 0) {
		/* The rest of a dropped line goes with it. */
		from = *dropping ? to_newline(c->data, c->len) : 0;
		if (from > 0)
			*dropping = c->data[from - 1] != '\n';
		*ret_first = piece(c, from, to);
	} else if (*open) {
		/* A line that has begun in the log is ended there. */
		to = to_newline(c->data, c->len);
		*ret_first = piece(c, 0, to);
		if (c->data[to - 1] != '\n') {
			*ret_first = piece(c, 0, 0);
			*ret_second = (struct log_chunk){ .data = "\n",
							  .len = 1,
							  .is_stderr = c->is_stderr,
							  .offset = LOG_OWN_WORDS,
							  .time_nsec = c->time_nsec };
			to = 0;
		}
		drop(l, c, to);
	} else {
		drop(l, c, 0);
	}
	if (ret_first->len > 0)
		*open = ret_first->data[ret_first->len - 1] != '\n';
	else if (ret_second->len > 0)
		*open = false;
	l->tokens -= (int64_t)(ret_first->len + ret_second->len);
}
