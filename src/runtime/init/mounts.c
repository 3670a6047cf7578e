/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: the plan's mounts in order.  Each target is opened inside the root first, judged by its
 * descriptor, and mounted on by that descriptor (R1, R3, I1): no name is resolved twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "fs/copytree.h"
#include "fs/xattr.h"
#include "runtime/init/init_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/procfs.h"
#include "sys/root.h"

#define TARGET_MODE 0755 /* of mount points that we make: as runc */

static int open_existing(int rootfd, const struct plan_mount *m)
{
	if (m->strict)
		return root_open_nolinks(rootfd, m->destination, O_PATH, 0); /* I2 */
	if (m->dest_nofollow)
		return root_open_nofollow(rootfd, m->destination, O_PATH, 0);
	return root_open(rootfd, m->destination, O_PATH, 0);
}

static int open_target(int rootfd, const struct plan_mount *m, bool dir, struct error *err)
{
	int fd = open_existing(rootfd, m);

	if (fd == -ENOENT && m->kind != PLAN_MOUNT_REMOUNT) {
		scoped_fd int made = dir ? root_mkdir_p(rootfd, m->destination, TARGET_MODE)
					 : root_touch(rootfd, m->destination, TARGET_MODE);

		if (made < 0)
			return error_os(err, -made, "create mount point '%s'", m->destination);
		fd = m->strict ? open_existing(rootfd, m) : take_fd(made);
	}
	if (fd == -ELOOP)
		return error_set(err, ERROR_DENIED,
				 "mount point '%s' is reached through a symbolic link of the image",
				 m->destination);
	if (fd < 0)
		return error_os(err, -fd, "open mount point '%s'", m->destination);
	return fd;
}

/* What the descriptor turned out to be. */
static int check_target(int fd, const struct plan_mount *m, bool dir, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "stat mount point '%s'", m->destination);
	if (S_ISDIR(st.st_mode) != dir)
		return error_os(err, dir ? ENOTDIR : EISDIR,
				"mount on '%s': source and mount point are not of the same kind",
				m->destination);
	/* A link or volume led into procfs under another name (2019-16884, 2025-52881). */
	if (!path_below(m->destination, "/proc") && proc_fd_is_procfs(fd))
		return error_set(err, ERROR_DENIED, "mount point '%s' leads into procfs",
				 m->destination);
	return 0;
}

static int open_checked(int rootfd, const struct plan_mount *m, bool dir, struct error *err)
{
	scoped_fd int fd = open_target(rootfd, m, dir, err);
	int r = fd < 0 ? fd : check_target(fd, m, dir, err);

	return r < 0 ? r : take_fd(fd);
}

static int set_propagation(int fd, const struct plan_mount *m, struct error *err)
{
	int r;

	if (m->propagation == 0)
		return 0;
	r = mountapi_setattr(fd, "", (m->propagation & MS_REC) != 0 ? AT_RECURSIVE : 0, 0, 0,
			     m->propagation & ~(unsigned long)MS_REC, -1);
	return r < 0 ? error_os(err, -r, "set propagation of '%s'", m->destination) : 0;
}

/* attached: not NULL: gets a descriptor of the mount. */
static int attach(int mount_fd, int target, const struct plan_mount *m, int *attached,
		  struct error *err)
{
	int r = mountapi_attach(mount_fd, target);

	if (r < 0)
		return error_os(err, -r, "mount '%s' on '%s'", m->source ? m->source : m->type,
				m->destination);
	if (attached) {
		*attached = fd_dup_min(mount_fd, 0);
		if (*attached < 0)
			return error_os(err, -*attached, "keep mount '%s'", m->destination);
	}
	return set_propagation(mount_fd, m, err);
}

