/* SPDX-License-Identifier: Apache-2.0 */
/* plan/print: the plan as text, for golden tests and people. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/str.h"
#include "runtime/plan.h"

static const char *const mount_kinds[] = { "new", "bind", "remount", "cgroup2", "cgroup1" };
_Static_assert(ARRAY_SIZE(mount_kinds) == PLAN_MOUNT_KIND_COUNT, "one name per kind of mount");

static void print_map(const char *what, const struct id_map *m, struct buf *out)
{
	for (size_t i = 0; i < m->n; i++)
		buf_addf(out, "%s %u %u %u\n", what, m->ranges[i].container, m->ranges[i].host,
			 m->ranges[i].size);
}

static void print_namespaces(const struct plan_namespaces *ns, struct buf *out)
{
	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		const char *name = ns_oci_name((enum ns_type)t);

		if (ns->path[t])
			buf_addf(out, "join %s %s\n", name, ns->path[t]);
		else if ((ns->create & ns_clone_flag((enum ns_type)t)) != 0)
			buf_addf(out, "create %s\n", name);
	}
	print_map("uid-map", &ns->uids, out);
	print_map("gid-map", &ns->gids, out);
	if (ns->time_offsets)
		buf_addf(out, "time-offsets\n%s", ns->time_offsets);
	if (ns->hostname)
		buf_addf(out, "hostname %s\n", ns->hostname);
	if (ns->domainname)
		buf_addf(out, "domainname %s\n", ns->domainname);
}

static void print_propagation(unsigned long flags, struct buf *out)
{
	const char *word = (flags & MS_SHARED)	     ? "shared"
			   : (flags & MS_SLAVE)	     ? "slave"
			   : (flags & MS_PRIVATE)    ? "private"
			   : (flags & MS_UNBINDABLE) ? "unbindable"
						     : NULL;

	if (word)
		buf_addf(out, " %s%s", (flags & MS_REC) ? "r" : "", word);
}

static void print_mount(const struct plan_mount *m, struct buf *out)
{
	buf_addf(out, "mount %s%s %s", mount_kinds[m->kind], m->recursive ? "-recursive" : "",
		 m->destination);
	if (m->kind == PLAN_MOUNT_NEW)
		buf_addf(out, " type=%s", m->type);
	if (m->source)
		buf_addf(out, " source=%s", m->source);
	if (m->attr_set || m->attr_clear)
		buf_addf(out, " attr=+%llx-%llx", (unsigned long long)m->attr_set,
			 (unsigned long long)m->attr_clear);
	if (m->rec_set || m->rec_clear)
		buf_addf(out, " rattr=+%llx-%llx", (unsigned long long)m->rec_set,
			 (unsigned long long)m->rec_clear);
	print_propagation(m->propagation, out);
	if (m->tmpcopyup)
		buf_adds(out, " tmpcopyup");
	if (m->idmap)
		buf_adds(out, m->idmap_recursive ? " ridmap" : " idmap");
	if (m->strict)
		buf_adds(out, " strict");
	STRV_FOREACH (d, m->data)
		buf_addf(out, " data=%s", *d);
	buf_addc(out, '\n');
}

static void print_process(const struct plan_process *p, struct buf *out)
{
	if (p->oom_set)
		buf_addf(out, "oom-score %d\n", p->oom_score_adj);
	for (size_t i = 0; i < p->n_rlimits; i++)
		buf_addf(out, "rlimit %s %llu %llu\n", process_rlimit_name(p->rlimits[i].resource),
			 (unsigned long long)p->rlimits[i].soft,
			 (unsigned long long)p->rlimits[i].hard);
	if (p->sched_set)
		buf_addf(out, "scheduler %u nice %d priority %u flags %llx\n", p->sched.policy,
			 p->sched.nice, p->sched.priority, (unsigned long long)p->sched.flags);
	if (p->ioprio_class)
		buf_addf(out, "ioprio %d %d\n", p->ioprio_class, p->ioprio_priority);
	if (p->mempolicy.set)
		buf_addf(out, "mempolicy %d flags %x nodes %llx\n", p->mempolicy.mode,
			 p->mempolicy.flags, (unsigned long long)p->mempolicy.nodes[0]);
	if (p->personality_set)
		buf_addf(out, "personality %lx\n", p->personality);
	if (p->keyring)
		buf_addf(out, "keyring %s\n", p->keyring);
	if (p->apparmor)
		buf_addf(out, "apparmor %s\n", p->apparmor);
	if (p->selinux)
		buf_addf(out, "selinux %s\n", p->selinux);
	buf_addf(out, "umask %03o\nuser %u:%u", (unsigned)p->umask, p->uid, p->gid);
	for (size_t i = 0; i < p->n_groups; i++)
		buf_addf(out, "%c%u", i ? ',' : ' ', p->groups[i]);
	buf_addf(out, "\ncaps b=%llx e=%llx p=%llx i=%llx a=%llx\n",
		 (unsigned long long)p->caps.bounding, (unsigned long long)p->caps.effective,
		 (unsigned long long)p->caps.permitted, (unsigned long long)p->caps.inheritable,
		 (unsigned long long)p->caps.ambient);
	if (p->no_new_privs)
		buf_adds(out, "no-new-privs\n");
	if (p->terminal)
		buf_addf(out, "terminal %ux%u\n", p->cols, p->rows);
	buf_addf(out, "cwd %s\n", p->cwd);
	if (p->seccomp.len > 0)
		buf_addf(out, "seccomp %u instructions\n", p->seccomp.len);
	STRV_FOREACH (e, p->env)
		buf_addf(out, "env %s\n", *e);
	STRV_FOREACH (a, p->argv)
		buf_addf(out, "arg %s\n", *a);
}

void plan_print(const struct plan *p, struct buf *out)
{
	print_namespaces(&p->ns, out);
	buf_addf(out, "root %s%s%s", p->root.path, p->root.readonly ? " readonly" : "",
		 p->root.no_pivot ? " no-pivot" : "");
	print_propagation(p->root.propagation, out);
	buf_addc(out, '\n');
	for (size_t i = 0; i < p->n_mounts; i++)
		print_mount(&p->mounts[i], out);
	for (size_t i = 0; i < p->n_devices; i++)
		buf_addf(out, "device %s %c %u:%u %o %u:%u\n", p->devices[i].path,
			 S_ISCHR(p->devices[i].type)   ? 'c'
			 : S_ISBLK(p->devices[i].type) ? 'b'
						       : 'p',
			 p->devices[i].major, p->devices[i].minor, (unsigned)p->devices[i].mode,
			 p->devices[i].uid, p->devices[i].gid);
	STRV_FOREACH (s, p->readonly_paths)
		buf_addf(out, "readonly %s\n", *s);
	STRV_FOREACH (s, p->masked)
		buf_addf(out, "mask %s\n", *s);
	for (size_t i = 0; i < p->n_sysctls; i++)
		buf_addf(out, "sysctl %s=%s\n", p->sysctls[i].path, p->sysctls[i].value);
	for (int k = 0; k < PLAN_HOOK_COUNT; k++) {
		for (size_t i = 0; i < p->hooks[k].n; i++)
			buf_addf(out, "hook %s %s\n", plan_hook_name((enum plan_hook_kind)k),
				 p->hooks[k].items[i].path);
	}
	print_process(&p->process, out);
}
