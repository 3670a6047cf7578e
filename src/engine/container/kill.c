/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>

#include "engine/container/container_priv.h"

/* Signals that are meant to end it: the restart policy lets it rest then (Docker's reading; others,
 * a HUP for instance, say nothing about its end). */
static bool is_to_end(const struct container_record *r, int sig)
{
	return sig == SIGKILL || sig == SIGTERM || sig == container_stop_signal(r);
}

int container_kill(struct engine *e, const char *word, int sig, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	struct runtime_driver *d;
	int r = container_open(e, word, &c, err);

	if (r >= 0)
		r = container_allowed(CONTAINER_OP_KILL, &c.r, false, err);
	if (r >= 0)
		r = container_driver(&c, &d, err);
	if (r >= 0 && is_to_end(&c.r, sig) && !c.r.state.stopped_by_user) {
		c.r.state.stopped_by_user = true;
		r = container_save(&c, err);
	}
	if (r < 0)
		return r;
	r = d->ops->kill(d, c.r.id, sig, false, err);
	if (r < 0 || sig != SIGKILL || c.r.state.status != CONTAINER_PAUSED)
		return r;
	/* A frozen process does not die on v1: thaw it for its end. */
	r = d->ops->resume(d, c.r.id, err);
	if (r < 0)
		return r;
	c.r.state.status = CONTAINER_RUNNING;
	return container_save(&c, err);
}
