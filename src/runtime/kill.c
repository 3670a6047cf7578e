/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "runtime/record.h"

int runtime_kill(const struct runtime_context *cx, const char *id, int sig, bool all,
		 struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int r = runtime_record_load(cx, id, &rec, err);

	if (r < 0)
		return r;
	if (all && rec.cgroup.path)
		return cgroup_kill_all(&rec.cgroup, sig, err);
	r = record_init(&rec, &init, err);
	if (r < 0)
		return r;
	r = pidref_kill(&init, sig);
	if (r == -ESRCH)
		return error_set(err, ERROR_STATE, "container not running: '%s'", id);
	return r < 0 ? error_os(err, -r, "send signal %d to container '%s'", sig, id) : 0;
}
