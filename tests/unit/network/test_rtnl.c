/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "network/doom.h"
#include "network/netlink/rtnl.h"
#include "network/rundir.h"
#include "sys/fd.h"
#include "sys/ns.h"

TEST(hardware_addresses)
{
	static const char *const bad[] = { "",
					   "92:ca:0a:5a:07",
					   "92:ca:0a:5a:07:07:07",
					   "92:ca:0a:5a:07:0g",
					   "92-ca-0a-5a-07-07",
					   "9:ca:0a:5a:07:07",
					   "92:ca:0a:5a:07:07:",
					   "+2:ca:0a:5a:07:07" };
	uint8_t mac[MAC_LEN];
	char out[MAC_STR_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(mac_parse(bad[i], mac), -EINVAL);
	CHECK_INT(mac_parse("92:CA:0a:5a:07:ff", mac), 0);
	mac_format(mac, out);
	CHECK_STR(out, "92:ca:0a:5a:07:ff");
}

static int open_own(void)
{
	static int entered = -1;

	if (entered < 0)
		entered = unshare(CLONE_NEWNET) == 0;
	return entered ? rtnl_open() : -1;
}

TEST(links_are_made_found_and_doomed)
{
	struct network_config c = { .rundir = test_path("run") };
	scoped_fd int fd = open_own(), dir = -1, ns = -1, inside = -1;
	struct rtnl_bridge bridge = { .name = "br0", .mtu = 1400 };
	struct rtnl_veth veth = { .host_name = "host0", .peer_name = "eth0" };
	struct rtnl_link l, peer;
	struct error err = ERROR_INIT;

	if (fd < 0)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(rtnl_link_get(fd, "br0", &l), -ENODEV);
	CHECK_INT(rtnl_bridge_add(fd, &bridge), 0);
	CHECK_INT(rtnl_bridge_add(fd, &bridge), -EEXIST);
	CHECK_INT(rtnl_link_get(fd, "br0", &l), 0);
	CHECK_STR(l.kind, "bridge");
	CHECK_STR(l.name, "br0");
	CHECK_INT(l.mtu, 1400);
	ns = ns_new_net(&err);
	CHECK(ns >= 0);
	veth.master = l.index;
	veth.netns_fd = ns;
	veth.hairpin = true;
	CHECK_INT(rtnl_veth_add(fd, &veth), 0);
	CHECK_INT(rtnl_link_get(fd, "eth0", &peer), -ENODEV);
	inside = rtnl_open_in(ns);
	CHECK_INT(rtnl_link_get(inside, "eth0", &peer), 0);
	CHECK_STR(peer.kind, "veth");

	dir = rundir_open(&c, &err);
	CHECK(dir >= 0);
	CHECK_INT(doom_any(dir), 0);
	CHECK_OK(doom_note(dir, fd, "host0", &err), err);
	CHECK_OK(doom_note(dir, fd, "host0", &err), err);
	CHECK_OK(doom_note(dir, fd, "never", &err), err);
	CHECK_OK(doom_rename(dir, fd, "br0", &err), err);
	CHECK_INT(rtnl_link_get(fd, "br0", &l), -ENODEV); /* its name is free at once */
	CHECK_INT(rtnl_bridge_add(fd, &bridge), 0);
	CHECK_INT(doom_any(dir), 1);
	CHECK_OK(doom_execute(dir, fd, &err), err);
	CHECK_INT(doom_any(dir), 0);
	CHECK_INT(rtnl_link_get(fd, "host0", &l), -ENODEV);
	CHECK_INT(rtnl_link_get(inside, "eth0", &peer), -ENODEV);
	CHECK_INT(rtnl_link_get(fd, "br0", &l), 0); /* the new one stays */
}

/* A note whose link is gone, and whose index another name has now, harms nobody. */
TEST(a_stale_note_hits_nobody)
{
	struct network_config c = { .rundir = test_path("stale") };
	scoped_fd int fd = open_own(), dir = -1;
	struct rtnl_bridge bridge = { .name = "br9" };
	scoped_free char *path = NULL;
	struct rtnl_link l;
	struct error err = ERROR_INIT;

	if (fd < 0)
		TEST_SKIP("cap_sys_admin");
	dir = rundir_open(&c, &err);
	CHECK(dir >= 0);
	CHECK_INT(rtnl_bridge_add(fd, &bridge), 0);
	CHECK_INT(rtnl_link_get(fd, "br9", &l), 0);
	path = xasprintf("doomed/%d", l.index);
	CHECK_INT(symlinkat("another", dir, path), 0);
	CHECK_INT(symlinkat("crx", dir, "doomed/999999"), 0);
	CHECK_INT(symlinkat("crx", dir, "doomed/nonsense"), 0);
	CHECK_OK(doom_execute(dir, fd, &err), err);
	CHECK_INT(rtnl_link_get(fd, "br9", &l), 0);
	CHECK_INT(doom_any(dir), 0);
}

TEST(routes_of_the_host)
{
	scoped_fd int fd = open_own();
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct rtnl_bridge bridge = { .name = "br5" };
	scoped_free struct subnet *routes = NULL;
	struct subnet address, all = { .addr.family = AF_INET };
	struct ip_addr gateway;
	struct rtnl_link l;
	size_t n = 0, hits = 0;

	if (fd < 0)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(rtnl_bridge_add(fd, &bridge), 0);
	CHECK_INT(rtnl_link_get(fd, "br5", &l), 0);
	CHECK_INT(subnet_parse("10.77.0.1/24", &address), 0);
	CHECK_INT(ip_parse("10.77.0.2", &gateway), 0);
	rtnl_add_address(&b, l.index, &address);
	rtnl_add_route(&b, l.index, &all, &gateway, 100);
	CHECK_INT(netlink_transact(fd, &b, NULL), 0);
	CHECK_INT(rtnl_routes(fd, &routes, &n), 0);
	for (size_t i = 0; i < n; i++) {
		CHECK(routes[i].prefix > 0);
		hits += subnet_overlaps(&routes[i], &address);
	}
	CHECK_INT(hits, 1);
}

TEST(the_failed_request_of_a_batch_is_told)
{
	scoped_fd int fd = open_own();
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct subnet address;
	uint32_t failed = 99;

	if (fd < 0)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(subnet_parse("10.78.0.1/24", &address), 0);
	rtnl_add_up(&b, 1);
	rtnl_add_address(&b, 12345, &address);
	rtnl_add_up(&b, 1);
	CHECK_INT(netlink_transact(fd, &b, &failed), -ENODEV);
	CHECK_INT(failed, 1);
}
