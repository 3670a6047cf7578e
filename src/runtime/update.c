/* SPDX-License-Identifier: Apache-2.0 */
/* update: change limits of a container; cgroup_update puts earlier values back on failure. */
#include "runtime/record.h"
#include "sys/fd.h"

int runtime_update(const struct runtime_context *cx, const char *id, const struct oci_resources *r,
		   struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	enum runtime_status s;
	int e = dir < 0 ? dir : record_load_at(dir, id, &rec, err);

	if (e < 0)
		return e;
	s = record_status(dir, &rec);
	if (s == RUNTIME_STOPPED || s == RUNTIME_CREATING)
		return error_set(err, ERROR_STATE, "container not running: '%s' is %s", id,
				 runtime_status_name(s));
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup", id);
	return cgroup_update(&rec.cgroup, r, err);
}
