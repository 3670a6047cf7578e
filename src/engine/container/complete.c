/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wish is completed once, at creation: image defaults and configuration merged in, words resolved
 * to ids, capabilities computed, anonymous volumes named.  Afterwards it is stored and never
 * changed, so a start needs neither the configuration files nor the image's document for it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/container/container_priv.h"
#include "engine/health/health.h"
#include "engine/logs/driver.h"
#include "engine/logs/journal.h"
#include "seccomp/seccomp.h"
#include "sys/caps.h"
#include "sys/fd.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_PIDS_LIMIT 2048
#define DEFAULT_SHM_SIZE "65536k"

static void merge_command(struct wish_process *p, const struct image_exec_config *img)
{
	bool user_entrypoint = p->entrypoint != NULL;

	if (!user_entrypoint) {
		strv_add_all(&p->entrypoint, img->entrypoint);
		if (strv_len(p->command) == 0) {
			strv_free(p->command);
			p->command = strv_dup(img->cmd);
		}
	}
	if (!p->entrypoint)
		p->entrypoint = xnew_n(char *, 1); /* final, and empty */
}

static void env_add_all(char ***env, char *const *more)
{
	STRV_FOREACH (s, more) {
		const char *eq = strchr(*s, '=');

		if (eq && eq != *s) {
			scoped_free char *name = xstrndup(*s, (size_t)(eq - *s));

			strv_env_set(env, name, eq + 1);
		}
	}
}

static void env_add_proxies(char ***env)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					     "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			strv_env_set(env, names[i], value);
	}
}

/* Lowest first: configuration, host, proxies, image, user. */
static void merge_env(struct engine *e, struct wish_process *p, char *const *image_env)
{
	scoped_strv char **configured = engine_conf_strv(e, "containers", "env");
	bool proxies = p->http_proxy.set ? p->http_proxy.value
					 : engine_conf_bool(e, "containers", "http_proxy", true);
	char **env = NULL;

	if (!p->unset_env_all) {
		strv_add(&env, DEFAULT_PATH);
		env_add_all(&env, configured);
		if (p->env_host || engine_conf_bool(e, "containers", "env_host", false))
			env_add_all(&env, environ);
		if (proxies)
			env_add_proxies(&env);
		env_add_all(&env, image_env);
		STRV_FOREACH (name, p->unset_env)
			strv_env_unset(&env, *name);
	}
	env_add_all(&env, p->env);
	strv_free(p->env);
	p->env = env;
}

static void name_anonymous(struct wish_mount *m)
{
	char id[ID_BUF];

	ident_generate(id);
	free(m->source);
	m->source = xstrdup(id);
	m->anonymous = true;
}

static int check_destinations(const struct wish *w, struct error *err)
{
	for (size_t i = 0; i < w->n_mounts; i++)
		for (size_t k = 0; k < i; k++)
			if (streq(w->mounts[i].destination, w->mounts[k].destination))
				return error_set(err, ERROR_INVALID,
						 "%s: duplicate mount destination",
						 w->mounts[i].destination);
	return 0;
}

static int merge_volumes(struct wish *w, char *const *image_volumes, struct error *err)
{
	const char *mode = w->image_volumes ? w->image_volumes : "anonymous";

	if (!streq(mode, "anonymous") && !streq(mode, "bind") && !streq(mode, "tmpfs") &&
	    !streq(mode, "ignore"))
		return error_set(
			err, ERROR_INVALID,
			"invalid image-volume type \"%s\". Pick one of bind, tmpfs, or ignore",
			mode);
	for (size_t i = 0; i < w->n_mounts; i++)
		if (streq(w->mounts[i].type, "volume") && str_empty(w->mounts[i].source))
			name_anonymous(&w->mounts[i]);
	if (streq(mode, "ignore"))
		return 0;
	STRV_FOREACH (v, image_volumes) {
		scoped_free char *destination = path_clean(*v);
		struct wish_mount *m;

		if (wish_is_mounted(w, destination))
			continue;
		m = ARRAY_ADD(w->mounts, w->n_mounts);
		m->destination = take_ptr(destination);
		m->type = xstrdup(streq(mode, "tmpfs") ? "tmpfs" : "volume");
		if (streq(m->type, "volume"))
			name_anonymous(m);
	}
	return 0;
}

