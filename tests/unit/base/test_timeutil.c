/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timeutil.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"

#define STAMP 1795315552981065957LL /* 2026-11-22T02:45:52.981065957Z */

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

TEST(formats_in_utc)
{
	char out[TIME_STR_MAX];

	zone("UTC0");
	time_format_rfc3339(STAMP, out);
	CHECK_STR(out, "2026-11-22T02:45:52.981065957Z");
	time_format_k8s(STAMP, out);
	CHECK_STR(out, "2026-11-22T02:45:52.981065957+00:00");
	time_format_go(STAMP, out);
	CHECK_STR(out, "2026-11-22 02:45:52.981065957 +0000 UTC");
}

/* Each day of 1870 to 2169, against libc's calendar. */
TEST(utc_as_libc)
{
	for (int64_t day = -100 * 365; day < 200 * 365; day++) {
		int64_t sec = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
		char got[TIME_STR_MAX], want[TIME_STR_MAX];
		time_t t = sec;
		struct tm tm;

		if (sec == 0)
			continue; /* Go's zero time */
		time_format_rfc3339_utc(sec * NSEC_PER_SEC, got);
		if (gmtime_r(&t, &tm) == NULL ||
		    strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
			want[0] = '\0';
		CHECK_STR(got, want);
	}
}

TEST(formats_in_other_zones)
{
	char out[TIME_STR_MAX];

	zone("IST-5:30");
	time_format_rfc3339(STAMP, out);
	CHECK_STR(out, "2026-11-22T08:15:52.981065957+05:30");
	time_format_rfc3339_utc(STAMP, out);
	CHECK_STR(out, "2026-11-22T02:45:52.981065957Z");
	time_format_k8s(STAMP, out);
	CHECK_STR(out, "2026-11-22T08:15:52.981065957+05:30");
	zone("EST5");
	time_format_go(STAMP, out);
	CHECK_STR(out, "2026-11-21 21:45:52.981065957 -0500 EST");
	zone("UTC0");
}

TEST(fractions_lose_trailing_zeros)
{
	char out[TIME_STR_MAX];

	time_format_rfc3339_utc(STAMP / NSEC_PER_SEC * NSEC_PER_SEC, out);
	CHECK_STR(out, "2026-11-22T02:45:52Z");
	time_format_rfc3339_utc(STAMP / NSEC_PER_SEC * NSEC_PER_SEC + 100, out);
	CHECK_STR(out, "2026-11-22T02:45:52.0000001Z");
	time_format_k8s(STAMP / NSEC_PER_SEC * NSEC_PER_SEC, out);
	CHECK_STR(out, "2026-11-22T02:45:52.000000000+00:00");
	time_format_rfc3339_utc(-1, out);
	CHECK_STR(out, "1969-12-31T23:59:59.999999999Z");
}

TEST(zero_is_go_zero_time)
{
	char out[TIME_STR_MAX];
	int64_t t = 5;

	time_format_rfc3339(0, out);
	CHECK_STR(out, "0001-01-01T00:00:00Z");
	CHECK_INT(time_parse_rfc3339(out, &t), 0);
	CHECK_INT(t, 0);
	time_format_go(0, out);
	CHECK_STR(out, "0001-01-01 00:00:00 +0000 UTC");
}

TEST(parse_rfc3339)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "2026-11-22T02:45:52.981065957Z", STAMP },
		{ "2026-11-22T08:15:52.981065957+05:30", STAMP },
		{ "2026-11-21T21:45:52.981065957-05:00", STAMP },
		{ "2026-11-22T02:45:52.981065957999Z", STAMP },
		{ "2026-11-22t02:45:52z", STAMP - 981065957 },
		{ "2026-11-22T02:45:52", STAMP - 981065957 },
		{ "1970-01-01T00:00:01Z", 1000000000 },
		{ "1969-12-31T23:59:59.5Z", -500000000 },
		{ "2000-02-29T00:00:00Z", 951782400000000000 },
		{ "2262-04-11T23:47:16.854775807Z", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t t = 7;

		if (time_parse_rfc3339(rows[i].text, &t) < 0 || t != rows[i].want)
			test_fail(__FILE__, __LINE__, "%s gives %lld", rows[i].text, (long long)t);
	}
}

TEST(parse_rfc3339_refuses)
{
	static const char *const bad[] = {
		"",
		"2026-11-22",
		"2026-13-22T00:00:00Z",
		"2026-00-22T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2026-11-31T00:00:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T00:60:00Z",
		"2026-11-22T00:00:60Z",
		"2026-11-22T00:00Z",
		"2026-11-22T00:00:00.Z",
		"2026-11-22T00:00:00Zx",
		"2026-11-22T00:00:00+0530",
		"2026-11-22T00:00:00+05",
		" 2026-11-22T00:00:00Z",
		"2262-04-11T23:47:16.854775808Z",
		"9999-12-31T00:00:00Z",
	};
	int64_t t = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (time_parse_rfc3339(bad[i], &t) != -EINVAL)
			test_fail(__FILE__, __LINE__, "accepted '%s'", bad[i]);
	CHECK_INT(t, 7);
}

