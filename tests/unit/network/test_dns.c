/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "harness/test.h"
#include "network/dns.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char *ips[] = { (char[]){ "10.91.0.2/24" }, (char[]){ "fd00::2/64" }, NULL };
static char *names[] = { (char[]){ "web" }, (char[]){ "aaaaaaaaaaaa" }, NULL };

TEST(the_first_line_has_gateways_and_upstream_servers)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct network n = { 0 };
	struct definition d = { .n_subnets = 2 };

	ip_parse("10.91.0.1", &d.subnets[0].gateway);
	dns_format_head(&n, &d, &out);
	CHECK_STR(buf_str(&out), "10.91.0.1\n");
	buf_truncate(&out, 0);
	ip_parse("fd00::1", &d.subnets[1].gateway);
	strv_add(&n.dns_servers, "1.1.1.1");
	strv_add(&n.dns_servers, "8.8.8.8");
	dns_format_head(&n, &d, &out);
	CHECK_STR(buf_str(&out), "10.91.0.1,fd00::1 1.1.1.1,8.8.8.8\n");
	strv_free(n.dns_servers);
}

TEST(an_entry_has_a_column_per_family)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct record_link l = { .ips = ips, .names = names };

	dns_format_entry(ID_A, &l, &out);
	CHECK_STR(buf_str(&out), ID_A " 10.91.0.2 fd00::2 web,aaaaaaaaaaaa\n");
	buf_truncate(&out, 0);
	l.ips = ips + 1;
	dns_format_entry(ID_A, &l, &out);
	CHECK_STR(buf_str(&out), ID_A "  fd00::2 web,aaaaaaaaaaaa\n");
}

TEST(lines_of_a_container_are_taken_out)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	static const char text[] = "10.91.0.1\n" ID_A " 10.91.0.2  a\n" ID_B " 10.91.0.3  b\n" ID_A
				   " 10.91.0.4  c\n";

	CHECK(dns_without(text, ID_A, &out));
	CHECK_STR(buf_str(&out), "10.91.0.1\n" ID_B " 10.91.0.3  b\n");
	buf_truncate(&out, 0);
	CHECK(!dns_without("10.91.0.1\n" ID_A " 10.91.0.2  a\n", ID_A, &out));
	CHECK_STR(buf_str(&out), "10.91.0.1\n");
	buf_truncate(&out, 0);
	/* An id that begins like another one is another one. */
	CHECK(dns_without("10.91.0.1\n" ID_A " 10.91.0.2  a\n", "aaaaaaaaaaaa", &out));
	buf_truncate(&out, 0);
	CHECK(!dns_without("", ID_A, &out));
}
