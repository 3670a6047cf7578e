/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"

#include <errno.h>
#include <signal.h>

#include "base/mem.h"
#include "harness/test.h"

TEST(integers_are_strict)
{
	int64_t i = 7;
	uint64_t u = 7;
	uint32_t w = 7;

	CHECK_INT(num_i64("", &i), -EINVAL);
	CHECK_INT(num_i64(" 1", &i), -EINVAL);
	CHECK_INT(num_i64("1 ", &i), -EINVAL);
	CHECK_INT(num_i64("-", &i), -EINVAL);
	CHECK_INT(num_i64("--1", &i), -EINVAL);
	CHECK_INT(num_i64("0x1", &i), -EINVAL);
	CHECK_INT(num_i64("9223372036854775808", &i), -ERANGE);
	CHECK_INT(num_i64("-9223372036854775809", &i), -ERANGE);
	CHECK_INT(num_u64("-1", &u), -EINVAL);
	CHECK_INT(num_u64("+1", &u), -EINVAL);
	CHECK_INT(num_u64("18446744073709551616", &u), -ERANGE);
	CHECK_INT(num_u32("4294967296", &w), -ERANGE);
	CHECK(i == 7 && u == 7 && w == 7);
	CHECK_INT(num_i64("-9223372036854775808", &i), 0);
	CHECK(i == INT64_MIN);
	CHECK_INT(num_i64("9223372036854775807", &i), 0);
	CHECK(i == INT64_MAX);
	CHECK_INT(num_u64("18446744073709551615", &u), 0);
	CHECK(u == UINT64_MAX);
	CHECK_INT(num_u32("007", &w), 0);
	CHECK_INT(w, 7);
}

TEST(bases)
{
	uint64_t u = 0;

	CHECK_INT(num_u64_base("755", 8, &u), 0);
	CHECK_INT(u, 0755);
	CHECK_INT(num_u64_base("8", 8, &u), -EINVAL);
	CHECK_INT(num_u64_base("fFff", 16, &u), 0);
	CHECK_INT(u, 0xffff);
	CHECK_INT(num_u64_base("0x1", 16, &u), -EINVAL);
	CHECK_INT(num_u64_base("10000000000000000", 16, &u), -ERANGE);
}

TEST(digits_at_the_start_of_a_text)
{
	const char *s = "0-4294967295,4294967296";
	uint32_t v = 5;

	CHECK_INT(num_take_u32(&s, &v), 0);
	CHECK_INT(v, 0);
	CHECK_STR(s, "-4294967295,4294967296");
	CHECK_INT(num_take_u32(&s, &v), -EINVAL);
	CHECK_STR(s++, "-4294967295,4294967296");
	CHECK_INT(num_take_u32(&s, &v), 0);
	CHECK(v == UINT32_MAX);
	CHECK_STR(s++, ",4294967296");
	CHECK_INT(num_take_u32(&s, &v), -ERANGE);
	CHECK_STR(s, "4294967296");
	s = " 1";
	CHECK_INT(num_take_u32(&s, &v), -EINVAL);
	s = "";
	CHECK_INT(num_take_u32(&s, &v), -EINVAL);
	CHECK(v == UINT32_MAX);
}

TEST(ids_exclude_the_last)
{
	uint32_t id = 5;

	CHECK_INT(num_id("4294967295", &id), -ERANGE);
	CHECK_INT(num_id("-1", &id), -EINVAL);
	CHECK_INT(num_id("4294967294", &id), 0);
	CHECK(id == 4294967294u);
}

TEST(booleans_as_go)
{
	bool b = false;

	CHECK_INT(num_bool("True", &b), 0);
	CHECK(b);
	CHECK_INT(num_bool("f", &b), 0);
	CHECK(!b);
	CHECK_INT(num_bool("yes", &b), -EINVAL);
	CHECK_INT(num_bool("", &b), -EINVAL);
	CHECK_INT(num_bool("tRUE", &b), -EINVAL);
}

TEST(doubles)
{
	double d = 0;

	CHECK_INT(num_double("1.5", &d), 0);
	CHECK(d == 1.5);
	CHECK_INT(num_double("-0.000000001", &d), 0);
	CHECK(d == -1e-9);
	CHECK_INT(num_double("0.0000000001", &d), -EINVAL);
	CHECK_INT(num_double(".", &d), -EINVAL);
	CHECK_INT(num_double("1e5", &d), -EINVAL);
	CHECK_INT(num_double("nan", &d), -EINVAL);
}

