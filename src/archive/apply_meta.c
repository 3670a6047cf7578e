/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/apply.h"
#include "base/log.h"
#include "base/str.h"
#include "fs/xattr.h"
#include "sys/fd.h"
#include "sys/root.h"

int apply_owner(const struct apply *a, const struct tar_entry *e, uid_t *ret_uid, gid_t *ret_gid)
{
	uint32_t uid = e->uid, gid = e->gid;
	int n = a->o->uids != NULL ? id_map_to_host(a->o->uids, e->uid, &uid) : 0;

	if (n == 0 && a->o->gids != NULL)
		n = id_map_to_host(a->o->gids, e->gid, &gid);
	if (n < 0)
		return n;
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

static int set_owner(struct apply *a, const struct tar_entry *e, int fd, const char *name,
		     struct error *err)
{
	uid_t uid;
	gid_t gid;

	if (apply_owner(a, e, &uid, &gid) < 0) {
		if (a->o->ignore_chown_errors)
			return 0;
		return error_set(err, ERROR_INVALID,
				 "unpack '%s': owner %u:%u is not in the id mapping; give the user "
				 "a larger range in /etc/subuid and /etc/subgid",
				 name, e->uid, e->gid);
	}
	if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (a->o->ignore_chown_errors)
		return 0;
	return error_os(err, errno, "set owner of '%s'", name);
}

/* What overlay itself writes into its layers is not for an archive to set: it could redirect. */
static bool is_overlay_private(const char *name)
{
	return str_has_prefix(name, "trusted.overlay.") || str_has_prefix(name, "user.overlay.");
}

static int set_xattrs(const struct tar_entry *e, int fd, const char *name, struct error *err)
{
	for (size_t i = 0; i < e->n_xattrs; i++) {
		const struct tar_xattr *x = &e->xattrs[i];
		int n;

		if (is_overlay_private(x->name)) {
			log_debug("unpack '%s': attribute '%s' is dropped", name, x->name);
			continue;
		}
		n = xattr_set(fd, x->name, x->value, x->len);
		if (n == -EOPNOTSUPP) {
			log_warn("unpack '%s': this file system cannot hold the attribute '%s'; "
				 "going on without it",
				 name, x->name);
			continue;
		}
		if (n < 0)
			return error_os(err, -n, "set attribute '%s' of '%s'", x->name, name);
	}
	return 0;
}

/* By descriptor, which may be O_PATH: then through /proc. */
static int set_mode(int fd, uint32_t mode)
{
	char path[40];

	if (fchmod(fd, mode) == 0)
		return 0;
	if (errno != EBADF)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode) < 0 ? -errno : 0;
}

static int set_time(int fd, int64_t sec, uint32_t nsec)
{
	const struct timespec ts[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = sec, .tv_nsec = nsec },
	};

	/* With AT_EMPTY_PATH since Linux 5.8; futimens refuses O_PATH. */
	if (futimens(fd, ts) == 0)
		return 0;
	if (errno != EBADF)
		return -errno;
	return utimensat(fd, "", ts, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int apply_metadata(struct apply *a, const struct tar_entry *e, int fd, const char *name,
		   struct error *err)
{
	struct stat st;
	int n = set_owner(a, e, fd, name, err);

	if (n < 0)
		return n;
	/* Attributes behind the owner: a change of owner clears file capabilities. */
	n = set_xattrs(e, fd, name, err);
	if (n < 0)
		return n;
	n = fd_stat(fd, "", 0, &st);
	if (n < 0)
		return error_os(err, -n, "stat '%s'", name);
	if (!S_ISLNK(st.st_mode) && (st.st_mode & 07777) != e->mode) {
		n = set_mode(fd, e->mode);
		if (n < 0)
			return error_os(err, -n, "set mode of '%s'", name);
	}
	n = set_time(fd, e->mtime_sec, e->mtime_nsec);
	return n < 0 ? error_os(err, -n, "set time of '%s'", name) : 0;
}

int apply_dir_metadata(struct apply *a, const struct tar_entry *e, int fd, const char *name,
		       struct error *err)
{
	struct apply_dir *d;
	int n = set_owner(a, e, fd, name, err);

	if (n == 0)
		n = set_xattrs(e, fd, name, err);
	if (n < 0)
		return n;
	if (a->n_dirs == APPLY_DIRS_MAX)
		return error_set(err, ERROR_LIMIT, "unpack '%s': more than %d directories", name,
				 APPLY_DIRS_MAX);
	if (a->n_dirs == a->cap_dirs) {
		a->cap_dirs = a->cap_dirs > 0 ? a->cap_dirs * 2 : 256;
		a->dirs = xrealloc(a->dirs, a->cap_dirs, sizeof(*a->dirs));
	}
	d = &a->dirs[a->n_dirs++];
	d->name = xstrdup(name);
	d->mode = e->mode;
	d->mtime_sec = e->mtime_sec;
	d->mtime_nsec = e->mtime_nsec;
	return 0;
}

static int open_dir(const struct apply *a, const char *name)
{
	int fd = root_open_nofollow(a->o->target_fd, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd != -EACCES)
		return fd;
	return root_open_nofollow(a->o->target_fd, name, O_PATH | O_DIRECTORY, 0);
}

int apply_finish_dirs(struct apply *a, struct error *err)
{
	for (size_t i = 0; i < a->n_dirs; i++) {
		const struct apply_dir *d = &a->dirs[i];
		scoped_fd int fd = open_dir(a, d->name);
		int n;

		/* Replaced by a later entry. */
		if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
			continue;
		if (fd < 0)
			return error_os(err, -fd, "open directory '%s'", d->name);
		n = set_mode(fd, d->mode);
		if (n < 0)
			return error_os(err, -n, "set mode of '%s'", d->name);
		n = set_time(fd, d->mtime_sec, d->mtime_nsec);
		if (n < 0)
			return error_os(err, -n, "set time of '%s'", d->name);
	}
	return 0;
}
