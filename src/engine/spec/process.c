/* SPDX-License-Identifier: Apache-2.0 */
/* The process section: arguments, environment, user, limits, capabilities. */
#include "engine/spec/spec_priv.h"

#include "base/path.h"
#include "base/str.h"
#include "engine/health/health.h"
#include "sys/caps.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_UMASK 0022
/* Where the host's init for --init is mounted. */
#define INIT_DESTINATION "/run/podman-init"
/* containers.default_ulimits of the ecosystem, where the kernel lets us. */
#define DEFAULT_NOFILE 1048576
#define DEFAULT_NPROC 1048576

static void set_args(const struct wish_process *w, bool init, struct oci_process *p)
{
	if (init) {
		strv_add(&p->args, INIT_DESTINATION);
		strv_add(&p->args, "--");
	}
	strv_add_all(&p->args, w->entrypoint);
	strv_add_all(&p->args, w->command);
}

static void pass_proxies(const struct spec_facts *f, struct oci_process *p)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					     "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = strv_env_get(f->host_env, names[i]);
		if (value)
			strv_env_set(&p->env, names[i], value);
	}
}

static void set_default(struct oci_process *p, const char *name, const char *value)
{
	if (!strv_env_get(p->env, name))
		strv_env_set(&p->env, name, value);
}

static void set_env(const struct spec_facts *f, struct oci_process *p)
{
	const struct wish *w = &f->record->wish;
	const struct wish_process *wp = &w->process;
	bool proxies = !wp->http_proxy.set || wp->http_proxy.value;

	if (proxies)
		pass_proxies(f, p);
	if (wp->env_host)
		STRV_FOREACH (e, f->host_env) {
			const char *eq = strchr(*e, '=');
			scoped_free char *name = eq ? xstrndup(*e, (size_t)(eq - *e)) : NULL;
			if (name && *name)
				strv_env_set(&p->env, name, eq + 1);
		}
	STRV_FOREACH (e, wp->env) {
		const char *eq = strchr(*e, '=');
		scoped_free char *name = eq ? xstrndup(*e, (size_t)(eq - *e)) : NULL;
		/* An entry without '=' never names a variable of the host (CVE-2026-57231). */
		if (name && *name)
			strv_env_set(&p->env, name, eq + 1);
	}
	if (!wp->unset_env_all) {
		set_default(p, "PATH", DEFAULT_PATH);
		if (wp->terminal)
			set_default(p, "TERM", "xterm");
		set_default(p, "container", "coracle");
		if (f->hostname)
			set_default(p, "HOSTNAME", f->hostname);
	}
	set_default(p, "HOME", f->user.home ? f->user.home : "/");
	if (wish_relays_notify(&f->record->wish))
		strv_env_set(&p->env, "NOTIFY_SOCKET", "/run/notify/notify.sock");
	STRV_FOREACH (n, wp->unset_env) {
		strv_env_unset(&p->env, *n);
	}
}

static struct oci_rlimit *find_limit(struct oci_process *p, const char *type)
{
	for (size_t i = 0; i < p->n_rlimits; i++)
		if (streq(p->rlimits[i].type, type))
			return &p->rlimits[i];
	return NULL;
}

static void add_limit(struct oci_process *p, const char *type, uint64_t soft, uint64_t hard)
{
	struct oci_rlimit *l = find_limit(p, type);

	if (!l)
		l = ARRAY_ADD(p->rlimits, p->n_rlimits);
	free(l->type);
	*l = (struct oci_rlimit){ .type = xstrdup(type), .soft = soft, .hard = hard };
}

/* Defaults are clamped to what the kernel lets us give: an unprivileged host, or one without
 * CAP_SYS_RESOURCE, has a lower hard limit.  What the user asks for is passed on and may fail. */
