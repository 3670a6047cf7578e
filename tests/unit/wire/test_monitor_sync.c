/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "harness/test.h"
#include "wire/monitor.h"

static int parse(const char *line, struct monitor_sync *ret)
{
	return monitor_sync_parse(line, strlen(line), ret);
}

TEST(sync_parse_pid)
{
	struct monitor_sync s;

	CHECK_INT(parse("{\"data\": 23735}", &s), 0);
	CHECK_INT(s.data, 23735);
	CHECK_STR(s.message, "");
}

TEST(sync_parse_old_keys)
{
	struct monitor_sync s;

	CHECK_INT(parse("{\"pid\": 7}", &s), 0);
	CHECK_INT(s.data, 7);
	CHECK_INT(parse("{\"exit_code\": 137}", &s), 0);
	CHECK_INT(s.data, 137);
}

TEST(sync_parse_message_with_escapes)
{
	struct monitor_sync s;

	CHECK_INT(parse("{\"data\": -1, \"message\": \"a \\\"b\\\"\\n\\u0001\"}", &s), 0);
	CHECK_INT(s.data, -1);
	CHECK_STR(s.message, "a \"b\"\n\x01");
}

TEST(sync_parse_refuses)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"data\": \"1\"}",
		"{\"data\": 1, \"pid\": 2}",
		"{\"data\"",
		"[1]",
		"{\"data\": 1} x",
		"{\"message\": \"only\"}",
		"null",
		"{\"data\":1.5}",
	};
	struct monitor_sync s = { .data = 42 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(parse(bad[i], &s), -EINVAL);
	CHECK_INT(s.data, 42);
}

TEST(sync_parse_cuts_a_long_message)
{
	struct buf line = BUF_INIT;
	struct monitor_sync s;

	buf_adds(&line, "{\"data\": -1, \"message\": \"");
	for (int i = 0; i < MONITOR_MESSAGE_MAX + 100; i++)
		buf_addc(&line, 'x');
	buf_adds(&line, "\"}");
	CHECK_INT(monitor_sync_parse(line.data, line.len, &s), 0);
	CHECK_INT(strlen(s.message), MONITOR_MESSAGE_MAX);
	buf_done(&line);
}

TEST(sync_parse_refuses_an_endless_line)
{
	size_t n = (size_t)1 << 20;
	char *line = malloc(n);
	struct monitor_sync s;

	memset(line, ' ', n);
	CHECK_INT(monitor_sync_parse(line, n, &s), -EINVAL);
	free(line);
}
