/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1 mounts: what a mount of type "cgroup" stands for on v1: a tmpfs with one directory per
 * hierarchy, and links for the controllers that share one ("cpu" -> "cpu,cpuacct").
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

void cgroup_v1_mounts_free(struct cgroup_mount *m, size_t n)
{
	for (size_t i = 0; m != NULL && i < n; i++) {
		free(m[i].controller);
		free(m[i].host_path);
		free(m[i].link_of);
	}
	free(m);
}

int cgroup_v1_mounts(const struct cgroup_record *r, struct cgroup_mount **ret, size_t *ret_n,
		     struct error *err)
{
	const struct cgroup_system *sys = cgroup_system();
	const char *path = r->path != NULL ? r->path : "";
	struct cgroup_mount *m = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sys->n; i++) {
		const struct cgroup_hier *h = &sys->hier[i];
		char full[PATH_MAX];
		struct cgroup_mount *row;
		struct stat st;

		if (h->v2)
			continue;
		/* Rootless containers have no directory where create passed one over. */
		if (cgroup_file_path(full, h, path, NULL) < 0 ||
		    fd_stat(AT_FDCWD, full, 0, &st) < 0)
			continue;
		row = ARRAY_ADD(m, n);
		row->controller = xstrdup(h->name);
		row->host_path = xstrdup(full);
		for (const char *const *c = h->controllers; strchr(h->name, ',') && *c; c++) {
			row = ARRAY_ADD(m, n);
			row->controller = xstrdup(*c);
			row->link_of = xstrdup(h->name);
		}
	}
	if (n == 0)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"a mount of type 'cgroup' needs cgroup v1 hierarchies, and there are "
			"none for cgroup '%s' (cgroup layout: %s)",
			path, cgroup_layout_name(cgroup_layout()));
	*ret = m;
	*ret_n = n;
	return 0;
}
