/* SPDX-License-Identifier: Apache-2.0 */
/* The texts are those that conmon 2.1.6 was seen to write. */
#include "harness/test.h"
#include "wire/monitor.h"

static char *format(enum monitor_sync_key key, int64_t data, const char *message)
{
	struct buf b = BUF_INIT;

	monitor_sync_format(key, data, message, &b);
	return buf_take(&b);
}

TEST(sync_format_golden)
{
	static const struct {
		enum monitor_sync_key key;
		int64_t data;
		const char *message, *want;
	} rows[] = {
		{ MONITOR_SYNC_DATA, 23735, NULL, "{\"data\": 23735}\n" },
		{ MONITOR_SYNC_PID, 1, "", "{\"pid\": 1}\n" },
		{ MONITOR_SYNC_EXIT_CODE, -1, "x", "{\"exit_code\": -1, \"message\": \"x\"}\n" },
		{ MONITOR_SYNC_DATA, -1, "level=error msg=\"no\"\n",
		  "{\"data\": -1, \"message\": \"level=error msg=\\\"no\\\"\\n\"}\n" },
		{ MONITOR_SYNC_DATA, -1, "a\\b\tc\x01\x7f",
		  "{\"data\": -1, \"message\": \"a\\\\b\\tc\\u0001\\u007f\"}\n" },
		{ MONITOR_SYNC_DATA, -1, "gr\xc3\xbc\xc3\x9f",
		  "{\"data\": -1, \"message\": \"gr\xc3\xbc\xc3\x9f\"}\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped_free char *got = format(rows[i].key, rows[i].data, rows[i].message);

		CHECK_STR(got, rows[i].want);
	}
}

TEST(sync_format_any_bytes_parse_again)
{
	char message[256];
	struct monitor_sync s;

	for (int i = 1; i < 256; i++)
		message[i - 1] = (char)i;
	message[255] = '\0';
	scoped_free char *line = format(MONITOR_SYNC_DATA, -1, message);

	CHECK_INT(monitor_sync_parse(line, strlen(line), &s), 0);
	CHECK_INT(s.data, -1);
	CHECK(strncmp(s.message, message, 127) == 0);
	/* Each byte that is no UTF-8 has become U+FFFD. */
	CHECK(strncmp(s.message + 127, "\xef\xbf\xbd\xef\xbf\xbd", 6) == 0);
}

TEST(sync_format_cut_sequence)
{
	scoped_free char *line = format(MONITOR_SYNC_DATA, -1, "ab\xe2\x82");
	struct monitor_sync s;

	CHECK_INT(monitor_sync_parse(line, strlen(line), &s), 0);
	CHECK_STR(s.message, "ab\xef\xbf\xbd\xef\xbf\xbd");
}
