/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/line.h"

#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "base/timeutil.h"

/* {"log":"TEXT\n","stream":"stdout","time":"..."}; a text without newline is the beginning of a
 * line. */
static int parse_json(const char *line, size_t len, struct buf *scratch,
		      struct monitor_log_line *ret)
{
	/* A container may write NUL bytes, which json_text_parse refuses. */
	scoped_json json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
					   NULL);
	struct monitor_log_line l = { 0 };
	const char *stream, *time;
	json_t *text;

	text = json_object_get(o, "log");
	stream = json_string_value(json_object_get(o, "stream"));
	time = json_string_value(json_object_get(o, "time"));
	if (!json_is_string(text) || !stream || !time || time_parse_rfc3339(time, &l.time_nsec) < 0)
		return -EINVAL;
	l.is_stderr = streq(stream, "stderr");
	if (!l.is_stderr && !streq(stream, "stdout"))
		return -EINVAL;
	buf_truncate(scratch, 0);
	buf_add(scratch, json_string_value(text), json_string_length(text));
	l.text = buf_str(scratch);
	l.len = scratch->len;
	l.partial = l.len == 0 || l.text[l.len - 1] != '\n';
	l.len -= !l.partial;
	*ret = l;
	return 0;
}

int logs_line_parse(const char *line, size_t len, struct buf *scratch, struct monitor_log_line *ret)
{
	return len > 0 && line[0] == '{' ? parse_json(line, len, scratch, ret)
					 : monitor_log_line_parse(line, len, ret);
}
