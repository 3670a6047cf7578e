/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1 cpuset: a new group has no processors and no memory nodes, and takes no process before it has.
 * It gets its parent's.  Groups that we make on the way to a container get cgroup.clone_children,
 * by which the kernel does the same for their children at mkdir: from the second container on, one
 * look at the leaf is enough.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* A list of processors in the kernel's form; 8192 of them alternating would be longer, and not
 * ours. */
#define LIST_MAX 4096

static int read_list(const struct cgroup_hier *h, const char *path, const char *file, char *out)
{
	char full[PATH_MAX];
	int n = cgroup_file_path(full, h, path, file);

	return n < 0 ? n : fd_read_line(AT_FDCWD, full, out, LIST_MAX);
}

static int inherit_one(const struct cgroup_hier *h, const char *path, const char *file)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX], full[PATH_MAX], value[LIST_MAX];
	int n = read_list(h, path, file, value);

	if (n != 0 || slash == NULL)
		return n < 0 ? n : 0;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	/* The parent may be just as new.  Depth is bounded by the path's length. */
	n = inherit_one(h, parent, file);
	if (n < 0)
		return n;
	n = read_list(h, parent, file, value);
	if (n > 0)
		n = cgroup_file_path(full, h, path, file);
	return n < 0 ? n : fd_write_file(AT_FDCWD, full, value);
}

int cgroup_v1_cpuset_inherit(const struct cgroup_hier *h, const char *path, size_t existed,
			     struct error *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char prefix[PATH_MAX], full[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int n = inherit_one(h, path, files[i]);

		if (n < 0)
			return error_os(err, -n, "copy '%s' from the parent of cgroup '%s%s'",
					files[i], h->mount, path);
	}
	for (size_t i = existed + 1; existed < strlen(path) && path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		if (cgroup_file_path(full, h, prefix, "cgroup.clone_children") > 0)
			(void)fd_write_file(AT_FDCWD, full, "1");
	}
	return 0;
}
