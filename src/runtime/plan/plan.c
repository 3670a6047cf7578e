/* SPDX-License-Identifier: Apache-2.0 */
/* plan: config.json to struct plan; see plan.h. */
#include "runtime/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/hooks.h"
#include "runtime/plan/plan_priv.h"
#include "sys/fd.h"
#include "sys/mountapi.h"

static const char *const hook_names[] = {
	[PLAN_HOOK_PRESTART] = "prestart",
	[PLAN_HOOK_CREATE_RUNTIME] = "createRuntime",
	[PLAN_HOOK_CREATE_CONTAINER] = "createContainer",
	[PLAN_HOOK_START_CONTAINER] = "startContainer",
	[PLAN_HOOK_POSTSTART] = "poststart",
	[PLAN_HOOK_POSTSTOP] = "poststop",
};
_Static_assert(ARRAY_SIZE(hook_names) == PLAN_HOOK_COUNT, "one name per kind of hook");

const char *plan_hook_name(enum plan_hook_kind kind)
{
	return hook_names[kind];
}

unsigned long plan_propagation(const char *word)
{
	static const struct {
		const char *word;
		unsigned long flags;
	} words[] = {
		{ "private", MS_PRIVATE },	 { "rprivate", MS_PRIVATE | MS_REC },
		{ "shared", MS_SHARED },	 { "rshared", MS_SHARED | MS_REC },
		{ "slave", MS_SLAVE },		 { "rslave", MS_SLAVE | MS_REC },
		{ "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE | MS_REC },
	};

	if (word == NULL || word[0] == '\0')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (streq(words[i].word, word))
			return words[i].flags;
	}
	return ULONG_MAX;
}

void plan_copy_map(const struct oci_id_mapping *m, size_t n, struct id_map *ret)
{
	ret->n = n;
	ret->ranges = n > 0 ? xnew_n(struct id_map_range, n) : NULL;
	for (size_t i = 0; i < n; i++)
		ret->ranges[i] = (struct id_map_range){ .container = m[i].container_id,
							.host = m[i].host_id,
							.size = m[i].size };
}

bool plan_has_rootfs(const struct plan *p)
{
	return plan_creates(p, NS_MOUNT);
}

bool plan_in_userns(const struct plan *p)
{
	return plan_creates(p, NS_USER) || p->ns.path[NS_USER] != NULL;
}

bool plan_needs_proc(const struct plan *p)
{
	return !p->initial_userns || p->n_sysctls > 0 || plan_creates(p, NS_TIME) ||
	       p->process.oom_set || p->process.apparmor || p->process.selinux;
}

static int resolve_root(const struct plan_request *rq, struct plan *ret, struct error *err)
{
	const struct oci_spec *spec = rq->spec;
	const char *propagation = spec->linux_ ? spec->linux_->rootfs_propagation : NULL;
	scoped_free char *joined = path_absolute(spec->root->path)
					   ? xstrdup(spec->root->path)
					   : path_join(rq->bundle, spec->root->path);

	ret->root.path = path_clean(joined);
	ret->root.readonly = spec->root->readonly;
	ret->root.no_pivot = rq->no_pivot;
	ret->root.propagation = plan_propagation(propagation);
	if (ret->root.propagation == ULONG_MAX)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.rootfsPropagation: unknown value '%s'",
				 propagation);
	return 0;
}

static void resolve_hook_list(const struct oci_hook *h, size_t n, struct plan_hooks *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct plan_hook *p = ARRAY_ADD(ret->items, ret->n);

		p->path = xstrdup(h[i].path);
		p->args = strv_dup(h[i].args);
		p->env = strv_dup(h[i].env);
		p->timeout = h[i].timeout.set ? h[i].timeout.value : 0;
		if (p->args == NULL || p->args[0] == NULL)
			strv_add(&p->args, h[i].path);
		/* No environment of ours leaks into a hook. */
		if (p->env == NULL)
			p->env = xnew(char *);
	}
}

