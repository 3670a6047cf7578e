/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <dirent.h>
#include <linux/magic.h>

#include "base/num.h"
#include "base/timeutil.h"

/* On the stack, where every page has to be made first: one holds most of what is read here. */
#define READ_CHUNK 4096

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int fd_open(int dirfd, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_some(int fd, void *data, size_t len)
{
	ssize_t n;

	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int fd_read_all(int fd, size_t max, struct buf *out)
{
	size_t start = out->len, got = 0;
	char chunk[READ_CHUNK];

	for (;;) {
		ssize_t n = read_some(fd, chunk, sizeof(chunk));

		if (n == 0)
			return 0;
		if (n > 0 && (size_t)n <= max - got) {
			buf_add(out, chunk, (size_t)n);
			got += (size_t)n;
			if (buf_ok(out))
				continue;
		}
		if (out->data != NULL)
			buf_truncate(out, start);
		return n < 0 ? (int)n : -EFBIG;
	}
}

int fd_read_file(int dirfd, const char *path, size_t max, struct buf *out)
{
	scoped_fd int fd = fd_open(dirfd, path, O_RDONLY | O_NOCTTY, 0);

	return fd < 0 ? fd : fd_read_all(fd, max, out);
}

int fd_read_line(int dirfd, const char *path, char *out, size_t size)
{
	scoped_fd int fd = fd_open(dirfd, path, O_RDONLY | O_NOCTTY, 0);
	size_t len = 0;
	char *nl = NULL;

	if (fd < 0)
		return fd;
	while (nl == NULL && len < size) {
		ssize_t n = read_some(fd, out + len, size - len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		nl = memchr(out + len, '\n', (size_t)n);
		len += (size_t)n;
	}
	if (nl != NULL)
		len = (size_t)(nl - out);
	if (len >= size)
		return -EFBIG;
	out[len] = '\0';
	return (int)len;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_make_file(int dirfd, const char *path, const void *data, size_t len, mode_t mode)
{
	scoped_fd int fd = fd_open(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fd;
	if (fchmod(fd, mode) < 0)
		return -errno;
	return fd_write_all(fd, data, len);
}

int fd_write_file(int dirfd, const char *path, const char *data)
{
	scoped_fd int fd = fd_open(dirfd, path, O_WRONLY | O_TRUNC | O_NOCTTY, 0);
	size_t len = strlen(data);
	ssize_t n;

	if (fd < 0)
		return fd;
	/* One write: kernel files take a value only whole. */
	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);
	int want;

	if (flags < 0)
		return -errno;
	want = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (want != flags && fcntl(fd, F_SETFL, want) < 0)
		return -errno;
	return 0;
}

int fd_dup_min(int fd, int min)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, min);

	return copy < 0 ? -errno : copy;
}

/* The way without close_range(2) (before Linux 5.9, or denied by a filter). */
static int close_listed(int first, bool cloexec)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int r = 0;

	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL) {
		uint32_t n;

		if (num_u32(e->d_name, &n) < 0 || n > INT_MAX || (int)n < first ||
		    (int)n == dirfd(d))
			continue;
		if (!cloexec)
			close((int)n);
		else if (fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
			r = -errno;
	}
	closedir(d);
	return r;
}

int fd_close_from(int first)
{
	return close_range((unsigned)first, ~0U, 0) == 0 ? 0 : close_listed(first, false);
}

int fd_close_range(int first, int last)
{
	if (last < first || close_range((unsigned)first, (unsigned)last, 0) == 0)
		return 0;
	if (errno != ENOSYS)
		return -errno;
	/* Before Linux 5.9.  Numbers above the highest that may be open need no visit. */
	last = MIN(last, (int)sysconf(_SC_OPEN_MAX));
	for (int fd = first; fd <= last; fd++)
		close(fd);
	return 0;
}

int fd_close_except(const int *fds, size_t n)
{
	int next = 3, r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		if (fds[i] < next)
			continue;
		r = fd_close_range(next, fds[i] - 1);
		next = fds[i] + 1;
	}
	return r < 0 ? r : fd_close_from(next);
}

