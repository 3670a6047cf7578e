/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/health.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"

const char *const health_action_names[HEALTH_ACTION_COUNT + 1] = {
	[HEALTH_ACTION_NONE] = "none",
	[HEALTH_ACTION_KILL] = "kill",
	[HEALTH_ACTION_RESTART] = "restart",
	[HEALTH_ACTION_STOP] = "stop",
};

static const struct json_field check_fields[] = {
	JROW(struct health_check, "Test", test, JT_STRV, 0),
	JROW(struct health_check, "StartPeriod", start_period_nsec, JT_I64, 0),
	JROW(struct health_check, "Interval", interval_nsec, JT_I64, 0),
	JROW(struct health_check, "Timeout", timeout_nsec, JT_I64, 0),
	JROW(struct health_check, "Retries", retries, JT_I64, 0),
	JROW(struct health_check, "Successes", successes, JT_I64, 0),
};
const struct json_table health_check_table = JTABLE(struct health_check, check_fields);

static const struct json_field config_fields[] = {
	JROW_OBJ(struct health_config, "check", check, JT_PTR, 0, &health_check_table),
	JROW_OBJ(struct health_config, "startup", startup, JT_PTR, 0, &health_check_table),
	JROW_ENUM(struct health_config, "onFailure", on_failure, 0, health_action_names),
	JROW(struct health_config, "logDestination", log_destination, JT_STR, 0),
	JROW(struct health_config, "maxLogCount", max_log_count, JT_OPT_U32, 0),
	JROW(struct health_config, "maxLogSize", max_log_size, JT_OPT_U32, 0),
};
const struct json_table health_config_table = JTABLE(struct health_config, config_fields);

static const struct json_field orders_fields[] = {
	JROW_OBJ(struct health_orders, "config", config, JT_OBJ, JF_REQUIRED, &health_config_table),
	JROW(struct health_orders, "record", record, JT_STR, JF_REQUIRED),
	JROW(struct health_orders, "lock", lock, JT_STR, JF_REQUIRED),
	JROW(struct health_orders, "process", process, JT_STR, JF_REQUIRED),
	JROW(struct health_orders, "startup", startup, JT_STR, 0),
	JROW(struct health_orders, "program", program, JT_STR, 0),
	JROW(struct health_orders, "arguments", arguments, JT_STRV, 0),
	JROW(struct health_orders, "id", id, JT_STR, JF_REQUIRED),
	JROW(struct health_orders, "cgroup", cgroup, JT_STR, 0),
	JROW(struct health_orders, "started", started_nsec, JT_I64, 0),
	JROW(struct health_orders, "notifySocket", notify_socket, JT_STR, 0),
};
const struct json_table health_orders_table = JTABLE(struct health_orders, orders_fields);

static const struct json_field log_fields[] = {
	JROW(struct health_log, "Start", start_nsec, JT_TIME, JF_EMIT_EMPTY),
	JROW(struct health_log, "End", end_nsec, JT_TIME, JF_EMIT_EMPTY),
	JROW(struct health_log, "ExitCode", exit_code, JT_I32, JF_EMIT_EMPTY),
	JROW(struct health_log, "Output", output, JT_STR, JF_EMIT_EMPTY),
};
static const struct json_table log_table = JTABLE(struct health_log, log_fields);

static const struct json_field record_fields[] = {
	JROW(struct health_record, "Status", status, JT_STR, JF_EMIT_EMPTY),
	JROW(struct health_record, "FailingStreak", failing_streak, JT_I64, JF_EMIT_EMPTY),
	JROW_ARR(struct health_record, "Log", log, n_log, JT_ARR, JF_EMIT_EMPTY | JF_NULL_EMPTY,
		 &log_table),
	JROW(struct health_record, "StartupPassed", startup_passed, JT_BOOL, 0),
	JROW(struct health_record, "StartupSuccesses", startup_successes, JT_I64, 0),
	JROW(struct health_record, "StartupFailures", startup_failures, JT_I64, 0),
};
const struct json_table health_record_table = JTABLE(struct health_record, record_fields);

void health_orders_done(struct health_orders *o)
{
	if (o)
		json_table_free(&health_orders_table, o);
}

void health_record_done(struct health_record *r)
{
	if (r)
		json_table_free(&health_record_table, r);
}

bool health_enabled(const struct health_config *c)
{
	return c->check && strv_len(c->check->test) > 0 && !streq(c->check->test[0], "NONE");
}

static uint32_t bounded(struct opt_u32 wanted, uint32_t fallback, uint32_t most)
{
	if (!wanted.set)
		return fallback;
	return wanted.value == 0 ? most : MIN(wanted.value, most);
}

