/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/fd.h"

/* /dev/ptmx and the ptmx of each devpts (Documentation/admin-guide/devices.txt). */
#define PTMX_MAJOR 5
#define PTMX_MINOR 2

int tty_open_ptmx(int devpts_fd)
{
	scoped_fd int node = fd_open(devpts_fd, "ptmx", O_PATH | O_NOFOLLOW, 0);
	scoped_fd int fd = -1;
	struct statfs sfs;
	struct stat st;
	int unlock = 0;

	if (node < 0)
		return node;
	/* Looked at before the open: a device put there by somebody must not even be opened. */
	if (fstat(node, &st) < 0 || fstatfs(node, &sfs) < 0)
		return -errno;
	if (sfs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR))
		return -EXDEV;
	fd = fd_open(devpts_fd, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || fstatfs(fd, &sfs) < 0)
		return -errno;
	if (sfs.f_type != DEVPTS_SUPER_MAGIC || st.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR))
		return -EXDEV;
	if (ioctl(fd, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	return take_fd(fd);
}

int tty_open_peer(int master, int flags)
{
	int fd = ioctl(master, TIOCGPTPEER, flags | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int tty_set_size(int fd, unsigned short rows, unsigned short cols)
{
	struct winsize ws = { .ws_row = rows, .ws_col = cols };

	return ioctl(fd, TIOCSWINSZ, &ws) < 0 ? -errno : 0;
}

int tty_get_size(int fd, unsigned short *rows, unsigned short *cols)
{
	struct winsize ws;

	if (ioctl(fd, TIOCGWINSZ, &ws) < 0)
		return -errno;
	*rows = ws.ws_row;
	*cols = ws.ws_col;
	return 0;
}

int tty_set_controlling(int fd)
{
	return ioctl(fd, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

static int set_raw(int fd, bool output_too, struct termios *ret_saved)
{
	struct termios saved, raw;

	if (tcgetattr(fd, &saved) < 0)
		return -errno;
	raw = saved;
	cfmakeraw(&raw);
	if (!output_too)
		raw.c_oflag = saved.c_oflag;
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return -errno;
	if (ret_saved != NULL)
		*ret_saved = saved;
	return 0;
}

int tty_raw(int fd, struct termios *ret_saved)
{
	return set_raw(fd, true, ret_saved);
}

int tty_raw_input(int fd, struct termios *ret_saved)
{
	return set_raw(fd, false, ret_saved);
}

int tty_clear_onlcr(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

int tty_restore(int fd, const struct termios *saved)
{
	return tcsetattr(fd, TCSANOW, saved) < 0 ? -errno : 0;
}

bool tty_is(int fd)
{
	return isatty(fd) == 1;
}