static void resolve_hooks(const struct oci_hooks *h, struct plan *ret)
{
	if (h == NULL)
		return;
	resolve_hook_list(h->prestart, h->n_prestart, &ret->hooks[PLAN_HOOK_PRESTART]);
	resolve_hook_list(h->create_runtime, h->n_create_runtime,
			  &ret->hooks[PLAN_HOOK_CREATE_RUNTIME]);
	resolve_hook_list(h->create_container, h->n_create_container,
			  &ret->hooks[PLAN_HOOK_CREATE_CONTAINER]);
	resolve_hook_list(h->start_container, h->n_start_container,
			  &ret->hooks[PLAN_HOOK_START_CONTAINER]);
	resolve_hook_list(h->poststart, h->n_poststart, &ret->hooks[PLAN_HOOK_POSTSTART]);
	resolve_hook_list(h->poststop, h->n_poststop, &ret->hooks[PLAN_HOOK_POSTSTOP]);
}

/* Things that act on the file system or on namespaces that this container shares with the host. */
static int refuse_without_namespace(const struct plan *p, struct error *err)
{
	if ((p->ns.hostname || p->ns.domainname) && !plan_creates(p, NS_UTS) && !p->ns.path[NS_UTS])
		return error_set(err, ERROR_INVALID,
				 "config.json: .hostname: needs a uts namespace in "
				 ".linux.namespaces");
	if (p->ns.time_offsets && !plan_creates(p, NS_TIME))
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.timeOffsets: needs a new time namespace in "
				 ".linux.namespaces");
	if (plan_has_rootfs(p))
		return 0;
	if (p->n_mounts > 0 && p->ns.path[NS_MOUNT] == NULL)
		return error_set(err, ERROR_INVALID,
				 "config.json: .mounts: needs a mount namespace in "
				 ".linux.namespaces");
	if ((p->masked && p->masked[0]) || (p->readonly_paths && p->readonly_paths[0]))
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.maskedPaths and .readonlyPaths: need a mount "
				 "namespace of the container's own in .linux.namespaces");
	return 0;
}

/* Their new names were checked by validation. */
static int resolve_net_devices(const struct oci_linux *l, struct plan *ret, struct error *err)
{
	if (l->n_net_devices > 0 && !plan_creates(ret, NS_NET) && ret->ns.path[NS_NET] == NULL)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.netDevices: needs a network namespace in "
				 ".linux.namespaces");
	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *d = &l->net_devices[i];
		struct plan_net_device *p = ARRAY_ADD(ret->net_devices, ret->n_net_devices);

		p->name = xstrdup(d->key);
		p->new_name = xstrdup(str_empty(d->name) ? d->key : d->name);
	}
	return 0;
}

static int resolve_linux(const struct oci_spec *spec, struct plan *ret, struct error *err)
{
	const struct oci_linux *l = spec->linux_;
	int r;

	if (l == NULL)
		return 0;
	ret->masked = strv_dup(l->masked_paths);
	ret->readonly_paths = strv_dup(l->readonly_paths);
	ret->mount_label = plan_dup_text(l->mount_label);
	if (l->personality) {
		/* linux/personality.h: PER_LINUX 0, PER_LINUX32 8 */
		ret->process.personality_set = true;
		ret->process.personality = streq(l->personality->domain, "LINUX32") ? 8 : 0;
		if (strv_len(l->personality->flags) > 0)
			return error_set(err, ERROR_UNSUPPORTED,
					 "config.json: .linux.personality.flags: unknown flag '%s'",
					 l->personality->flags[0]);
	}
	r = resolve_net_devices(l, ret, err);
	if (r < 0)
		return r;
	return plan_resolve_memory_policy(l->memory_policy, &ret->process.mempolicy, err);
}

void plan_init(struct plan *p)
{
	*p = (struct plan){ .null_fd = -1, .root.fd = -1, .hook_output = HOOK_OUTPUT_INIT };
	for (size_t i = 0; i < NS_TYPE_COUNT; i++)
		p->ns.fd[i] = -1;
}