static int copy_up(int target, int mount_fd, const struct plan_mount *m, struct error *err)
{
	scoped_fd int from = fd_open(target, ".", O_RDONLY | O_DIRECTORY, 0);
	scoped_fd int to = fd_open(mount_fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (from < 0 || to < 0)
		return error_os(err, from < 0 ? -from : -to, "open '%s' to copy it up",
				m->destination);
	return copytree(from, to, COPYTREE_XATTRS, err);
}

static bool has_option(char *const *data, const char *prefix)
{
	STRV_FOREACH (d, data) {
		if (str_has_prefix(*d, prefix))
			return true;
	}
	return false;
}

/* A tmpfs without a mode takes that of the directory of the image that it covers; over one that had
 * to be made it keeps its own (1777), and there is nothing to copy up. */
static char **tmpfs_options(int rootfd, const struct plan_mount *m, bool *ret_covers)
{
	char **options = strv_dup(m->data);
	struct stat st;

	*ret_covers = streq(m->type, "tmpfs") && root_stat(rootfd, m->destination, &st) == 0;
	if (*ret_covers && !has_option(options, "mode="))
		strv_addf(&options, "mode=%o", (unsigned)(st.st_mode & 07777));
	return options;
}

/* Flags of the superblock that only mount(2) sets.  It replaces those of the mount as well. */
static int remount_superblock(int fd, const struct plan_mount *m, const char *data)
{
	unsigned long now = 0;
	int r = mountapi_current_ms(fd, &now);

	if (r < 0)
		return r;
	return mountapi_mount_fd(NULL, fd, NULL, MS_REMOUNT | m->sb_flags | now, data);
}

static int mount_new(int rootfd, const struct plan_mount *m, int *attached, struct error *err)
{
	bool covers;
	scoped_strv char **options = tmpfs_options(rootfd, m,
						   &covers); /* before its directory is made */
	scoped_fd int target = open_checked(rootfd, m, true, err);
	struct error why = ERROR_INIT;
	scoped_fd int fd = -1;
	int r;

	if (target < 0)
		return target;
	fd = mountapi_new(m->type, m->source ? m->source : m->type, options,
			  m->tmpcopyup ? m->attr_set & ~(uint64_t)MOUNT_ATTR_RDONLY : m->attr_set,
			  &why);
	/* In a user namespace: the caller's own stands in (plan/userns_mounts.c). */
	if (fd == -EPERM && m->fd >= 0)
		return attach(m->fd, target, m, attached, err);
	if (fd < 0) {
		error_copy(err, &why);
		return error_prefix(err, "mount '%s'", m->destination);
	}
	if (m->idmap) {
		r = mountapi_setattr(fd, "", 0, MOUNT_ATTR_IDMAP, 0, 0, m->userns_fd);
		if (r < 0)
			return error_os(err, -r, "id-map '%s' (%s)", m->destination, m->type);
	}
	if (m->tmpcopyup && covers) {
		r = copy_up(target, fd, m, err);
		if (r < 0)
			return r;
	}
	if (m->tmpcopyup && (m->attr_set & MOUNT_ATTR_RDONLY) != 0) {
		r = mountapi_setattr(fd, "", 0, MOUNT_ATTR_RDONLY, 0, 0, -1);
		if (r < 0)
			return error_os(err, -r, "set attributes of '%s'", m->destination);
	}
	r = attach(fd, target, m, attached, err);
	if (r == 0 && m->label) {
		r = xattr_set(fd, "security.selinux", m->label, strlen(m->label) + 1);
		if (r < 0)
			return error_os(err, -r, "label '%s'", m->destination);
	}
	if (r == 0 && (m->sb_flags & MS_I_VERSION) != 0) {
		r = remount_superblock(fd, m, NULL);
		if (r < 0)
			return error_os(err, -r, "set iversion of '%s'", m->destination);
	}
	return r;
}

static int make_link(int rootfd, const struct plan_mount *m, struct error *err)
{
	char name[NAME_MAX + 1];
	scoped_fd int parent = root_open_parent(rootfd, m->destination, true, name, sizeof(name));

	if (parent < 0)
		return error_os(err, -parent, "open parent of '%s'", m->destination);
	if (symlinkat(m->link_target, parent, name) < 0 && errno != EEXIST)
		return error_os(err, errno, "make symbolic link '%s'", m->destination);
	return 0;
}

static int mount_bind(int rootfd, const struct plan_mount *m, int *attached, struct error *err)
{
	scoped_fd int target = -1;

	if (m->link_target)
		return make_link(rootfd, m, err);
	target = open_checked(rootfd, m, m->source_is_dir, err);
	return target < 0 ? target : attach(m->fd, target, m, attached, err);
}

static int mount_again(int rootfd, const struct plan_mount *m, struct error *err)
{
	scoped_fd int target = open_target(rootfd, m, true, err);
	int r = 0;

	if (target < 0)
		return target;
	if (strv_len(m->data) > 0 || m->sb_flags != 0) {
		scoped_free char *data = strv_join(m->data, ",");

		r = remount_superblock(target, m, data);
	}
	if (r == 0 && (m->attr_set | m->attr_clear) != 0)
		r = mountapi_setattr(target, "", 0, m->attr_set, m->attr_clear, 0, -1);
	if (r == 0 && (m->rec_set | m->rec_clear) != 0)
		r = mountapi_setattr(target, "", AT_RECURSIVE, m->rec_set, m->rec_clear, 0, -1);
	if (r < 0)
		return error_os(err, -r, "remount '%s'", m->destination);
	return set_propagation(target, m, err);
}

static int fill_cgroup1(int tmpfs, const struct plan_mount *m, struct error *err)
{
	for (size_t i = 0; i < m->n_entries; i++) {
		const struct plan_cgroup_entry *e = &m->entries[i];
		scoped_fd int target = -1;
		int r;

		if (e->link_of) {
			if (symlinkat(e->link_of, tmpfs, e->name) < 0)
				return error_os(err, errno, "make link '%s' in '%s'", e->name,
						m->destination);
			continue;
		}
		if (mkdirat(tmpfs, e->name, 0755) < 0)
			return error_os(err, errno, "make '%s' in '%s'", e->name, m->destination);
		target = fd_open(tmpfs, e->name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		r = target < 0 ? target : mountapi_attach(e->fd, target);
		if (r < 0)
			return error_os(err, -r, "mount cgroup hierarchy '%s'", e->name);
	}
	return 0;
}

static int mount_cgroup1(int rootfd, const struct plan_mount *m, int *attached, struct error *err)
{
	char *const options[] = { (char *)"mode=755", NULL };
	scoped_fd int target = open_checked(rootfd, m, true, err);
	scoped_fd int fd = -1;
	int r;

	if (target < 0)
		return target;
	fd = mountapi_new("tmpfs", "tmpfs", options, m->attr_set & ~(uint64_t)MOUNT_ATTR_RDONLY,
			  err);
	if (fd < 0)
		return error_prefix(err, "mount '%s'", m->destination);
	r = attach(fd, target, m, attached, err);
	if (r == 0)
		r = fill_cgroup1(fd, m, err);
	if (r < 0 || (m->attr_set & MOUNT_ATTR_RDONLY) == 0)
		return r;
	r = mountapi_setattr(fd, "", 0, MOUNT_ATTR_RDONLY, 0, 0, -1);
	return r < 0 ? error_os(err, -r, "make '%s' read-only", m->destination) : 0;
}

static int mount_cgroup2(int rootfd, const struct plan_mount *m, int *attached, struct error *err)
{
	scoped_fd int target = open_checked(rootfd, m, true, err);
	scoped_fd int fd = -1;

	if (target < 0)
		return target;
	/* Without a cgroup namespace the container sees its own directory and no other
	 * (2023-25809): the parent has cloned it. */
	if (m->fd >= 0)
		return attach(m->fd, target, m, attached, err);
	fd = mountapi_new("cgroup2", "cgroup2", m->data, m->attr_set, err);
	return fd < 0 ? error_prefix(err, "mount '%s'", m->destination)
		      : attach(fd, target, m, attached, err);
}

int init_mount(int rootfd, const struct plan_mount *m, int *attached, struct error *err)
{
	switch (m->kind) {
	case PLAN_MOUNT_NEW:
		return mount_new(rootfd, m, attached, err);
	case PLAN_MOUNT_BIND:
		return mount_bind(rootfd, m, attached, err);
	case PLAN_MOUNT_REMOUNT:
		return mount_again(rootfd, m, err);
	case PLAN_MOUNT_CGROUP1:
		return mount_cgroup1(rootfd, m, attached, err);
	case PLAN_MOUNT_CGROUP2:
		return mount_cgroup2(rootfd, m, attached, err);
	case PLAN_MOUNT_KIND_COUNT:
		break;
	}
	return 0;
}

int init_mounts(const struct init_args *a, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < a->plan->n_mounts && r >= 0; i++)
		r = init_mount(a->plan->root.fd, &a->plan->mounts[i], NULL, err);
	return r;
}
