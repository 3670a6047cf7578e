/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "runtime/init/init_priv.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/procfs.h"

/* User first: it gives the right to enter and own the others. */
static const enum ns_type join_order[] = { NS_USER, NS_MOUNT,  NS_NET, NS_IPC,
					   NS_UTS,  NS_CGROUP, NS_TIME };

pid_t init_outer_pid(const struct init_args *a)
{
	char self[32];
	ssize_t n = readlinkat(a->proc_fd, "self", self, sizeof(self) - 1);
	uint32_t pid;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	return num_u32(self, &pid) < 0 ? -ESRCH : (pid_t)pid;
}

int init_proc_self(const struct init_args *a, const char *name, char *out, size_t size)
{
	pid_t pid = init_outer_pid(a);

	if (pid < 0)
		return pid;
	return snprintf(out, size, "%d/%s", (int)pid, name) < (int)size ? 0 : -ENAMETOOLONG;
}

static int wait_for_maps(const struct init_args *a, struct error *err)
{
	struct sync_message m;
	int r = sync_recv(a->sync_fd, &m);

	if (r <= 0 || m.type != SYNC_MAPS)
		return error_set(err, ERROR_INTERNAL, "wait for id maps: the parent is gone");
	return 0;
}

static int become_root(struct error *err)
{
	int r;

	/* Denied to an unprivileged map: the groups stay, and can only take rights away. */
	r = process_setgroups(NULL, 0);
	if (r < 0 && r != -EPERM)
		return error_os(err, -r, "clear groups in the user namespace");
	r = process_setid(0, 0);
	if (r < 0)
		return error_os(err, -r, "become root of the user namespace");
	/* The change of ids made us dumpable by the rules of the new namespace. */
	(void)process_set_dumpable(false);
	/* It also took back the death signal (I8). */
	r = process_pdeathsig(SIGKILL);
	return r < 0 ? error_os(err, -r, "set parent death signal") : 0;
}

static int time_namespace(const struct init_args *a, struct error *err)
{
	const char *offsets = a->plan->ns.time_offsets;
	scoped_fd int fd = -1;
	char path[64];
	int r = ns_unshare(ns_clone_flag(NS_TIME));

	if (r < 0)
		return error_os(err, -r, "make time namespace");
	if (offsets) {
		r = init_proc_self(a, "timens_offsets", path, sizeof(path));
		if (r == 0)
			r = proc_write(a->proc_fd, path, offsets);
		if (r < 0)
			return error_os(err, -r, "write time namespace offsets");
	}
	/* unshare made it for children only; enter it ourselves. */
	fd = fd_open(a->proc_fd, "self/ns/time_for_children", O_RDONLY, 0);
	r = fd < 0 ? fd : ns_enter(fd, NS_TIME);
	return r < 0 ? error_os(err, -r, "enter time namespace") : 0;
}

static int set_names(const struct plan_namespaces *ns, struct error *err)
{
	if (ns->hostname && sethostname(ns->hostname, strlen(ns->hostname)) < 0)
		return error_os(err, errno, "set hostname '%s'", ns->hostname);
	if (ns->domainname && setdomainname(ns->domainname, strlen(ns->domainname)) < 0)
		return error_os(err, errno, "set domainname '%s'", ns->domainname);
	return 0;
}

/* As the user who called, to whom the files belong, with the rights of the user namespace. */
static int open_late(const struct init_args *a, struct error *err)
{
	int r = plan_open_files(a->late_plan, err);

	if (r == 0)
		r = plan_open_cgroup_mounts(a->late_plan, a->late_cgroup, err);
	return r;
}

int init_namespaces(const struct init_args *a, struct error *err)
{
	const struct plan_namespaces *ns = &a->plan->ns;
	/* The others are the clone's (launch.c). */
	uint64_t late = ns_clone_flag(NS_IPC) | ns_clone_flag(NS_UTS) | ns_clone_flag(NS_CGROUP);
	int r;

	if (plan_creates(a->plan, NS_USER) && !a->in_userns) {
		r = wait_for_maps(a, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(join_order); i++) {
		enum ns_type t = join_order[i];

		if (!a->join[t])
			continue;
		r = ns_enter(ns->fd[t], t);
		if (r < 0)
			return error_os(err, -r, "join %s namespace '%s'", ns_oci_name(t),
					ns->path[t]);
	}
	if (a->late_plan) {
		r = open_late(a, err);
		if (r < 0)
			return r;
	}
	if (plan_in_userns(a->plan)) {
		r = become_root(err);
		if (r < 0)
			return r;
	}
	if ((ns->create & late) != 0) {
		r = ns_unshare(ns->create & late);
		if (r < 0)
			return error_os(err, -r, "make namespaces");
	}
	if (plan_creates(a->plan, NS_NET)) {
		/* As runc and crun: a container without a network still has 127.0.0.1. */
		r = ns_loopback_up();
		if (r < 0)
			return error_os(err, -r, "bring up the loopback interface");
	}
	if (plan_creates(a->plan, NS_TIME)) {
		r = time_namespace(a, err);
		if (r < 0)
			return r;
	}
	return set_names(ns, err);
}

int init_join_target(const struct init_args *a, struct error *err)
{
	int r;

	if (a->target_namespaces != 0) {
		r = ns_enter_pidfd(a->target_pidfd, a->target_namespaces);
		if (r < 0)
			return error_os(err, -r, "join the container's namespaces");
	}
	if (a->in_userns || (a->target_namespaces & ns_clone_flag(NS_USER)) != 0)
		return become_root(err);
	return 0;
}