/* "CONTAINER[:OPTION,...]": its binds and volumes at places that are still free. */
static int add_volumes_from(struct engine *e, struct wish *w, const char *word, struct error *err)
{
	scoped(container_record_done) struct container_record other = { 0 };
	scoped_strv char **parts = strv_split(word, ":", false);
	int r;

	if (!parts)
		return error_set(err, ERROR_INVALID,
				 "--volumes-from needs the name of a container");
	r = container_snapshot(e, parts[0], &other, err);
	if (r < 0)
		return error_prefix(err, "looking up container \"%s\" for volumes-from", parts[0]);
	for (size_t i = 0; i < other.wish.n_mounts; i++) {
		const struct wish_mount *from = &other.wish.mounts[i];
		struct wish_mount *m;

		if (wish_is_mounted(w, from->destination) ||
		    (!streq(from->type, "volume") && !streq(from->type, "bind")))
			continue;
		m = ARRAY_ADD(w->mounts, w->n_mounts);
		m->type = xstrdup(from->type);
		m->source = xstrdup(from->source);
		m->destination = xstrdup(from->destination);
		m->options = strv_dup(from->options);
		if (parts[1]) {
			scoped_strv char **options = strv_split(parts[1], ",", false);

			strv_add_all(&m->options, options);
		}
	}
	return 0;
}

/* "container:WORD" becomes "container:ID". */
static int resolve_joined(struct engine *e, char **mode, struct error *err)
{
	const char *word = *mode ? str_skip_prefix(*mode, "container:") : NULL;
	char id[65];
	int r;

	if (!word)
		return 0;
	r = container_lookup(e, word, id, err);
	if (r < 0)
		return error_prefix(err, "looking up container to share a namespace with");
	free(*mode);
	*mode = xasprintf("container:%s", id);
	return 0;
}

static int check_network_mode(const struct wish_network *n, struct error *err)
{
	if (streq(n->mode, "bridge") || streq(n->mode, "none") || streq(n->mode, "host") ||
	    str_has_prefix(n->mode, "container:") || str_has_prefix(n->mode, "ns:"))
		return 0;
	return error_set(err, ERROR_INVALID, "network mode '%s' is unknown", n->mode);
}

static int complete_attachments(struct engine *e, struct wish_network *n, struct error *err)
{
	const struct network_config *cfg = engine_network_config(e);

	if (!n->n_attachments)
		ARRAY_ADD(n->attachments, n->n_attachments)->network =
			xstrdup(cfg->default_network);
	for (size_t i = 0; i < n->n_attachments; i++) {
		scoped(network_done) struct network net = { 0 };
		int r = network_get(cfg, n->attachments[i].network, &net, err);

		if (r < 0)
			return r;
		free(n->attachments[i].network);
		n->attachments[i].network = xstrdup(net.name);
	}
	return 0;
}

/* A published port without a host port gets a free one, kept for the container's life. */
static int assign_port(struct network_port *p, struct error *err)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr = { 0 };
	socklen_t len = sizeof(addr);
	scoped_free int *fds = NULL;
	size_t n = 0;
	int r, port = -1;

	if (p->host_port)
		return 0;
	r = network_reserve_ports(p, 1, &fds, &n, err);
	if (r < 0)
		return r;
	if (n && getsockname(fds[0], &addr.any, &len) == 0)
		port = ntohs(addr.any.sa_family == AF_INET6 ? addr.in6.sin6_port
							    : addr.in.sin_port);
	for (size_t i = 0; i < n; i++)
		fd_close(fds[i]);
	if (port <= 0)
		return error_set(err, ERROR_LIMIT, "no free host port for container port %u",
				 p->container_port);
	p->host_port = (uint16_t)port;
	return 0;
}

static bool is_published(const struct wish_network *n, const struct network_port *p)
{
	for (size_t i = 0; i < n->n_ports; i++)
		if (n->ports[i].container_port == p->container_port &&
		    streq(n->ports[i].protocol, p->protocol))
			return true;
	return false;
}

static int publish_exposed(struct wish_network *n, struct error *err)
{
	STRV_FOREACH (s, n->expose) {
		struct network_port port = { 0 };
		int r = network_port_parse(*s, &port, err);

		if (r < 0)
			return r;
		if (is_published(n, &port))
			json_table_free(&network_port_table, &port);
		else
			*ARRAY_ADD(n->ports, n->n_ports) = port;
	}
	return 0;
}

static int complete_network(struct engine *e, struct wish *w, char *const *exposed,
			    struct error *err)
{
	struct wish_network *n = &w->network;
	int r;

