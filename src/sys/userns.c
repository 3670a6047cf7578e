/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/ns.h"
#include "sys/spawn.h"

/* newuidmap looks into files only. */
#define HELPER_TIMEOUT_MSEC 10000
/* /etc/passwd and /etc/subuid of a large site. */
#define ID_FILE_MAX ((size_t)16 << 20)

void id_map_done(struct id_map *m)
{
	if (m == NULL)
		return;
	free(m->ranges);
	*m = (struct id_map){ 0 };
}

bool id_map_empty(const struct id_map *m)
{
	return m == NULL || m->n == 0;
}

int id_map_to_host(const struct id_map *m, uint32_t id, uint32_t *ret)
{
	if (id_map_empty(m)) {
		*ret = id;
		return 0;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct id_map_range *r = &m->ranges[i];

		if (id >= r->container && id - r->container < r->size) {
			*ret = r->host + (id - r->container);
			return 0;
		}
	}
	return -ENOENT;
}

int id_map_to_container(const struct id_map *m, uint32_t id, uint32_t *ret)
{
	if (id_map_empty(m)) {
		*ret = id;
		return 0;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct id_map_range *r = &m->ranges[i];

		if (id >= r->host && id - r->host < r->size) {
			*ret = r->container + (id - r->host);
			return 0;
		}
	}
	return -ENOENT;
}

static bool overlap(uint32_t a, uint32_t b, uint32_t a_size, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

int id_map_validate(const struct id_map *m, struct error *err)
{
	if (m->n > ID_MAP_MAX)
		return error_set(err, ERROR_INVALID, "id map has %zu ranges, the kernel takes %d",
				 m->n, ID_MAP_MAX);
	for (size_t i = 0; i < m->n; i++) {
		const struct id_map_range *a = &m->ranges[i];

		/* 4294967295 is no id. */
		if (a->size == 0 || (uint64_t)a->container + a->size > UINT32_MAX ||
		    (uint64_t)a->host + a->size > UINT32_MAX)
			return error_set(err, ERROR_INVALID, "id map range %u:%u:%u is not valid",
					 a->container, a->host, a->size);
		for (size_t k = 0; k < i; k++) {
			const struct id_map_range *b = &m->ranges[k];

			if (overlap(a->container, b->container, a->size, b->size) ||
			    overlap(a->host, b->host, a->size, b->size))
				return error_set(err, ERROR_INVALID,
						 "id map ranges %u:%u:%u and %u:%u:%u overlap",
						 b->container, b->host, b->size, a->container,
						 a->host, a->size);
		}
	}
	return 0;
}

static int write_direct(pid_t pid, const char *file, const struct id_map *m)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	char path[64];

	for (size_t i = 0; i < m->n; i++)
		buf_addf(&text, "%u %u %u\n", m->ranges[i].container, m->ranges[i].host,
			 m->ranges[i].size);
	/* The kernel takes one write of less than a page. */
	if (text.len >= (size_t)sysconf(_SC_PAGESIZE))
		return -E2BIG;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fd_write_file(AT_FDCWD, path, buf_str(&text));
}

static int write_by_helper(pid_t pid, const char *helper, const struct id_map *m, struct error *err)
{
	scoped(buf_done) struct buf said = BUF_INIT_MAX(4096);
	scoped_strv char **args = NULL;
	struct spawn s = SPAWN_INIT;
	int r, status;

	strv_add(&args, helper);
	strv_addf(&args, "%d", (int)pid);
	for (size_t i = 0; i < m->n; i++) {
		strv_addf(&args, "%u", m->ranges[i].container);
		strv_addf(&args, "%u", m->ranges[i].host);
		strv_addf(&args, "%u", m->ranges[i].size);
	}
	s.args = args;
	s.flags = SPAWN_SEARCH_PATH | SPAWN_NULL_STDIN | SPAWN_NULL_STDOUT;
	r = spawn_run(&s, NULL, 0, 4096, NULL, &said, HELPER_TIMEOUT_MSEC, &status, err);
	if (r < 0)
		return error_prefix(err, "write id map (is the package uidmap installed?)");
	if (status == 0)
		return 0;
	return error_set(err, ERROR_DENIED, "%s failed: %s", helper,
			 said.len > 0 ? str_trim(said.data) : "no message");
}

