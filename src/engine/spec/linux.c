/* SPDX-License-Identifier: Apache-2.0 */
/* The linux section: namespaces, resources, devices, seccomp, masked and read-only paths. */
#include "engine/spec/spec_priv.h"

#include "base/str.h"
#include "seccomp/seccomp.h"
#include "sys/caps.h"

#define DEFAULT_PIDS_LIMIT 2048

/* Podman's list, with powercap of its newest. */
static const char *const masked[] = {
	"/proc/acpi",	       "/proc/kcore",	   "/proc/keys",
	"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug",   "/proc/scsi",	   "/sys/firmware",
	"/sys/fs/selinux",     "/sys/dev/block",   "/sys/devices/virtual/powercap",
};
static const char *const read_only[] = { "/proc/asound", "/proc/bus", "/proc/fs",
					 "/proc/irq",	 "/proc/sys", "/proc/sysrq-trigger" };

bool spec_mode_is_host(const char *mode)
{
	return mode && streq(mode, "host");
}

static void add_namespace(struct oci_linux *l, const char *type, const char *path)
{
	struct oci_namespace *n = ARRAY_ADD(l->namespaces, l->n_namespaces);

	*n = (struct oci_namespace){ .type = xstrdup(type), .path = xstrdup_opt(path) };
}

static void set_namespaces(const struct spec_facts *f, struct oci_linux *l)
{
	const struct wish *w = &f->record->wish;
	bool v2 = f->cgroup_layout && streq(f->cgroup_layout, "v2");

	if (!spec_mode_is_host(w->namespaces.pid))
		add_namespace(l, "pid", f->joined_pid_path);
	if (!spec_mode_is_host(w->network.mode))
		add_namespace(l, "network",
			      f->joined_net_path ? f->joined_net_path : f->netns_path);
	if (!spec_mode_is_host(w->namespaces.ipc))
		add_namespace(l, "ipc", f->joined_ipc_path);
	if (!spec_mode_is_host(w->namespaces.uts))
		add_namespace(l, "uts", f->joined_uts_path);
	add_namespace(l, "mount", NULL);
	/* private by default on v2; on v1 the default is the host's, as Podman */
	if (w->namespaces.cgroup ? !spec_mode_is_host(w->namespaces.cgroup) : v2)
		add_namespace(l, "cgroup", f->joined_cgroup_path);
}

static void allow_device(struct oci_resources *r, const struct oci_device *d, const char *access)
{
	struct oci_device_rule *rule = ARRAY_ADD(r->devices, r->n_devices);

	*rule = (struct oci_device_rule){ .allow = true,
					  .type = xstrdup(d->type),
					  .major = d->major,
					  .minor = d->minor,
					  .access = xstrdup(access) };
}

static const char *access_of(const struct wish *w, const char *path)
{
	for (size_t i = 0; i < w->n_devices; i++)
		if (str_has_prefix(path, w->devices[i].container))
			return w->devices[i].permissions;
	return "rwm";
}

static void set_resources(const struct spec_facts *f, struct oci_linux *l)
{
	const struct wish *w = &f->record->wish;
	struct oci_resources *r = xnew(struct oci_resources);
	struct oci_device_rule *rule;

	l->resources = r;
	json_table_copy(&oci_resources_table, r, &w->resources);
	if (!r->pids) {
		r->pids = xnew(struct oci_pids);
		r->pids->limit = (struct opt_i64)OPT_SET(DEFAULT_PIDS_LIMIT);
	}
	rule = ARRAY_ADD(r->devices, r->n_devices);
	*rule = (struct oci_device_rule){ .allow = w->security.privileged,
					  .access = xstrdup("rwm") };
	for (size_t i = 0; i < f->n_devices; i++) {
		const struct oci_device *d = &f->devices[i];
		struct oci_device *copy = ARRAY_ADD(l->devices, l->n_devices);
		*copy = *d;
		copy->path = xstrdup(d->path);
		copy->type = xstrdup(d->type);
		if (!w->security.privileged)
			allow_device(r, d, access_of(w, d->path));
	}
}

