/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restart, by a user or by the policy.
 *
 * By the policy: the monitor waits (wire/restart.h), then runs its exit command; that finds the
 * container stopped, not stopped by a user, and starts it under a monitor of its own.  What decides
 * is in the record, under the container's lock: a `stop`, `kill` or `rm` that came first has left
 * nothing to restart.  From the end until the restart is done the record says so (stopped, then the
 * intent "restart"), so whoever is killed meanwhile, the next command goes on from there.
 */
#include "base/timeutil.h"
#include "engine/container/container_priv.h"

struct restart_rule container_restart_rule(const struct container_record *r)
{
	return (struct restart_rule){
		.policy = r->wish.restart.policy,
		.max_retries = r->wish.restart.max_retries,
		.count = (uint32_t)r->state.restart_count,
		.streak = r->state.restart_streak,
	};
}

bool container_restart_due(const struct container_record *r)
{
	const struct container_state *s = &r->state;
	struct restart_rule rule = container_restart_rule(r);

	return s->exited && !s->stopped_by_user && restart_due(&rule, s->exit_code);
}

int container_restart_again(struct container *c, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	struct restart_rule rule = container_restart_rule(&c->r);
	int sock = -1;

	c->by_policy = true;
	c->r.state.restart_streak =
		restart_streak(&rule, c->r.state.finished_nsec - c->r.state.started_nsec) + 1;
	c->r.state.restart_count++;
	return container_launch(c, false, NULL, -1, &sock, &init, err);
}

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
