/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock: the ruleset of the annotation, with paths opened inside the container's root.  It
 * holds from here on: for the startContainer hooks too.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/root.h"

static int allow_path(int ruleset, int rootfd, const struct plan_landlock_path *p,
		      struct error *err)
{
	scoped_fd int fd = root_open(rootfd, p->path, O_PATH, 0);
	uint64_t rights = p->rights;
	struct stat st;
	int r;

	if (fd < 0)
		return error_os(err, -fd, "landlock: open '%s'", p->path);
	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "landlock: stat '%s'", p->path);
	if (!S_ISDIR(st.st_mode))
		rights &= LL_FS_OF_FILE;
	r = landlock_allow_path(ruleset, fd, rights);
	return r < 0 ? error_os(err, -r, "landlock: allow '%s'", p->path) : 0;
}

int init_landlock(const struct plan_landlock *l, struct error *err)
{
	scoped_fd int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	scoped_fd int ruleset = -1;
	int r;

	if (root < 0)
		return error_os(err, -root, "landlock: open '/'");
	ruleset = landlock_create(&l->handled);
	if (ruleset < 0)
		return error_os(err, -ruleset, "landlock: make ruleset");
	for (size_t i = 0; i < l->n_paths; i++) {
		r = allow_path(ruleset, root, &l->paths[i], err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < l->n_ports; i++) {
		r = landlock_allow_port(ruleset, l->ports[i].port, l->ports[i].right);
		if (r < 0)
			return error_os(err, -r, "landlock: allow port %u", l->ports[i].port);
	}
	r = landlock_restrict(ruleset);
	return r < 0 ? error_os(err, -r, "landlock: restrict the process") : 0;
}
