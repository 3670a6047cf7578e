/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_root COMMAND [ARGUMENT...]: run the command where "/" is the root of its mount namespace.
 *
 * In a chroot some tests cannot work: the kernel makes no user namespace there.  So in a chroot,
 * and only there, the command gets a mount namespace of its own, in which the chroot's directory
 * with all that is mounted in it has become the root by pivot_root.  Nothing outside changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/ns.h"

static int fail(const char *what, int r)
{
	fprintf(stderr, "own_root: %s: %s\n", what, strerror(-r));
	return -1;
}

/* Are we in a chroot?  Back in it (or still where we were) afterwards. */
static int in_chroot(int root, int cwd)
{
	struct stat here, top;
	int r = fstat(root, &here) < 0 ? -errno : ns_leave_chroot();

	if (r < 0)
		return fail("look at the root of the mount namespace", r);
	if (stat("/", &top) < 0 || fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)
		return fail("go back", -errno);
	return here.st_dev != top.st_dev || here.st_ino != top.st_ino;
}

static int move_in(const char *cwd)
{
	scoped_fd int root = -1, tree = -1;
	int r = ns_unshare(ns_clone_flag(NS_MOUNT));

	if (r < 0)
		return fail("make a mount namespace", r);
	root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	if (root < 0)
		return fail("open /", root);
	r = ns_leave_chroot();
	if (r >= 0)
		r = mountapi_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, MS_PRIVATE, -1);
	if (r < 0)
		return fail("cut mount propagation", r);
	tree = mountapi_open_tree(root, "", AT_RECURSIVE | AT_EMPTY_PATH);
	if (tree < 0)
		return fail("copy the chroot's mounts", tree);
	r = mountapi_move(tree, "", AT_FDCWD, "/", 0);
	if (r >= 0)
		r = mountapi_pivot_root(tree);
	if (r < 0)
		return fail("make the chroot the root", r);
	return chdir(cwd) < 0 ? fail(cwd, -errno) : 0;
}

int main(int argc, char **argv)
{
	scoped_fd int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	scoped_fd int here = fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	char cwd[4096];
	int r;

	if (argc < 2 || root < 0 || here < 0 || !getcwd(cwd, sizeof(cwd))) {
		fprintf(stderr, "usage: own_root COMMAND [ARGUMENT...]\n");
		return 125;
	}
	r = in_chroot(root, here);
	if (r < 0 || (r == 1 && move_in(cwd) < 0))
		return 125;
	execvp(argv[1], argv + 1);
	fail(argv[1], -errno);
	return 127;
}