static int resolve(const struct plan_request *rq, struct plan *ret, struct error *err)
{
	const struct oci_spec *spec = rq->spec;
	int r;

	ret->id = xstrdup(rq->id);
	ret->bundle = xstrdup(rq->bundle);
	ret->oci_version = xstrdup(spec->oci_version);
	ret->preserve_fds = rq->preserve_fds;
	strmap_copy(&ret->annotations, &spec->annotations);
	r = resolve_root(rq, ret, err);
	if (r < 0)
		return r;
	r = plan_resolve_namespaces(rq, &ret->ns, err);
	if (r < 0)
		return r;
	r = resolve_linux(spec, ret, err);
	if (r < 0)
		return r;
	r = plan_resolve_annotations(&spec->annotations, ret, err);
	if (r < 0)
		return r;
	r = plan_resolve_mounts(spec->mounts, spec->n_mounts, ret, err);
	if (r < 0)
		return r;
	r = plan_resolve_devices(spec, ret, err);
	if (r < 0)
		return r;
	r = plan_resolve_sysctls(spec, ret, err);
	if (r < 0)
		return r;
	resolve_hooks(spec->hooks, ret);
	r = refuse_without_namespace(ret, err);
	if (r < 0)
		return r;
	if (spec->process == NULL)
		return error_set(err, ERROR_INVALID,
				 "config.json: .process: is required to create a container");
	r = plan_resolve_process(spec->process, &ret->process, err);
	if (r < 0)
		return error_prefix(err, "config.json");
	if (rq->new_keyring)
		ret->process.keyring = xasprintf("_ses.%s", rq->id);
	return plan_resolve_landlock(strmap_get(&spec->annotations, PLAN_LANDLOCK_ANNOTATION),
				     rq->landlock_abi, &ret->process.landlock, err);
}

int plan_resolve(const struct plan_request *rq, struct plan *ret, struct error *err)
{
	int r;

	plan_init(ret);
	r = resolve(rq, ret, err);
	if (r < 0) {
		plan_done(ret);
		plan_init(ret);
	}
	return r;
}

static int open_root(struct plan *p, struct error *err)
{
	scoped_fd int dir = fd_open(AT_FDCWD, p->root.path, O_PATH | O_DIRECTORY, 0);
	int r;

	if (dir < 0)
		return error_os(err, -dir, "open root filesystem '%s'", p->root.path);
	if (!plan_has_rootfs(p)) {
		p->root.fd = take_fd(dir);
		return 0;
	}
	p->root.fd = mountapi_open_tree(dir, "", AT_RECURSIVE);
	if (p->root.fd < 0)
		return error_os(err, -p->root.fd, "clone mount of root filesystem '%s'",
				p->root.path);
	/* Unmounts on the host still reach the container, nothing comes back.  A shared root is shared
	 * with nobody outside either, and pivot_root(2) refuses one that is (init shares it after
	 * that); the mounts below keep what they have. */
	if ((p->root.propagation & MS_SHARED) == 0)
		r = mountapi_setattr(p->root.fd, "", AT_RECURSIVE, 0, 0, MS_SLAVE, -1);
	else
		r = mountapi_setattr(p->root.fd, "", 0, 0, 0, MS_PRIVATE, -1);
	return r < 0 ? error_os(err, -r, "set propagation of root filesystem '%s'", p->root.path)
		     : 0;
}

static int open_null(struct plan *p, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0)
		return error_os(err, -fd, "open '/dev/null'");
	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "stat '/dev/null'");
	/* 2025-31133: what covers a masked path must be the real thing. */
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return error_set(err, ERROR_DENIED, "'/dev/null' is not character device 1:3");
	p->null_fd = mountapi_open_tree(fd, "", 0);
	return p->null_fd < 0 ? error_os(err, -p->null_fd, "clone '/dev/null'") : 0;
}