static int write_map(pid_t pid, bool groups, const struct id_map *m, struct error *err)
{
	const char *file = groups ? "gid_map" : "uid_map";
	char path[64];
	int r = write_direct(pid, file, m);

	if (r == -EPERM && groups && m->n == 1 && m->ranges[0].size == 1 &&
	    m->ranges[0].host == getegid()) {
		/* An ordinary user may map the own group once setgroups is given up. */
		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
		r = fd_write_file(AT_FDCWD, path, "deny");
		if (r == 0)
			r = write_direct(pid, file, m);
	}
	if (r == -EPERM)
		return write_by_helper(pid, groups ? "newgidmap" : "newuidmap", m, err);
	if (r == -E2BIG)
		return error_set(
			err, ERROR_LIMIT,
			"id map of %zu ranges is longer than a page, which the kernel refuses",
			m->n);
	return r < 0 ? error_os(err, -r, "write %s of process %d", file, (int)pid) : 0;
}

int userns_write_maps(pid_t pid, const struct id_map *uids, const struct id_map *gids,
		      struct error *err)
{
	int r = id_map_validate(uids, err);

	if (r == 0)
		r = id_map_validate(gids, err);
	if (r == 0)
		r = write_map(pid, false, uids, err);
	if (r == 0)
		r = write_map(pid, true, gids, err);
	return r;
}

/* subuid(5): "NAME:FIRST:COUNT". */
void userns_add_subids(const char *text, const char *user, uint32_t id, struct id_map *ret)
{
	scoped_strv char **lines = strv_split(text, "\n", false);
	uint64_t next = 1;

	for (size_t i = 0; i < ret->n; i++)
		next = MAX(next, (uint64_t)ret->ranges[i].container + ret->ranges[i].size);
	STRV_FOREACH (line, lines) {
		scoped_strv char **f = strv_split(*line, ":", true);
		uint32_t owner, first, count;
		bool ours;

		if (strv_len(f) != 3 || num_u32(f[1], &first) < 0 || num_u32(f[2], &count) < 0)
			continue;
		ours = (user && streq(f[0], user)) || (num_id(f[0], &owner) == 0 && owner == id);
		if (!ours || count == 0 || next + count > UINT32_MAX || ret->n == ID_MAP_MAX)
			continue;
		*ARRAY_ADD(ret->ranges, ret->n) = (struct id_map_range){ (uint32_t)next, first,
									 count };
		next += count;
	}
}

/* Of /etc/passwd alone: the name service may load libraries and ask the network. */
static char *own_name(uid_t uid)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(ID_FILE_MAX);
	scoped_strv char **lines = NULL;

	if (fd_read_file(AT_FDCWD, "/etc/passwd", ID_FILE_MAX, &b) < 0)
		return NULL;
	lines = strv_split(buf_str(&b), "\n", false);
	STRV_FOREACH (line, lines) {
		scoped_strv char **f = strv_split(*line, ":", true);
		uint32_t id;

		if (strv_len(f) > 2 && num_id(f[2], &id) == 0 && id == uid)
			return xstrdup(f[0]);
	}
	return NULL;
}

static int default_map(const char *file, const char *helper, uint32_t own, struct id_map *ret,
		       struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(ID_FILE_MAX);
	scoped_free char *name = own_name(geteuid());
	scoped_free char *found = spawn_find(helper);
	int r;

	*ARRAY_ADD(ret->ranges, ret->n) = (struct id_map_range){ 0, own, 1 };
	if (found == NULL)
		return 0;
	r = fd_read_file(AT_FDCWD, file, ID_FILE_MAX, &b);
	if (r < 0 && r != -ENOENT)
		return error_os(err, -r, "read '%s'", file);
	if (r >= 0)
		userns_add_subids(buf_str(&b), name, geteuid(), ret);
	return 0;
}

