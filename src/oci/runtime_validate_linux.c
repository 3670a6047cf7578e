/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime specification demands of the linux section. */
#include "oci/runtime_spec_priv.h"

#include "base/path.h"
#include "base/str.h"

static const char *const namespace_types[] = {
	"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time",
};
static const char *const propagations[] = {
	"private", "shared", "slave", "unbindable", "rprivate", "rshared", "rslave", "runbindable",
};
static const char *const seccomp_actions[] = {
	"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",	   "SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW", "SCMP_ACT_LOG",	   "SCMP_ACT_NOTIFY",
};
static const char *const seccomp_operators[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
};
static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
};
static const char *const memory_policies[] = {
	"MPOL_DEFAULT",	  "MPOL_BIND",		 "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",
};

#define invalid(err, ...) error_set(err, ERROR_INVALID, __VA_ARGS__)

static int validate_namespaces(const struct oci_linux *l, struct error *err)
{
	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *ns = &l->namespaces[i];

		if (str_table_find(namespace_types, ARRAY_SIZE(namespace_types), ns->type) < 0)
			return invalid(err, ".linux.namespaces[%zu].type: unknown namespace '%s'",
				       i, ns->type);
		for (size_t k = 0; k < i; k++)
			if (streq(l->namespaces[k].type, ns->type))
				return invalid(err,
					       ".linux.namespaces[%zu].type: '%s' is given twice",
					       i, ns->type);
		if (!str_empty(ns->path) && !path_absolute(ns->path))
			return invalid(err, ".linux.namespaces[%zu].path: '%s' is not absolute", i,
				       ns->path);
	}
	return 0;
}

static bool has_namespace(const struct oci_linux *l, const char *type)
{
	for (size_t i = 0; i < l->n_namespaces; i++)
		if (streq(l->namespaces[i].type, type))
			return true;
	return false;
}

static int validate_user_namespace(const struct oci_linux *l, struct error *err)
{
	if (l->n_uid_mappings > 0 && !has_namespace(l, "user"))
		return invalid(err, ".linux.uidMappings: needs a user namespace");
	if (l->time_offsets != NULL && !has_namespace(l, "time"))
		return invalid(err, ".linux.timeOffsets: needs a time namespace");
	if (l->n_net_devices > 0 && !has_namespace(l, "network"))
		return invalid(err, ".linux.netDevices: needs a network namespace");
	return oci_id_mappings_validate(l->uid_mappings, l->n_uid_mappings, l->gid_mappings,
					l->n_gid_mappings, ".linux", err);
}

static int validate_devices(const struct oci_linux *l, struct error *err)
{
	for (size_t i = 0; i < l->n_devices; i++) {
		const struct oci_device *d = &l->devices[i];

		if (strlen(d->type) != 1 || strchr("cbup", d->type[0]) == NULL)
			return invalid(err, ".linux.devices[%zu].type: '%s' is none of c, b, u, p",
				       i, d->type);
		if (!path_absolute(d->path))
			return invalid(err, ".linux.devices[%zu].path: '%s' is not absolute", i,
				       d->path);
		if (d->type[0] == 'p')
			continue;
		if (!d->major.set || !d->minor.set)
			return invalid(err, ".linux.devices[%zu].%s: missing", i,
				       d->major.set ? "minor" : "major");
		if (d->major.value < 0 || d->major.value > UINT32_MAX || d->minor.value < 0 ||
		    d->minor.value > UINT32_MAX)
			return invalid(err, ".linux.devices[%zu]: no device number", i);
	}
	return 0;
}

static int validate_device_rules(const struct oci_resources *r, struct error *err)
{
	for (size_t i = 0; i < r->n_devices; i++) {
		const struct oci_device_rule *d = &r->devices[i];

		if (!str_empty(d->type) &&
		    (strlen(d->type) != 1 || strchr("abc", d->type[0]) == NULL))
			return invalid(
				err, ".linux.resources.devices[%zu].type: '%s' is none of a, b, c",
				i, d->type);
		if (d->access != NULL && !str_only(d->access, "rwm"))
			return invalid(
				err,
				".linux.resources.devices[%zu].access: '%s' is not made of r, "
				"w, m",
				i, d->access);
	}
	return 0;
}

