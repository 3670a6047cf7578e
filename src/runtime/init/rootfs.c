/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfs: how the root becomes "/".
 *
 * The root arrives as a detached tree (P3).  It is attached over our copy of the host's "/", so no
 * host path has to be walked, which works from a user namespace without rights on the way there.
 * pivot_root(".", ".") then swaps the two and the old one is detached.
 *
 * Hooks of create look for the container's mounts below root.path, and make mounts of their own
 * there (config.md, createRuntime and createContainer hooks).  For them the tree is attached at
 * this path of our copy instead, when it can be reached and is still the directory that was opened.
 *
 * "/" must be the root of our mount namespace, not the directory of a chroot that the runtime was
 * called in: what lies above that directory would stay the namespace's root, hidden from init but
 * not from whoever joins the namespace later, as exec does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/ns.h"
#include "sys/procfs.h"

static bool hooks_before_pivot(const struct plan *p)
{
	return p->hooks[PLAN_HOOK_PRESTART].n > 0 || p->hooks[PLAN_HOOK_CREATE_RUNTIME].n > 0 ||
	       p->hooks[PLAN_HOOK_CREATE_CONTAINER].n > 0;
}

/* The directory of the root in our copy of the host's mounts: negative when hooks do not need it or
 * it is out of reach. */
static int open_attach_point(const struct plan *p)
{
	scoped_fd int fd = -1;
	struct stat here, tree;

	/* Without pivot the root must lie over "/". */
	if (!hooks_before_pivot(p) || p->root.no_pivot)
		return -1;
	fd = open(p->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &here) < 0 || fstat(p->root.fd, &tree) < 0 ||
	    here.st_dev != tree.st_dev || here.st_ino != tree.st_ino)
		return -1;
	return take_fd(fd);
}

int init_root_attach(const struct init_args *a, struct error *err)
{
	scoped_fd int at = open_attach_point(a->plan);
	int r = ns_leave_chroot();

	if (r < 0)
		return error_os(err, -r, "enter the root of the mount namespace");
	/* Our copy takes what the host unmounts and gives nothing back. */
	r = mountapi_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, MS_SLAVE, -1);
	if (r < 0)
		return error_os(err, -r, "cut mount propagation to the host");
	r = at >= 0 ? mountapi_move(a->plan->root.fd, "", at, "", 0)
		    : mountapi_move(a->plan->root.fd, "", AT_FDCWD, "/", 0);
	return r < 0 ? error_os(err, -r, "attach root filesystem '%s'", a->plan->root.path) : 0;
}

static int change_root(const struct init_args *a, struct error *err)
{
	const struct plan_root *root = &a->plan->root;
	int r;

	if (plan_has_rootfs(a->plan) && !root->no_pivot) {
		r = mountapi_pivot_root(root->fd);
		return r < 0 ? error_os(err, -r, "pivot_root to '%s'", root->path) : 0;
	}
	/* Without pivot the root lies over "/" already. */
	if (fchdir(root->fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_os(err, errno, "chroot to '%s'", root->path);
	return 0;
}

int init_root_enter(const struct init_args *a, struct error *err)
{
	const struct plan_root *root = &a->plan->root;
	int r;

	if (a->plan->ns.fd[NS_MOUNT] >= 0)
		return 0; /* joined: its root is ours */
	if (plan_has_rootfs(a->plan) && root->readonly) {
		/* By descriptor: no path that the image could redirect (2026-115521). */
		r = mountapi_setattr(root->fd, "", 0, MOUNT_ATTR_RDONLY, 0, 0, -1);
		if (r < 0)
			return error_os(err, -r, "make root filesystem read-only");
	}
	r = change_root(a, err);
	if (r < 0 || root->propagation == 0 || !plan_has_rootfs(a->plan))
		return r;
	r = mountapi_setattr(AT_FDCWD, "/", (root->propagation & MS_REC) != 0 ? AT_RECURSIVE : 0, 0,
			     0, root->propagation & ~(unsigned long)MS_REC, -1);
	return r < 0 ? error_os(err, -r, "set root filesystem propagation") : 0;
}

int init_sysctls(const struct init_args *a, struct error *err)
{
	for (size_t i = 0; i < a->plan->n_sysctls; i++) {
		const struct plan_sysctl *s = &a->plan->sysctls[i];
		scoped_free char *path = xasprintf("sys/%s", s->path);
		int r = proc_write(a->proc_fd, path, s->value);

		if (r < 0)
			return error_os(err, -r, "write sysctl '%s'", s->path);
	}
	return 0;
}