static bool is_unmasked(const struct wish_security *s, const char *path)
{
	STRV_FOREACH (u, s->unmask) {
		if (str_ieq(*u, "ALL") || str_glob(*u, path))
			return true;
	}
	return false;
}

static void set_paths(const struct spec_facts *f, struct oci_linux *l)
{
	const struct wish_security *s = &f->record->wish.security;

	for (size_t i = 0; i < ARRAY_SIZE(masked) && !s->privileged; i++)
		if (!is_unmasked(s, masked[i]))
			strv_add(&l->masked_paths, masked[i]);
	for (size_t i = 0; i < ARRAY_SIZE(read_only) && !s->privileged; i++)
		if (!is_unmasked(s, read_only[i]))
			strv_add(&l->readonly_paths, read_only[i]);
	STRV_FOREACH (m, s->mask) {
		if (!strv_has(l->masked_paths, *m))
			strv_add(&l->masked_paths, *m);
	}
}

/* net.* and the IPC keys belong to a namespace; with the host's they would change the host. */
static int set_sysctls(const struct spec_facts *f, struct oci_linux *l, struct error *err)
{
	const struct wish *w = &f->record->wish;
	bool own_net = !spec_mode_is_host(w->network.mode) && !f->joined_net_path;

	if (own_net)
		strmap_set(&l->sysctl, "net.ipv4.ping_group_range", "0 0");
	for (size_t i = 0; i < w->security.sysctl.n; i++) {
		const struct strmap_entry *e = &w->security.sysctl.items[i];
		if (str_has_prefix(e->key, "net.") && spec_mode_is_host(w->network.mode))
			return error_set(
				err, ERROR_INVALID,
				"sysctl %s=%s can't be set since Network Namespace set to host: "
				"invalid argument",
				e->key, e->value);
		if ((str_has_prefix(e->key, "fs.mqueue.") || str_has_prefix(e->key, "kernel.")) &&
		    spec_mode_is_host(w->namespaces.ipc))
			return error_set(
				err, ERROR_INVALID,
				"sysctl %s=%s can't be set since IPC Namespace set to host: "
				"invalid argument",
				e->key, e->value);
		strmap_set(&l->sysctl, e->key, e->value);
	}
	return 0;
}

static uint64_t granted_caps(const struct oci_spec *spec)
{
	uint64_t caps = 0;

	STRV_FOREACH (n, spec->process->capabilities->bounding) {
		int cap = caps_from_name(*n);
		if (cap >= 0)
			caps |= 1ULL << cap;
	}
	return caps;
}

static int set_seccomp(const struct spec_facts *f, struct oci_spec *spec, struct error *err)
{
	const struct wish_security *s = &f->record->wish.security;
	struct oci_seccomp *profile;
	int r;

	if (!wish_has_seccomp(s))
		return 0;
	profile = xnew(struct oci_seccomp);
	spec->linux_->seccomp = profile;
	if (f->seccomp_text)
		r = seccomp_profile_resolve(f->seccomp_text, strlen(f->seccomp_text),
					    s->seccomp ? s->seccomp : "seccomp profile",
					    granted_caps(spec), profile, err);
	else
		r = seccomp_default_profile(granted_caps(spec), profile, err);
	if (r < 0) {
		free(profile);
		spec->linux_->seccomp = NULL;
	}
	return r;
}

int spec_linux(const struct spec_facts *f, struct oci_spec *spec, char ***warnings,
	       struct error *err)
{
	struct oci_linux *l = spec->linux_;
	int r;

	set_namespaces(f, l);
	set_resources(f, l);
	set_paths(f, l);
	l->cgroups_path = xstrdup_opt(f->cgroups_path);
	r = set_sysctls(f, l, err);
	return r < 0 ? r : set_seccomp(f, spec, err);
}
