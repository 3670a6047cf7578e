/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What containers.conf says of every container, where the user said nothing about it.  Values are
 * read by the same functions as the options' values.
 */
#include <stdlib.h>

#include "base/str.h"
#include "engine/engine_priv.h"
#include "engine/wish_parse.h"
#include "sys/caps.h"

static int parse_list(struct engine *e, const char *key, struct wish *into,
		      int (*add)(struct wish *w, const char *value, struct error *err),
		      struct error *err)
{
	scoped_strv char **values = engine_conf_strv(e, "containers", key);

	STRV_FOREACH (v, values) {
		if (add(into, *v, err) < 0)
			return error_prefix(err, "containers.conf: %s '%s'", key, *v);
	}
	return 0;
}

static bool has_limit(const struct wish_process *p, const char *type)
{
	for (size_t i = 0; i < p->n_rlimits; i++)
		if (streq(p->rlimits[i].type, type))
			return true;
	return false;
}

/* Move from the configured wish what the user's has no word on. */
static void take_lists(struct wish *w, struct wish *conf)
{
	for (size_t i = 0; i < conf->n_mounts; i++) {
		if (wish_is_mounted(w, conf->mounts[i].destination))
			continue;
		*ARRAY_ADD(w->mounts, w->n_mounts) = conf->mounts[i];
		conf->mounts[i] = (struct wish_mount){ 0 };
	}
	for (size_t i = 0; i < conf->n_devices; i++) {
		*ARRAY_ADD(w->devices, w->n_devices) = conf->devices[i];
		conf->devices[i] = (struct wish_device){ 0 };
	}
	for (size_t i = 0; i < conf->process.n_rlimits && !w->process.rlimits_host; i++) {
		struct oci_rlimit *l = &conf->process.rlimits[i];

		if (has_limit(&w->process, l->type))
			continue;
		*ARRAY_ADD(w->process.rlimits, w->process.n_rlimits) = *l;
		l->type = NULL;
	}
	for (size_t i = 0; i < conf->annotations.n; i++)
		if (!strmap_has(&w->annotations, conf->annotations.items[i].key))
			strmap_set(&w->annotations, conf->annotations.items[i].key,
				   conf->annotations.items[i].value);
}

static void default_str(struct engine *e, const char *key, char **to)
{
	if (!*to)
		*to = xstrdup_opt(engine_conf_str(e, "containers", key, NULL));
}

static void default_strv(struct engine *e, const char *key, char ***to)
{
	if (!*to)
		*to = engine_conf_strv(e, "containers", key);
}

int conf_apply(struct engine *e, struct wish *w, struct error *err)
{
	scoped(wish_done) struct wish conf = { 0 };
	const char *umask = engine_conf_str(e, "containers", "umask", NULL);
	int r;

	if (!e->conf)
		return 0;
	r = parse_list(e, "volumes", &conf, wish_add_volume, err);
	if (r >= 0)
		r = parse_list(e, "mounts", &conf, wish_add_mount, err);
	if (r >= 0)
		r = parse_list(e, "devices", &conf, wish_add_device, err);
	if (r >= 0)
		r = parse_list(e, "default_ulimits", &conf, wish_add_ulimit, err);
	if (r >= 0)
		r = parse_list(e, "annotations", &conf, wish_add_annotation, err);
	if (r >= 0 && umask && !w->process.umask.set)
		r = wish_set_umask(w, umask, err);
	if (r < 0)
		return r;
	take_lists(w, &conf);
	default_strv(e, "dns_servers", &w->network.dns);
	default_strv(e, "dns_searches", &w->network.dns_search);
	default_strv(e, "dns_options", &w->network.dns_options);
	w->network.no_hosts |= engine_conf_bool(e, "containers", "no_hosts", false);
	w->security.read_only |= engine_conf_bool(e, "containers", "read_only", false);
	default_str(e, "pidns", &w->namespaces.pid);
	default_str(e, "ipcns", &w->namespaces.ipc);
	default_str(e, "utsns", &w->namespaces.uts);
	default_str(e, "cgroupns", &w->namespaces.cgroup);
	default_str(e, "userns", &w->namespaces.user);
	default_str(e, "cgroups", &w->namespaces.cgroups);
	default_str(e, "tz", &w->process.timezone);
	return 0;
}

/* The configured list without what the user drops, with what the user adds. */
int conf_capabilities(struct engine *e, const struct wish_security *s, uint64_t available,
		      uint64_t *ret, struct error *err)
{
	scoped_strv char **base = engine_conf_strv(e, "containers", "default_capabilities");
	scoped_strv char **add = NULL, **drop = NULL;
	/* Also says what is wrong with the user's words. */
	int r = spec_capabilities(s->cap_add, s->cap_drop, s->privileged, available, ret, err);

	if (r < 0 || !base || s->privileged)
		return r;
	STRV_FOREACH (c, s->cap_add) {
		if (str_ieq(*c, "ALL"))
			return r;
		strv_add(&add, *c);
	}
	STRV_FOREACH (b, base) {
		int cap = caps_from_name(*b);
		bool dropped = false;

		if (cap < 0)
			return error_set(
				err, ERROR_INVALID,
				"containers.conf: default_capabilities: unknown capability "
				"\"%s\"",
				*b);
		STRV_FOREACH (d, s->cap_drop)
			dropped |= str_ieq(*d, "ALL") || caps_from_name(*d) == cap;
		if (!dropped && available & (UINT64_C(1) << cap))
			strv_add(&add, *b);
	}
	strv_add(&drop, "ALL");
	return spec_capabilities(add, drop, false, available, ret, err);
}