/* ^[1-9][0-9]*[KMG]B$ */
static bool page_size_valid(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && s[0] != '0' && s[n] != '\0' && strchr("KMG", s[n]) != NULL &&
	       streq(s + n + 1, "B");
}

static int validate_resources(const struct oci_resources *r, struct error *err)
{
	int ret = validate_device_rules(r, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < r->n_hugepage_limits; i++)
		if (!page_size_valid(r->hugepage_limits[i].page_size))
			return invalid(err,
				       ".linux.resources.hugepageLimits[%zu].pageSize: '%s' is no "
				       "size such as 2MB",
				       i, r->hugepage_limits[i].page_size);
	for (size_t i = 0; i < r->n_rdma; i++)
		if (!r->rdma[i].hca_handles.set && !r->rdma[i].hca_objects.set)
			return invalid(err, ".linux.resources.rdma: '%s' has no limit",
				       r->rdma[i].key);
	for (size_t i = 0; r->block_io != NULL && i < r->block_io->n_weight_device; i++)
		if (!r->block_io->weight_device[i].weight.set &&
		    !r->block_io->weight_device[i].leaf_weight.set)
			return invalid(err, ".linux.resources.blockIO.weightDevice[%zu]: no weight",
				       i);
	/* A key is the name of a file in the container's own cgroup, nothing else. */
	for (size_t i = 0; i < r->unified.n; i++)
		if (!path_name_valid(r->unified.items[i].key))
			return invalid(err, ".linux.resources.unified: '%s' is no file name",
				       r->unified.items[i].key);
	return 0;
}

static bool action_takes_errno(const char *action)
{
	return streq(action, "SCMP_ACT_ERRNO") || streq(action, "SCMP_ACT_TRACE");
}

static int validate_syscall(const struct oci_seccomp_syscall *c, size_t i, struct error *err)
{
	if (strv_len(c->names) == 0)
		return invalid(err, ".linux.seccomp.syscalls[%zu].names: empty", i);
	if (str_table_find(seccomp_actions, ARRAY_SIZE(seccomp_actions), c->action) < 0)
		return invalid(err, ".linux.seccomp.syscalls[%zu].action: unknown action '%s'", i,
			       c->action);
	if (c->errno_ret.set && !action_takes_errno(c->action))
		return invalid(err, ".linux.seccomp.syscalls[%zu].errnoRet: %s takes none", i,
			       c->action);
	for (size_t k = 0; k < c->n_args; k++) {
		const struct oci_seccomp_arg *a = &c->args[k];

		if (a->index > 5)
			return invalid(
				err, ".linux.seccomp.syscalls[%zu].args[%zu].index: %u is above 5",
				i, k, a->index);
		if (str_table_find(seccomp_operators, ARRAY_SIZE(seccomp_operators), a->op) < 0)
			return invalid(
				err,
				".linux.seccomp.syscalls[%zu].args[%zu].op: unknown operator "
				"'%s'",
				i, k, a->op);
	}
	return 0;
}

