/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay: three ways to the same mount.
 *
 *   1. Each lower by a "lowerdir+" of its own (Linux 6.8), as path or, when the path is longer than
 *      the 255 bytes that fsconfig(2) takes, as descriptor (Linux 6.13).
 *   2. One "lowerdir" string of at most 255 bytes, with /proc/self/fd as working directory, so that
 *      a lower is the number of its descriptor (Linux 5.2; about 60 lowers).
 *   3. mount(2) with the same short names in a page (about 800): cannot give a detached mount.
 *
 * A single lower without upper is no overlay for the kernel: it becomes a read-only bind.
 */
#include "fs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/fd.h"
#include "sys/feature.h"
#include "sys/mountapi.h"

/* fsconfig(2) copies strings of less than 256 bytes. */
#define FSCONFIG_STRING_MAX 255
/* OVL_MAX_STACK of fs/overlayfs/super.c. */
#define LOWERS_MAX 500
#define CLASSIC_DATA_MAX 4095

char *overlay_escape(const char *path)
{
	struct buf out = BUF_INIT;

	for (; *path != '\0'; path++) {
		if (*path == ',' || *path == ':' || *path == '\\')
			buf_addc(&out, '\\');
		buf_addc(&out, *path);
	}
	return buf_take(&out);
}

static uint64_t attrs(const struct overlay_mount *o)
{
	return (o->nodev ? MOUNT_ATTR_NODEV : 0) | (o->upper == NULL ? MOUNT_ATTR_RDONLY : 0);
}

static int fs_failed(struct error *err, int fs, int num, const char *what)
{
	char log[512];

	mountapi_fs_log(fs, log, sizeof(log));
	return log[0] != '\0' ? error_os(err, num, "%s: %s", what, log)
			      : error_os(err, num, "%s", what);
}

/* The directory as value of key: as text when it fits and needs no escaping, else as descriptor. */
static int set_dir(int fs, const char *key, const char *path, struct error *err)
{
	scoped_fd int fd = -1;
	char link[40];
	int r;

	if (strlen(path) <= FSCONFIG_STRING_MAX && strpbrk(path, "\\:,") == NULL) {
		r = mountapi_fsconfig_string(fs, key, path);
		return r < 0 ? fs_failed(err, fs, -r, key) : 0;
	}
	fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return error_os(err, -fd, "open overlay directory '%s'", path);
	r = mountapi_fsconfig_fd(fs, key, fd);
	if (r == 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	r = mountapi_fsconfig_string(fs, key, link);
	return r < 0 ? fs_failed(err, fs, -r, key) : 0;
}

/* The lowers of way 1; 0 when the kernel says that it has no lowerdir+, else 1. */
static int set_lowers_each(int fs, char *const *lower, struct error *err)
{
	STRV_FOREACH (l, lower) {
		struct error why = ERROR_INIT;
		int r = set_dir(fs, "lowerdir+", *l, &why);

		if (r == -EINVAL && l == lower && strstr(why.msg, "Unknown parameter") != NULL)
			return 0;
		if (r < 0) {
			error_copy(err, &why);
			return error_prefix(err, "use layer '%s'", *l);
		}
	}
	return 1;
}

struct short_names {
	struct buf text; /* "5:6:7" */
	int *fds;
	size_t n;
};

static void short_names_done(struct short_names *s)
{
	for (size_t i = 0; i < s->n; i++)
		fd_close(s->fds[i]);
	free(s->fds);
	buf_done(&s->text);
}
DEFINE_SCOPED_STRUCT(struct short_names, short_names_done)

static int shorten(char *const *dirs, struct short_names *s, struct error *err)
{
	STRV_FOREACH (d, dirs) {
		int fd = fd_open(AT_FDCWD, *d, O_PATH | O_DIRECTORY, 0);

		if (fd < 0)
			return error_os(err, -fd, "open overlay directory '%s'", *d);
		*ARRAY_ADD(s->fds, s->n) = fd;
		buf_addf(&s->text, "%s%d", s->n > 1 ? ":" : "", fd);
	}
	return 0;
}

/* Enter /proc/self/fd; the descriptor to come back by. */
static int enter_fd_dir(struct error *err)
{
	scoped_fd int back = fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);

	if (back < 0)
		return error_os(err, -back, "open working directory");
	if (chdir("/proc/self/fd") < 0)
		return error_os(err, errno, "change to '/proc/self/fd'");
	return take_fd(back);
}

