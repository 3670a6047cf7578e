/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/mountapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/fd.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000 /* Linux 5.10 */
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* Options of one mount given as one string: mount(2) takes a page. */
#define CLASSIC_DATA_MAX 4095

static bool disabled;

void mountapi_disable(void)
{
	disabled = true;
}

bool mountapi_available(void)
{
	static int known = -1;
	struct mount_attr none = { 0 };

	if (disabled)
		return false;
	if (known >= 0)
		return known == 1;
	/* Calls that cannot succeed: EBADF and EINVAL come only from a kernel that has them and a
	 * filter that lets them through. */
	known = 1;
	if (open_tree(-1, "", AT_EMPTY_PATH) < 0 && (errno == ENOSYS || errno == EPERM))
		known = 0;
	if (mount_setattr(-1, "", ~0U, &none, sizeof(none)) < 0 &&
	    (errno == ENOSYS || errno == EPERM))
		known = 0;
	return known == 1;
}

int mountapi_fsopen(const char *type)
{
	int fd;

	if (disabled)
		return -ENOSYS;
	fd = fsopen(type, FSOPEN_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int mountapi_fsconfig_string(int fsfd, const char *key, const char *value)
{
	return fsconfig(fsfd, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

int mountapi_fsconfig_flag(int fsfd, const char *key)
{
	return fsconfig(fsfd, FSCONFIG_SET_FLAG, key, NULL, 0) < 0 ? -errno : 0;
}

int mountapi_fsconfig_fd(int fsfd, const char *key, int fd)
{
	return fsconfig(fsfd, FSCONFIG_SET_FD, key, NULL, fd) < 0 ? -errno : 0;
}

int mountapi_fsconfig_create(int fsfd)
{
	return fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int mountapi_fsmount(int fsfd, uint64_t mount_attr)
{
	int fd = fsmount(fsfd, FSMOUNT_CLOEXEC, (unsigned)mount_attr);

	return fd < 0 ? -errno : fd;
}

void mountapi_fs_log(int fsfd, char *out, size_t size)
{
	size_t len = 0;

	if (size == 0)
		return;
	out[0] = '\0';
	for (;;) {
		char msg[512];
		const char *text = msg;
		ssize_t n = read(fsfd, msg, sizeof(msg) - 1);

		if (n <= 0)
			return;
		/* "e message", "w message", "i message" */
		while (n > 0 && msg[n - 1] == '\n')
			n--;
		msg[n] = '\0';
		if (n > 2 && msg[1] == ' ')
			text = msg + 2;
		if (len + 1 >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? "; " : "", text);
		len = MIN(len, size - 1);
	}
}

static int fs_error(struct error *err, int fsfd, int num, const char *what, const char *type)
{
	char log[1024];

	mountapi_fs_log(fsfd, log, sizeof(log));
	if (log[0] == '\0')
		return error_os(err, num, "%s '%s'", what, type);
	return error_os(err, num, "%s '%s': %s", what, type, log);
}

static int set_option(int fsfd, const char *option)
{
	const char *eq = strchr(option, '=');
	scoped_free char *key = NULL;

	if (eq == NULL)
		return mountapi_fsconfig_flag(fsfd, option);
	key = xstrndup(option, (size_t)(eq - option));
	return mountapi_fsconfig_string(fsfd, key, eq + 1);
}

int mountapi_new(const char *type, const char *source, char *const *options, uint64_t mount_attr,
		 struct error *err)
{
	scoped_fd int fs = mountapi_fsopen(type);
	int r;

	if (fs == -ENODEV)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the kernel has no file system '%s' (try: modprobe %s)", type,
				 type);
	if (fs < 0)
		return error_os(err, -fs, "open file system '%s'", type);
	if (source != NULL) {
		r = mountapi_fsconfig_string(fs, "source", source);
		if (r < 0)
			return fs_error(err, fs, -r, "set source of file system", type);
	}
	STRV_FOREACH (o, options) {
		r = set_option(fs, *o);
		/* mount(2) hands this flag to every file system; here those that do not know the
		 * word count no versions, or always do. */
		if (r == -EINVAL && streq(*o, "iversion"))
			continue;
		if (r < 0) {
			r = fs_error(err, fs, -r, "set option", *o);
			return error_prefix(err, "file system '%s'", type), r;
		}
	}
	r = mountapi_fsconfig_create(fs);
	if (r < 0)
		return fs_error(err, fs, -r, "create file system", type);
	r = mountapi_fsmount(fs, mount_attr);
	return r < 0 ? fs_error(err, fs, -r, "mount file system", type) : r;
}

int mountapi_open_tree(int dirfd, const char *path, unsigned flags)
{
	int fd;

	if (disabled)
		return -ENOSYS;
	if (path[0] == '\0')
		flags |= AT_EMPTY_PATH;
	fd = open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

int mountapi_attach(int mount_fd, int target_fd)
{
	return mountapi_move(mount_fd, "", target_fd, "", 0);
}

int mountapi_move(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
	if (disabled)
		return -ENOSYS;
	if (from[0] == '\0')
		flags |= MOVE_MOUNT_F_EMPTY_PATH;
	if (to[0] == '\0')
		flags |= MOVE_MOUNT_T_EMPTY_PATH;
	return move_mount(from_dirfd, from, to_dirfd, to, flags) < 0 ? -errno : 0;
}

int mountapi_bind(int source_fd, int target_fd, bool recursive)
{
	scoped_fd int tree = mountapi_open_tree(source_fd, "", recursive ? AT_RECURSIVE : 0);
	char source[40];

	if (tree >= 0)
		return mountapi_attach(tree, target_fd);
	if (tree != -ENOSYS && tree != -EPERM)
		return tree;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", source_fd);
	return mountapi_mount_fd(source, target_fd, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL);
}

int mountapi_new_at(const char *type, const char *source, char *const *options, uint64_t mount_attr,
		    int target_fd, struct error *err)
{
	scoped_free char *data = NULL;
	struct error why = ERROR_INIT;
	scoped_fd int fd = mountapi_new(type, source, options, mount_attr, &why);
	int r;

	if (fd >= 0) {
		r = mountapi_attach(fd, target_fd);
		return r < 0 ? error_os(err, -r, "attach file system '%s'", type) : 0;
	}
	if (fd != -ENOSYS && fd != -EPERM)
		return error_copy(err, &why);
	data = strv_join(options, ",");
	if (strlen(data) > CLASSIC_DATA_MAX)
		return error_set(err, ERROR_LIMIT, "options of file system '%s' are longer than %d",
				 type, CLASSIC_DATA_MAX);
	r = mountapi_mount_fd(source != NULL ? source : type, target_fd, type,
			      mountapi_ms_from_attr(mount_attr), data);
	return r < 0 ? error_os(err, -r, "mount file system '%s'", type) : 0;
}

static const struct {
	unsigned long ms;
	uint64_t attr;
	unsigned long st; /* of statvfs */
} attr_table[] = {
	{ MS_RDONLY, MOUNT_ATTR_RDONLY, ST_RDONLY },
	{ MS_NOSUID, MOUNT_ATTR_NOSUID, ST_NOSUID },
	{ MS_NODEV, MOUNT_ATTR_NODEV, ST_NODEV },
	{ MS_NOEXEC, MOUNT_ATTR_NOEXEC, ST_NOEXEC },
	{ MS_NOATIME, MOUNT_ATTR_NOATIME, ST_NOATIME },
	{ MS_STRICTATIME, MOUNT_ATTR_STRICTATIME, 0 },
	{ MS_NODIRATIME, MOUNT_ATTR_NODIRATIME, ST_NODIRATIME },
	{ MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, ST_NOSYMFOLLOW },
};

uint64_t mountapi_attr_from_ms(unsigned long ms_flags)
{
	uint64_t attr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attr_table); i++) {
		if ((ms_flags & attr_table[i].ms) != 0)
			attr |= attr_table[i].attr;
	}
	return attr;
}

unsigned long mountapi_ms_from_attr(uint64_t mount_attr)
{
	unsigned long ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attr_table); i++) {
		if ((mount_attr & attr_table[i].attr) != 0)
			ms |= attr_table[i].ms;
	}
	return ms;
}

int mountapi_current_ms(int fd, unsigned long *ret)
{
	struct statvfs vfs;
	unsigned long ms = 0;

	if (fstatvfs(fd, &vfs) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(attr_table); i++) {
		if ((vfs.f_flag & attr_table[i].st) != 0)
			ms |= attr_table[i].ms;
	}
	if ((vfs.f_flag & ST_RELATIME) != 0)
		ms |= MS_RELATIME;
	*ret = ms;
	return 0;
}

static int setattr_classic(int fd, const char *path, unsigned at_flags, uint64_t attr_set,
			   uint64_t attr_clr, uint64_t propagation, int userns_fd)
{
	bool recursive = (at_flags & AT_RECURSIVE) != 0;
	scoped_fd int at = -1;
	unsigned long ms = 0;
	int r;

	if (userns_fd >= 0 || (recursive && (attr_set | attr_clr) != 0))
		return -EOPNOTSUPP;
	at = path[0] == '\0' ? fd_dup_min(fd, 3) : fd_open(fd, path, O_PATH, 0);
	if (at < 0)
		return at;
	if ((attr_set | attr_clr) != 0) {
		r = mountapi_current_ms(at, &ms);
		if (r < 0)
			return r;
		if ((attr_clr & MOUNT_ATTR__ATIME) != 0)
			ms &= ~(unsigned long)(MS_NOATIME | MS_STRICTATIME | MS_RELATIME);
		ms &= ~mountapi_ms_from_attr(attr_clr);
		ms |= mountapi_ms_from_attr(attr_set);
		r = mountapi_mount_fd(NULL, at, NULL, MS_REMOUNT | MS_BIND | ms, NULL);
		if (r < 0)
			return r;
	}
	if (propagation == 0)
		return 0;
	return mountapi_mount_fd(NULL, at, NULL,
				 (unsigned long)propagation | (recursive ? MS_REC : 0), NULL);
}

int mountapi_setattr(int fd, const char *path, unsigned at_flags, uint64_t attr_set,
		     uint64_t attr_clr, uint64_t propagation, int userns_fd)
{
	struct mount_attr attr = {
		.attr_set = attr_set,
		.attr_clr = attr_clr,
		.propagation = propagation,
	};
	int why, r;

	if (userns_fd >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)userns_fd;
	}
	/* The access time bits are one field: to set it, it is cleared first. */
	if ((attr_set & MOUNT_ATTR__ATIME) != 0)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (path[0] == '\0')
		at_flags |= AT_EMPTY_PATH;
	why = disabled							   ? ENOSYS
	      : mount_setattr(fd, path, at_flags, &attr, sizeof(attr)) < 0 ? errno
									   : 0;
	if (why != ENOSYS && why != EPERM)
		return -why;
	/* EPERM is a filter's answer, or the kernel's to a locked flag: the classic call gets it
	 * too. */
	r = setattr_classic(fd, path, at_flags, attr.attr_set & ~(uint64_t)MOUNT_ATTR_IDMAP,
			    attr.attr_clr, propagation, userns_fd);
	return r == -EOPNOTSUPP && why == EPERM ? -EPERM : r;
}

