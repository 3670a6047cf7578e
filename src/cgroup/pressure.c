/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pressure: notice that memory is reclaimed with effort, before anything is killed.
 *
 * v1 (Documentation/admin-guide/cgroup-v1/memory.rst, 11): an eventfd registered in
 * cgroup.event_control with memory.pressure_level and the level's name; it also fires when the
 * group is removed.
 * v2 (Documentation/accounting/psi.rst): a trigger written to memory.pressure raises POLLPRI at
 * most once in its window, and POLLERR when the group is removed.  The window is 2 seconds: the
 * only kind of trigger that a user without CAP_SYS_RESOURCE may set has a multiple of that.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

static const struct pressure_row {
	const char *name;    /* as v1 has it */
	const char *trigger; /* usec that tasks were held up, within a window of usec */
} levels[CGROUP_PRESSURE_COUNT] = {
	[CGROUP_PRESSURE_LOW] = { "low", "some 100000 2000000" },
	[CGROUP_PRESSURE_MEDIUM] = { "medium", "some 400000 2000000" },
	[CGROUP_PRESSURE_CRITICAL] = { "critical", "full 400000 2000000" },
};

const char *cgroup_pressure_name(enum cgroup_pressure_level level)
{
	return levels[level].name;
}

int cgroup_pressure_parse(const char *name, enum cgroup_pressure_level *ret)
{
	for (unsigned i = 0; i < CGROUP_PRESSURE_COUNT; i++) {
		if (streq(name, levels[i].name)) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

void cgroup_pressure_done(struct cgroup_pressure *p)
{
	fd_close(p->fd);
	fd_close(p->aux_fd);
	*p = CGROUP_PRESSURE_INIT;
}

static int open_v1(const struct cgroup_hier *h, const char *path, const struct pressure_row *level,
		   struct cgroup_pressure *p, struct error *err)
{
	char full[PATH_MAX], text[64];
	int r = cgroup_file_path(full, h, path, "memory.pressure_level");

	if (r < 0)
		return error_os(err, -r, "%s", path);
	p->aux_fd = fd_open(AT_FDCWD, full, O_RDONLY, 0);
	if (p->aux_fd < 0)
		return error_os(err, -p->aux_fd, "memory pressure notices: %s", full);
	p->fd = fd_eventfd();
	if (p->fd < 0)
		return error_os(err, -p->fd, "memory pressure notices: eventfd");
	p->events = POLLIN;
	r = cgroup_file_path(full, h, path, "cgroup.event_control");
	if (r < 0)
		return error_os(err, -r, "%s", path);
	snprintf(text, sizeof(text), "%d %d %s", p->fd, p->aux_fd, level->name);
	r = fd_write_file(AT_FDCWD, full, text);
	return r < 0 ? error_os(err, -r, "memory pressure notices: write '%s' to %s", text, full)
		     : 0;
}

static int open_v2(const struct cgroup_hier *h, const char *path, const struct pressure_row *level,
		   struct cgroup_pressure *p, struct error *err)
{
	char full[PATH_MAX];
	int r = cgroup_file_path(full, h, path, "memory.pressure");

	if (r < 0)
		return error_os(err, -r, "%s", path);
	p->fd = fd_open(AT_FDCWD, full, O_RDWR, 0);
	if (p->fd == -ENOENT || p->fd == -EOPNOTSUPP)
		return error_set(err, ERROR_UNSUPPORTED,
				 "memory pressure notices: the kernel keeps no pressure stall "
				 "information (%s); boot it with psi=1",
				 full);
	if (p->fd < 0)
		return error_os(err, -p->fd, "memory pressure notices: %s", full);
	p->events = POLLPRI;
	/* With its final zero, as the kernel's document has it. */
	if (write(p->fd, level->trigger, strlen(level->trigger) + 1) < 0)
		return error_os(err, errno, "memory pressure notices: write '%s' to %s",
				level->trigger, full);
	return 0;
}

int cgroup_pressure_open(const struct cgroup_record *r, enum cgroup_pressure_level level,
			 struct cgroup_pressure *ret, struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_of("memory");
	scoped(cgroup_pressure_done) struct cgroup_pressure p = CGROUP_PRESSURE_INIT;
	int n;

	if (h == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "memory pressure notices: the memory controller is not mounted");
	n = h->v2 ? open_v2(h, r->path, &levels[level], &p, err)
		  : open_v1(h, r->path, &levels[level], &p, err);
	if (n < 0)
		return n;
	*ret = p;
	p = CGROUP_PRESSURE_INIT;
	return 0;
}

int cgroup_pressure_check(const struct cgroup_pressure *p, short revents)
{
	uint64_t count;
	char c;

	if (p->events == POLLPRI)
		return (revents & POLLERR) != 0 ? -ENODEV : (revents & POLLPRI) != 0;
	if ((revents & POLLIN) == 0 || read(p->fd, &count, sizeof(count)) < 0)
		return 0;
	/* The file has nothing to read (-EINVAL), until its group is gone. */
	return read(p->aux_fd, &c, 1) < 0 && errno == ENODEV ? -ENODEV : 1;
}