TEST(what_users_write)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "10m", STAMP - 600 * NSEC_PER_SEC },
		{ "-1s", STAMP + NSEC_PER_SEC },
		{ "1795315552", STAMP - 981065957 },
		{ "1795315552.981065957", STAMP },
		{ "0", 0 },
		{ "2026-11-22", 1795305600 * NSEC_PER_SEC },
		{ "2026-11-22T02", 1795312800 * NSEC_PER_SEC },
		{ "2026-11-22T02:45", 1795315500 * NSEC_PER_SEC },
		{ "2026-11-22T02:45:52.5", 1795315552500000000 },
		{ "2026-11-22Z", 1795305600 * NSEC_PER_SEC },
		{ "2026-11-22T02:45+01:00", 1795311900 * NSEC_PER_SEC },
	};
	int64_t t;

	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		t = 7;
		if (time_parse_user(rows[i].text, STAMP, &t) < 0 || t != rows[i].want)
			test_fail(__FILE__, __LINE__, "%s gives %lld", rows[i].text, (long long)t);
	}
	CHECK(time_parse_user("yesterday", STAMP, &t) < 0);
	CHECK(time_parse_user("", STAMP, &t) < 0);
	CHECK(time_parse_user("2026-11", STAMP, &t) < 0);
	/* Without a zone the local one counts. */
	zone("EST5");
	CHECK_INT(time_parse_user("2026-11-21T21:45:52", STAMP, &t), 0);
	CHECK_INT(t, STAMP - 981065957);
	zone("UTC0");
}

/* text, nanoseconds, and what Go prints for them */
static const struct {
	const char *text;
	int64_t nsec;
	const char *go;
} durations[] = {
	{ "0", 0, "0s" },
	{ "0s", 0, "0s" },
	{ "1ns", 1, "1ns" },
	{ "1us", 1000, "1\xc2\xb5s" },
	{ "1.1us", 1100, "1.1\xc2\xb5s" },
	{ "1\xce\xbcs", 1000, "1\xc2\xb5s" },
	{ "2.2ms", 2200000, "2.2ms" },
	{ "500ms", 500000000, "500ms" },
	{ "3.3s", 3300000000, "3.3s" },
	{ "90s", 90000000000, "1m30s" },
	{ "4m5s", 245000000000, "4m5s" },
	{ "4m5.001s", 245001000000, "4m5.001s" },
	{ "1h30m", 5400000000000, "1h30m0s" },
	{ "5h6m7.001s", 18367001000000, "5h6m7.001s" },
	{ "1.5h", 5400000000000, "1h30m0s" },
	{ ".5s", 500000000, "500ms" },
	{ "1.s", 1000000000, "1s" },
	{ "-1.5s", -1500000000, "-1.5s" },
	{ "+5m", 300000000000, "5m0s" },
	{ "8m0.000000001s", 480000000001, "8m0.000000001s" },
	{ "2562047h47m16.854775807s", INT64_MAX, "2562047h47m16.854775807s" },
	{ "-2562047h47m16.854775808s", INT64_MIN, "-2562047h47m16.854775808s" },
	{ "0.3333333333333333333h", 1199999999999, "19m59.999999999s" },
};

TEST(durations_as_go)
{
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		char out[64];
		int64_t v = 7;

		if (time_parse_duration(durations[i].text, &v) < 0 || v != durations[i].nsec)
			test_fail(__FILE__, __LINE__, "%s gives %lld", durations[i].text,
				  (long long)v);
		time_format_duration(durations[i].nsec, out, sizeof(out));
		if (!streq(out, durations[i].go))
			test_fail(__FILE__, __LINE__, "%lld prints %s, want %s",
				  (long long)durations[i].nsec, out, durations[i].go);
	}
}

TEST(bad_durations)
{
	static const char *const bad[] = { "",	  "3",	"-",   "s",    ".",	 "-.", ".s", "+.s",
					   "1 s", "1x", "1sx", "--1s", "1.2.3s", "1d", "1S" };
	int64_t v = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (time_parse_duration(bad[i], &v) != -EINVAL)
			test_fail(__FILE__, __LINE__, "accepted '%s'", bad[i]);
	CHECK_INT(time_parse_duration("3000000h", &v), -ERANGE);
	CHECK_INT(time_parse_duration("9223372036854775808ns", &v), -ERANGE);
	CHECK_INT(time_parse_duration("99999999999999999999ns", &v), -ERANGE);
	CHECK_INT(v, 7);
}

TEST(human_durations_as_go_units)
{
	static const struct {
		int64_t sec;
		const char *want;
	} rows[] = {
		{ 0, "Less than a second" },
		{ 1, "1 second" },
		{ 59, "59 seconds" },
		{ 60, "About a minute" },
		{ 119, "About a minute" },
		{ 120, "2 minutes" },
		{ 59 * 60, "59 minutes" },
		{ 3600, "About an hour" },
		{ 3600 + 1799, "About an hour" },
		{ 3600 + 1800, "2 hours" },
		{ 47 * 3600, "47 hours" },
		{ 48 * 3600, "2 days" },
		{ 13 * 86400, "13 days" },
		{ 14 * 86400, "2 weeks" },
		{ 59 * 86400, "8 weeks" },
		{ 60 * 86400, "2 months" },
		{ 729LL * 86400, "24 months" },
		{ 730LL * 86400, "2 years" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[32];

		time_human_duration(rows[i].sec * NSEC_PER_SEC, out, sizeof(out));
		if (!streq(out, rows[i].want))
			test_fail(__FILE__, __LINE__, "%lld s prints '%s'", (long long)rows[i].sec,
				  out);
	}
}

TEST(clocks_move)
{
	int64_t a = time_monotonic_nsec();

	CHECK(a > 0 && time_monotonic_nsec() >= a);
	CHECK(time_now_nsec() > 1700000000 * NSEC_PER_SEC);
}
