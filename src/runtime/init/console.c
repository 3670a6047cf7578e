/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console: the terminal (invariant I6).  The master comes from the container's own devpts, checked
 * to be one, the peer from TIOCGPTPEER on it and never from a path (2025-52565).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/root.h"
#include "sys/sock.h"
#include "sys/tty.h"

static int open_pair(const struct init_args *a, int rootfd, int *ret_master, int *ret_peer,
		     struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	scoped_fd int pts = root_open_nolinks(rootfd, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	scoped_fd int master = -1;
	scoped_fd int peer = -1;

	if (pts < 0)
		return error_os(err, -pts, "open '/dev/pts' for the terminal");
	master = tty_open_ptmx(pts);
	if (master == -EXDEV)
		return error_set(err, ERROR_DENIED,
				 "open a terminal: '/dev/pts' of the container is not devpts");
	if (master < 0)
		return error_os(err, -master, "open a terminal in '/dev/pts'");
	peer = tty_open_peer(master, O_RDWR);
	if (peer < 0)
		return error_os(err, -peer, "open the terminal's peer");
	if (p->rows > 0 || p->cols > 0)
		(void)tty_set_size(master, p->rows, p->cols);
	/* Before anything is written: the receiver would be too late. */
	if (a->console_plain)
		(void)tty_clear_onlcr(peer);
	if (p->uid != 0 && fchown(peer, p->uid, (gid_t)-1) < 0)
		return error_os(err, errno, "set owner of the terminal");
	*ret_master = take_fd(master);
	*ret_peer = take_fd(peer);
	return 0;
}

static int cover_console(int rootfd, int peer, struct error *err)
{
	scoped_fd int dev = root_open_nolinks(rootfd, "/dev", O_PATH | O_DIRECTORY, 0);
	scoped_fd int made = -1;
	scoped_fd int target = -1;
	scoped_fd int tree = -1;
	struct stat st;
	int r;

	if (dev < 0)
		return error_os(err, -dev, "open '/dev' for the console");
	made = fd_open(dev, "console", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (made < 0 && made != -EEXIST)
		return error_os(err, -made, "make '/dev/console'");
	target = fd_open(dev, "console", O_PATH | O_NOFOLLOW, 0);
	if (target < 0)
		return error_os(err, -target, "open '/dev/console'");
	if (fstat(target, &st) < 0 || S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		return error_set(err, ERROR_DENIED,
				 "'/dev/console' of the image is a link or directory");
	tree = mountapi_open_tree(peer, "", 0);
	r = tree < 0 ? tree : mountapi_attach(tree, target);
	return r < 0 ? error_os(err, -r, "mount the terminal on '/dev/console'") : 0;
}

static int become_stdio(int peer, struct error *err)
{
	int r = tty_set_controlling(peer);

	if (r < 0)
		return error_os(err, -r, "make the terminal controlling");
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(peer, fd) < 0)
			return error_os(err, errno, "put the terminal on descriptor %d", fd);
	}
	return 0;
}

int init_console(const struct init_args *a, int rootfd, bool bind_console, struct error *err)
{
	scoped_fd int master = -1;
	scoped_fd int peer = -1;
	int r;

	if (!a->plan->process.terminal)
		return 0;
	r = open_pair(a, rootfd, &master, &peer, err);
	if (r < 0)
		return r;
	if (bind_console) {
		r = cover_console(rootfd, peer, err);
		if (r < 0)
			return r;
	}
	/* The receiver gets a name for messages, as from runc and crun. */
	r = sock_send_fds(a->console_fd, "/dev/ptmx", 9, &master, 1);
	if (r < 0)
		return error_os(err, -r, "send the terminal to the console socket");
	return become_stdio(peer, err);
}

/* Pipes and sockets are handed to the user, so that it can open /dev/stdout again; files and
 * devices of the host keep their owner (2026-88265). */
static void hand_over(int fd, uint32_t uid)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
	    st.st_uid != uid && fchown(fd, uid, (gid_t)-1) < 0)
		return; /* without the right to: the descriptor itself works all the same */
}

int init_stdio(const struct init_args *a, struct error *err)
{
	if (a->plan->process.terminal)
		return 0;
	for (int fd = 0; fd < 3; fd++) {
		if (a->stdio[fd] >= 0 && a->stdio[fd] != fd && dup2(a->stdio[fd], fd) < 0)
			return error_os(err, errno, "put descriptor %d in place", fd);
		if (a->stdio[fd] == fd)
			(void)fd_set_cloexec(fd, false);
		hand_over(fd, a->plan->process.uid);
	}
	return 0;
}