/* Way 2. */
static int set_lowers_joined(int fs, char *const *lower, struct error *err)
{
	scoped(short_names_done) struct short_names names = { 0 };
	scoped_fd int back = -1;
	int r = shorten(lower, &names, err);

	if (r < 0)
		return r;
	if (names.text.len > FSCONFIG_STRING_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the kernel takes no detached overlay of %zu layers (needs 6.8)",
				 names.n);
	back = enter_fd_dir(err);
	if (back < 0)
		return back;
	r = mountapi_fsconfig_string(fs, "lowerdir", buf_str(&names.text));
	/* Before 6.5 the paths are resolved by the create. */
	if (r == 0)
		r = mountapi_fsconfig_create(fs);
	if (fchdir(back) < 0)
		return error_os(err, errno, "return to working directory");
	return r < 0 ? fs_failed(err, fs, -r, "create overlay") : 0;
}

static int set_flags(int fs, const struct overlay_mount *o, struct error *err)
{
	int r = 0;

	if (o->is_volatile && o->upper != NULL)
		r = mountapi_fsconfig_flag(fs, "volatile");
	if (r == 0 && o->userxattr)
		r = mountapi_fsconfig_flag(fs, "userxattr");
	if (r == 0 && o->metacopy)
		r = mountapi_fsconfig_string(fs, "metacopy", "on");
	if (r == 0 && o->context != NULL)
		r = mountapi_fsconfig_string(fs, "context", o->context);
	return r < 0 ? fs_failed(err, fs, -r, "set overlay option") : 0;
}

static int bind_single(const struct overlay_mount *o, struct error *err)
{
	scoped_fd int fd = mountapi_open_tree(AT_FDCWD, o->lower[0], 0);
	int r;

	if (fd < 0)
		return error_os(err, -fd, "clone mount of layer '%s'", o->lower[0]);
	r = mountapi_setattr(fd, "", 0, attrs(o), 0, 0, -1);
	if (r < 0)
		return error_os(err, -r, "make layer '%s' read-only", o->lower[0]);
	return take_fd(fd);
}

static int check(const struct overlay_mount *o, struct error *err)
{
	size_t n = strv_len(o->lower);

	if (n == 0)
		return error_set(err, ERROR_INVALID, "overlay has no lower directory");
	if (n > LOWERS_MAX)
		return error_set(err, ERROR_LIMIT, "overlay has %zu layers, the kernel takes %d", n,
				 LOWERS_MAX);
	if ((o->upper == NULL) != (o->work == NULL))
		return error_set(err, ERROR_INVALID, "overlay needs both upper and work directory");
	return 0;
}

/* A context with everything but the lowers. */
static int open_context(const struct overlay_mount *o, struct error *err)
{
	scoped_fd int fs = mountapi_fsopen("overlay");
	int r;

	if (fs == -ENODEV)
		return feature_require_overlay(err) < 0 ? -ENODEV
							: error_os(err, ENODEV, "open overlay");
	if (fs < 0)
		return error_os(err, -fs, "open file system 'overlay'");
	r = mountapi_fsconfig_string(fs, "source", "overlay");
	if (r < 0)
		return fs_failed(err, fs, -r, "set source of overlay");
	if (o->upper != NULL) {
		r = set_dir(fs, "upperdir", o->upper, err);
		if (r == 0)
			r = set_dir(fs, "workdir", o->work, err);
	}
	if (r == 0)
		r = set_flags(fs, o, err);
	return r < 0 ? r : take_fd(fs);
}

/* Way 1 as a whole; 0 when the kernel has no lowerdir+: some refuse the option, and those before
 * 6.5 take every option and say EINVAL to all of them at the create. */
