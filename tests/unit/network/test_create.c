/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions made, listed, found and removed; in a network namespace without routes when allowed.
 */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "network/network.h"

static struct network_config config(const char *name)
{
	static bool unshared;
	scoped_free char *conf = xasprintf("%s-conf", name), *run = xasprintf("%s-run", name);

	if (!unshared && unshare(CLONE_NEWNET) == 0)
		unshared = true;
	return (struct network_config){ .confdir = test_path(conf),
					.rundir = test_path(run),
					.default_network = "podman",
					.default_subnet = "10.90.0.0/16" };
}

static int create(const struct network_config *c, const char *name, const char *subnet,
		  struct network *ret, struct error *err)
{
	*ret = (struct network){ .name = xstrdup_opt(name) };
	if (subnet)
		ARRAY_ADD(ret->subnets, ret->n_subnets)->subnet = xstrdup(subnet);
	return network_create(c, ret, err);
}

TEST(the_default_network_needs_no_file)
{
	struct network_config c = config("default");
	scoped(network_done) struct network n = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(network_get(&c, "podman", &n, &err), err);
	CHECK_STR(n.interface, "coracle0");
	CHECK_STR(n.subnets[0].gateway, "10.90.0.1");
	CHECK(!n.dns_enabled);
	CHECK(str_is_hex(n.id, 64));
	CHECK_FAILS(network_remove(&c, "podman", &err), err, ERROR_DENIED, "cannot be removed");
	CHECK_FAILS(network_get(&c, "nix", &n, &err), err, ERROR_NOT_FOUND,
		    "name or ID nix: network not found");
	CHECK_FAILS(network_get(&c, "../x", &n, &err), err, ERROR_NOT_FOUND, "not found");
}

TEST(what_is_left_open_is_filled_in)
{
	struct network_config c = config("fill");
	scoped(network_done) struct network a = { 0 }, b = { 0 }, found = { 0 };
	struct error err = ERROR_INIT;
	char prefix[13] = "";

	CHECK_OK(create(&c, "one", NULL, &a, &err), err);
	CHECK_STR(a.driver, "bridge");
	CHECK_STR(a.interface, "coracle1");
	CHECK_STR(a.subnets[0].subnet, "10.91.0.0/24");
	CHECK_STR(a.subnets[0].gateway, "10.91.0.1");
	CHECK_STR(strmap_get(&a.ipam_options, "driver"), "host-local");
	CHECK(a.created_nsec > 0 && str_is_hex(a.id, 64));
	CHECK_OK(create(&c, NULL, NULL, &b, &err), err);
	CHECK_STR(b.name, "coracle2");
	CHECK_STR(b.subnets[0].subnet, "10.91.1.0/24");
	memcpy(prefix, a.id, 12);
	CHECK_OK(network_get(&c, prefix, &found, &err), err);
	CHECK(json_table_equal(&network_table, &a, &found));
}

TEST(subnets_do_not_overlap)
{
	struct network_config c = config("overlap");
	scoped(network_done) struct network a = { 0 }, b = { 0 }, d = { 0 }, e = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(create(&c, "one", "10.91.0.77/23", &a, &err), err);
	CHECK_STR(a.subnets[0].subnet, "10.91.0.0/23");
	CHECK_FAILS(create(&c, "two", "10.91.1.0/24", &b, &err), err, ERROR_BUSY,
		    "subnet 10.91.1.0/24 is used by network 'one' already");
	CHECK_FAILS(create(&c, "three", "10.90.5.0/24", &d, &err), err, ERROR_BUSY,
		    "is used by network 'podman'");
	CHECK_OK(create(&c, "four", NULL, &e, &err), err);
	CHECK_STR(e.subnets[0].subnet, "10.91.2.0/24");
}

TEST(names_and_interfaces_are_taken_once)
{
	struct network_config c = config("names");
	scoped(network_done) struct network a = { 0 }, b = { 0 }, d = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(create(&c, "one", NULL, &a, &err), err);
	CHECK_FAILS(create(&c, "one", NULL, &b, &err), err, ERROR_EXISTS,
		    "network 'one' exists already");
	d.name = xstrdup("two");
	d.interface = xstrdup("coracle1");
	CHECK_FAILS(network_create(&c, &d, &err), err, ERROR_BUSY,
		    "is used by network 'one' already");
}

TEST(removed_is_removed)
{
	struct network_config c = config("remove");
	scoped(network_done) struct network a = { 0 };
	struct error err = ERROR_INIT;
	struct network *list = NULL;
	size_t n = 0;

	CHECK_OK(create(&c, "one", NULL, &a, &err), err);
	CHECK_OK(network_list(&c, &list, &n, &err), err);
	CHECK_INT(n, 2);
	network_list_free(list, n);
	CHECK_OK(network_remove(&c, "one", &err), err);
	CHECK_FAILS(network_remove(&c, "one", &err), err, ERROR_NOT_FOUND,
		    "name or ID one: network not found");
	CHECK_OK(network_list(&c, &list, &n, &err), err);
	CHECK_INT(n, 1);
	network_list_free(list, n);
}

TEST(a_file_that_names_another_network_is_refused)
{
	struct network_config c = config("corrupt");
	scoped(network_done) struct network a = { 0 }, got = { 0 };
	scoped_free char *path = xasprintf("%s/one.json", c.confdir);
	struct error err = ERROR_INIT;

	CHECK_OK(create(&c, "one", NULL, &a, &err), err);
	CHECK_INT(test_write_file(path, "{\"name\":\"two\",\"id\":\"0\",\"driver\":\"bridge\"}"),
		  0);
	CHECK_FAILS(network_get(&c, "one", &got, &err), err, ERROR_CORRUPT, "names network 'two'");
	CHECK_INT(test_write_file(path, "{"), 0);
	CHECK(network_get(&c, "one", &got, &err) < 0);
	CHECK(strstr(err.msg, "one.json") != NULL);
}