int userns_default_maps(struct id_map *ret_uids, struct id_map *ret_gids, struct error *err)
{
	int r = default_map("/etc/subuid", "newuidmap", geteuid(), ret_uids, err);

	return r < 0 ? r : default_map("/etc/subgid", "newgidmap", getegid(), ret_gids, err);
}

int userns_fd(const struct id_map *uids, const struct id_map *gids, struct error *err)
{
	struct ns_clone c = { .flags = CLONE_NEWUSER, .cgroup_fd = -1, .exit_signal = SIGCHLD };
	scoped_fd int hold_r = -1;
	scoped_fd int hold_w = -1;
	scoped_fd int fd = -1;
	int p[2];
	pid_t pid;
	int r = fd_pipe(p, 0);

	if (r < 0)
		return error_os(err, -r, "create pipe");
	hold_r = p[0];
	hold_w = p[1];
	pid = ns_clone3(&c);
	if (pid < 0)
		return error_os(err, -pid, "create user namespace");
	if (pid == 0) {
		char byte;

		/* Lives until the parent closes its end, also by dying. */
		close(hold_w);
		(void)!read(hold_r, &byte, 1);
		_exit(0);
	}
	r = userns_write_maps(pid, uids, gids, err);
	if (r == 0) {
		fd = ns_open(pid, NS_USER);
		if (fd < 0)
			r = error_os(err, -fd, "open user namespace of process %d", (int)pid);
	}
	(void)fd_close(take_fd(hold_w));
	pid_reap(pid, NULL);
	return r < 0 ? r : take_fd(fd);
}

/* At most ID_MAP_MAX lines of three numbers. */
#define MAP_TEXT_MAX ((size_t)64 << 10)

/* "INSIDE OUTSIDE COUNT", the first line of text. */
static bool map_line(const char *text, uint32_t v[3])
{
	char number[3][12];

	return sscanf(text, "%11s %11s %11s", number[0], number[1], number[2]) == 3 &&
	       num_u32(number[0], &v[0]) == 0 && num_u32(number[1], &v[1]) == 0 &&
	       num_u32(number[2], &v[2]) == 0;
}

bool userns_initial(void)
{
	uint32_t v[3];
	char line[64];

	if (geteuid() != 0 || !caps_have(CAP_SYS_ADMIN))
		return false;
	if (fd_read_line(AT_FDCWD, "/proc/self/uid_map", line, sizeof(line)) < 0)
		return false;
	return map_line(line, v) && v[0] == 0 && v[1] == 0 && v[2] == UINT32_MAX;
}

int userns_read_map(pid_t pid, const char *file, struct id_map *ret)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(MAP_TEXT_MAX);
	char path[64] = "/proc/self/";
	int r;

	if (pid > 0)
		snprintf(path, sizeof(path), "/proc/%d/", (int)pid);
	strncat(path, file, sizeof(path) - strlen(path) - 1);
	r = fd_read_file(AT_FDCWD, path, MAP_TEXT_MAX, &text);
	if (r < 0)
		return r;
	for (const char *p = buf_str(&text); *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		uint32_t v[3];

		if (!map_line(p, v))
			return -EBADMSG;
		*ARRAY_ADD(ret->ranges, ret->n) =
			(struct id_map_range){ .container = v[0], .host = v[1], .size = v[2] };
	}
	return 0;
}

int userns_own_host_uid(uint32_t *ret)
{
	scoped(id_map_done) struct id_map map = { 0 };
	int r = userns_read_map(0, "uid_map", &map);

	if (r < 0)
		return r;
	return map.n > 0 ? id_map_to_host(&map, geteuid(), ret) : -ENOENT;
}