static int create_each(int fs, const struct overlay_mount *o, struct error *err)
{
	int r = set_lowers_each(fs, o->lower, err);

	if (r <= 0)
		return r;
	r = mountapi_fsconfig_create(fs);
	if (r == -EINVAL)
		return 0;
	return r < 0 ? fs_failed(err, fs, -r, "create overlay") : 1;
}

int overlay_open(const struct overlay_mount *o, struct error *err)
{
	scoped_fd int fs = -1;
	int r = check(o, err);

	if (r < 0)
		return r;
	if (o->upper == NULL && o->lower[1] == NULL)
		return bind_single(o, err);
	fs = open_context(o, err);
	if (fs < 0)
		return fs;
	r = create_each(fs, o, err);
	if (r == 0) {
		/* What the first way has set cannot be taken back. */
		fd_close(fs);
		fs = open_context(o, err);
		r = fs < 0 ? fs : set_lowers_joined(fs, o->lower, err);
	}
	if (r < 0)
		return r;
	r = mountapi_fsmount(fs, attrs(o));
	return r < 0 ? error_os(err, -r, "mount overlay") : r;
}

/* Way 3. */
static int mount_classic(const struct overlay_mount *o, const char *target, struct error *err)
{
	char *upper_work[] = { (char *)(uintptr_t)o->upper, (char *)(uintptr_t)o->work, NULL };
	scoped(short_names_done) struct short_names lower = { 0 };
	scoped(short_names_done) struct short_names upper = { 0 };
	unsigned long ms = mountapi_ms_from_attr(attrs(o));
	scoped(buf_done) struct buf data = BUF_INIT;
	scoped_fd int back = -1;
	int r;

	if (o->upper == NULL && o->lower[1] == NULL) {
		r = mountapi_mount(o->lower[0], target, NULL, MS_BIND, NULL);
		if (r == 0)
			r = mountapi_mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | ms, NULL);
		return r < 0 ? error_os(err, -r, "bind layer '%s' at '%s'", o->lower[0], target)
			     : 0;
	}
	r = shorten(o->lower, &lower, err);
	if (r == 0)
		r = shorten(upper_work, &upper, err);
	if (r < 0)
		return r;
	buf_addf(&data, "lowerdir=%s", buf_str(&lower.text));
	if (o->upper != NULL && upper.fds != NULL)
		buf_addf(&data, ",upperdir=%d,workdir=%d", upper.fds[0], upper.fds[1]);
	if (o->is_volatile && o->upper != NULL)
		buf_adds(&data, ",volatile");
	if (o->userxattr)
		buf_adds(&data, ",userxattr");
	if (o->metacopy)
		buf_adds(&data, ",metacopy=on");
	if (o->context != NULL)
		buf_addf(&data, ",context=\"%s\"", o->context);
	if (data.len > CLASSIC_DATA_MAX)
		return error_set(err, ERROR_LIMIT, "overlay of %zu layers is too long for mount(2)",
				 lower.n);
	back = enter_fd_dir(err);
	if (back < 0)
		return back;
	r = mountapi_mount("overlay", target, "overlay", ms, buf_str(&data));
	if (fchdir(back) < 0)
		return error_os(err, errno, "return to working directory");
	return r < 0 ? error_os(err, -r, "mount overlay at '%s'", target) : 0;
}

int overlay_mount_at(const struct overlay_mount *o, const char *target, struct error *err)
{
	struct error why = ERROR_INIT;
	scoped_fd int at = -1;
	scoped_fd int fd = -1;
	int r = check(o, err);

	if (r < 0)
		return r;
	fd = overlay_open(o, &why);
	if (fd == -ENOSYS || fd == -EPERM || (fd < 0 && why.kind == ERROR_UNSUPPORTED))
		return mount_classic(o, target, err);
	if (fd < 0)
		return error_copy(err, &why);
	at = fd_open(AT_FDCWD, target, O_PATH | O_DIRECTORY, 0);
	if (at < 0)
		return error_os(err, -at, "open mount point '%s'", target);
	r = mountapi_attach(fd, at);
	return r < 0 ? error_os(err, -r, "mount overlay at '%s'", target) : 0;
}
