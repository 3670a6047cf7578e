/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/hosts.h"
#include "harness/test.h"

#define LIST(...) ((char *[]){ __VA_ARGS__, NULL })

static void check(const struct hosts_input *in, const char *want)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(hosts_generate(in, &out, &err), err);
	CHECK_STR(buf_str(&out), want);
}

TEST(names_of_its_own)
{
	check(&(struct hosts_input){ .base = "",
				     .host_ip = "10.90.0.1",
				     .own_ip = "10.90.0.5",
				     .hostname = "web.example",
				     .name = "web" },
	      "127.0.0.1\tlocalhost\n::1\tlocalhost\n"
	      "10.90.0.1\thost.containers.internal host.docker.internal\n"
	      "10.90.0.5\tweb.example web\n");
}

TEST(base_is_tidied)
{
	check(&(struct hosts_input){ .base = "127.0.0.1 localhost loop # here\n\n# x\n"
					     "192.0.2.7\tdb  db.example\nbroken\n",
				     .name = "web" },
	      "127.0.0.1\tlocalhost loop\n192.0.2.7\tdb db.example\n");
}

TEST(a_comment_is_no_entry_for_localhost)
{
	check(&(struct hosts_input){ .base = "# localhost is missing\n192.0.2.7 notlocalhost\n" },
	      "192.0.2.7\tnotlocalhost\n127.0.0.1\tlocalhost\n::1\tlocalhost\n");
}

TEST(user_lines_come_first)
{
	check(&(struct hosts_input){ .base = "",
				     .add_host = LIST((char *)"db:192.0.2.3",
						      (char *)"a;b:2001:db8::1",
						      (char *)"gw:host-gateway"),
				     .host_ip = "10.90.0.1" },
	      "192.0.2.3\tdb\n2001:db8::1\ta b\n10.90.0.1\tgw\n"
	      "127.0.0.1\tlocalhost\n::1\tlocalhost\n"
	      "10.90.0.1\thost.containers.internal host.docker.internal\n");
}

TEST(host_gateway_needs_an_address)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	struct hosts_input in = { .base = "", .add_host = LIST((char *)"gw:host-gateway") };

	CHECK_FAILS(hosts_generate(&in, &out, &err), err, ERROR_INVALID, "host-gateway");
}
