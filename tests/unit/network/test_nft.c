/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's vtable: what each implementation owes, over a network namespace of the test's own.
 */
#include <sched.h>

#include "base/mem.h"
#include "base/strv.h"
#include "harness/test.h"
#include "network/firewall/firewall.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct subnet subnets[2];
static struct firewall_network network = { .bridge = "coracle0",
					   .subnets = subnets,
					   .n_subnets = 2 };

/* The firewall keeps its socket, so the namespace must be there before its first use. */
static bool enter(void)
{
	static int entered = -1;

	if (entered < 0)
		entered = unshare(CLONE_NEWNET) == 0;
	subnet_parse("10.90.0.0/16", &subnets[0]);
	subnet_parse("fd00::/64", &subnets[1]);
	return entered;
}

static struct firewall_port port(const char *owner, uint16_t host, const char *host_ip,
				 const char *container_ip)
{
	struct firewall_port p = {
		.owner = owner, .protocol = 6, .host_port = host, .container_port = 80, .count = 1
	};

	ip_parse(host_ip, &p.host_ip);
	ip_parse(container_ip, &p.container_ip);
	return p;
}

static void life(const struct firewall_ops *f)
{
	struct firewall_state empty = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(f->destroy(&err), err); /* nothing there */
	CHECK_OK(f->replace(&empty, &err), err);
	CHECK_INT(f->present(), 1);
	CHECK_OK(f->network_add(&network, &err), err);
	CHECK_OK(f->network_add(&network, &err), err); /* again: fine */
	CHECK_OK(f->network_remove(&network, &err), err);
	CHECK_OK(f->network_remove(&network, &err), err);
	CHECK_OK(f->ports_remove(ID_A, &err), err);
	CHECK_OK(f->destroy(&err), err);
	CHECK_OK(f->destroy(&err), err);
}

TEST(every_firewall_can_be_made_and_removed_twice)
{
	if (!enter())
		TEST_SKIP("cap_sys_admin");
	life(&firewall_nft);
	life(&firewall_none);
}

TEST(presence_is_seen)
{
	struct firewall_state empty = { 0 };
	struct error err = ERROR_INIT;

	if (!enter())
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(firewall_nft.present(), 0);
	CHECK_OK(firewall_nft.replace(&empty, &err), err);
	CHECK_INT(firewall_nft.present(), 1);
	CHECK_OK(firewall_nft.destroy(&err), err);
	CHECK_INT(firewall_nft.present(), 0);
}

TEST(a_port_belongs_to_one_container)
{
	struct firewall_state state = { .networks = &network, .n_networks = 1 };
	struct firewall_port a[] = { port(ID_A, 8080, "0.0.0.0", "10.90.0.2"),
				     port(ID_A, 8080, "::", "fd00::2"),
				     port(ID_A, 8080, "192.0.2.1", "10.90.0.2") };
	struct firewall_port b[] = { port(ID_B, 8081, "0.0.0.0", "10.90.0.3"),
				     port(ID_B, 8080, "0.0.0.0", "10.90.0.3") };
	struct error err = ERROR_INIT;

	if (!enter())
		TEST_SKIP("cap_sys_admin");
	CHECK_OK(firewall_nft.replace(&state, &err), err);
	CHECK_OK(firewall_nft.ports_add(a, 3, &err), err);
	CHECK_OK(firewall_nft.ports_add(a, 3, &err), err); /* its own again */
	CHECK_FAILS(firewall_nft.ports_add(b, 2, &err), err, ERROR_BUSY, "another container");
	/* All or nothing: 8081 was not taken by the failed one. */
	b[0].owner = ID_A;
	b[0].container_ip = a[0].container_ip;
	CHECK_OK(firewall_nft.ports_add(b, 1, &err), err);
	CHECK_OK(firewall_nft.ports_remove(ID_B, &err), err);
	b[1].owner = ID_B;
	CHECK_FAILS(firewall_nft.ports_add(b + 1, 1, &err), err, ERROR_BUSY, "8080");
	CHECK_OK(firewall_nft.ports_remove(ID_A, &err), err);
	CHECK_OK(firewall_nft.ports_add(b + 1, 1, &err), err);
	CHECK_OK(firewall_nft.destroy(&err), err);
}

TEST(a_whole_range_of_ports)
{
	struct firewall_state state = { .networks = &network, .n_networks = 1 };
	struct firewall_port p = port(ID_A, 1, "0.0.0.0", "10.90.0.2");
	struct firewall_port last = port(ID_B, 65535, "0.0.0.0", "10.90.0.3");
	struct error err = ERROR_INIT;

	if (!enter())
		TEST_SKIP("cap_sys_admin");
	p.container_port = 1;
	p.count = 65535;
	CHECK_OK(firewall_nft.replace(&state, &err), err);
	CHECK_OK(firewall_nft.ports_add(&p, 1, &err), err);
	CHECK_FAILS(firewall_nft.ports_add(&last, 1, &err), err, ERROR_BUSY, "65535");
	CHECK_OK(firewall_nft.ports_remove(ID_A, &err), err);
	CHECK_OK(firewall_nft.ports_add(&last, 1, &err), err);
	CHECK_OK(firewall_nft.destroy(&err), err);
}

TEST(many_networks_in_one_transaction)
{
	enum { N = 500 };
	scoped_free struct firewall_network *all = xnew_n(struct firewall_network, N);
	scoped_free struct subnet *nets = xnew_n(struct subnet, N);
	struct firewall_state state = { .networks = all, .n_networks = N };
	scoped_strv char **names = NULL;
	struct error err = ERROR_INIT;

	if (!enter())
		TEST_SKIP("cap_sys_admin");
	for (unsigned i = 0; i < N; i++) {
		scoped_free char *text = xasprintf("10.%u.%u.0/24", 91 + i / 256, i % 256);

		strv_addf(&names, "br%u", i);
		CHECK_INT(subnet_parse(text, &nets[i]), 0);
		all[i] = (struct firewall_network){ .bridge = names[i],
						    .subnets = &nets[i],
						    .n_subnets = 1,
						    .isolation = ISOLATION_STRICT };
	}
	CHECK_OK(firewall_nft.replace(&state, &err), err);
	CHECK_INT(firewall_nft.present(), 1);
	CHECK_OK(firewall_nft.network_remove(&all[7], &err), err);
	CHECK_OK(firewall_nft.network_add(&all[7], &err), err);
	CHECK_OK(firewall_nft.destroy(&err), err);
}

TEST(none_refuses_ports_by_name)
{
	struct firewall_port p = port(ID_A, 8080, "0.0.0.0", "10.90.0.2");
	struct error err = ERROR_INIT;

	CHECK_FAILS(firewall_none.ports_add(&p, 1, &err), err, ERROR_UNSUPPORTED, "port 8080");
	CHECK_OK(firewall_none.ports_add(NULL, 0, &err), err);
	CHECK_INT(firewall_none.hand_over(), -1);
}
