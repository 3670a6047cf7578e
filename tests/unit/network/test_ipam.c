/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timeutil.h"
#include "harness/test.h"
#include "network/ipam.h"
#include "sys/fd.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static int open_dir(void)
{
	static unsigned number;
	scoped_free char *name = xasprintf("run%u", number++);
	const char *path = test_path(name);

	mkdir(path, 0700);
	return fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

static struct definition_subnet subnet(const char *text, const char *gateway)
{
	struct definition_subnet s = { 0 };

	subnet_parse(text, &s.subnet);
	if (gateway)
		ip_parse(gateway, &s.gateway);
	s.start = subnet_first(&s.subnet);
	s.end = subnet_last(&s.subnet);
	return s;
}

static const char *take(int dir, const struct definition_subnet *s, const char *id)
{
	static char out[ERROR_MSG_MAX];
	struct error err = ERROR_INIT;
	struct ip_addr a;

	if (ipam_take(dir, "net", 0, s, id, NULL, &a, &err) < 0)
		snprintf(out, sizeof(out), "%s", err.msg);
	else
		ip_format(&a, out);
	return out;
}

static int give(int dir, const char *id, const char *ip)
{
	struct error err = ERROR_INIT;
	scoped_strv char **ips = NULL;

	if (ip)
		strv_add(&ips, ip);
	return ipam_release(dir, "net", id, ips, &err);
}

TEST(addresses_follow_each_other_past_the_gateway)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/24", "10.0.0.2");

	CHECK_STR(take(dir, &s, ID_A), "10.0.0.1");
	CHECK_STR(take(dir, &s, ID_B), "10.0.0.3");
}

TEST(a_free_address_rests_until_the_others_were_used)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/29", "10.0.0.1");

	CHECK_STR(take(dir, &s, ID_A), "10.0.0.2");
	CHECK_INT(give(dir, ID_A, "10.0.0.2/29"), 0);
	for (unsigned i = 3; i <= 6; i++) {
		char want[16];

		snprintf(want, sizeof(want), "10.0.0.%u", i);
		CHECK_STR(take(dir, &s, ID_A), want);
		CHECK_INT(give(dir, ID_A, NULL), 0);
	}
	CHECK_STR(take(dir, &s, ID_A), "10.0.0.2");
}

TEST(a_full_subnet_is_an_error_that_names_it)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/30", "10.0.0.1");

	CHECK_STR(take(dir, &s, ID_A), "10.0.0.2");
	CHECK_STR(take(dir, &s, ID_B), "no free address in subnet 10.0.0.0/30 of network 'net'");
	CHECK_INT(give(dir, ID_A, NULL), 0);
	CHECK_STR(take(dir, &s, ID_B), "10.0.0.2");
}

TEST(what_one_holds_another_cannot_give_back)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/24", NULL);
	struct error err = ERROR_INIT;

	CHECK_STR(take(dir, &s, ID_A), "10.0.0.1");
	CHECK_INT(give(dir, ID_B, "10.0.0.1/24"), 0);
	CHECK_INT(give(dir, ID_B, NULL), 0);
	CHECK_INT(ipam_used(dir, "net", &err), 1);
	CHECK_INT(give(dir, ID_A, "10.0.0.1/24"), 0);
	CHECK_INT(ipam_used(dir, "net", &err), 0);
	CHECK_INT(ipam_used(dir, "never", &err), 0);
	CHECK_INT(give(dir, ID_A, NULL), 0);
}

TEST(a_wanted_address)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/24", "10.0.0.1");
	struct error err = ERROR_INIT;
	struct ip_addr want, got;

	ip_parse("10.0.0.50", &want);
	CHECK_OK(ipam_take(dir, "net", 0, &s, ID_A, &want, &got, &err), err);
	CHECK_INT(ip_compare(&want, &got), 0);
	CHECK_OK(ipam_take(dir, "net", 0, &s, ID_A, &want, &got, &err), err); /* its own */
	CHECK_FAILS(ipam_take(dir, "net", 0, &s, ID_B, &want, &got, &err), err, ERROR_BUSY,
		    "address 10.0.0.50 of network 'net' is in use by container aaaaaaaaaaaa");
	ip_parse("10.0.0.255", &want);
	CHECK_FAILS(ipam_take(dir, "net", 0, &s, ID_B, &want, &got, &err), err, ERROR_INVALID,
		    "10.0.0.255 cannot be given");
	CHECK_STR(take(dir, &s, ID_B), "10.0.0.2"); /* the row is not disturbed */
}

TEST(a_range_bounds_the_row)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/16", "10.0.0.1");

	ip_parse("10.0.5.254", &s.start);
	ip_parse("10.0.6.0", &s.end);
	CHECK_STR(take(dir, &s, ID_A), "10.0.5.254");
	CHECK_STR(take(dir, &s, ID_A), "10.0.5.255");
	CHECK_STR(take(dir, &s, ID_A), "10.0.6.0");
	CHECK_INT(give(dir, ID_A, "10.0.5.255/16"), 0);
	CHECK_STR(take(dir, &s, ID_B), "10.0.5.255");
}

TEST(ipv6_rows)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("fd00::/64", "fd00::1");

	CHECK_STR(take(dir, &s, ID_A), "fd00::2");
	CHECK_STR(take(dir, &s, ID_A), "fd00::3");
}

TEST(many_holders_do_not_slow_the_next_one)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/16", "10.0.0.1");
	int64_t begin, first;

	begin = test_cpu_nsec();
	for (unsigned i = 0; i < 200; i++)
		take(dir, &s, ID_A);
	first = test_cpu_nsec() - begin;
	for (unsigned i = 0; i < 2000; i++)
		take(dir, &s, ID_A);
	begin = test_cpu_nsec();
	for (unsigned i = 0; i < 200; i++)
		take(dir, &s, ID_A);
	/* Anything that walked over the holders would take ten times as long. */
	CHECK(test_cpu_nsec() - begin < 5 * first + 20 * NSEC_PER_MSEC);
}

TEST(a_damaged_hint_is_only_a_hint)
{
	scoped_fd int dir = open_dir();
	struct definition_subnet s = subnet("10.0.0.0/24", "10.0.0.1");

	CHECK_STR(take(dir, &s, ID_A), "10.0.0.2");
	CHECK_INT(unlinkat(dir, "ipam/net/.last0", 0), 0);
	CHECK_INT(symlinkat("rubbish", dir, "ipam/net/.last0"), 0);
	CHECK_STR(take(dir, &s, ID_A), "10.0.0.2"); /* it is A's already */
	CHECK_STR(take(dir, &s, ID_B), "10.0.0.3");
}
