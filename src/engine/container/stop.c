/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/trace.h"
#include "cgroup/cgroup.h"
#include "engine/container/container_priv.h"

/* After SIGKILL the kernel needs no more than this, unless the process hangs in it. */
#define KILL_WAIT_MSEC 60000

unsigned container_stop_timeout(struct engine *e, const struct container_record *r,
				struct opt_u32 timeout)
{
	if (timeout.set)
		return timeout.value;
	if (r->wish.process.stop_timeout.set)
		return r->wish.process.stop_timeout.value;
	return (unsigned)engine_conf_int(e, "engine", "stop_timeout", CONTAINER_STOP_TIMEOUT_SEC);
}

int container_stop_signal(const struct container_record *r)
{
	int sig = r->wish.process.stop_signal ? num_signal(r->wish.process.stop_signal) : SIGTERM;

	return sig > 0 ? sig : SIGTERM;
}

/* A frozen process cannot die on v1: it is thawed for the signal. */
static int thaw(struct container *c, struct error *err)
{
	struct runtime_driver *d;
	int r;

	if (c->r.state.status != CONTAINER_PAUSED)
		return 0;
	r = container_driver(c, &d, err);
	return r < 0 ? r : d->ops->resume(d, c->r.id, err);
}

static int signal_and_wait(struct container *c, struct pidref *init, unsigned timeout_sec,
			   struct error *err)
{
	unsigned msec = timeout_sec > INT_MAX / 1000 ? INT_MAX : timeout_sec * 1000;
	struct runtime_driver *d;
	int r;

	if (timeout_sec > 0) {
		r = pidref_kill(init, container_stop_signal(&c->r));
		if (r < 0 && r != -ESRCH)
			return error_os(err, -r, "signal container %s", c->r.id);
		if (pidref_wait(init, (int)msec) == 1)
			return 0;
		log_warn("StopSignal %s failed to stop container %s in %u seconds, resorting to "
			 "SIGKILL",
			 num_signal_name(container_stop_signal(&c->r)), c->r.name, timeout_sec);
	}
	/* Without a pid namespace of its own its other processes would live on. */
	r = pidref_kill(init, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return error_os(err, -r, "kill container %s", c->r.id);
	if (streq_opt(c->r.wish.namespaces.pid, "host") && container_driver(c, &d, err) >= 0)
		d->ops->kill(d, c->r.id, SIGKILL, true, NULL);
	if (pidref_wait(init, KILL_WAIT_MSEC) != 1)
		return error_set(
			err, ERROR_TIMEOUT,
			"container %s does not die by SIGKILL within %d s: its process hangs in "
			"the kernel",
			c->r.id, KILL_WAIT_MSEC / 1000);
	return 0;
}

static int halt_process(struct container *c, unsigned timeout_sec, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int r = pidref_open(&init, c->r.state.pid, c->r.state.pid_start);

	if (r < 0 && r != -ESRCH)
		return error_os(err, -r, "open the process of container %s", c->r.id);
	if (r >= 0) {
		r = thaw(c, err);
		if (r >= 0)
			r = signal_and_wait(c, &init, timeout_sec, err);
		if (r < 0)
			return r;
	}
	/* The monitor may be dead: then there is nothing to wait for. */
	trace_scope("await exit record");
	monitor_await_exit(c->e, &c->r, CONTAINER_EXIT_WAIT_MSEC);
	return 0;
}

int container_halt(struct container *c, unsigned timeout_sec, struct error *err)
{
	int r;

	trace_scope("halt");
	if (c->r.state.status != CONTAINER_PAUSED)
		c->r.state.status = CONTAINER_STOPPING;
	c->r.state.stopped_by_user = true;
	r = container_intend(c, "stop", err);
	if (r < 0)
		return r;
	r = halt_process(c, timeout_sec, err);
	free(take_ptr(c->r.state.intent));
	if (r < 0) {
		container_save(c, NULL);
		return r;
	}
	if (!container_refine(c->e, &c->r) || c->r.state.status != CONTAINER_STOPPED)
		container_lost(&c->r);
	if (c->r.state.exit_code == -1 && c->r.state.error)
		log_warn("container %s has ended: %s; its exit code is unknown and set to -1",
			 c->r.name, c->r.state.error);
	return container_save(c, err);
}

int container_stop(struct engine *e, const char *word, struct opt_u32 timeout, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	int r;

	engine_reclaim(e);
	r = container_open(e, word, &c, err);
	if (r >= 0)
		r = container_allowed(CONTAINER_OP_STOP, &c.r, false, err);
	if (r < 0)
		return r;
	if (r == 0 && c.r.state.status == CONTAINER_STOPPED) {
		/* It waits for its restart, or to be cleaned up. */
		c.r.state.stopped_by_user = true;
		return container_teardown(&c, false, err);
	}
	if (r == 0)
		return 0;
	r = container_halt(&c, container_stop_timeout(e, &c.r, timeout), err);
	if (r < 0)
		return r;
	return c.r.wish.rm ? container_erase(&c, true, err) : container_teardown(&c, false, err);
}
