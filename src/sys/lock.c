/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

/* Each repeat means that somebody removed the object between our open and our lock. */
#define OPEN_ROUNDS_MAX 1000

static int take(int fd, bool exclusive, bool wait)
{
	struct flock fl = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return -EAGAIN;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Is fd still what the name says? */
static int is_current(int fd, int dirfd, const char *path)
{
	struct stat have, named;
	int r;

	if (fstat(fd, &have) < 0)
		return -errno;
	r = fd_stat(dirfd, path, AT_SYMLINK_NOFOLLOW, &named);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return have.st_dev == named.st_dev && have.st_ino == named.st_ino;
}

int lock_file(int dirfd, const char *path, bool exclusive, bool wait)
{
	for (unsigned round = 0; round < OPEN_ROUNDS_MAX; round++) {
		scoped_fd int fd = fd_open(dirfd, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		int r;

		if (fd < 0)
			return fd;
		r = take(fd, exclusive, wait);
		if (r < 0)
			return r;
		r = is_current(fd, dirfd, path);
		if (r < 0)
			return r;
		if (r > 0)
			return take_fd(fd);
	}
	return -ESTALE;
}

int lock_existing(int dirfd, const char *path)
{
	scoped_fd int fd = fd_open(dirfd, path, O_RDWR | O_NOFOLLOW, 0);
	int r;

	if (fd < 0)
		return fd;
	r = take(fd, true, true);
	if (r >= 0)
		r = is_current(fd, dirfd, path);
	if (r < 0)
		return r;
	return r > 0 ? take_fd(fd) : -ENOENT;
}

int lock_is_held(int dirfd, const char *path)
{
	scoped_fd int fd = fd_open(dirfd, path, O_RDWR | O_NOFOLLOW, 0);
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fcntl(fd, F_OFD_GETLK, &fl) < 0)
		return -errno;
	return fl.l_type != F_UNLCK;
}
