/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime specification demands of a document, except the linux section
 * (runtime_validate_linux.c).  Messages begin with the JSON path; the caller knows the file.
 */
#include "oci/runtime_spec_priv.h"

#include <stdio.h>

#include "base/path.h"
#include "base/str.h"

/* setrlimit(2) */
static const char *const rlimit_types[] = {
	"RLIMIT_AS",	 "RLIMIT_CORE",	  "RLIMIT_CPU",	       "RLIMIT_DATA",
	"RLIMIT_FSIZE",	 "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",	 "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
	"RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};
static const char *const scheduler_policies[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE",
};
static const char *const io_classes[] = {
	"IOPRIO_CLASS_RT",
	"IOPRIO_CLASS_BE",
	"IOPRIO_CLASS_IDLE",
};

#define invalid(err, ...) error_set(err, ERROR_INVALID, __VA_ARGS__)

static bool digits_only(const char *s, size_t n)
{
	return n > 0 && strspn(s, "0123456789") >= n && (n == 1 || *s != '0');
}

/* SemVer 2.0: MAJOR.MINOR.PATCH with -PRERELEASE and +BUILD. */
static int validate_version(const char *v, struct error *err)
{
	static const char rest_chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+";
	const char *text = v != NULL ? v : "", *p = text;
	size_t major = strcspn(p, ".");

	for (int part = 0; part < 3; part++) {
		size_t n = strspn(p, "0123456789");

		if (!digits_only(p, n) || p[n] != (part < 2 ? '.' : p[n]))
			return invalid(err, ".ociVersion: '%s' is no version", text);
		p += n + (part < 2 ? 1 : 0);
	}
	if ((*p != '\0' && *p != '-' && *p != '+') || !str_only(p, rest_chars))
		return invalid(err, ".ociVersion: '%s' is no version", text);
	if (major != 1 || text[0] != '1')
		return error_set(err, ERROR_UNSUPPORTED,
				 ".ociVersion: version %s is not supported; this program knows 1.0 "
				 "to " OCI_RUNTIME_SPEC_VERSION,
				 text);
	return 0;
}

static int validate_platform(const struct oci_spec *spec, struct error *err)
{
	const struct {
		const char *name;
		const json_t *section;
	} others[] = {
		{ "windows", spec->windows }, { "solaris", spec->solaris }, { "vm", spec->vm },
		{ "zos", spec->zos },	      { "freebsd", spec->freebsd },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i].section != NULL)
			return error_set(err, ERROR_UNSUPPORTED,
					 ".%s: this section is not for Linux containers",
					 others[i].name);
	return 0;
}

static int validate_rlimits(const struct oci_process *p, const char *at, struct error *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct oci_rlimit *r = &p->rlimits[i];

		if (str_table_find(rlimit_types, ARRAY_SIZE(rlimit_types), r->type) < 0)
			return invalid(err, "%s.rlimits[%zu].type: unknown limit '%s'", at, i,
				       r->type);
		for (size_t k = 0; k < i; k++)
			if (streq(p->rlimits[k].type, r->type))
				return invalid(err, "%s.rlimits[%zu].type: %s is set twice", at, i,
					       r->type);
		if (r->soft > r->hard)
			return invalid(err,
				       "%s.rlimits[%zu]: the soft limit is above the hard limit",
				       at, i);
	}
	return 0;
}

static int validate_scheduling(const struct oci_process *p, const char *at, struct error *err)
{
	const struct oci_scheduler *s = p->scheduler;
	const struct oci_io_priority *io = p->io_priority;
	const struct oci_exec_cpu_affinity *a = p->exec_cpu_affinity;

	if (s != NULL &&
	    str_table_find(scheduler_policies, ARRAY_SIZE(scheduler_policies), s->policy) < 0)
		return invalid(err, "%s.scheduler.policy: unknown policy '%s'", at, s->policy);
	if (s != NULL && (s->nice < -20 || s->nice > 19))
		return invalid(err, "%s.scheduler.nice: %d is not within -20 and 19", at, s->nice);
	if (io != NULL && str_table_find(io_classes, ARRAY_SIZE(io_classes), io->io_class) < 0)
		return invalid(err, "%s.ioPriority.class: unknown class '%s'", at, io->io_class);
	if (io != NULL && (io->priority < 0 || io->priority > 7))
		return invalid(err, "%s.ioPriority.priority: %d is not within 0 and 7", at,
			       io->priority);
	if (a != NULL && ((a->initial != NULL && !str_only(a->initial, "0123456789, -")) ||
			  (a->final != NULL && !str_only(a->final, "0123456789, -"))))
		return invalid(err, "%s.execCPUAffinity: not a list of CPUs", at);
	return 0;
}

static int validate_process(const struct oci_process *p, const char *at, struct error *err)
{
	int r;

	if (str_empty(p->cwd) || !path_absolute(p->cwd))
		return invalid(err, "%s.cwd: '%s' is not absolute", at, p->cwd ? p->cwd : "");
	if (strv_len(p->args) == 0)
		return invalid(err, "%s.args: no program is given", at);
	if (p->command_line != NULL)
		return error_set(err, ERROR_UNSUPPORTED, "%s.commandLine: for Windows only", at);
	if (p->user.username != NULL)
		return error_set(err, ERROR_UNSUPPORTED, "%s.user.username: for Windows only", at);
	if (p->user.uid == UINT32_MAX || p->user.gid == UINT32_MAX)
		return invalid(err, "%s.user: 4294967295 is no id", at);
	if (p->user.umask.set && p->user.umask.value > 0777)
		return invalid(err, "%s.user.umask: %u is above 511 (octal 0777)", at,
			       p->user.umask.value);
	if (p->oom_score_adj.set &&
	    (p->oom_score_adj.value < -1000 || p->oom_score_adj.value > 1000))
		return invalid(err, "%s.oomScoreAdj: %d is not within -1000 and 1000", at,
			       p->oom_score_adj.value);
	r = validate_rlimits(p, at, err);
	if (r < 0)
		return r;
	return validate_scheduling(p, at, err);
}

