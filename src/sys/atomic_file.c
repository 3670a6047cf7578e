/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/lock.h"

/* A random name that exists already is tried again so often. */
#define NAME_TRIES 100
#define SUFFIX_LEN 7 /* ".XXXXXX" */

static int create_temporary(int dir, const char *base, char *name, size_t size)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";

	for (unsigned i = 0; i < NAME_TRIES; i++) {
		unsigned char random[SUFFIX_LEN - 1];
		char suffix[SUFFIX_LEN];
		int fd;

		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return -EIO;
		for (size_t k = 0; k < sizeof(random); k++)
			suffix[k] = digits[random[k] % 32];
		suffix[sizeof(random)] = '\0';
		snprintf(name, size, ".%.*s.%s", (int)(NAME_MAX - SUFFIX_LEN - 1), base, suffix);
		fd = fd_open(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

static int fill(int fd, const void *data, size_t len, mode_t mode, bool durable)
{
	int r = fd_write_all(fd, data, len);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return -errno;
	return durable && fsync(fd) < 0 ? -errno : 0;
}

int atomic_file_write(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      bool durable)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	scoped_free char *dirname = path_dir(path);
	scoped_fd int dir = -1;
	scoped_fd int fd = -1;
	char name[NAME_MAX + 1];
	int r;

	if (!path_name_valid(base))
		return -EINVAL;
	dir = fd_open(dirfd, dirname, (durable ? O_RDONLY : O_PATH) | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	fd = create_temporary(dir, base, name, sizeof(name));
	if (fd < 0)
		return fd;
	r = fill(fd, data, len, mode, durable);
	if (r == 0 && renameat(dir, name, dir, base) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, name, 0);
		return r;
	}
	return durable && fsync(dir) < 0 ? -errno : 0;
}

int atomic_file_edit(const char *path, const char *lock_path, size_t max, mode_t mode,
		     atomic_file_edit_fn fn, void *arg)
{
	scoped_fd int lock = lock_file(AT_FDCWD, lock_path, true, true);
	scoped(buf_done) struct buf old = BUF_INIT, text = BUF_INIT_MAX(max * 2);
	int r;

	if (lock < 0)
		return lock;
	r = fd_read_file(AT_FDCWD, path, max, &old);
	if (r < 0 && r != -ENOENT && r != -EFBIG)
		return r;
	r = fn(buf_str(&old), r < 0 ? 0 : old.len, &text, arg);
	if (r < 0)
		return r;
	return atomic_file_write(AT_FDCWD, path, buf_str(&text), text.len, mode, false);
}
