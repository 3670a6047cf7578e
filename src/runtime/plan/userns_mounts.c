/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/userns_mounts: what the kernel does not let a user namespace mount, and what stands in.
 *
 * sysfs wants a network namespace of the same user namespace, mqueue an ipc namespace, procfs a pid
 * namespace; and none of them may show more than the caller's own view of /proc and /sys does.
 * Where it is refused, the caller's own is bound, as crun does.  It is read-only throughout where
 * the host's cgroups lie below it (2023-25809).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "runtime/plan/plan_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

static bool has_namespace(const struct plan *p, enum ns_type t)
{
	return plan_creates(p, t) || p->ns.path[t] != NULL;
}

static int bind_own(const char *path, struct plan_mount *m, bool readonly, struct error *err)
{
	uint64_t set = m->attr_set | (readonly ? MOUNT_ATTR_RDONLY : 0);
	scoped_fd int fd = mountapi_open_tree(AT_FDCWD, path, AT_RECURSIVE);
	int r = fd;

	/* Nothing to stand in: what the kernel says then is the error. */
	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = mountapi_setattr(fd, "", AT_RECURSIVE, set, 0, MS_SLAVE, -1);
	if (r < 0)
		return error_os(err, -r, "clone mount '%s' of the host", path);
	m->fd = take_fd(fd);
	return 0;
}

/* Of the container's user namespace when it is new; else of ours, which it is then. */
static bool gid_mapped(const struct plan *p, uint32_t gid)
{
	scoped(id_map_done) struct id_map own = { 0 };
	uint32_t host;

	if (p->ns.gids.n > 0)
		return id_map_to_host(&p->ns.gids, gid, &host) == 0;
	if (p->ns.path[NS_USER] || userns_read_map(0, "gid_map", &own) < 0)
		return true;
	return own.n > 0 && id_map_to_host(&own, gid, &host) == 0;
}

/* gid=5 (tty) is everybody's default, and an error where it has no mapping: terminals then belong
 * to the group of whoever opens them. */
static void drop_unmapped_gid(const struct plan *p, struct plan_mount *m)
{
	char **kept = NULL;

	STRV_FOREACH (o, m->data) {
		const char *text = str_skip_prefix(*o, "gid=");
		uint32_t gid;

		if (text == NULL || num_id(text, &gid) < 0 || gid_mapped(p, gid))
			strv_add(&kept, *o);
	}
	strv_free(m->data);
	m->data = kept;
}

int plan_open_in_userns(const struct plan *p, struct plan_mount *m, struct error *err)
{
	if (streq(m->type, "devpts"))
		drop_unmapped_gid(p, m);
	else if (streq(m->type, "sysfs"))
		return bind_own("/sys", m, true, err);
	else if (streq(m->type, "mqueue") && !has_namespace(p, NS_IPC))
		return bind_own("/dev/mqueue", m, false, err);
	else if (streq(m->type, "proc") && !has_namespace(p, NS_PID))
		return bind_own("/proc", m, false, err);
	return 0;
}

int plan_bind_host_cgroups(struct plan_mount *m, struct error *err)
{
	return bind_own("/sys/fs/cgroup", m, true, err);
}
