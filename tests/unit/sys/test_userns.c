/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/ns.h"
#include "sys/pidref.h"
#include "sys/userns.h"

static struct id_map_range some[] = { { 0, 100000, 1000 }, { 1000, 5, 1 }, { 2000, 300000, 10 } };
static const struct id_map some_map = { some, 3 };

TEST(translation)
{
	const struct id_map none = { 0 };
	uint32_t id = 0;

	CHECK_INT(id_map_to_host(&some_map, 0, &id), 0);
	CHECK_INT(id, 100000);
	CHECK_INT(id_map_to_host(&some_map, 999, &id), 0);
	CHECK_INT(id, 100999);
	CHECK_INT(id_map_to_host(&some_map, 1000, &id), 0);
	CHECK_INT(id, 5);
	CHECK_INT(id_map_to_host(&some_map, 1001, &id), -ENOENT);
	CHECK_INT(id, 5);
	CHECK_INT(id_map_to_container(&some_map, 300009, &id), 0);
	CHECK_INT(id, 2009);
	CHECK_INT(id_map_to_container(&some_map, 300010, &id), -ENOENT);
	CHECK_INT(id_map_to_container(&some_map, 0, &id), -ENOENT);
	CHECK(id_map_empty(&none) && id_map_empty(NULL) && !id_map_empty(&some_map));
	CHECK_INT(id_map_to_host(&none, 77, &id), 0);
	CHECK_INT(id, 77);
}

static int validate(uint32_t c1, uint32_t h1, uint32_t s1, uint32_t c2, uint32_t h2, uint32_t s2)
{
	struct id_map_range r[] = { { c1, h1, s1 }, { c2, h2, s2 } };
	struct error err = ERROR_INIT;

	return id_map_validate(&(struct id_map){ r, 2 }, &err) < 0 ? err.kind : 0;
}

TEST(validation)
{
	struct id_map many = { .n = ID_MAP_MAX + 1 };
	struct error err = ERROR_INIT;

	CHECK_OK(id_map_validate(&some_map, &err), err);
	CHECK_INT(validate(0, 10, 5, 5, 20, 5), 0);
	CHECK_INT(validate(0, 10, 6, 5, 20, 5), ERROR_INVALID); /* inside overlaps */
	CHECK_INT(validate(0, 10, 5, 5, 14, 5), ERROR_INVALID); /* outside overlaps */
	CHECK_INT(validate(0, 10, 0, 5, 20, 5), ERROR_INVALID); /* empty */
	CHECK_INT(validate(0, 10, 1, 1, 4294967295u, 1), ERROR_INVALID);
	CHECK_INT(validate(0, 10, 1, 4294967290u, 20, 6), ERROR_INVALID);
	CHECK_INT(validate(0, 10, 1, 4294967290u, 20, 5), 0);
	CHECK_INT(validate(0, 2147483648u, 1, 1, 0, 2147483648u), 0);
	many.ranges = xnew_n(struct id_map_range, many.n);
	CHECK_FAILS(id_map_validate(&many, &err), err, ERROR_INVALID, "341 ranges");
	id_map_done(&many);
	id_map_done(NULL);
}

TEST(maps_are_written)
{
	struct error err = ERROR_INIT;
	struct ns_clone c = { .flags = CLONE_NEWUSER, .cgroup_fd = -1, .exit_signal = SIGCHLD };
	scoped(id_map_done) struct id_map map = { 0 };
	char path[64], line[64];
	unsigned v[3] = { 0 };
	int p[2];
	pid_t pid;

	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(fd_pipe(p, 0), 0);
	pid = ns_clone3(&c);
	CHECK(pid >= 0);
	if (pid == 0) {
		close(p[1]);
		(void)!read(p[0], line, 1);
		_exit(0);
	}
	CHECK_OK(userns_write_maps(pid, &some_map, &some_map, &err), err);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	CHECK(fd_read_line(AT_FDCWD, path, line, sizeof(line)) > 0);
	CHECK_INT(sscanf(line, "%u %u %u", &v[0], &v[1], &v[2]), 3);
	CHECK_INT(v[0], 0);
	CHECK_INT(v[1], 100000);
	CHECK_INT(v[2], 1000);
	CHECK_INT(userns_read_map(pid, "uid_map", &map), 0);
	CHECK_INT(map.n, 3);
	CHECK_INT(id_map_to_host(&map, 2009, &v[0]), 0);
	CHECK_INT(v[0], 300009);
	CHECK_INT(userns_read_map(pid, "no_map", &map), -ENOENT);
	/* Only once. */
	CHECK(userns_write_maps(pid, &some_map, &some_map, &err) < 0);
	fd_close(p[1]);
	fd_close(p[0]);
	pid_reap(pid, NULL);
}

TEST(subordinate_ids)
{
	static const char text[] = "# comment\nuser:100000:65536\nother:1:2\n1001:300000:10\n"
				   "user:x:5\nuser:7\nuser:5:0\nuser:4294967290:9:1\n";
	struct id_map m = { 0 };

	*ARRAY_ADD(m.ranges, m.n) = (struct id_map_range){ 0, 1001, 1 };
	userns_add_subids(text, "user", 1001, &m);
	CHECK_INT(m.n, 3);
	CHECK_INT(m.ranges[1].container, 1);
	CHECK_INT(m.ranges[1].host, 100000);
	CHECK_INT(m.ranges[1].size, 65536);
	CHECK_INT(m.ranges[2].container, 65537);
	CHECK_INT(m.ranges[2].host, 300000);
	CHECK_INT(m.ranges[2].size, 10);
	/* More than there are ids. */
	userns_add_subids("user:1:4294967295\n", "user", 1001, &m);
	CHECK_INT(m.n, 3);
	userns_add_subids(text, NULL, 5, &m);
	CHECK_INT(m.n, 3);
	id_map_done(&m);
}

TEST(descriptor)
{
	struct error err = ERROR_INIT;
	struct id_map_range wrong[] = { { 0, 1, 0 } };
	scoped_fd int fd = -1;

	CHECK_FAILS(userns_fd(&(struct id_map){ wrong, 1 }, &some_map, &err), err, ERROR_INVALID,
		    "0:1:0");
	/* No child is left behind, whatever happened. */
	CHECK_INT(pid_reap(-1, NULL), -ECHILD);
	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	fd = userns_fd(&some_map, &some_map, &err);
	CHECK_OK(fd, err);
	CHECK_INT(ns_is_own(fd, NS_USER), 0);
	CHECK_INT(pid_reap(-1, NULL), -ECHILD);
}
