/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "runtime/record.h"

int runtime_ps(const struct runtime_context *cx, const char *id, pid_t **ret, size_t *ret_n,
	       struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	int r = runtime_record_load(cx, id, &rec, err);

	if (r < 0)
		return r;
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "container '%s' has no cgroup to list processes of", id);
	return cgroup_pids(&rec.cgroup, ret, ret_n, err);
}
