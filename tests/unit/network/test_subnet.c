/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/mem.h"
#include "harness/test.h"
#include "network/subnet.h"

static struct subnet net(const char *s)
{
	struct subnet n = { 0 };

	if (subnet_parse(s, &n) < 0)
		test_fail(__FILE__, __LINE__, "subnet '%s'", s);
	return n;
}

static struct ip_addr ip(const char *s)
{
	struct ip_addr a = { 0 };

	if (ip_parse(s, &a) < 0)
		test_fail(__FILE__, __LINE__, "address '%s'", s);
	return a;
}

static const char *text(struct ip_addr a)
{
	static char out[IP_STR_MAX];

	ip_format(&a, out);
	return out;
}

TEST(addresses_are_parsed_strictly)
{
	static const char *const bad[] = { "",		"1",	     "1.2.3",	 "1.2.3.4.5",
					   "256.1.1.1", "1.2.3.4/8", " 1.2.3.4", "01.2.3.4",
					   "::1::",	":",	     "[::1]",	 "fe80::1%eth0" };
	struct ip_addr a;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(ip_parse(bad[i], &a), -EINVAL);
	CHECK_STR(text(ip("10.90.0.1")), "10.90.0.1");
	CHECK_STR(text(ip("FD00:0::1")), "fd00::1");
	CHECK_INT(ip("::").family, AF_INET6);
}

TEST(subnets_are_parsed_strictly)
{
	static const char *const bad[] = {
		"",
		"10.0.0.0",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"fd00::/129",
		"/8",
		"10.0.0.0/8/8",
		"10.0.0.0/8x",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0/8"
	};
	struct subnet n;
	char out[SUBNET_STR_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(subnet_parse(bad[i], &n), -EINVAL);
	n = net("10.90.3.4/16");
	n = subnet_network(&n);
	subnet_format(&n, out);
	CHECK_STR(out, "10.90.0.0/16");
	n = net("fd00:1:2:3:4::/64");
	n = subnet_network(&n);
	subnet_format(&n, out);
	CHECK_STR(out, "fd00:1:2:3::/64");
}

TEST(first_and_last_addresses)
{
	struct subnet n = net("10.90.3.4/22");

	CHECK_STR(text(subnet_first(&n)), "10.90.0.0");
	CHECK_STR(text(subnet_last(&n)), "10.90.3.255");
	n = net("10.90.3.4/32");
	CHECK_STR(text(subnet_first(&n)), "10.90.3.4");
	CHECK_STR(text(subnet_last(&n)), "10.90.3.4");
	n = net("1.2.3.4/0");
	CHECK_STR(text(subnet_first(&n)), "0.0.0.0");
	CHECK_STR(text(subnet_last(&n)), "255.255.255.255");
	n = net("fd00::1/121");
	CHECK_STR(text(subnet_last(&n)), "fd00::7f");
}

TEST(membership_and_overlap)
{
	struct subnet a = net("10.90.0.0/16"), b = net("10.90.128.0/17"), c = net("10.91.0.0/16");
	struct subnet all = net("0.0.0.0/0"), six = net("::/0");
	struct ip_addr in = ip("10.90.200.1"), out = ip("10.91.0.1"), other = ip("fd00::1");

	CHECK(subnet_contains(&a, &in));
	CHECK(!subnet_contains(&a, &out));
	CHECK(!subnet_contains(&a, &other));
	CHECK(subnet_overlaps(&a, &b) && subnet_overlaps(&b, &a));
	CHECK(!subnet_overlaps(&a, &c) && !subnet_overlaps(&b, &c));
	CHECK(subnet_overlaps(&all, &c) && !subnet_overlaps(&six, &c));
}

TEST(addition_carries_and_tells_the_end)
{
	struct ip_addr a = ip("10.90.0.255");

	CHECK(ip_add(&a, 1));
	CHECK_STR(text(a), "10.90.1.0");
	CHECK(ip_add(&a, 65536));
	CHECK_STR(text(a), "10.91.1.0");
	a = ip("255.255.255.255");
	CHECK(!ip_add(&a, 1));
	a = ip("fd00::ffff:ffff");
	CHECK(ip_add(&a, 2));
	CHECK_STR(text(a), "fd00::1:0:1");
}

TEST(comparison_is_numeric_by_family)
{
	struct ip_addr a = ip("10.9.0.1"), b = ip("10.90.0.0"), six = ip("::");

	CHECK_INT(ip_compare(&a, &b), -1);
	CHECK_INT(ip_compare(&b, &a), 1);
	CHECK_INT(ip_compare(&a, &a), 0);
	CHECK_INT(ip_compare(&b, &six), -1);
}

TEST(network_and_broadcast_are_nobodys)
{
	struct subnet n = net("10.90.0.0/24"), p2p = net("10.90.0.0/31"), six = net("fd00::/64");
	struct ip_addr first = ip("10.90.0.0"), last = ip("10.90.0.255"), mid = ip("10.90.0.7");
	struct ip_addr six_first = ip("fd00::"), six_last = ip("fd00::ffff:ffff:ffff:ffff");

	CHECK(subnet_is_reserved(&n, &first));
	CHECK(subnet_is_reserved(&n, &last));
	CHECK(!subnet_is_reserved(&n, &mid));
	CHECK(!subnet_is_reserved(&p2p, &first));
	CHECK(subnet_is_reserved(&six, &six_first));
	CHECK(!subnet_is_reserved(&six, &six_last));
}
