/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "harness/test.h"
#include "wire/monitor.h"

TEST(ctl_parse_good)
{
	struct monitor_ctl c;

	CHECK_INT(monitor_ctl_parse("1 24 80\n", &c), 0);
	CHECK_INT(c.type, 1);
	CHECK_INT(c.a, 24);
	CHECK_INT(c.b, 80);
	CHECK_INT(monitor_ctl_parse("2 0 0", &c), 0);
	CHECK_INT(c.type, 2);
	CHECK_INT(monitor_ctl_parse(" 1\t-5  7\r\n", &c), 0);
	CHECK_INT(c.a, -5);
}

TEST(ctl_parse_bad)
{
	static const char *const bad[] = { "",	      "1",
					   "1 2",     "1 2 3 4",
					   "a b c",   "1 2 3x",
					   "1 2 0x3", "1 99999999999 2",
					   "\n",      "1 2 3\n4 5 6\n" };
	struct monitor_ctl c = { .type = 9 };
	char longest[MONITOR_CTL_LINE_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(monitor_ctl_parse(bad[i], &c), -EINVAL);
	memset(longest, ' ', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(monitor_ctl_parse(longest, &c), -EINVAL);
	CHECK_INT(c.type, 9);
}

TEST(ctl_format)
{
	struct monitor_ctl c = { 1, 40, 100 };
	char out[32];

	CHECK_INT(monitor_ctl_format(&c, out, sizeof(out)), 9);
	CHECK_STR(out, "1 40 100\n");
	CHECK_INT(monitor_ctl_format(&c, out, 9), -ENOBUFS);
}

TEST(exit_parse)
{
	static const char *const bad[] = { "",	  "\n", "x",	"1 ",
					   "256", "-2", "1\n2", "99999999999999999999" };
	int status = 5;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(monitor_exit_parse(bad[i], &status), -EINVAL);
	CHECK_INT(status, 5);
	CHECK_INT(monitor_exit_parse("137", &status), 0);
	CHECK_INT(status, 137);
	CHECK_INT(monitor_exit_parse("-1\n", &status), 0);
	CHECK_INT(status, -1);
	CHECK_INT(monitor_exit_parse("0", &status), 0);
	CHECK_INT(status, 0);
}

static int parse(const char *line, struct monitor_log_line *ret)
{
	return monitor_log_line_parse(line, strlen(line), ret);
}

TEST(log_line_parse_golden)
{
	struct monitor_log_line l;

	CHECK_INT(parse("2026-11-22T02:45:52.981065957+00:00 stdout F out1", &l), 0);
	CHECK_INT(l.time_nsec, 1795315552981065957LL);
	CHECK(!l.is_stderr && !l.partial);
	CHECK_INT(l.len, 4);
	CHECK(memcmp(l.text, "out1", 4) == 0);
	CHECK_INT(parse("2026-11-22T04:45:52.981065957+02:00 stderr P ", &l), 0);
	CHECK_INT(l.time_nsec, 1795315552981065957LL);
	CHECK(l.is_stderr && l.partial);
	CHECK_INT(l.len, 0);
	CHECK_INT(parse("2026-11-22T02:45:52.981065957Z stdout F  two  blanks ", &l), 0);
	CHECK_INT(l.len, 13);
}

TEST(log_line_parse_bad)
{
	static const char *const bad[] = {
		"",
		"x",
		"2026-11-22T02:45:52Z",
		"2026-11-22T02:45:52Z stdout",
		"2026-11-22T02:45:52Z stdout F",
		"2026-11-22T02:45:52Z stdin F x",
		"2026-11-22T02:45:52Z stdout X x",
		"2026-11-22T02:45:52Z stdout FF x",
		"2026-11-22T02:45:52Z stdout  x",
		"not-a-time stdout F x",
	};
	struct monitor_log_line l = { .len = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(parse(bad[i], &l), -EINVAL);
	CHECK_INT(l.len, 77);
}

TEST(log_prefix_golden)
{
	char out[96];

	setenv("TZ", "UTC", 1);
	tzset();
	CHECK_INT(monitor_log_prefix(1795315552981065957LL, false, false, out), 45);
	CHECK_STR(out, "2026-11-22T02:45:52.981065957+00:00 stdout F ");
	monitor_log_prefix(1795315552000000001LL, true, true, out);
	CHECK_STR(out, "2026-11-22T02:45:52.000000001+00:00 stderr P ");
	setenv("TZ", "XYZ-5:30", 1);
	tzset();
	monitor_log_prefix(1795315552981065957LL, false, false, out);
	CHECK_STR(out, "2026-11-22T08:15:52.981065957+05:30 stdout F ");
}