int fd_cloexec_from(int first)
{
	if (close_range((unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	return close_listed(first, true);
}

int fd_pipe(int ret[2], int extra_flags)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC | extra_flags) < 0)
		return -errno;
	ret[0] = p[0];
	ret[1] = p[1];
	return 0;
}

int fd_stat(int dirfd, const char *path, int flags, struct stat *ret)
{
	struct stat st;

	if (path[0] == '\0')
		flags |= AT_EMPTY_PATH;
	if (fstatat(dirfd, path, &st, flags) < 0)
		return -errno;
	*ret = st;
	return 0;
}

void fd_path(int fd, char *out, size_t size)
{
	char link[40];
	ssize_t n;

	if (size == 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, size - 1);
	if (n < 0)
		snprintf(out, size, "fd %d", fd);
	else
		out[n] = '\0';
}

int fd_readable(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) < 0 ? -errno : n;
}

int fd_wait(int fd, short events, int timeout_msec)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;
	int left = timeout_msec;

	for (;;) {
		int n = poll(&p, 1, left);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
		if (timeout_msec >= 0) {
			int64_t rest = end - time_monotonic_nsec();

			left = rest <= 0 ? 0 : (int)((rest + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
		}
	}
}

static int mkdir_existing_ok(int dirfd, const char *path, mode_t mode)
{
	struct stat st = { 0 };
	int r;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	r = fd_stat(dirfd, path, 0, &st);
	if (r < 0)
		return r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int fd_mkdir_p(int dirfd, const char *path, mode_t mode)
{
	scoped_free char *p = NULL;
	int r = mkdir_existing_ok(dirfd, path, mode);

	if (r != -ENOENT || path[0] == '\0')
		return r;
	p = xstrdup(path);
	for (char *s = p + 1; *s != '\0'; s++) {
		if (*s != '/' || s[-1] == '/')
			continue;
		*s = '\0';
		r = mkdir_existing_ok(dirfd, p, mode);
		*s = '/';
		if (r < 0)
			return r;
	}
	return mkdir_existing_ok(dirfd, path, mode);
}

int fd_complete_stdio(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		/* The lowest free number is this one; not CLOEXEC, as stdio is. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -errno;
	}
	return 0;
}

int fd_memfd(const char *name, bool sealable)
{
	unsigned flags = MFD_CLOEXEC | (sealable ? MFD_ALLOW_SEALING : 0);
	int fd = memfd_create(name, sealable ? flags | MFD_NOEXEC_SEAL : flags);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

int fd_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int fd_reopen(int fd, int flags)
{
	scoped_fd int links = -1;
	scoped_fd int again = -1;
	struct stat before, after;
	struct statfs sfs;
	char name[16];

	if (fstat(fd, &before) < 0)
		return -errno;
	flags &= ~O_NOFOLLOW;
	/* A directory needs no /proc. */
	if (S_ISDIR(before.st_mode))
		return fd_open(fd, ".", flags, 0);
	/* Inside a container /proc may be anything: it must be procfs, and what comes back must be
	 * the file that was asked for.  O_TRUNC would act before that is known. */
	if ((flags & (O_TRUNC | O_CREAT)) != 0)
		return -EINVAL;
	links = fd_open(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0);
	if (links < 0)
		return links;
	if (fstatfs(links, &sfs) < 0)
		return -errno;
	if (sfs.f_type != PROC_SUPER_MAGIC)
		return -EXDEV;
	snprintf(name, sizeof(name), "%d", fd);
	again = fd_open(links, name, flags, 0);
	if (again < 0)
		return again;
	if (fstat(again, &after) < 0)
		return -errno;
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return -ESTALE;
	return take_fd(again);
}
