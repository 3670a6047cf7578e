/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/container_priv.h"

/* Under one hold of the lock, so that nobody sees it stopped in between but by state. */
int container_restart(struct engine *e, const char *word, struct opt_u32 timeout, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int sock = -1, r;

	engine_reclaim(e);
	r = container_open(e, word, &c, err);
	if (r >= 0)
		r = container_allowed(CONTAINER_OP_RESTART, &c.r, false, err);
	if (r < 0)
		return r;
	if (c.r.state.status == CONTAINER_RUNNING || c.r.state.status == CONTAINER_STOPPING) {
		r = container_halt(&c, container_stop_timeout(e, &c.r, timeout), err);
		if (r < 0)
			return r;
	}
	return container_launch(&c, false, NULL, -1, &sock, &init, err);
}