static void set_rlimits(const struct spec_facts *f, struct oci_process *p)
{
	const struct wish_process *w = &f->record->wish.process;

	if (!w->rlimits_host) {
		uint64_t nofile = MIN((uint64_t)DEFAULT_NOFILE, f->rlimit_hard_nofile);
		uint64_t nproc = MIN((uint64_t)DEFAULT_NPROC, f->rlimit_hard_nproc);
		add_limit(p, "RLIMIT_NOFILE", nofile, nofile);
		add_limit(p, "RLIMIT_NPROC", nproc, nproc);
	}
	for (size_t i = 0; i < w->n_rlimits; i++)
		add_limit(p, w->rlimits[i].type, w->rlimits[i].soft, w->rlimits[i].hard);
}

static char **cap_names(uint64_t set)
{
	char **names = xnew_n(char *, 1);

	for (int c = 0; c < 64; c++)
		if ((set & (1ULL << c)) && caps_name(c))
			strv_add(&names, caps_name(c));
	strv_sort(names);
	return names;
}

/*
 * Root gets the set; another user gets it as bounding set only, so that what it may do is decided
 * by file capabilities and set-id programs within the bound (CVE-2018-10856), except what --cap-add
 * names explicitly, which is raised as ambient, as Podman does.  Inheritable is always empty
 * (CVE-2022-27649).
 */
static int set_capabilities(const struct spec_facts *f, struct oci_process *p, struct error *err)
{
	const struct wish_security *s = &f->record->wish.security;
	uint64_t set = 0, effective, added = 0;
	int r = 0;

	STRV_FOREACH (n, s->capabilities) {
		int cap = caps_from_name(*n);
		if (cap < 0)
			return error_set(err, ERROR_CORRUPT,
					 "unknown capability '%s' in the container's configuration",
					 *n);
		set |= 1ULL << cap;
	}
	set &= f->caps_available;
	STRV_FOREACH (n, s->cap_add) {
		int cap = caps_from_name(*n);
		if (cap >= 0)
			added |= 1ULL << cap;
	}
	effective = f->user.uid == 0 ? set : s->privileged ? 0 : set & added;
	p->capabilities = xnew(struct oci_capabilities);
	p->capabilities->bounding = cap_names(set);
	p->capabilities->effective = cap_names(effective);
	p->capabilities->permitted = cap_names(effective);
	p->capabilities->inheritable = NULL;
	p->capabilities->ambient = NULL;
	if (f->user.uid != 0 && effective) {
		/* ambient needs inheritable; both hold just what was asked for by name */
		p->capabilities->inheritable = cap_names(effective);
		p->capabilities->ambient = cap_names(effective);
	}
	return r;
}

static void set_user(const struct spec_facts *f, struct oci_process *p)
{
	const struct wish_process *w = &f->record->wish.process;

	p->user.uid = f->user.uid;
	p->user.gid = f->user.gid;
	p->user.umask = (struct opt_u32)OPT_SET(w->umask.set ? w->umask.value : DEFAULT_UMASK);
	for (size_t i = 0; i < f->user.n_groups; i++)
		*ARRAY_ADD(p->user.additional_gids, p->user.n_additional_gids) = f->user.groups[i];
}

int spec_process(const struct spec_facts *f, struct oci_spec *spec, char ***warnings,
		 struct error *err)
{
	const struct wish *w = &f->record->wish;
	struct oci_process *p = xnew(struct oci_process);

	spec->process = p;
	set_args(&w->process, w->process.init, p);
	if (strv_len(p->args) == 0)
		return error_set(
			err, ERROR_INVALID,
			"no command or entrypoint provided, and no CMD or ENTRYPOINT from image");
	p->terminal = w->process.terminal;
	p->cwd = xstrdup(str_empty(w->process.workdir) ? "/" : w->process.workdir);
	set_user(f, p);
	set_env(f, p);
	set_rlimits(f, p);
	p->no_new_privileges = w->security.no_new_privileges;
	p->oom_score_adj = w->process.oom_score_adj;
	if (w->security.apparmor && !f->apparmor && !streq(w->security.apparmor, "unconfined"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "AppArmor profile \"%s\" specified, but AppArmor is not enabled "
				 "on this host",
				 w->security.apparmor);
	if (w->security.apparmor && f->apparmor && !streq(w->security.apparmor, "unconfined"))
		p->apparmor_profile = xstrdup(w->security.apparmor);
	return set_capabilities(f, p, err);
}
