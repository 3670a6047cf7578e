/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "network/rundir.h"
#include "sys/fd.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static int open_run(const char *name)
{
	struct network_config c = { .rundir = test_path(name) };
	struct error err = ERROR_INIT;
	int dir = rundir_open(&c, &err);

	if (dir < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return dir;
}

TEST(records_come_back_as_they_were)
{
	scoped_fd int dir = open_run("records");
	scoped(record_done) struct record r = { .id = xstrdup(ID_A), .owner = xstrdup("/run/x") };
	scoped(record_done) struct record got = { 0 };
	struct error err = ERROR_INIT;
	struct record_link *l;
	struct network_port *p;

	CHECK_INT(record_read(dir, ID_A, &got, &err), 0);
	l = ARRAY_ADD(r.links, r.n_links);
	l->network = xstrdup("podman");
	l->driver = xstrdup("bridge");
	l->host_interface = xstrdup("craaaaaaaaaaaa0");
	l->ips = xnew_n(char *, 1); /* leased, but no address: another thing than NULL */
	p = ARRAY_ADD(r.ports, r.n_ports);
	p->host_ip = xstrdup("");
	p->host_port = 65535;
	p->container_port = 80;
	p->range = 1;
	p->protocol = xstrdup("udp");
	CHECK_OK(record_write(dir, &r, &err), err);
	CHECK_INT(record_read(dir, ID_A, &got, &err), 1);
	CHECK_STR(got.owner, "/run/x");
	CHECK_INT(got.n_links, 1);
	CHECK_STR(got.links[0].host_interface, "craaaaaaaaaaaa0");
	CHECK(got.links[0].names == NULL);
	CHECK_INT(got.ports[0].host_port, 65535);
	CHECK_OK(record_remove(dir, ID_A, &err), err);
	CHECK_OK(record_remove(dir, ID_A, &err), err);
	CHECK_INT(faccessat(dir, "containers/" ID_A, F_OK, 0), -1);
}

TEST(a_damaged_record_is_an_error_that_names_it)
{
	scoped_fd int dir = open_run("damaged");
	scoped(record_done) struct record got = { 0 };
	scoped_free char *path = xasprintf("%s/containers/" ID_A, test_path("damaged"));
	struct error err = ERROR_INIT;

	CHECK_INT(test_write_file(path, "{\"id\": 7}"), 0);
	CHECK(record_read(dir, ID_A, &got, &err) < 0);
	CHECK(strstr(err.msg, "containers/" ID_A) != NULL);
}

TEST(the_state_of_another_boot_is_forgotten)
{
	scoped_fd int dir = open_run("boot");
	scoped_free char *record = xasprintf("%s/containers/x", test_path("boot"));
	scoped_free char *boot = xasprintf("%s/boot", test_path("boot"));
	scoped_fd int again = -1, third = -1;

	CHECK(dir >= 0);
	CHECK_INT(test_write_file(record, "{}"), 0);
	again = open_run("boot");
	CHECK_INT(access(record, F_OK), 0);
	CHECK_INT(test_write_file(boot, "another"), 0);
	third = open_run("boot");
	CHECK_INT(access(record, F_OK), -1);
	CHECK_INT(faccessat(third, "containers", F_OK, 0), 0);
}

TEST(locks_exclude_each_other)
{
	scoped_fd int dir = open_run("locks");
	struct error err = ERROR_INIT;
	int lock = rundir_lock(dir, "net", &err);

	CHECK(lock >= 0);
	CHECK(rundir_try_lock(dir, "net") < 0);
	fd_close(lock);
	lock = rundir_try_lock(dir, "net");
	CHECK(lock >= 0);
	fd_close(lock);
}

TEST(networks_that_are_up)
{
	scoped_fd int dir = open_run("up");
	struct up u = { .network = { .name = (char[]){ "n" },
				     .id = (char[]){ "00" },
				     .driver = (char[]){ "bridge" } },
			.adopted = true };
	scoped(up_done) struct up got = { 0 };
	struct error err = ERROR_INIT;

	CHECK_INT(up_read(dir, "n", &got, &err), 0);
	CHECK_OK(up_write(dir, &u, &err), err);
	CHECK_INT(up_read(dir, "n", &got, &err), 1);
	CHECK(got.adopted && streq(got.network.driver, "bridge"));
	CHECK_OK(up_remove(dir, "n", &err), err);
	CHECK_OK(up_remove(dir, "n", &err), err);
}