	if (str_empty(n->mode)) {
		free(n->mode);
		n->mode = xstrdup(n->n_attachments
					  ? "bridge"
					  : engine_conf_str(e, "containers", "netns", "bridge"));
	}
	if (streq(n->mode, "private") || streq(n->mode, "default")) {
		free(n->mode);
		n->mode = xstrdup("bridge");
	}
	r = resolve_joined(e, &n->mode, err);
	if (r >= 0)
		r = check_network_mode(n, err);
	if (r >= 0 && strv_len(n->dns) && !streq(n->dns[0], "none") &&
	    (streq(n->mode, "none") || str_has_prefix(n->mode, "container:")))
		r = error_set(err, ERROR_INVALID,
			      "conflicting options: dns and the network mode: %s", n->mode);
	if (r >= 0 && streq(n->mode, "bridge"))
		r = complete_attachments(e, n, err);
	STRV_FOREACH (p, exposed)
		if (!strv_has(n->expose, *p))
			strv_add(&n->expose, *p);
	if (r >= 0 && n->publish_all)
		r = publish_exposed(n, err);
	for (size_t i = 0; i < n->n_ports && r >= 0; i++)
		r = assign_port(&n->ports[i], err);
	return r;
}

static int complete_namespaces(struct engine *e, struct wish *w, struct error *err)
{
	struct wish_namespaces *n = &w->namespaces;
	int r = resolve_joined(e, &n->pid, err);

	if (r >= 0)
		r = resolve_joined(e, &n->ipc, err);
	if (r >= 0)
		r = resolve_joined(e, &n->uts, err);
	if (r >= 0)
		r = resolve_joined(e, &n->cgroup, err);
	return r;
}

/* An option that the driver has no use for is a mistake, which would be found out too late. */
static int check_log_options(const struct wish_log *log, const struct logs_driver *d,
			     struct error *err)
{
	if (d->refuses_tags && (log->tag || log->labels))
		return error_set(err, ERROR_INVALID,
				 "log option %s: log driver %s has none; journald, json-file and "
				 "syslog have",
				 log->tag ? "tag" : "label", d->name);
	if (log->syslog_address && !streq(d->name, "syslog"))
		return error_set(err, ERROR_INVALID,
				 "log option syslog-address is for log driver syslog, not %s",
				 d->name);
	return d->journal ? logs_journal_check(err) : 0;
}

static int complete_log(struct engine *e, struct wish_log *log, struct error *err)
{
	int64_t conf_max = engine_conf_int(e, "containers", "log_size_max", -1);
	const char *conf_tag = engine_conf_str(e, "containers", "log_tag", "");
	const struct logs_driver *d;

	if (str_empty(log->driver)) {
		free(log->driver);
		log->driver = xstrdup(
			engine_conf_str(e, "containers", "log_driver", LOGS_DRIVER_DEFAULT));
	}
	d = logs_driver_find(log->driver);
	if (!d)
		return error_set(err, ERROR_INVALID,
				 "invalid log driver '%s': there are " LOGS_DRIVER_NAMES,
				 log->driver);
	if (log->max_size <= 0 && conf_max > 0)
		log->max_size = conf_max;
	if (!log->tag && !str_empty(conf_tag) && !d->refuses_tags)
		log->tag = xstrdup(conf_tag);
	return check_log_options(log, d, err);
}

/* "net_raw" to "CAP_NET_RAW"; ALL stays.  All are known: spec_capabilities has checked. */
static void full_cap_names(char **names)
{
	for (; names && *names; names++) {
		int cap = caps_from_name(*names);
		if (cap < 0)
			continue;
		free(*names);
		*names = xstrdup(caps_name(cap));
	}
}

static int complete_security(struct engine *e, struct wish *w, struct error *err)
{
	scoped_strv char **sysctls = engine_conf_strv(e, "containers", "default_sysctls");
	struct wish_security *s = &w->security;
	struct caps caps;
	uint64_t mask;
	int r = caps_get(&caps);

	if (r < 0)
		return error_os(err, -r, "read the capabilities of this process");
	r = conf_capabilities(e, s, caps.bounding, &mask, err);
	if (r < 0)
		return r;
	full_cap_names(s->cap_add);
	full_cap_names(s->cap_drop);
	strv_free(s->capabilities);
	s->capabilities = NULL;
	for (int cap = 0; cap < 64; cap++)
		if (mask & (UINT64_C(1) << cap) && caps_name(cap))
			strv_add(&s->capabilities, caps_name(cap));
	strv_sort(s->capabilities);
	STRV_FOREACH (line, sysctls) {
		const char *eq = strchr(*line, '=');
		scoped_free char *key = eq ? xstrndup(*line, (size_t)(eq - *line)) : NULL;

		/* Only in a namespace of its own: the host's is not the container's to set. */
		if (!key || strmap_has(&s->sysctl, key) ||
		    (str_has_prefix(key, "net.") && !streq(w->network.mode, "bridge") &&
		     !streq(w->network.mode, "none")))
			continue;
		strmap_set(&s->sysctl, key, eq + 1);
	}
	return 0;
}

