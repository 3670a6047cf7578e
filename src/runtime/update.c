/* SPDX-License-Identifier: Apache-2.0 */
/* update: change limits of a container; cgroup_update puts earlier values back on failure. */
#include <stdlib.h>

#include "base/log.h"
#include "runtime/host/rdt.h"
#include "runtime/record.h"
#include "sys/fd.h"

/* *ret_before: what rdt_restore puts back; NULL when nothing was asked for. */
static int update_rdt(const struct runtime_record *rec, const struct runtime_update *u,
		      int *ret_root, char **ret_before, struct error *err)
{
	if (u->l3_cache_schema == NULL && u->mem_bw_schema == NULL)
		return 0;
	if (rec->rdt == NULL)
		return error_set(err, ERROR_STATE,
				 "--%s: container '%s' was created without .linux.intelRdt",
				 u->l3_cache_schema ? "l3-cache-schema" : "mem-bw-schema", rec->id);
	*ret_root = rdt_open(err);
	return *ret_root < 0 ? *ret_root
			     : rdt_update(*ret_root, rec->rdt, u->l3_cache_schema, u->mem_bw_schema,
					  ret_before, err);
}

static int update_all(const struct runtime_record *rec, const struct runtime_update *u,
		      struct error *err)
{
	scoped_free char *before = NULL;
	scoped_fd int rdt_root = -1;
	struct error why = ERROR_INIT;
	int r = update_rdt(rec, u, &rdt_root, &before, err);

	if (r < 0)
		return r;
	r = cgroup_update(&rec->cgroup, u->resources, err);
	if (r < 0 && before && rdt_restore(rdt_root, rec->rdt, before, &why) < 0)
		log_warn("%s; the schemata of container '%s' stay changed", why.msg, rec->id);
	return r;
}

int runtime_update(const struct runtime_context *cx, const char *id, const struct runtime_update *u,
		   struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	enum runtime_status s;
	int r = dir < 0 ? dir : record_load_at(dir, id, &rec, err);

	if (r < 0)
		return r;
	s = record_status(dir, &rec);
	if (s == RUNTIME_STOPPED || s == RUNTIME_CREATING)
		return error_set(err, ERROR_STATE, "container not running: '%s' is %s", id,
				 runtime_status_name(s));
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup", id);
	return update_all(&rec, u, err);
}