int oci_seccomp_validate(const struct oci_seccomp *s, struct error *err)
{
	if (str_table_find(seccomp_actions, ARRAY_SIZE(seccomp_actions), s->default_action) < 0)
		return invalid(err, ".linux.seccomp.defaultAction: unknown action '%s'",
			       s->default_action);
	/* User notification needs a supervisor that answers; nothing would answer for it all. */
	if (streq(s->default_action, "SCMP_ACT_NOTIFY"))
		return invalid(err,
			       ".linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop every "
			       "program at its first system call");
	if (s->default_errno_ret.set && !action_takes_errno(s->default_action))
		return invalid(err, ".linux.seccomp.defaultErrnoRet: %s takes none",
			       s->default_action);
	if (!str_empty(s->listener_metadata) && str_empty(s->listener_path))
		return invalid(err, ".linux.seccomp.listenerMetadata: needs listenerPath");
	STRV_FOREACH (f, s->flags)
		if (str_table_find(seccomp_flags, ARRAY_SIZE(seccomp_flags), *f) < 0)
			return invalid(err, ".linux.seccomp.flags: unknown flag '%s'", *f);
	STRV_FOREACH (a, s->architectures)
		if (!str_has_prefix(*a, "SCMP_ARCH_"))
			return invalid(err, ".linux.seccomp.architectures: '%s' is none", *a);
	for (size_t i = 0; i < s->n_syscalls; i++) {
		int r = validate_syscall(&s->syscalls[i], i, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int validate_paths(char *const *paths, const char *member, struct error *err)
{
	STRV_FOREACH (p, paths)
		if (!path_absolute(*p))
			return invalid(err, ".linux.%s: '%s' is not absolute", member, *p);
	return 0;
}

static int validate_intel_rdt(const struct oci_intel_rdt *rdt, struct error *err)
{
	/* The name of a directory in resctrl; "/" is the default group. */
	if (!str_empty(rdt->clos_id) && !streq(rdt->clos_id, "/") && !path_name_valid(rdt->clos_id))
		return invalid(err, ".linux.intelRdt.closID: '%s' is no directory name",
			       rdt->clos_id);
	if (streq_opt(rdt->clos_id, "info") || streq_opt(rdt->clos_id, "mon_groups") ||
	    streq_opt(rdt->clos_id, "mon_data"))
		return invalid(err, ".linux.intelRdt.closID: '%s' is a directory of resctrl's own",
			       rdt->clos_id);
	if (rdt->mem_bw_schema != NULL && (!str_has_prefix(rdt->mem_bw_schema, "MB:") ||
					   strchr(rdt->mem_bw_schema, '\n') != NULL))
		return invalid(err,
			       ".linux.intelRdt.memBwSchema: not one line that begins with MB:");
	return 0;
}

/* What the kernel takes (dev_valid_name): 15 bytes, no slash, colon or space; the name inside may
 * have one %d. */
static bool interface_name_valid(const char *s, bool pattern)
{
	const char *percent = strchr(s, '%');

	if (s[0] == '\0' || strlen(s) > 15 || streq(s, ".") || streq(s, "..") ||
	    strpbrk(s, "/: \t\n\v\f\r") != NULL)
		return false;
	return percent == NULL || !pattern ||
	       (percent[1] == 'd' && strchr(percent + 1, '%') == NULL);
}

static int validate_rest(const struct oci_linux *l, struct error *err)
{
	const struct oci_personality *p = l->personality;

	if (!str_empty(l->rootfs_propagation) &&
	    str_table_find(propagations, ARRAY_SIZE(propagations), l->rootfs_propagation) < 0)
		return invalid(err, ".linux.rootfsPropagation: unknown propagation '%s'",
			       l->rootfs_propagation);
	if (p != NULL &&
	    (p->domain == NULL || (!streq(p->domain, "LINUX") && !streq(p->domain, "LINUX32"))))
		return invalid(err, ".linux.personality.domain: neither LINUX nor LINUX32");
	if (p != NULL && strv_len(p->flags) > 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 ".linux.personality.flags: no flag is known");
	if (l->memory_policy != NULL &&
	    (l->memory_policy->mode == NULL ||
	     str_table_find(memory_policies, ARRAY_SIZE(memory_policies), l->memory_policy->mode) <
		     0))
		return invalid(err, ".linux.memoryPolicy.mode: unknown mode '%s'",
			       l->memory_policy->mode != NULL ? l->memory_policy->mode : "");
	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *d = &l->net_devices[i];

		if (!interface_name_valid(d->key, false) ||
		    (!str_empty(d->name) && !interface_name_valid(d->name, true)))
			return invalid(err, ".linux.netDevices: '%s' is no interface name",
				       str_empty(d->name) ? d->key : d->name);
	}
	if (l->intel_rdt != NULL)
		return validate_intel_rdt(l->intel_rdt, err);
	return 0;
}

int oci_linux_validate(const struct oci_linux *l, struct error *err)
{
	int r;

	r = validate_namespaces(l, err);
	if (r == 0)
		r = validate_user_namespace(l, err);
	if (r == 0)
		r = validate_devices(l, err);
	if (r == 0)
		r = validate_paths(l->masked_paths, "maskedPaths", err);
	if (r == 0)
		r = validate_paths(l->readonly_paths, "readonlyPaths", err);
	if (r == 0 && l->resources != NULL)
		r = validate_resources(l->resources, err);
	if (r == 0 && l->seccomp != NULL)
		r = oci_seccomp_validate(l->seccomp, err);
	if (r == 0)
		r = validate_rest(l, err);
	return r;
}
