/* SPDX-License-Identifier: Apache-2.0 */
/* pause: freeze and thaw the container's cgroup. */
#include "runtime/record.h"
#include "sys/fd.h"

static int set_frozen(const struct runtime_context *cx, const char *id, bool on, struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	int r = dir < 0 ? dir : record_load_at(dir, id, &rec, err);
	enum runtime_status s;

	if (r < 0)
		return r;
	s = record_status(dir, &rec);
	if (on && s != RUNTIME_RUNNING && s != RUNTIME_CREATED)
		return error_set(err, ERROR_STATE, "container not running: '%s' is %s", id,
				 runtime_status_name(s));
	if (!on && s != RUNTIME_PAUSED)
		return error_set(err, ERROR_STATE, "container not paused: '%s' is %s", id,
				 runtime_status_name(s));
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup to freeze",
				 id);
	return cgroup_freeze(&rec.cgroup, on, err);
}

int runtime_pause(const struct runtime_context *cx, const char *id, struct error *err)
{
	return set_frozen(cx, id, true, err);
}

int runtime_resume(const struct runtime_context *cx, const char *id, struct error *err)
{
	return set_frozen(cx, id, false, err);
}