int oci_process_validate(const struct oci_process *p, struct error *err)
{
	return validate_process(p, "", err);
}

static bool mapping_range_valid(uint32_t first, uint32_t size)
{
	/* The last id, 4294967295, means "no id". */
	return (uint64_t)first + size <= UINT32_MAX;
}

static int validate_mappings(const struct oci_id_mapping *m, size_t n, const char *at,
			     const char *member, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (m[i].size == 0)
			return invalid(err, "%s.%s[%zu].size: must be above 0", at, member, i);
		if (!mapping_range_valid(m[i].container_id, m[i].size) ||
		    !mapping_range_valid(m[i].host_id, m[i].size))
			return invalid(err, "%s.%s[%zu]: the range goes beyond 32 bits", at, member,
				       i);
	}
	return 0;
}

int oci_id_mappings_validate(const struct oci_id_mapping *uids, size_t n_uids,
			     const struct oci_id_mapping *gids, size_t n_gids, const char *at,
			     struct error *err)
{
	int r;

	if ((n_uids > 0) != (n_gids > 0))
		return invalid(err, "%s.%s: missing, while the other kind of mapping is given", at,
			       n_uids > 0 ? "gidMappings" : "uidMappings");
	r = validate_mappings(uids, n_uids, at, "uidMappings", err);
	if (r < 0)
		return r;
	return validate_mappings(gids, n_gids, at, "gidMappings", err);
}

int oci_mounts_validate(const struct oci_mount *mounts, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct oci_mount *m = &mounts[i];
		char at[48];
		int r;

		snprintf(at, sizeof(at), ".mounts[%zu]", i);
		/* A relative destination is deprecated and means one below "/". */
		if (str_empty(m->destination))
			return invalid(err, "%s.destination: empty", at);
		r = oci_id_mappings_validate(m->uid_mappings, m->n_uid_mappings, m->gid_mappings,
					     m->n_gid_mappings, at, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int validate_hook_list(const struct oci_hook *hooks, size_t n, const char *name,
			      struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!path_absolute(hooks[i].path))
			return invalid(err, ".hooks.%s[%zu].path: '%s' is not absolute", name, i,
				       hooks[i].path);
		if (hooks[i].timeout.set && hooks[i].timeout.value <= 0)
			return invalid(err, ".hooks.%s[%zu].timeout: must be above 0", name, i);
	}
	return 0;
}

static int validate_hooks(const struct oci_hooks *h, struct error *err)
{
	const struct {
		const struct oci_hook *hooks;
		size_t n;
		const char *name;
	} lists[] = {
		{ h->prestart, h->n_prestart, "prestart" },
		{ h->create_runtime, h->n_create_runtime, "createRuntime" },
		{ h->create_container, h->n_create_container, "createContainer" },
		{ h->start_container, h->n_start_container, "startContainer" },
		{ h->poststart, h->n_poststart, "poststart" },
		{ h->poststop, h->n_poststop, "poststop" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int r = validate_hook_list(lists[i].hooks, lists[i].n, lists[i].name, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Without a UTS namespace of its own (new or joined) the names would be the host's. */
static int validate_host_names(const struct oci_spec *spec, struct error *err)
{
	bool uts = false;

	for (size_t i = 0; spec->linux_ != NULL && i < spec->linux_->n_namespaces; i++)
		if (streq(spec->linux_->namespaces[i].type, "uts"))
			uts = true;
	if (!str_empty(spec->hostname) && (!uts || strlen(spec->hostname) > 64))
		return invalid(err, ".hostname: %s",
			       uts ? "longer than 64 bytes" : "needs a UTS namespace");
	if (!str_empty(spec->domainname) && (!uts || strlen(spec->domainname) > 64))
		return invalid(err, ".domainname: %s",
			       uts ? "longer than 64 bytes" : "needs a UTS namespace");
	return 0;
}

int oci_spec_validate(const struct oci_spec *spec, struct error *err)
{
	int r;

	r = validate_version(spec->oci_version, err);
	if (r == 0)
		r = validate_platform(spec, err);
	if (r < 0)
		return r;
	if (spec->root == NULL || str_empty(spec->root->path))
		return invalid(err, ".root%s", spec->root == NULL ? ": missing" : ".path: empty");
	if (strmap_get(&spec->annotations, "") != NULL)
		return invalid(err, ".annotations: empty key");
	if (spec->process != NULL)
		r = validate_process(spec->process, ".process", err);
	if (r == 0)
		r = validate_host_names(spec, err);
	if (r == 0)
		r = oci_mounts_validate(spec->mounts, spec->n_mounts, err);
	if (r == 0 && spec->hooks != NULL)
		r = validate_hooks(spec->hooks, err);
	if (r == 0 && spec->linux_ != NULL)
		r = oci_linux_validate(spec->linux_, err);
	return r;
}
