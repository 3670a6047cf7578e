/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/sysctl: .linux.sysctl.  Only keys that a namespace of the container holds for itself; strict
 * grammar, so that a value cannot smuggle in another setting (2022-0811) and a key cannot leave
 * /proc/sys.
 */
#include <string.h>

#include "base/str.h"
#include "runtime/plan/plan_priv.h"

/* ipc_namespaces(7): held per ipc namespace. */
static const char *const ipc_keys[] = { "kernel/msgmax", "kernel/msgmnb",	  "kernel/msgmni",
					"kernel/sem",	 "kernel/shmall",	  "kernel/shmmax",
					"kernel/shmmni", "kernel/shm_rmid_forced" };

/* sysctl(8): if the first separator is '/', the key is a path; else dots and slashes change places
 * (net.ipv4.conf.eth0/1.rp_filter). */
static char *key_to_path(const char *key)
{
	char *path = xstrdup(key);
	const char *sep = strpbrk(key, "./");

	if (sep == NULL || *sep == '/')
		return path;
	for (char *c = path; *c != '\0'; c++) {
		if (*c == '.')
			*c = '/';
		else if (*c == '/')
			*c = '.';
	}
	return path;
}

static bool path_valid(const char *path)
{
	if (path[0] == '\0' || path[0] == '/' || !str_printable(path) || strstr(path, "//") ||
	    str_has_suffix(path, "/"))
		return false;
	for (const char *c = path; c; c = strchr(c, '/') ? strchr(c, '/') + 1 : NULL) {
		size_t len = strcspn(c, "/");

		if ((len == 1 && c[0] == '.') || (len == 2 && c[0] == '.' && c[1] == '.'))
			return false;
	}
	return true;
}

static bool has_own(const struct plan *p, enum ns_type t)
{
	return plan_creates(p, t) || p->ns.path[t] != NULL;
}

static int check_namespace(const struct plan *p, const char *key, const char *path,
			   struct error *err)
{
	enum ns_type need;

	if (str_has_prefix(path, "net/"))
		need = NS_NET;
	else if (str_has_prefix(path, "fs/mqueue/"))
		need = NS_IPC;
	else if (streq(path, "kernel/domainname"))
		need = NS_UTS;
	else if (streq(path, "kernel/hostname"))
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.sysctl: '%s': use .hostname instead", key);
	else if (str_table_find(ipc_keys, ARRAY_SIZE(ipc_keys), path) >= 0)
		need = NS_IPC;
	else
		return error_set(err, ERROR_DENIED,
				 "config.json: .linux.sysctl: '%s' is not in a separate kernel "
				 "namespace",
				 key);
	if (has_own(p, need))
		return 0;
	return error_set(
		err, ERROR_DENIED,
		"config.json: .linux.sysctl: '%s' is not allowed without a %s namespace of "
		"the container's own",
		key, ns_oci_name(need));
}

int plan_resolve_sysctls(const struct oci_spec *spec, struct plan *ret, struct error *err)
{
	const struct strmap *m = spec->linux_ ? &spec->linux_->sysctl : NULL;

	for (size_t i = 0; m && i < m->n; i++) {
		scoped_free char *path = key_to_path(m->items[i].key);
		struct plan_sysctl *s;
		int r;

		if (!path_valid(path))
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.sysctl: '%s' is not a sysctl name",
					 m->items[i].key);
		/* Tabs stand between numbers in some files. */
		if (strpbrk(m->items[i].value, "\n\r") != NULL)
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.sysctl: value of '%s' has a line end",
					 m->items[i].key);
		r = check_namespace(ret, m->items[i].key, path, err);
		if (r < 0)
			return r;
		s = ARRAY_ADD(ret->sysctls, ret->n_sysctls);
		s->path = take_ptr(path);
		s->value = xstrdup(m->items[i].value);
	}
	return 0;
}
