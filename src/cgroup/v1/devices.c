/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1 devices: devices.allow and devices.deny, one write per rule, each file opened once.
 *
 * The kernel keeps a default and a list of exceptions to it (device_cgroup.c).  A rule of the same
 * kind as the default only removes an exception of exactly that device; one for a part of what a
 * wider exception grants changes nothing.  Such a rule list would not do what it says and is
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

/* devices.list of a group: a line per rule. */
#define DEVICES_LIST_MAX ((size_t)256 << 10)

static bool overlaps(int64_t a, int64_t b)
{
	return a == DEVICE_ANY || b == DEVICE_ANY || a == b;
}

int cgroup_v1_devices_check(const struct cgroup_devices *d, struct error *err)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct cgroup_device *rule = &d->items[i];

		if (rule->allow != d->default_allow)
			continue;
		for (size_t j = 0; j < i; j++) {
			const struct cgroup_device *o = &d->items[j];
			char a[80], b[80];

			if (o->allow == d->default_allow || o->type != rule->type ||
			    (o->access & rule->access) == 0 || !overlaps(o->major, rule->major) ||
			    !overlaps(o->minor, rule->minor) ||
			    (o->major == rule->major && o->minor == rule->minor))
				continue;
			/* mknod of everything is what a narrower rule may well leave. */
			if ((o->access & rule->access) == DEVICE_MKNOD)
				continue;
			cgroup_device_format(rule, a, sizeof(a));
			cgroup_device_format(o, b, sizeof(b));
			return error_set(err, ERROR_UNSUPPORTED,
					 "device rule '%s' takes a part out of the earlier '%s': "
					 "cgroup v1 cannot do that",
					 a, b);
		}
	}
	return 0;
}

static int write_rule(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

struct device_files {
	int allow, deny;
};

static int open_files(const struct cgroup_hier *h, const char *path, struct device_files *ret)
{
	char full[PATH_MAX];
	scoped_fd int allow = -1, deny = -1;

	if (cgroup_file_path(full, h, path, "devices.allow") < 0)
		return -ENAMETOOLONG;
	allow = fd_open(AT_FDCWD, full, O_WRONLY, 0);
	if (allow < 0)
		return allow;
	if (cgroup_file_path(full, h, path, "devices.deny") < 0)
		return -ENAMETOOLONG;
	deny = fd_open(AT_FDCWD, full, O_WRONLY, 0);
	if (deny < 0)
		return deny;
	*ret = (struct device_files){ .allow = take_fd(allow), .deny = take_fd(deny) };
	return 0;
}

static int write_all(const struct device_files *f, const struct cgroup_devices *d, bool fresh,
		     char *text, size_t size)
{
	int r = 0;

	snprintf(text, size, "a");
	/* A new group has what its parent has: nothing to widen, and a parent with rules of its own
	 * would refuse it. */
	if (!d->default_allow)
		r = write_rule(f->deny, text);
	else if (!fresh)
		r = write_rule(f->allow, text);
	for (size_t i = 0; r == 0 && i < d->n; i++) {
		cgroup_device_format(&d->items[i], text, size);
		r = write_rule(d->items[i].allow ? f->allow : f->deny, text);
	}
	return r;
}

/* The list as the kernel shows it is what devices.allow takes. */
static void put_back(const struct device_files *f, const char *list)
{
	int r = 0;

	if (strncmp(list, "a ", 2) == 0) {
		r = write_rule(f->allow, "a");
	} else {
		r = write_rule(f->deny, "a");
		for (const char *p = list; r == 0 && *p != '\0';) {
			size_t len = strcspn(p, "\n");
			scoped_free char *line = xstrndup(p, len);

			r = write_rule(f->allow, line);
			p += len + (p[len] == '\n');
		}
	}
	if (r < 0)
		log_debug("put back device rules: %s", strerror(-r));
}

int cgroup_v1_devices_apply(const struct cgroup_record *r, const struct cgroup_devices *d,
			    bool fresh, struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_of("devices");
	scoped(buf_done) struct buf list = BUF_INIT_MAX(DEVICES_LIST_MAX);
	struct device_files f;
	char text[80], full[PATH_MAX];
	int n;

	if (h == NULL && d->default_allow && d->n == 0)
		return 0;
	if (h == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "device rules need the cgroup controller 'devices', which this "
				 "machine does not have mounted");
	n = cgroup_v1_devices_check(d, err);
	if (n < 0)
		return n;
	n = open_files(h, r->path, &f);
	if (n < 0)
		return error_os(err, -n, "open the device rules of '%s%s'", h->mount, r->path);
	if (!fresh && cgroup_file_path(full, h, r->path, "devices.list") > 0)
		(void)fd_read_file(AT_FDCWD, full, DEVICES_LIST_MAX, &list);
	n = write_all(&f, d, fresh, text, sizeof(text));
	if (n < 0 && list.len > 0)
		put_back(&f, list.data);
	fd_close(f.allow);
	fd_close(f.deny);
	if (n < 0)
		return error_os(err, -n, "apply device rule '%s' to '%s%s'", text, h->mount,
				r->path);
	return 0;
}
