/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v2 controllers: make them available to a new cgroup, and hand a cgroup to another user.
 *
 * A cgroup has the files of a controller when its parent's cgroup.subtree_control names it, and the
 * parent may name what its own parent names: so from the root down, each ancestor that lacks one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* A name a line, five of them in 6.18. */
#define DELEGATE_LIST_MAX ((size_t)4096)

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += len) {
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* One ancestor ("" is the root).  A controller that cannot be enabled is passed over here: the
 * limit that needs it finds no file and says so. */
static int enable_in(const struct cgroup_hier *h, const char *path)
{
	char file[PATH_MAX], now[CGROUP_VALUE_MAX], all[CGROUP_VALUE_MAX];
	size_t n = 0;
	int r;

	if (cgroup_file_path(file, h, path, "cgroup.subtree_control") < 0)
		return -ENAMETOOLONG;
	r = fd_read_line(AT_FDCWD, file, now, sizeof(now));
	if (r < 0)
		return r;
	all[0] = '\0';
	for (const char *const *c = h->controllers; *c != NULL; c++) {
		if (!has_word(now, *c))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s+%s", n ? " " : "", *c);
	}
	if (n == 0 || fd_write_file(AT_FDCWD, file, all) == 0)
		return 0;
	/* One that is refused (a real-time process and cpu, for one) refuses the whole line. */
	for (const char *const *c = h->controllers; *c != NULL; c++) {
		char one[32];

		snprintf(one, sizeof(one), "+%s", *c);
		if (!has_word(now, *c))
			(void)fd_write_file(AT_FDCWD, file, one);
	}
	return 0;
}

int cgroup_v2_enable_controllers(const struct cgroup_hier *h, const char *path, struct error *err)
{
	char ancestor[PATH_MAX];
	size_t len = strlen(path);

	if (h->controllers[0] == NULL)
		return 0;
	if (len >= sizeof(ancestor))
		return error_os(err, ENAMETOOLONG, "cgroup '%s'", path);
	/* Each prefix that ends before a slash: "", "/a", "/a/b" of "/a/b/c". */
	for (size_t i = 0; i < len; i++) {
		int r;

		if (path[i] != '/')
			continue;
		memcpy(ancestor, path, i);
		ancestor[i] = '\0';
		r = enable_in(h, ancestor);
		/* Above what was delegated to us we can neither read nor need to. */
		if (r < 0 && r != -EACCES && r != -EPERM && r != -ENOENT)
			return error_os(err, -r, "enable controllers in cgroup '%s%s'", h->mount,
					ancestor);
	}
	return 0;
}

/* One file of the cgroup, NULL the directory; what this kernel or this cgroup has not is passed
 * over.
 */
static int give(const struct cgroup_hier *h, const char *path, const char *file, uid_t owner,
		struct error *err)
{
	char full[PATH_MAX];

	if (cgroup_file_path(full, h, path, file) < 0)
		return error_os(err, ENAMETOOLONG, "cgroup '%s'", path);
	if (chown(full, owner, (gid_t)-1) < 0 && (file == NULL || errno != ENOENT))
		return error_os(err, errno, "give '%s' to user %u", full, (unsigned)owner);
	return 0;
}

int cgroup_v2_delegate(const struct cgroup_hier *h, const char *path, uid_t owner,
		       struct error *err)
{
	scoped(buf_done) struct buf list = BUF_INIT_MAX(DELEGATE_LIST_MAX);
	scoped_strv char **files = NULL;
	int r = give(h, path, NULL, owner, err);

	/* The kernel's own list of what a delegate may write (since 4.15). */
	if (fd_read_file(AT_FDCWD, "/sys/kernel/cgroup/delegate", DELEGATE_LIST_MAX, &list) < 0)
		buf_adds(&list, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
	files = strv_split(buf_str(&list), "\n", false);
	STRV_FOREACH (f, files) {
		if (r >= 0)
			r = give(h, path, *f, owner, err);
	}
	return r;
}
