/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A health record with a result added, and a restart rule.  Properties: whatever the old text, the
 * new one is a record within its bounds, and its newest result is the one that was added; a rule that
 * parses prints to one that parses to the same.
 *
 *	first byte: exit code and bounds; then up to a NUL the output; then the old text
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/health.h"
#include "wire/restart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct health_config *c, const struct buf *text, int code)
{
	scoped(health_record_done) struct health_record r = { 0 };

	if (json_table_parse(&health_record_table, text->data, text->len, &r, "record",
			     JSON_REFUSE_UNKNOWN, NULL) < 0)
		abort();
	if (r.n_log == 0 || r.n_log > health_log_count(c) || r.log[r.n_log - 1].exit_code != code)
		abort();
	if (strlen(r.log[r.n_log - 1].output) > health_log_size(c))
		abort();
}

static void check_rule(const char *text)
{
	char again[RESTART_TEXT_MAX];
	struct restart_rule a, b;

	if (restart_rule_parse(text, &a) < 0)
		return;
	restart_rule_format(&a, again);
	if (restart_rule_parse(again, &b) < 0 || a.policy != b.policy || a.count != b.count ||
	    a.max_retries != b.max_retries || a.streak != b.streak)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct health_check check = { .retries = 2 }, startup = { .retries = 1 };
	struct health_config c = { .check = &check };
	scoped(buf_done) struct buf text = BUF_INIT;
	struct health_result result = { 0 };
	struct health_change ch = { .config = &c, .result = &result };
	const uint8_t *end;
	size_t old;

	if (size == 0)
		return 0;
	result.exit_code = data[0] & 1;
	c.startup = data[0] & 2 ? &startup : NULL;
	c.max_log_count = (struct opt_u32){ data[0] & 4, 1u + (data[0] >> 5) };
	c.max_log_size = (struct opt_u32){ data[0] & 8, data[0] };
	end = memchr(data + 1, '\0', size - 1);
	old = end ? (size_t)(end - data) + 1 : size;
	result.output = (const char *)data + 1;
	result.output_len = old - 1;
	if (health_change_apply((const char *)data + old, size - old, &text, &ch) < 0)
		abort();
	check_record(&c, &text, result.exit_code);
	if (end)
		check_rule(result.output);
	return 0;
}
