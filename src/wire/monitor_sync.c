/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the sync and attach pipes: one JSON object each. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "wire/monitor.h"

/* Longest line: every byte of a message escaped as \u00XX, and the frame around it. */
#define SYNC_LINE_MAX (MONITOR_MESSAGE_MAX * 6 + 256)

struct sync_document {
	struct opt_i64 data, pid, exit_code;
	char *message;
};

static const struct json_field sync_fields[] = {
	JROW(struct sync_document, "data", data, JT_OPT_I64, 0),
	JROW(struct sync_document, "pid", pid, JT_OPT_I64, 0),
	JROW(struct sync_document, "exit_code", exit_code, JT_OPT_I64, 0),
	JROW(struct sync_document, "message", message, JT_STR, 0),
};
static const struct json_table sync_table = JTABLE(struct sync_document, sync_fields);

/* The three keys are one value under names of three protocol versions: exactly one is there. */
static int sync_number(const struct sync_document *doc, int64_t *ret)
{
	const struct opt_i64 *all[] = { &doc->data, &doc->pid, &doc->exit_code };
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i]->set)
			continue;
		*ret = all[i]->value;
		found++;
	}
	return found == 1 ? 0 : -EINVAL;
}

int monitor_sync_parse(const char *line, size_t len, struct monitor_sync *ret)
{
	struct sync_document doc = { 0 };
	int64_t number;
	int r;

	if (len > SYNC_LINE_MAX)
		return -EINVAL;
	if (json_table_parse(&sync_table, line, len, &doc, "monitor", 0, NULL) < 0)
		return -EINVAL;
	r = sync_number(&doc, &number);
	if (r == 0) {
		ret->data = number;
		ret->message[0] = '\0';
		if (doc.message)
			strncat(ret->message, doc.message, MONITOR_MESSAGE_MAX);
	}
	json_table_free(&sync_table, &doc);
	return r;
}
