/* SPDX-License-Identifier: Apache-2.0 */
/* plan/namespaces: .linux.namespaces, id maps, time offsets, host name. */
#include <limits.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"

static int resolve_list(const struct oci_linux *l, struct plan_namespaces *ret, struct error *err)
{
	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *n = &l->namespaces[i];
		int t = ns_type_from_oci(n->type);

		if (t < 0)
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.namespaces[%zu].type: unknown "
					 "namespace '%s'",
					 i, n->type);
		if (str_empty(n->path)) {
			ret->create |= ns_clone_flag((enum ns_type)t);
			continue;
		}
		if (!path_absolute(n->path))
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.namespaces[%zu].path: '%s' must be "
					 "absolute",
					 i, n->path);
		ret->path[t] = xstrdup(n->path);
	}
	return 0;
}

static void copy_default(const struct id_map *from, struct id_map *ret)
{
	*ret = (struct id_map){ xmemdup(from->ranges, from->n * sizeof(*from->ranges)), from->n };
}

static int resolve_maps(const struct plan_request *rq, const struct oci_linux *l,
			struct plan_namespaces *ret, struct error *err)
{
	bool create = (ret->create & ns_clone_flag(NS_USER)) != 0;
	int r;

	if (!create) {
		if (l->n_uid_mappings > 0 && ret->path[NS_USER] == NULL)
			return error_set(err, ERROR_INVALID,
					 "config.json: .linux.uidMappings: needs a user namespace "
					 "in .linux.namespaces");
		return 0;
	}
	if (l->n_uid_mappings == 0 && l->n_gid_mappings == 0 && rq->default_uids) {
		copy_default(rq->default_uids, &ret->uids);
		copy_default(rq->default_gids, &ret->gids);
		return 0;
	}
	if (l->n_uid_mappings == 0 || l->n_gid_mappings == 0)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.uidMappings and .gidMappings: a new user "
				 "namespace needs both");
	plan_copy_map(l->uid_mappings, l->n_uid_mappings, &ret->uids);
	plan_copy_map(l->gid_mappings, l->n_gid_mappings, &ret->gids);
	r = id_map_validate(&ret->uids, err);
	if (r < 0)
		return error_prefix(err, "config.json: .linux.uidMappings");
	r = id_map_validate(&ret->gids, err);
	if (r < 0)
		return error_prefix(err, "config.json: .linux.gidMappings");
	return 0;
}

static void resolve_offsets(const struct oci_time_offsets *t, struct plan_namespaces *ret)
{
	struct buf b = BUF_INIT;

	if (t == NULL || (t->boottime == NULL && t->monotonic == NULL))
		return;
	if (t->monotonic)
		buf_addf(&b, "monotonic %lld %u\n", (long long)t->monotonic->secs,
			 t->monotonic->nanosecs);
	if (t->boottime)
		buf_addf(&b, "boottime %lld %u\n", (long long)t->boottime->secs,
			 t->boottime->nanosecs);
	ret->time_offsets = buf_take(&b);
}

int plan_resolve_namespaces(const struct plan_request *rq, struct plan_namespaces *ret,
			    struct error *err)
{
	const struct oci_spec *spec = rq->spec;
	int r;

	/* sethostname(2) takes 64 bytes. */
	if (spec->hostname && strlen(spec->hostname) > HOST_NAME_MAX)
		return error_set(err, ERROR_INVALID, "config.json: .hostname: longer than %d bytes",
				 HOST_NAME_MAX);
	if (spec->domainname && strlen(spec->domainname) > HOST_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "config.json: .domainname: longer than %d bytes", HOST_NAME_MAX);
	ret->hostname = plan_dup_text(spec->hostname);
	ret->domainname = plan_dup_text(spec->domainname);
	if (spec->linux_ == NULL)
		return 0;
	r = resolve_list(spec->linux_, ret, err);
	if (r < 0)
		return r;
	r = resolve_maps(rq, spec->linux_, ret, err);
	if (r < 0)
		return r;
	resolve_offsets(spec->linux_->time_offsets, ret);
	return 0;
}
