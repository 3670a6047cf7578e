/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The working directory before the start: resolved inside the root.  A missing one is made when the
 * image names it, and is an error when the user did.  Below a mount it is the runtime's to decide:
 * only there is it seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "engine/container/container_priv.h"
#include "sys/root.h"

static bool is_below(const char *path, const char *dir)
{
	const char *rest = str_skip_prefix(path, dir);

	return rest && (*rest == '\0' || *rest == '/');
}

static bool is_mounted_over(const struct container *c, const char *path)
{
	static const char *const always[] = { "/proc", "/sys", "/dev" };
	const struct wish *w = &c->r.wish;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (is_below(path, always[i]))
			return true;
	for (size_t i = 0; i < w->n_mounts; i++)
		if (is_below(path, w->mounts[i].destination))
			return true;
	return false;
}

int container_prepare_workdir(struct container *c, int rootfs_fd, const struct spec_user *user,
			      struct error *err)
{
	const struct wish_process *p = &c->r.wish.process;
	scoped_free char *resolved = NULL;
	struct stat st;
	int r;

	if (str_empty(p->workdir) || streq(p->workdir, "/"))
		return 0;
	if (!path_absolute(p->workdir))
		return error_set(err, ERROR_INVALID,
				 "the working directory \"%s\" is invalid, it needs to be an "
				 "absolute path",
				 p->workdir);
	if (is_mounted_over(c, p->workdir))
		return 0;
	r = root_resolve(rootfs_fd, p->workdir, &resolved);
	if (r >= 0 && is_mounted_over(c, resolved))
		return 0;
	r = root_stat(rootfs_fd, p->workdir, &st);
	if (r >= 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r == -ENOENT && p->workdir_given)
		return error_set(err, ERROR_NOT_FOUND,
				 CONTAINER_WORKDIR_WORDS "\"%s\" does not exist on container %s",
				 p->workdir, c->r.id);
	if (r == -ENOENT)
		r = root_mkdir_p_owned(rootfs_fd, p->workdir, 0755, user->uid, user->gid);
	return r < 0 ? error_os(err, -r, "use working directory '%s'", p->workdir) : 0;
}
