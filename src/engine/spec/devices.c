/* SPDX-License-Identifier: Apache-2.0 */
/* --device words, and every device of the host for a privileged container. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "base/str.h"
#include "engine/engine_priv.h"
#include "sys/fd.h"

/* /dev of a host has a few hundred nodes; more is something else. */
#define DEVICES_MAX 4096
#define DEVICES_DEPTH 6

static void add_device(struct spec_facts *f, const char *path, const struct stat *st)
{
	struct oci_device *d = ARRAY_ADD(f->devices, f->n_devices);

	*d = (struct oci_device){ .path = xstrdup(path),
				  .type = xstrdup(S_ISBLK(st->st_mode) ? "b" : "c"),
				  .major = OPT_SET(major(st->st_rdev)),
				  .minor = OPT_SET(minor(st->st_rdev)),
				  .file_mode = OPT_SET(st->st_mode & 07777),
				  .uid = OPT_SET(st->st_uid),
				  .gid = OPT_SET(st->st_gid) };
}

/* The runtime makes these itself, or they are mounts; ttys of the host's consoles stay with the
 * host. */
static bool is_left_out(const char *path)
{
	static const char *const names[] = { "/dev/null",    "/dev/zero",    "/dev/full",
					     "/dev/random",  "/dev/urandom", "/dev/tty",
					     "/dev/console", "/dev/ptmx",    "/dev/pts",
					     "/dev/shm",     "/dev/mqueue",  "/dev/fd",
					     "/dev/.lxc" };
	const char *tty = str_skip_prefix(path, "/dev/tty");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(path, names[i]))
			return true;
	return tty && *tty >= '0' && *tty <= '9';
}

static int walk(int dirfd, const char *path, unsigned depth, struct spec_facts *f,
		struct error *err)
{
	scoped_fd int fd = fd_open(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *dir;
	struct dirent *e;
	int r = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : error_os(err, -fd, "open directory '%s'", path);
	dir = fdopendir(fd);
	if (!dir)
		return error_os(err, errno, "read directory '%s'", path);
	take_fd(fd);
	while (r >= 0 && (e = readdir(dir))) {
		scoped_free char *sub = path_join(path, e->d_name);
		struct stat st;
		if (e->d_name[0] == '.' || is_left_out(sub) ||
		    fd_stat(AT_FDCWD, sub, AT_SYMLINK_NOFOLLOW, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEVICES_DEPTH)
			r = walk(AT_FDCWD, sub, depth + 1, f, err);
		else if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && f->n_devices < DEVICES_MAX)
			add_device(f, sub, &st);
	}
	closedir(dir);
	return r;
}

/* A directory of devices: every node of it, below the container's name. */
static int add_directory(const struct wish_device *d, struct spec_facts *f, struct error *err)
{
	struct spec_facts found = { 0 };
	int r = walk(AT_FDCWD, d->host, 1, &found, err);

	for (size_t i = 0; r >= 0 && i < found.n_devices; i++) {
		scoped_free char *path = path_join(d->container,
						   found.devices[i].path + strlen(d->host));
		free(found.devices[i].path);
		found.devices[i].path = take_ptr(path);
		*ARRAY_ADD(f->devices, f->n_devices) = found.devices[i];
		found.devices[i].path = found.devices[i].type = NULL;
	}
	spec_facts_done(&found);
	return r;
}

static int add_word(const struct wish_device *d, struct spec_facts *f, struct error *err)
{
	struct stat st;
	int r = fd_stat(AT_FDCWD, d->host, 0, &st);

	if (r < 0)
		return error_os(err, -r, "stat device '%s'", d->host);
	if (S_ISDIR(st.st_mode))
		return add_directory(d, f, err);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, ERROR_INVALID, "'%s' is not a device node", d->host);
	add_device(f, d->container, &st);
	return 0;
}

int spec_devices_resolve(const struct wish *w, struct spec_facts *f, struct error *err)
{
	int r = 0;

	if (w->security.privileged)
		r = walk(AT_FDCWD, "/dev", 0, f, err);
	for (size_t i = 0; r >= 0 && i < w->n_devices; i++)
		r = add_word(&w->devices[i], f, err);
	return r;
}
