/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of evidence: exit file, then the init process by pid and start time, then the freezer.  No
 * helper need be alive for a state to be left.
 */
#include <stdlib.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup.h"
#include "engine/container/container_priv.h"

static bool has_process(enum container_status s)
{
	switch (s) {
	case CONTAINER_CREATED:
	case CONTAINER_RUNNING:
	case CONTAINER_PAUSED:
	case CONTAINER_STOPPING:
		return true;
	case CONTAINER_UNKNOWN:
	case CONTAINER_CONFIGURED:
	case CONTAINER_STOPPED:
	case CONTAINER_EXITED:
	case CONTAINER_REMOVING:
	case CONTAINER_STATUS_COUNT:
		break;
	}
	return false;
}

char *container_cgroups_path(const struct container_record *r)
{
	const char *parent = r->wish.namespaces.cgroup_parent;
	bool none = !parent || !*parent;

	if (streq_opt(r->state.cgroup_manager, "systemd"))
		return xasprintf("%s:coracle:%s", none ? "machine.slice" : parent, r->id);
	if (none)
		return xasprintf("/coracle/%s", r->id);
	return xasprintf("/%s/coracle-%s", parent + strspn(parent, "/"), r->id);
}

char *container_cgroup_path(const struct container_record *r)
{
	scoped_free char *path = container_cgroups_path(r);
	scoped(cgroup_record_done) struct cgroup_record cg = { 0 };
	struct cgroup_request rq = {
		.id = r->id,
		.cgroups_path = path,
		.driver = streq_opt(r->state.cgroup_manager, "systemd") ? CGROUP_DRIVER_SYSTEMD
									: CGROUP_DRIVER_CGROUPFS,
		.owner = (uid_t)-1,
	};

	/* A name that is none was refused when the container was to start. */
	return cgroup_plan(&rq, &cg, NULL) < 0 ? take_ptr(path) : take_ptr(cg.path);
}

bool container_is_frozen(const struct container_record *r)
{
	scoped_free char *path = container_cgroup_path(r);
	struct cgroup_record cg = { .driver = CGROUP_DRIVER_CGROUPFS, .path = path };

	/* Where the freezer cannot be read, the record decides. */
	return cgroup_is_frozen(&cg) != 0;
}

static void set_died(struct container_state *s, int code, int64_t when)
{
	s->status = container_events[CONTAINER_EVENT_DIED][s->status];
	s->exited = true;
	s->exit_code = code;
	s->finished_nsec = when;
}

void container_lost(struct container_record *r)
{
	set_died(&r->state, -1, time_now_nsec());
	free(r->state.error);
	r->state.error = xstrdup("its monitor died before it could record how it ended");
}

/* Is there an exit file?  Then it is in the record. */
static bool take_exit_record(struct engine *e, struct container_record *r)
{
	int64_t when;
	int code;

	if (!exit_record_read(e, r->id, &code, &when))
		return false;
	set_died(&r->state, code, when);
	r->state.oom_killed = exit_record_oom(e, r->id);
	return true;
}

bool container_refine(struct engine *e, struct container_record *r)
{
	struct container_state *s = &r->state;

	if (!has_process((enum container_status)s->status))
		return false;
	if (take_exit_record(e, r))
		return true;
	if (s->pid > 0 && pidref_alive_at(s->pid, s->pid_start) == 1) {
		enum container_status was = (enum container_status)s->status;

		if (was == CONTAINER_STOPPING && !s->intent)
			s->status = CONTAINER_RUNNING;
		if (was == CONTAINER_PAUSED && !container_is_frozen(r))
			s->status = CONTAINER_RUNNING;
		return s->status != (int)was;
	}
	if (monitor_alive(r) || monitor_follow(e, r)) { /* it is about to write the exit file */
		bool changed = s->status != CONTAINER_STOPPING;

		s->status = CONTAINER_STOPPING;
		return changed;
	}
	if (!take_exit_record(e, r)) /* it may have been written while we looked */
		container_lost(r);
	return true;
}

void container_refine_summary(struct engine *e, struct container_summary *s)
{
	int64_t when;
	int code;

	if (!has_process(s->status))
		return;
	if (s->pid > 0 && pidref_alive_at(s->pid, s->pid_start) == 1) {
		struct container_record r = { 0 };

		/* Below a parent of the user's it is not found here: then the record decides. */
		memcpy(r.id, s->id, sizeof(r.id));
		if (s->status == CONTAINER_PAUSED && !container_is_frozen(&r))
			s->status = CONTAINER_RUNNING;
		return;
	}
	s->status = CONTAINER_STOPPED;
	if (exit_record_read(e, s->id, &code, &when)) {
		s->exit_code = code;
		s->finished_nsec = when;
		s->oom_killed = exit_record_oom(e, s->id);
	} else {
		s->exit_code = -1;
	}
}
