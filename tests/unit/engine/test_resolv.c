/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "engine/container/resolv.h"
#include "harness/test.h"

static const char host[] = "# made by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.1\n"
			   "nameserver 192.0.2.1\nsearch old.example\nsearch a.example b.example\n"
			   "options ndots:2 edns0\n";

static void check(const struct resolv_input *in, const char *want)
{
	scoped(buf_done) struct buf out = BUF_INIT;

	resolv_generate(in, &out);
	CHECK_STR(buf_str(&out), want);
}

#define LIST(...) ((char *[]){ __VA_ARGS__, NULL })

TEST(the_hosts_file_without_loopback_servers)
{
	check(&(struct resolv_input){ .host = host, .own_netns = true },
	      "search a.example b.example\nnameserver 192.0.2.1\noptions ndots:2 edns0\n");
}

TEST(the_hosts_namespace_reaches_loopback)
{
	check(&(struct resolv_input){ .host = host },
	      "search a.example b.example\nnameserver 127.0.0.53\nnameserver 192.0.2.1\n"
	      "options ndots:2 edns0\n");
}

TEST(the_networks_resolver_comes_first)
{
	check(&(struct resolv_input){ .host = host,
				      .own_netns = true,
				      .network_servers = LIST((char *)"10.90.0.1"),
				      .network_search = LIST((char *)"dns.podman") },
	      "search dns.podman a.example b.example\nnameserver 10.90.0.1\n"
	      "options ndots:2 edns0\n");
}

TEST(what_the_user_gives_replaces)
{
	check(&(struct resolv_input){ .host = host,
				      .own_netns = true,
				      .user_servers = LIST((char *)"192.0.2.9", (char *)"::1"),
				      .user_search = LIST((char *)"x.example"),
				      .user_options = LIST((char *)"debug"),
				      .network_servers = LIST((char *)"10.90.0.1"),
				      .network_search = LIST((char *)"dns.podman") },
	      "search x.example\nnameserver 192.0.2.9\nnameserver ::1\noptions debug\n");
	check(&(struct resolv_input){ .host = host, .user_search = LIST((char *)".") },
	      "nameserver 127.0.0.53\nnameserver 192.0.2.1\noptions ndots:2 edns0\n");
}

TEST(no_host_file)
{
	check(&(struct resolv_input){ .host = "" }, "");
}
