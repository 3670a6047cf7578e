/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/procfs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

/* Inode of the root directory of every procfs (PROC_ROOT_INO, include/linux/proc_ns.h). */
#define PROC_ROOT_INODE 1
/* Longest path below /proc that anything here writes or reads. */
#define PROC_PATH_MAX 512

static bool on_filesystem(int fd, long magic)
{
	struct statfs sfs;

	return fstatfs(fd, &sfs) == 0 && (long)sfs.f_type == magic;
}

bool proc_fd_is_procfs(int fd)
{
	return on_filesystem(fd, PROC_SUPER_MAGIC);
}

bool proc_fd_is_sysfs(int fd)
{
	return on_filesystem(fd, SYSFS_MAGIC);
}

int proc_open_private(bool subset_pid)
{
	scoped_fd int fs = mountapi_fsopen("proc");
	int r;

	if (fs < 0)
		return fs;
	if (subset_pid) {
		r = mountapi_fsconfig_string(fs, "subset", "pid");
		if (r < 0)
			return r;
	}
	r = mountapi_fsconfig_create(fs);
	if (r < 0)
		return r;
	return mountapi_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int proc_open(struct error *err)
{
	scoped_fd int fd = proc_open_private(false);
	struct stat st;

	if (fd >= 0)
		return take_fd(fd);
	fd = fd_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_os(err, -fd, "open '/proc'");
	if (!proc_fd_is_procfs(fd) || fstat(fd, &st) < 0 || st.st_ino != PROC_ROOT_INODE)
		return error_set(err, ERROR_DENIED,
				 "'/proc' is not the root of a proc filesystem; mount one there");
	return take_fd(fd);
}

/* "self/..." and "thread-self/..." start with a link, which is followed by hand: it may hold only
 * digits (and "/task/" digits).  The result replaces the first component in out. */
static int expand_self(int procfd, const char *path, char out[PROC_PATH_MAX])
{
	char name[16], target[64];
	const char *rest = strchrnul(path, '/');
	size_t len = (size_t)(rest - path);
	ssize_t n;

	if (len >= sizeof(name) || (len != 4 && len != 11)) {
		name[0] = '\0';
	} else {
		memcpy(name, path, len);
		name[len] = '\0';
	}
	target[0] = '\0';
	if (streq(name, "self") || streq(name, "thread-self")) {
		n = readlinkat(procfd, name, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		if (!isdigit((unsigned char)target[0]) || !str_only(target, "0123456789/task"))
			return -ELOOP;
		path = rest;
	}
	n = snprintf(out, PROC_PATH_MAX, "%s%s", target, path);
	return n >= PROC_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Without openat2: each component O_PATH|O_NOFOLLOW, on the same mount. */
static int open_by_steps(int procfd, char *path, int flags)
{
	scoped_fd int cur = fd_dup_min(procfd, 3);
	uint64_t mount, here;
	char *save = NULL;
	struct stat st;
	int r;

	if (cur < 0)
		return cur;
	r = mountapi_id(procfd, &mount);
	if (r < 0)
		return r;
	for (char *c = strtok_r(path, "/", &save); c != NULL; c = strtok_r(NULL, "/", &save)) {
		scoped_fd int next = -1;

		if (streq(c, ".."))
			return -EXDEV;
		next = fd_open(cur, c, O_PATH | O_NOFOLLOW, 0);
		if (next < 0)
			return next;
		if (fstat(next, &st) < 0)
			return -errno;
		if (S_ISLNK(st.st_mode))
			return -ELOOP;
		r = mountapi_id(next, &here);
		if (r < 0)
			return r;
		if (here != mount)
			return -EXDEV;
		fd_close(cur);
		cur = take_fd(next);
	}
	return (flags & O_PATH) != 0 ? take_fd(cur) : fd_reopen(cur, flags);
}

int proc_open_at(int procfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags & ~O_TRUNC) | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	char full[PROC_PATH_MAX];
	scoped_fd int fd = -1;
	int r = expand_self(procfd, path, full);

	if (r < 0)
		return r;
	do
		fd = (int)syscall(SYS_openat2, procfd, full, &how, sizeof(how));
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		fd = open_by_steps(procfd, full, flags & ~O_TRUNC);
	else if (fd < 0)
		return -errno;
	if (fd < 0)
		return fd;
	return proc_fd_is_procfs(fd) ? take_fd(fd) : -EXDEV;
}

int proc_write(int procfd, const char *path, const char *data)
{
	scoped_fd int fd = proc_open_at(procfd, path, O_WRONLY);
	size_t len = strlen(data);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Small file of /proc/PID into a fixed buffer, NUL-ended; length. */
static int read_pid_file(pid_t pid, const char *file, char *out, size_t size)
{
	char path[64];
	scoped_fd int fd = -1;
	size_t len = 0;
	ssize_t n;

	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/%s", file);
	else
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = fd_open(AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	while (len < size - 1) {
		n = read(fd, out + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return (int)len;
}

/* Cut the next blank-separated word off *p. */
static const char *next_word(char **p)
{
	char *start = *p + strspn(*p, " ");
	char *end = start + strcspn(start, " \n");

	*p = *end == '\0' ? end : end + 1;
	*end = '\0';
	return start;
}

int proc_stat(pid_t pid, struct proc_stat *ret)
{
	struct proc_stat st = { 0 };
	uint64_t value;
	char text[1024];
	char *p;
	int r = read_pid_file(pid, "stat", text, sizeof(text));

	if (r < 0)
		return r;
	/* Field 2, the command in brackets, may hold anything: start behind the last bracket. */
	p = strrchr(text, ')');
	if (p == NULL || p[1] != ' ')
		return -EBADMSG;
	p += 2;
	for (unsigned field = 3; field <= 22; field++) {
		const char *word = next_word(&p);

		if (field == 3) {
			st.state = word[0];
			continue;
		}
		if (field != 4 && field != 14 && field != 15 && field != 22)
			continue;
		if (num_u64(word, &value) < 0)
			return -EBADMSG;
		if (field == 4)
			st.ppid = (pid_t)value;
		else if (field == 14)
			st.utime_ticks = value;
		else if (field == 15)
			st.stime_ticks = value;
		else
			st.start_time = value;
	}
	*ret = st;
	return 0;
}

int proc_exit_code(pid_t pid, int *ret_wstatus)
{
	char text[1024];
	uint32_t value;
	const char *word;
	int r = read_pid_file(pid, "stat", text, sizeof(text));

	if (r < 0)
		return r;
	/* The last field. */
	word = strrchr(str_trim(text), ' ');
	if (word == NULL || num_u32(word + 1, &value) < 0)
		return -EBADMSG;
	*ret_wstatus = (int)value;
	return 0;
}

int proc_nspids(pid_t pid, int32_t *out, size_t max)
{
	char text[8192];
	size_t count = 0;
	char *p;
	int r = read_pid_file(pid, "status", text, sizeof(text));

	if (r < 0)
		return r;
	p = strstr(text, "\nNSpid:");
	if (p == NULL)
		return -EBADMSG;
	p += strlen("\nNSpid:");
	p[strcspn(p, "\n")] = '\0';
	for (char *save = NULL, *w = strtok_r(p, "\t ", &save); w != NULL;
	     w = strtok_r(NULL, "\t ", &save)) {
		uint64_t n;

		if (num_u64(w, &n) < 0 || n > INT32_MAX)
			return -EBADMSG;
		if (count == max)
			return -EFBIG;
		out[count++] = (int32_t)n;
	}
	return (int)count;
}

int proc_boot_id(char out[37])
{
	char line[64];
	int n = fd_read_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", line, sizeof(line));

	if (n < 0)
		return n;
	if (n != 36)
		return -EBADMSG;
	memcpy(out, line, 37);
	return 0;
}

int64_t proc_boot_time_nsec(void)
{
	struct timespec now = { 0 }, up = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return (now.tv_sec - up.tv_sec) * NSEC_PER_SEC + (now.tv_nsec - up.tv_nsec);
}