int mountapi_mount(const char *source, const char *target, const char *type, unsigned long flags,
		   const char *data)
{
	return mount(source, target, type, flags, data) < 0 ? -errno : 0;
}

int mountapi_mount_fd(const char *source, int target_fd, const char *type, unsigned long flags,
		      const char *data)
{
	char target[40];

	snprintf(target, sizeof(target), "/proc/self/fd/%d", target_fd);
	return mountapi_mount(source, target, type, flags, data);
}

int mountapi_umount(const char *path, int flags)
{
	return umount2(path, flags | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}

int mountapi_umount_fd(int fd_dir, int fd)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", fd);
	/* umount2 has no descriptor of a directory, and the name is a link that must be followed.
	 */
	return fchdir(fd_dir) < 0 || umount2(name, MNT_DETACH) < 0 ? -errno : 0;
}

int mountapi_pivot_root(int new_root_fd)
{
	scoped_fd int old = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);

	if (old < 0)
		return old;
	if (fchdir(new_root_fd) < 0)
		return -errno;
	/* The old root comes to lie on top of the new one, at "." (pivot_root(2), NOTES). */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0)
		return -errno;
	/* What is undone here must not be undone in the namespace we came from. */
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

int mountapi_id(int fd, uint64_t *ret)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0)
		return -errno;
	if ((stx.stx_mask & STATX_MNT_ID) == 0)
		return -EOPNOTSUPP;
	*ret = stx.stx_mnt_id;
	return 0;
}

int mountapi_is_root(int dirfd, const char *path)
{
	int flags = AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW | (path[0] == '\0' ? AT_EMPTY_PATH : 0);
	struct statx stx;

	if (statx(dirfd, path, flags, 0, &stx) < 0)
		return -errno;
	if ((stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0)
		return -EOPNOTSUPP;
	return (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}
