/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live: mounts added to and taken from a container that is there (runtime/mounts.c).  Its processes
 * are at work meanwhile: what is mounted is unmounted again by its own descriptor, never by name,
 * and what is to go is judged by where its name leads now.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/init/init_priv.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/procfs.h"
#include "sys/root.h"

/* Its root as a descriptor. */
static int enter(const struct init_args *a, struct error *err)
{
	int r = init_begin(a, err);
	int fd;

	if (r == 0)
		r = init_join_target(a, err);
	if (r < 0)
		return r;
	fd = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? error_os(err, -fd, "open the container's root") : fd;
}

static int unmount(const struct init_args *a, int fd)
{
	scoped_fd int dir = -1;
	char path[64];
	int r = init_proc_self(a, "fd", path, sizeof(path));

	if (r < 0)
		return r;
	dir = proc_open_at(a->proc_fd, path, O_PATH | O_DIRECTORY);
	return dir < 0 ? dir : mountapi_umount_fd(dir, fd);
}

/* fds of the mounts made so far, -1 where nothing was. */
static void take_back(const struct init_args *a, const int *fds, size_t n, struct error *err)
{
	for (size_t i = n; i-- > 0;) {
		if (fds[i] >= 0 && unmount(a, fds[i]) < 0)
			(void)error_prefix(err, "'%s' stays mounted: it cannot be taken back",
					   a->plan->mounts[i].destination);
	}
}

static int add_all(const struct init_args *a, struct error *err)
{
	size_t n = a->plan->n_mounts;
	scoped_free int *fds = xnew_n(int, n);
	scoped_fd int root = enter(a, err);
	int r = root < 0 ? root : 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		fds[i] = -1;
		r = init_mount(root, &a->plan->mounts[i], &fds[i], err);
		if (r < 0)
			take_back(a, fds, i + 1, err);
	}
	return r;
}

/* What may go: 1 and a descriptor; 0 for what an interrupted `add` has recorded only. */
static int open_removable(int root, const struct plan_mount *m, int *ret, struct error *err)
{
	scoped_free char *path = NULL;
	scoped_fd int fd = -1;
	int is_mount, r = root_resolve(root, m->destination, &path);

	fd = r < 0 ? r : root_open_nolinks(root, path, O_PATH, 0);
	is_mount = fd == -ENOENT ? 0 : fd < 0 ? fd : mountapi_is_root(fd, "");
	if (is_mount < 0)
		return error_os(err, -is_mount, "look at mount '%s'", m->destination);
	if (is_mount == 0)
		return m->added ? 0
				: error_set(err, ERROR_NOT_FOUND, "nothing is mounted on '%s'",
					    m->destination);
	if (streq(path, "/"))
		return error_set(err, ERROR_DENIED, "'%s' is the container's root", m->destination);
	if (!m->added && (path_below(path, "/proc") || path_below(path, "/sys")))
		return error_set(err, ERROR_DENIED,
				 "'%s' may be a mask of the container's: below /proc and /sys only "
				 "what was added can be removed",
				 m->destination);
	*ret = take_fd(fd);
	return 1;
}

static int remove_all(const struct init_args *a, struct error *err)
{
	scoped_fd int root = enter(a, err);

	if (root < 0)
		return root;
	for (int go = 0; go < 2; go++) {
		for (size_t i = a->plan->n_mounts; i-- > 0;) {
			const struct plan_mount *m = &a->plan->mounts[i];
			scoped_fd int fd = -1;
			int r = open_removable(root, m, &fd, err);

			if (r > 0 && go) {
				r = unmount(a, fd);
				if (r < 0)
					return error_os(err, -r, "unmount '%s'", m->destination);
			}
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static _Noreturn void end(const struct init_args *a, int r, const struct error *err)
{
	if (r < 0)
		init_fail(a->sync_fd, err);
	_exit(sync_send_plain(a->sync_fd, SYNC_READY, 0) < 0 ? 1 : 0);
}

_Noreturn void init_add_mounts(const struct init_args *a)
{
	struct error err = ERROR_INIT;
	int r = add_all(a, &err);

	end(a, r, &err);
}

_Noreturn void init_remove_mounts(const struct init_args *a)
{
	struct error err = ERROR_INIT;
	int r = remove_all(a, &err);

	end(a, r, &err);
}
