/* SPDX-License-Identifier: Apache-2.0 */
/*
 * masks: masked and read-only paths (invariant I5).
 *
 * A masked file is covered by the host's /dev/null (checked 1:3 when it was opened: 2025-31133), a
 * masked directory by one empty read-only tmpfs that all of them share.  The first use attaches the
 * original, the next ones clone it: cloning works only from a mount of our own namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/root.h"

struct cover {
	int fd;
	bool attached;
};

static int cover_with(struct cover *c, int target)
{
	scoped_fd int clone = -1;
	int r;

	if (!c->attached) {
		r = mountapi_attach(c->fd, target);
		c->attached = r == 0;
		return r;
	}
	clone = mountapi_open_tree(c->fd, "", 0);
	return clone < 0 ? clone : mountapi_attach(clone, target);
}

static int empty_tmpfs(struct error *err)
{
	char *const options[] = { (char *)"mode=755", (char *)"nr_inodes=2", (char *)"size=4k",
				  NULL };

	return mountapi_new(
		"tmpfs", "tmpfs", options,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
}

static bool absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

static int mask_one(const struct init_args *a, const char *path, struct cover *file,
		    struct cover *dir, struct error *err)
{
	scoped_fd int target = root_open(a->plan->root.fd, path, O_PATH, 0);
	struct stat st;
	int r;

	if (absent(target))
		return 0;
	if (target < 0)
		return error_os(err, -target, "open path to mask '%s'", path);
	if (fstat(target, &st) < 0)
		return error_os(err, errno, "stat path to mask '%s'", path);
	if (!S_ISDIR(st.st_mode)) {
		r = cover_with(file, target);
		return r < 0 ? error_os(err, -r, "mask '%s'", path) : 0;
	}
	if (dir->fd < 0) {
		dir->fd = empty_tmpfs(err);
		if (dir->fd < 0)
			return dir->fd;
	}
	r = cover_with(dir, target);
	return r < 0 ? error_os(err, -r, "mask '%s'", path) : 0;
}

static int make_readonly(const struct init_args *a, const char *path, struct error *err)
{
	scoped_fd int target = root_open(a->plan->root.fd, path, O_PATH, 0);
	scoped_fd int tree = -1;
	int r;

	if (absent(target))
		return 0;
	if (target < 0)
		return error_os(err, -target, "open path to make read-only '%s'", path);
	tree = mountapi_open_tree(target, "", AT_RECURSIVE);
	if (tree < 0)
		return error_os(err, -tree, "clone '%s'", path);
	r = mountapi_setattr(tree, "", AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0, -1);
	if (r == 0)
		r = mountapi_attach(tree, target);
	return r < 0 ? error_os(err, -r, "make '%s' read-only", path) : 0;
}

int init_masks(const struct init_args *a, struct error *err)
{
	struct cover file = { .fd = a->plan->null_fd };
	struct cover dir = { .fd = -1 };
	int r = 0;

	STRV_FOREACH (p, a->plan->readonly_paths) {
		r = make_readonly(a, *p, err);
		if (r < 0)
			return r;
	}
	STRV_FOREACH (p, a->plan->masked) {
		r = mask_one(a, *p, &file, &dir, err);
		if (r < 0)
			break;
	}
	fd_close(dir.fd);
	return r;
}
