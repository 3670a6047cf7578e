/* SPDX-License-Identifier: Apache-2.0 */
/* tree: directories and processes of one hierarchy. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* Depth of child cgroups that we follow: the container makes them, so it is bounded. */
#define TREE_DEPTH_MAX 64

/* Parents first, one mkdir each; the caller found that the leaf's parent is missing. */
static int make_parents(char *full, size_t mount_len, size_t *ret_existed)
{
	for (char *p = full + mount_len + 1; (p = strchr(p, '/')) != NULL; p++) {
		int r;

		*p = '\0';
		r = mkdir(full, 0755) < 0 ? -errno : 0;
		*p = '/';
		if (r == -EEXIST)
			*ret_existed = (size_t)(p - full) - mount_len;
		else if (r < 0)
			return r;
	}
	return mkdir(full, 0755) < 0 ? -errno : 0;
}

int cgroup_tree_make(const struct cgroup_hier *h, const char *path, size_t *ret_existed)
{
	size_t mount_len = strlen(h->mount);
	const char *last = strrchr(path, '/');
	char full[PATH_MAX];
	int r = cgroup_file_path(full, h, path, NULL);

	if (r < 0)
		return r;
	*ret_existed = last != NULL ? (size_t)(last - path) : 0;
	if (mkdir(full, 0755) == 0)
		return 1;
	r = -errno;
	if (r == -ENOENT) {
		*ret_existed = 0;
		r = make_parents(full, mount_len, ret_existed);
	}
	if (r == -EEXIST) {
		*ret_existed = strlen(path);
		return 0;
	}
	return r < 0 ? r : 1;
}

static int remove_below(int dirfd, const char *name, unsigned depth)
{
	scoped_fd int fd = -1;
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EBUSY && errno != ENOTEMPTY) || depth == TREE_DEPTH_MAX)
		return -errno;
	fd = fd_open(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	d = fdopendir(fd);
	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL) {
		if (e->d_type == DT_DIR && e->d_name[0] != '.') {
			int one = remove_below(fd, e->d_name, depth + 1);

			r = r < 0 ? r : one;
		}
	}
	(void)take_fd(fd);
	closedir(d);
	if (r < 0)
		return r;
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int cgroup_tree_remove(const struct cgroup_hier *h, const char *path)
{
	char full[PATH_MAX];
	int r = cgroup_file_path(full, h, path, NULL);

	return r < 0 ? r : remove_below(AT_FDCWD, full, 0);
}

static int pids_of(int dirfd, size_t max, pid_t **pids, size_t *n)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(CGROUP_FILE_MAX);
	int r = fd_read_file(dirfd, "cgroup.procs", CGROUP_FILE_MAX, &text);

	/* A threaded child of v2 refuses the list: its processes are in its domain's. */
	if (r < 0)
		return r == -EOPNOTSUPP || r == -ENOENT || r == -ENODEV ? 0 : r;
	for (const char *p = buf_str(&text); *p != '\0' && *n < max;) {
		long pid = strtol(p, NULL, 10);

		/* 0 stands for a process outside of our pid namespace. */
		if (pid >= 0)
			*ARRAY_ADD(*pids, *n) = (pid_t)pid;
		p += strcspn(p, "\n");
		p += strspn(p, "\n");
	}
	return 0;
}

/* Calls pids_of for the directory and each below it. */
static int walk_pids(int dirfd, unsigned depth, size_t max, pid_t **pids, size_t *n)
{
	scoped_fd int dup = -1;
	struct dirent *e;
	struct stat st;
	DIR *d;
	int r = pids_of(dirfd, max, pids, n);

	if (r < 0 || *n >= max || depth == TREE_DEPTH_MAX)
		return r;
	/* A directory's link count says whether it has children. */
	if (fstat(dirfd, &st) == 0 && st.st_nlink == 2)
		return 0;
	dup = fd_open(dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (dup < 0)
		return dup == -ENOENT || dup == -ENODEV ? 0 : dup;
	d = fdopendir(dup);
	if (d == NULL)
		return -errno;
	(void)take_fd(dup);
	while (r == 0 && *n < max && (e = readdir(d)) != NULL) {
		scoped_fd int child = -1;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = fd_open(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (child < 0)
			r = child == -ENOENT ? 0 : child;
		else
			r = walk_pids(child, depth + 1, max, pids, n);
	}
	closedir(d);
	return r;
}

int cgroup_tree_pids(const struct cgroup_hier *h, const char *path, size_t max, pid_t **pids,
		     size_t *n)
{
	scoped_fd int fd = -1;
	char full[PATH_MAX];
	int r = cgroup_file_path(full, h, path, NULL);

	if (r < 0)
		return r;
	fd = fd_open(AT_FDCWD, full, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return walk_pids(fd, 0, max, pids, n);
}

int cgroup_tree_empty(const struct cgroup_hier *h, const char *path)
{
	scoped_free pid_t *pids = NULL;
	size_t n = 0;
	int r = cgroup_tree_pids(h, path, 1, &pids, &n);

	return r < 0 ? r : n == 0;
}
