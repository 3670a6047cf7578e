/* SPDX-License-Identifier: Apache-2.0 */
/* plan/devices: default device nodes and .linux.devices. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

static const struct {
	const char *path;
	unsigned major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static struct plan_device *find_device(struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_devices; i++) {
		if (streq(p->devices[i].path, path))
			return &p->devices[i];
	}
	return NULL;
}

static int resolve_device(const struct oci_device *d, size_t i, struct plan_device *ret,
			  struct error *err)
{
	switch (d->type ? d->type[0] : '\0') {
	case 'c':
	case 'u':
		ret->type = S_IFCHR;
		break;
	case 'b':
		ret->type = S_IFBLK;
		break;
	case 'p':
		ret->type = S_IFIFO;
		break;
	default:
		return error_set(
			err, ERROR_INVALID,
			"config.json: .linux.devices[%zu].type: '%s' is none of c, b, u, p", i,
			d->type ? d->type : "");
	}
	if (ret->type != S_IFIFO &&
	    (!d->major.set || !d->minor.set || d->major.value < 0 || d->minor.value < 0 ||
	     d->major.value > 0xfff || d->minor.value > 0xfffff))
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.devices[%zu]: major and minor are required",
				 i);
	ret->major = (unsigned)d->major.value;
	ret->minor = (unsigned)d->minor.value;
	ret->mode = d->file_mode.set ? (mode_t)(d->file_mode.value & 07777) : 0666;
	ret->uid = d->uid.set ? d->uid.value : 0;
	ret->gid = d->gid.set ? d->gid.value : 0;
	return 0;
}

int plan_resolve_devices(const struct oci_spec *spec, struct plan *ret, struct error *err)
{
	const struct oci_linux *l = spec->linux_;

	if (!plan_has_rootfs(ret) && l && l->n_devices > 0)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.devices: needs a new mount namespace in "
				 ".linux.namespaces");
	for (size_t i = 0; ret->setup_dev && i < ARRAY_SIZE(default_devices); i++) {
		struct plan_device *d = ARRAY_ADD(ret->devices, ret->n_devices);

		*d = (struct plan_device){
			.path = xstrdup(default_devices[i].path),
			.type = S_IFCHR,
			.major = default_devices[i].major,
			.minor = default_devices[i].minor,
			.mode = 0666,
			.is_default = true,
			.fd = -1,
		};
	}
	for (size_t i = 0; l && i < l->n_devices; i++) {
		scoped_free char *path = NULL;
		struct plan_device *d;
		int r;

		if (!path_absolute(l->devices[i].path))
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.devices[%zu].path: must be absolute",
					 i);
		path = path_clean(l->devices[i].path);
		d = find_device(ret, path);
		if (d == NULL) {
			d = ARRAY_ADD(ret->devices, ret->n_devices);
			*d = (struct plan_device){ .fd = -1 };
			d->path = take_ptr(path);
		}
		d->is_default = false;
		r = resolve_device(&l->devices[i], i, d, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* mknod(2) of a device needs CAP_MKNOD in the initial user namespace. */
static bool can_mknod(const struct plan *p)
{
	return p->initial_userns && caps_have(CAP_MKNOD);
}

static int open_host_node(struct plan_device *d, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, d->path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0)
		return error_os(err, -fd, "open device '%s' of the host", d->path);
	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "stat device '%s'", d->path);
	if ((st.st_mode & S_IFMT) != d->type || st.st_rdev != makedev(d->major, d->minor))
		return error_set(err, ERROR_DENIED,
				 "device '%s' of the host is not %u:%u, and new nodes cannot be "
				 "made in a user namespace",
				 d->path, d->major, d->minor);
	d->fd = mountapi_open_tree(fd, "", 0);
	if (d->fd < 0)
		return error_os(err, -d->fd, "clone device '%s'", d->path);
	return 0;
}

int plan_open_devices(struct plan *p, struct error *err)
{
	if (can_mknod(p))
		return 0;
	for (size_t i = 0; i < p->n_devices; i++) {
		int r = p->devices[i].type == S_IFIFO ? 0 : open_host_node(&p->devices[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
