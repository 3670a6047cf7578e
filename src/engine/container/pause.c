/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/container_priv.h"

static int freeze(struct engine *e, const char *word, bool on, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	struct runtime_driver *d;
	int r = container_open(e, word, &c, err);

	if (r >= 0)
		r = container_allowed(on ? CONTAINER_OP_PAUSE : CONTAINER_OP_UNPAUSE, &c.r, false,
				      err);
	if (r >= 0)
		r = container_driver(&c, &d, err);
	if (r >= 0)
		r = container_intend(&c, "pause", err);
	if (r < 0)
		return r;
	r = on ? d->ops->pause(d, c.r.id, err) : d->ops->resume(d, c.r.id, err);
	if (r >= 0)
		c.r.state.status = on ? CONTAINER_PAUSED : CONTAINER_RUNNING;
	if (r < 0) {
		container_intend(&c, NULL, NULL);
		return r;
	}
	return container_intend(&c, NULL, err);
}

int container_pause(struct engine *e, const char *word, struct error *err)
{
	return freeze(e, word, true, err);
}

int container_unpause(struct engine *e, const char *word, struct error *err)
{
	return freeze(e, word, false, err);
}
