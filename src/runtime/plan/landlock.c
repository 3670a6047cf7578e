/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/landlock: the annotation org.coracle.landlock to rights and paths.
 *
 *	{"paths": [{"path": "/usr", "access": "rx"}], "bindTcp": [80], "connectTcp": [],
 *	 "scope": ["abstract-unix-socket", "signal"]}
 *
 * A member that is there denies what it does not list; one that is absent leaves its matter alone.
 * Access: r reads files and directories, x executes, w is every other right (write, truncate,
 * make, remove, rename, ioctl of devices).
 */
#include "base/path.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"
#include "sys/landlock.h"

struct path_row {
	char *path, *access;
};
struct rules {
	struct path_row *paths;
	size_t n_paths;
	uint32_t *bind, *connect;
	size_t n_bind, n_connect;
	char **scope;
};

static const struct json_field path_fields[] = {
	JROW(struct path_row, "path", path, JT_STR, JF_REQUIRED),
	JROW(struct path_row, "access", access, JT_STR, JF_REQUIRED),
};
static const struct json_table path_table = JTABLE(struct path_row, path_fields);
static const struct json_field rule_fields[] = {
	JROW_ARR(struct rules, "paths", paths, n_paths, JT_ARR, 0, &path_table),
	JROW_U32V(struct rules, "bindTcp", bind, n_bind, 0),
	JROW_U32V(struct rules, "connectTcp", connect, n_connect, 0),
	JROW(struct rules, "scope", scope, JT_STRV, 0),
};
static const struct json_table rule_table = JTABLE(struct rules, rule_fields);

#define WHAT "annotation " PLAN_LANDLOCK_ANNOTATION

/* Everything that a kernel with this interface can hold back. */
static uint64_t all_fs(int abi)
{
	return LL_FS_ABI1 | (abi >= 2 ? LL_FS_REFER : 0) | (abi >= 3 ? LL_FS_TRUNCATE : 0) |
	       (abi >= 5 ? LL_FS_IOCTL_DEV : 0);
}

static int take_access(const char *letters, uint64_t all, uint64_t *ret)
{
	const uint64_t read = LL_FS_READ_FILE | LL_FS_READ_DIR;

	*ret = 0;
	for (const char *c = letters; *c != '\0'; c++) {
		if (*c == 'r')
			*ret |= read;
		else if (*c == 'x')
			*ret |= LL_FS_EXECUTE;
		else if (*c == 'w')
			*ret |= all & ~(read | LL_FS_EXECUTE);
		else
			return -1;
	}
	return *ret != 0 ? 0 : -1;
}

static int take_paths(const struct rules *r, struct plan_landlock *l, struct error *err)
{
	for (size_t i = 0; i < r->n_paths; i++) {
		struct plan_landlock_path *p = ARRAY_ADD(l->paths, l->n_paths);

		if (!path_absolute(r->paths[i].path))
			return error_set(err, ERROR_INVALID,
					 WHAT ": .paths[%zu].path: '%s' is not absolute", i,
					 r->paths[i].path);
		p->path = path_clean(r->paths[i].path);
		if (take_access(r->paths[i].access, l->handled.fs, &p->rights) < 0)
			return error_set(err, ERROR_INVALID,
					 WHAT ": .paths[%zu].access: '%s' is not made of r, w, x",
					 i, r->paths[i].access);
	}
	return 0;
}

static int take_ports(const uint32_t *ports, size_t n, uint64_t right, const char *member,
		      struct plan_landlock *l, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct plan_landlock_port *p;

		if (ports[i] > UINT16_MAX)
			return error_set(err, ERROR_INVALID, WHAT ": .%s[%zu]: %u is no port",
					 member, i, ports[i]);
		p = ARRAY_ADD(l->ports, l->n_ports);
		*p = (struct plan_landlock_port){ (uint16_t)ports[i], right };
	}
	return 0;
}

static int take_scope(char *const *words, struct plan_landlock *l, struct error *err)
{
	STRV_FOREACH (w, words) {
		if (streq(*w, "abstract-unix-socket"))
			l->handled.scope |= LL_SCOPE_ABSTRACT_UNIX_SOCKET;
		else if (streq(*w, "signal"))
			l->handled.scope |= LL_SCOPE_SIGNAL;
		else
			return error_set(err, ERROR_INVALID,
					 WHAT ": .scope: '%s' is neither abstract-unix-socket nor "
					      "signal",
					 *w);
	}
	return 0;
}

static int need_abi(int abi, int want, const char *member, struct error *err)
{
	if (abi >= want)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED,
			 WHAT ": .%s needs Landlock version %d, this kernel has %d", member, want,
			 abi);
}

static int check_abi(int abi, const json_t *j, struct error *err)
{
	int r = 0;

	if (abi < 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 WHAT ": this kernel has no Landlock, or it is not among the "
				      "security modules chosen at boot (lsm=landlock,...)");
	if (json_object_get(j, "bindTcp") != NULL)
		r = need_abi(abi, 4, "bindTcp", err);
	if (r == 0 && json_object_get(j, "connectTcp") != NULL)
		r = need_abi(abi, 4, "connectTcp", err);
	if (r == 0 && json_object_get(j, "scope") != NULL)
		r = need_abi(abi, 6, "scope", err);
	return r;
}

static int take_rules(const struct rules *r, const json_t *j, int abi, struct plan_landlock *l,
		      struct error *err)
{
	int e = 0;

	/* An empty list is one that allows nothing. */
	if (json_object_get(j, "paths") != NULL)
		l->handled.fs = all_fs(abi);
	if (json_object_get(j, "bindTcp") != NULL)
		l->handled.net |= LL_NET_BIND_TCP;
	if (json_object_get(j, "connectTcp") != NULL)
		l->handled.net |= LL_NET_CONNECT_TCP;
	e = take_paths(r, l, err);
	if (e == 0)
		e = take_ports(r->bind, r->n_bind, LL_NET_BIND_TCP, "bindTcp", l, err);
	if (e == 0)
		e = take_ports(r->connect, r->n_connect, LL_NET_CONNECT_TCP, "connectTcp", l, err);
	if (e == 0)
		e = take_scope(r->scope, l, err);
	if (e == 0 && (l->handled.fs | l->handled.net | l->handled.scope) == 0)
		return error_set(err, ERROR_INVALID, WHAT ": it restricts nothing");
	return e;
}

int plan_resolve_landlock(const char *text, int abi, struct plan_landlock **ret, struct error *err)
{
	scoped_json json_t *j = NULL;
	struct rules rules = { 0 };
	struct plan_landlock *l;
	int r;

	if (text == NULL)
		return 0;
	r = json_text_parse(text, strlen(text), WHAT, &j, err);
	if (r == 0)
		r = json_table_decode(&rule_table, j, &rules, WHAT, JSON_REFUSE_UNKNOWN, err);
	if (r < 0)
		return r;
	r = check_abi(abi, j, err);
	l = xnew(struct plan_landlock);
	if (r == 0)
		r = take_rules(&rules, j, abi, l, err);
	json_table_free(&rule_table, &rules);
	if (r < 0) {
		plan_landlock_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void plan_landlock_free(struct plan_landlock *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n_paths; i++)
		free(l->paths[i].path);
	free(l->paths);
	free(l->ports);
	free(l);
}
