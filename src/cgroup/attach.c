/* SPDX-License-Identifier: Apache-2.0 */
/* attach: ways into a cgroup (see struct cgroup_gate in cgroup.h for why there are two). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"
#include "sys/userns.h"

/* Where create could pass over a hierarchy (rootless), its directory may be missing. */
static bool may_miss(int r)
{
	return r == -ENOENT && !userns_initial();
}

int cgroup_clone_fd(const struct cgroup_record *r)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	char full[PATH_MAX];
	int fd;

	if (cgroup_none(r) || h == NULL || cgroup_file_path(full, h, r->path, NULL) < 0)
		return -1;
	fd = fd_open(AT_FDCWD, full, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? -1 : fd;
}

void cgroup_gate_done(struct cgroup_gate *g)
{
	fd_close(g->clone_fd);
	fd_close(g->v2_fd);
	for (int i = 0; i < g->n; i++)
		fd_close(g->fds[i]);
	*g = CGROUP_GATE_INIT;
}

static int gate_add(struct cgroup_gate *g, const struct cgroup_hier *h, const char *path)
{
	char full[PATH_MAX];
	int fd;

	if (cgroup_file_path(full, h, path, h->v2 ? "cgroup.procs" : "tasks") < 0)
		return -ENAMETOOLONG;
	fd = fd_open(AT_FDCWD, full, O_WRONLY, 0);
	if (fd < 0)
		return may_miss(fd) ? 0 : fd;
	if (h->v2)
		g->v2_fd = fd;
	else
		g->fds[g->n++] = fd;
	return 0;
}

int cgroup_gate_open(const struct cgroup_record *r, struct cgroup_gate *ret, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	scoped(cgroup_gate_done) struct cgroup_gate g = CGROUP_GATE_INIT;

	for (size_t i = 0; !cgroup_none(r) && i < sys->n; i++) {
		int n = gate_add(&g, &sys->hier[i], r->path);

		if (n < 0)
			return error_os(err, -n, "open cgroup '%s%s'", sys->hier[i].mount, r->path);
	}
	if (g.v2_fd >= 0)
		g.clone_fd = cgroup_clone_fd(r);
	*ret = g;
	g = CGROUP_GATE_INIT;
	return 0;
}

static int write_zero(int fd)
{
	ssize_t n;

	do
		n = write(fd, "0", 1);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cgroup_gate_enter(const struct cgroup_gate *g, bool born_inside)
{
	int r = g->v2_fd >= 0 && !(born_inside && g->clone_fd >= 0) ? write_zero(g->v2_fd) : 0;

	for (int i = 0; r == 0 && i < g->n; i++)
		r = write_zero(g->fds[i]);
	return r;
}

/* 1 attached, 0 passed over. */
static int attach_one(const struct cgroup_hier *h, const char *path, pid_t pid, struct error *err)
{
	char full[PATH_MAX], text[16];
	int r = cgroup_file_path(full, h, path, "cgroup.procs");

	snprintf(text, sizeof(text), "%d", (int)pid);
	if (r >= 0)
		r = fd_write_file(AT_FDCWD, full, text);
	if (r < 0 && may_miss(r))
		return 0;
	return r < 0 ? error_os(err, -r, "put process %d into cgroup '%s%s'", (int)pid, h->mount,
				path)
		     : 1;
}

static int attach_path(const char *path, const char *controller, pid_t pid, struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	bool any = false;

	for (size_t i = 0; i < sys->n; i++) {
		const struct cgroup_hier *h = &sys->hier[i];
		int n;

		if (controller != NULL && !cgroup_hier_has(h, controller))
			continue;
		n = attach_one(h, path, pid, err);
		if (n < 0)
			return n;
		any = any || n == 1;
	}
	if (!any && (controller != NULL || userns_initial()))
		return error_set(err, ERROR_NOT_FOUND, "there is no cgroup '%s'%s%s", path,
				 controller != NULL ? " of controller " : "",
				 controller != NULL ? controller : "");
	return 0;
}

int cgroup_attach(const struct cgroup_record *r, pid_t pid, struct error *err)
{
	return cgroup_none(r) ? 0 : attach_path(r->path, NULL, pid, err);
}

int cgroup_attach_sub(const struct cgroup_record *r, const char *sub, pid_t pid, struct error *err)
{
	const char *colon = strchr(sub, ':'), *below = colon != NULL ? colon + 1 : sub;
	scoped_free char *controller = colon != NULL ? xstrndup(sub, (size_t)(colon - sub)) : NULL;
	scoped_free char *joined = NULL, *path = NULL;

	if (cgroup_none(r))
		return error_set(err, ERROR_INVALID,
				 "cgroup '%s': the container has no cgroup of its own", sub);
	if (path_has_dotdot(below))
		return error_set(err, ERROR_INVALID,
				 "cgroup '%s' is not below the container's cgroup", sub);
	if (controller != NULL && cgroup_hier_of(controller) == NULL)
		return error_set(err, ERROR_INVALID, "cgroup '%s': no controller '%s' is mounted",
				 sub, controller);
	joined = path_join(r->path, below);
	path = path_clean(joined);
	return attach_path(path, controller, pid, err);
}