TEST(byte_sizes)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "1b", 1 },
		{ "1k", 1024 },
		{ "1K", 1024 },
		{ "2kb", 2048 },
		{ "2KiB", 2048 },
		{ "2ki", 2048 },
		{ "1.5m", 1572864 },
		{ "10 MB", 10485760 },
		{ "1g", 1073741824 },
		{ "1t", 1099511627776 },
		{ "8191p", 9222246136947933184 },
	};
	int64_t v = 3;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		v = -1;
		if (num_bytes(rows[i].text, &v) < 0 || v != rows[i].want)
			test_fail(__FILE__, __LINE__, "'%s' gives %lld", rows[i].text,
				  (long long)v);
	}
	v = 3;
	CHECK_INT(num_bytes("", &v), -EINVAL);
	CHECK_INT(num_bytes("-1", &v), -EINVAL);
	CHECK_INT(num_bytes("1x", &v), -EINVAL);
	CHECK_INT(num_bytes("1kbb", &v), -EINVAL);
	CHECK_INT(num_bytes("1bb", &v), -EINVAL);
	CHECK_INT(num_bytes("1 ", &v), -EINVAL);
	CHECK_INT(num_bytes("8192p", &v), -ERANGE);
	CHECK_INT(num_bytes("99999999999999999999", &v), -ERANGE);
	CHECK_INT(v, 3);
	CHECK_INT(num_bytes_si("10k", &v), 0);
	CHECK_INT(v, 10000);
	CHECK_INT(num_bytes_si("1.5 MB", &v), 0);
	CHECK_INT(v, 1500000);
}

static void si(uint64_t n, const char *want)
{
	char out[16];

	num_human_bytes_si(n, out, sizeof(out));
	CHECK_STR(out, want);
}

static void iec(uint64_t n, const char *want)
{
	char out[16];

	num_human_bytes(n, out, sizeof(out));
	CHECK_STR(out, want);
}

TEST(human_sizes_as_go_units)
{
	si(0, "0 B");
	si(999, "999 B");
	si(1000, "1 kB");
	si(1220, "1.22 kB");
	si(4261000, "4.26 MB");
	si(123456789, "123 MB");
	si(UINT64_MAX, "18.4 EB");
	iec(0, "0 B");
	iec(1024, "1 KiB");
	iec(1572864, "1.5 MiB");
	iec(1234567890, "1.15 GiB");
}

TEST(signals_by_name_and_number)
{
	CHECK_INT(num_signal("9"), SIGKILL);
	CHECK_INT(num_signal("KILL"), SIGKILL);
	CHECK_INT(num_signal("sigkill"), SIGKILL);
	CHECK_INT(num_signal("SIGHUP"), SIGHUP);
	CHECK_INT(num_signal("RTMIN"), 34);
	CHECK_INT(num_signal("SIGRTMIN+3"), 37);
	CHECK_INT(num_signal("rtmax-1"), 63);
	CHECK_INT(num_signal("RTMAX"), 64);
	CHECK_INT(num_signal("RTMIN+30"), 64);
	CHECK_INT(num_signal("RTMIN+31"), -EINVAL);
	CHECK_INT(num_signal("RTMIN-1"), -EINVAL);
	CHECK_INT(num_signal("0"), -EINVAL);
	CHECK_INT(num_signal("65"), -EINVAL);
	CHECK_INT(num_signal("-9"), -EINVAL);
	CHECK_INT(num_signal(""), -EINVAL);
	CHECK_INT(num_signal("SIG"), -EINVAL);
	CHECK_INT(num_signal("KILLX"), -EINVAL);
}

TEST(signal_names)
{
	CHECK_STR(num_signal_name(SIGTERM), "SIGTERM");
	CHECK_STR(num_signal_name(37), "SIGRTMIN+3");
	CHECK(num_signal_name(0) == NULL && num_signal_name(65) == NULL &&
	      num_signal_name(-1) == NULL);
	for (int sig = 1; sig <= 64; sig++) {
		const char *name = num_signal_name(sig);

		if (name != NULL && num_signal(name) != sig)
			test_fail(__FILE__, __LINE__, "%d is %s is %d", sig, name,
				  num_signal(name));
		if (name == NULL && sig != 32 && sig != 33)
			test_fail(__FILE__, __LINE__, "%d has no name", sig);
	}
}