static int open_namespaces(struct plan_namespaces *ns, struct error *err)
{
	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		if (ns->path[t] == NULL)
			continue;
		ns->fd[t] = ns_open_path(ns->path[t], (enum ns_type)t, err);
		if (ns->fd[t] < 0)
			return ns->fd[t];
	}
	return 0;
}

/* 2022-0532: a net sysctl must not reach the host although a path was given. */
static int check_sysctl_targets(const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < p->n_sysctls; i++) {
		enum ns_type t = str_has_prefix(p->sysctls[i].path, "net/")		   ? NS_NET
				 : str_has_prefix(p->sysctls[i].path, "kernel/domainname") ? NS_UTS
											   : NS_IPC;

		if (p->ns.fd[t] >= 0 && ns_is_own(p->ns.fd[t], t) != 0)
			return error_set(err, ERROR_DENIED,
					 "config.json: .linux.sysctl: '%s' would change the host: "
					 "the %s namespace is not the container's own",
					 p->sysctls[i].path, ns_oci_name(t));
	}
	return 0;
}

int plan_open_namespaces(struct plan *p, struct error *err)
{
	int r = plan_check_lsm(&p->process, err);

	if (r < 0)
		return error_prefix(err, "config.json");
	r = hook_output_open(&p->annotations, &p->hook_output, err);
	if (r < 0)
		return r;
	r = open_namespaces(&p->ns, err);
	return r < 0 ? r : check_sysctl_targets(p, err);
}

int plan_open(struct plan *p, struct error *err)
{
	int r = plan_open_namespaces(p, err);

	return r < 0 ? r : plan_open_files(p, err);
}

int plan_open_files(struct plan *p, struct error *err)
{
	int r = open_root(p, err);

	p->initial_userns = !plan_in_userns(p) && userns_initial();
	if (r < 0)
		return r;
	if (!plan_has_rootfs(p))
		return 0;
	if (p->masked && p->masked[0]) {
		r = open_null(p, err);
		if (r < 0)
			return r;
	}
	r = plan_open_mounts(p, err);
	if (r < 0)
		return r;
	return plan_open_devices(p, err);
}

static void hooks_done(struct plan_hooks *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->items[i].path);
		strv_free(h->items[i].args);
		strv_free(h->items[i].env);
	}
	free(h->items);
}

static void namespaces_done(struct plan_namespaces *ns)
{
	for (size_t i = 0; i < NS_TYPE_COUNT; i++) {
		free(ns->path[i]);
		fd_close(ns->fd[i]);
	}
	id_map_done(&ns->uids);
	id_map_done(&ns->gids);
	free(ns->time_offsets);
	free(ns->hostname);
	free(ns->domainname);
}

void plan_done(struct plan *p)
{
	if (p == NULL || p->id == NULL)
		return;
	namespaces_done(&p->ns);
	free(p->root.path);
	fd_close(p->root.fd);
	for (size_t i = 0; i < p->n_mounts; i++)
		plan_mount_done(&p->mounts[i]);
	free(p->mounts);
	for (size_t i = 0; i < p->n_devices; i++) {
		free(p->devices[i].path);
		fd_close(p->devices[i].fd);
	}
	free(p->devices);
	strv_free(p->masked);
	strv_free(p->readonly_paths);
	free(p->mount_label);
	free(p->force_cgroup1);
	free(p->pidfd_receiver);
	for (size_t i = 0; i < p->n_sysctls; i++) {
		free(p->sysctls[i].path);
		free(p->sysctls[i].value);
	}
	free(p->sysctls);
	for (size_t i = 0; i < p->n_net_devices; i++) {
		free(p->net_devices[i].name);
		free(p->net_devices[i].new_name);
	}
	free(p->net_devices);
	plan_process_done(&p->process);
	for (size_t i = 0; i < PLAN_HOOK_COUNT; i++)
		hooks_done(&p->hooks[i]);
	hook_output_done(&p->hook_output);
	strmap_done(&p->annotations);
	fd_close(p->null_fd);
	free(p->id);
	free(p->bundle);
	free(p->oci_version);
	plan_init(p);
}