uint32_t health_log_count(const struct health_config *c)
{
	return bounded(c->max_log_count, HEALTH_LOG_COUNT, HEALTH_LOG_COUNT_MAX);
}

uint32_t health_log_size(const struct health_config *c)
{
	return bounded(c->max_log_size, HEALTH_LOG_SIZE, HEALTH_LOG_SIZE_MAX);
}

bool health_in_startup(const struct health_config *c, const struct health_record *r)
{
	return c->startup && !r->startup_passed;
}

static void set_status(struct health_record *r, const char *status)
{
	free(r->status);
	r->status = xstrdup(status);
}

void health_begin(struct health_record *r)
{
	set_status(r, "starting");
	r->failing_streak = 0;
	r->startup_passed = false;
	r->startup_successes = r->startup_failures = 0;
}

/* The program's bytes as a JSON string: without the last newline, valid UTF-8, within the bound. */
static char *clean_output(const char *output, size_t len, size_t max)
{
	char *text;

	while (len > 0 && (output[len - 1] == '\n' || output[len - 1] == '\r'))
		len--;
	if (len > max)
		for (len = max; len > 0 && ((unsigned char)output[len] & 0xc0) == 0x80;)
			len--;
	text = xcalloc(len + 1, 1);
	if (len > 0)
		memcpy(text, output, len);
	if (str_utf8(text, len))
		return text;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0' || (unsigned char)text[i] >= 0x80)
			text[i] = '?';
	return text;
}

static void drop_oldest(struct health_record *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_table_free(&log_table, &r->log[i]);
	memmove(r->log, r->log + n, (r->n_log - n) * sizeof(*r->log));
	r->n_log -= n;
}

static void add_log(struct health_record *r, const struct health_config *c,
		    const struct health_result *result)
{
	size_t most = health_log_count(c);

	*ARRAY_ADD(r->log, r->n_log) = (struct health_log){
		.start_nsec = result->start_nsec,
		.end_nsec = result->end_nsec,
		.exit_code = result->exit_code,
		.output = clean_output(result->output, result->output_len, health_log_size(c)),
	};
	if (r->n_log > most)
		drop_oldest(r, r->n_log - most);
}

static enum health_effect apply_startup(struct health_record *r, const struct health_check *s,
					bool well)
{
	if (well) {
		r->startup_failures = 0;
		r->startup_passed = ++r->startup_successes >= MAX(s->successes, 1);
		return r->startup_passed ? HEALTH_STARTUP_PASSED : HEALTH_NOTHING;
	}
	r->startup_successes = 0;
	r->startup_failures++;
	return s->retries > 0 && r->startup_failures >= s->retries ? HEALTH_STARTUP_FAILED
								   : HEALTH_NOTHING;
}

static enum health_effect apply_check(struct health_record *r, const struct health_check *s,
				      bool well, bool in_start_period)
{
	bool was_healthy = streq_opt(r->status, "healthy");

	if (well) {
		r->failing_streak = 0;
		set_status(r, "healthy");
		return was_healthy ? HEALTH_NOTHING : HEALTH_BECAME_HEALTHY;
	}
	if (in_start_period)
		return HEALTH_NOTHING;
	if (++r->failing_streak < s->retries)
		return HEALTH_NOTHING;
	set_status(r, "unhealthy");
	return HEALTH_IS_UNHEALTHY;
}

enum health_effect health_apply(struct health_record *r, const struct health_config *c,
				const struct health_result *result, int64_t started_nsec)
{
	bool well = result->exit_code == 0;

	if (!r->status)
		health_begin(r);
	add_log(r, c, result);
	if (health_in_startup(c, r))
		return apply_startup(r, c->startup, well);
	return apply_check(r, c->check, well,
			   result->start_nsec < started_nsec + c->check->start_period_nsec);
}

int health_change_apply(const char *old, size_t len, struct buf *ret, void *arg)
{
	scoped(health_record_done) struct health_record r = { 0 };
	struct health_change *ch = arg;

	if (json_table_parse(&health_record_table, old, len, &r, "health record", 0, NULL) < 0)
		r = (struct health_record){ 0 };
	ch->was_startup = health_in_startup(ch->config, &r);
	if (ch->result)
		ch->effect = health_apply(&r, ch->config, ch->result, ch->started_nsec);
	else
		health_begin(&r);
	ch->in_startup = health_in_startup(ch->config, &r);
	json_table_dump(&health_record_table, &r, 0, ret);
	while (ret->len > HEALTH_RECORD_MAX && r.n_log > 1) {
		drop_oldest(&r, (r.n_log + 1) / 2);
		buf_truncate(ret, 0);
		json_table_dump(&health_record_table, &r, 0, ret);
	}
	return 0;
}