static int complete_limits(struct engine *e, struct wish *w, struct error *err)
{
	const char *shm = engine_conf_str(e, "containers", "shm_size", DEFAULT_SHM_SIZE);
	bool no_cgroup = streq_opt(w->namespaces.cgroups, "disabled");

	if (!w->shm_size.set) {
		if (num_bytes(shm, &w->shm_size.value) < 0)
			return error_set(err, ERROR_INVALID,
					 "containers.conf: shm_size '%s' is no size", shm);
		w->shm_size.set = true;
	}
	if (!w->resources.pids && !no_cgroup) {
		int64_t limit = engine_conf_int(e, "containers", "pids_limit", DEFAULT_PIDS_LIMIT);

		if (limit > 0) {
			w->resources.pids = xnew(struct oci_pids);
			w->resources.pids->limit = (struct opt_i64)OPT_SET(limit);
		}
	}
	return 0;
}

static int complete_process(struct engine *e, struct wish *w, const struct image_exec_config *img,
			    struct error *err)
{
	struct wish_process *p = &w->process;

	merge_command(p, img);
	if (strv_len(p->entrypoint) + strv_len(p->command) == 0)
		return error_set(
			err, ERROR_INVALID,
			"no command or entrypoint provided, and no CMD or ENTRYPOINT from image");
	merge_env(e, p, img->env);
	if (str_empty(p->workdir)) {
		free(p->workdir);
		p->workdir = xstrdup(str_empty(img->working_dir) ? "/" : img->working_dir);
	} else {
		p->workdir_given = true;
	}
	if (str_empty(p->user)) {
		free(p->user);
		p->user = xstrdup(img->user ? img->user : "");
	}
	if (str_empty(p->stop_signal)) {
		free(p->stop_signal);
		p->stop_signal = xstrdup(str_empty(img->stop_signal) ? "SIGTERM"
								     : img->stop_signal);
	}
	if (num_signal(p->stop_signal) < 0)
		return error_set(err, ERROR_INVALID, "invalid signal: %s", p->stop_signal);
	if (!p->init)
		p->init = engine_conf_bool(e, "containers", "init", false);
	return 0;
}

static void merge_labels(struct wish *w, const struct strmap *image_labels)
{
	for (size_t i = 0; i < image_labels->n; i++)
		if (!strmap_has(&w->labels, image_labels->items[i].key))
			strmap_set(&w->labels, image_labels->items[i].key,
				   image_labels->items[i].value);
}

/* A profile of the user's own is readable and right; the start reads it again. */
static int check_seccomp(struct engine *e, const struct wish_security *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	struct oci_seccomp profile = { 0 };
	int r = s->seccomp ? container_seccomp_text(e, s, &text, err) : 0;

	if (r > 0)
		r = seccomp_profile_resolve(buf_str(&text), text.len, s->seccomp, 0, &profile, err);
	json_table_free(&oci_seccomp_table, &profile);
	return r;
}

/* What comes from the host is there when the container is made, as Podman wants it; a start looks
 * again. */
static int check_sources(const struct wish *w, struct error *err)
{
	struct stat st;
	int r;

	for (size_t i = 0; i < w->n_mounts; i++) {
		if (!streq(w->mounts[i].type, "bind"))
			continue;
		r = fd_stat(AT_FDCWD, w->mounts[i].source, 0, &st);
		if (r < 0)
			return error_os(err, -r, "statfs %s", w->mounts[i].source);
	}
	for (size_t i = 0; i < w->n_devices; i++) {
		r = fd_stat(AT_FDCWD, w->devices[i].host, 0, &st);
		if (r < 0)
			return error_os(err, -r, "stat %s", w->devices[i].host);
	}
	return 0;
}

int container_complete(struct engine *e, struct wish *w, const struct image_exec_config *img,
		       struct error *err)
{
	int r = conf_apply(e, w, err);

	if (r >= 0)
		r = complete_process(e, w, img, err);
	if (r >= 0)
		r = check_destinations(w, err);
	if (r >= 0)
		r = merge_volumes(w, img->volumes, err);
	STRV_FOREACH (from, w->volumes_from) {
		if (r >= 0)
			r = add_volumes_from(e, w, *from, err);
	}
	merge_labels(w, &img->labels);
	if (r >= 0)
		r = check_sources(w, err);
	if (r >= 0)
		r = complete_network(e, w, img->exposed_ports, err);
	if (r >= 0)
		r = complete_namespaces(e, w, err);
	if (r >= 0)
		r = complete_log(e, &w->log, err);
	if (r >= 0)
		r = complete_security(e, w, err);
	if (r >= 0)
		r = check_seccomp(e, &w->security, err);
	if (r >= 0)
		r = complete_limits(e, w, err);
	if (r >= 0)
		r = health_complete(w, img->healthcheck, err);
	if (r >= 0 && !w->runtime)
		w->runtime = xstrdup_opt(e->runtime_path);
	return r;
}
