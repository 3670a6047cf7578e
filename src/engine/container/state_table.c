/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/state_table.h"

#define NO VERDICT_REFUSE
#define DO VERDICT_DO
#define OK VERDICT_NOTHING
#define FORCED VERDICT_FORCE

/* clang-format off */
/*			    unknown configured created running paused  stopping stopped exited removing */
const struct container_rule container_rules[CONTAINER_OP_COUNT] = {
[CONTAINER_OP_START] =	 { "start",   { NO, DO, DO, OK, NO, NO, DO, DO, NO }, CONTAINER_RUNNING },
[CONTAINER_OP_ATTACH] =	 { "attach",  { NO, NO, DO, DO, NO, NO, NO, NO, NO }, CONTAINER_UNKNOWN },
[CONTAINER_OP_STOP] =	 { "stop",    { NO, OK, OK, DO, NO, DO, OK, OK, OK }, CONTAINER_EXITED },
[CONTAINER_OP_KILL] =	 { "kill",    { NO, NO, DO, DO, DO, DO, NO, NO, NO }, CONTAINER_UNKNOWN },
[CONTAINER_OP_PAUSE] =	 { "pause",   { NO, NO, DO, DO, NO, NO, NO, NO, NO }, CONTAINER_PAUSED },
[CONTAINER_OP_UNPAUSE] = { "unpause", { NO, NO, NO, NO, DO, NO, NO, NO, NO }, CONTAINER_RUNNING },
[CONTAINER_OP_RESTART] = { "restart", { NO, DO, DO, DO, NO, DO, DO, DO, NO }, CONTAINER_RUNNING },
[CONTAINER_OP_EXEC] =	 { "exec",    { NO, NO, NO, DO, NO, NO, NO, NO, NO }, CONTAINER_UNKNOWN },
[CONTAINER_OP_TOP] =	 { "top",     { NO, NO, NO, DO, DO, DO, NO, NO, NO }, CONTAINER_UNKNOWN },
[CONTAINER_OP_CLEANUP] = { "cleanup", { OK, OK, DO, OK, OK, OK, DO, DO, DO }, CONTAINER_EXITED },
[CONTAINER_OP_REMOVE] =	 { "remove",  { DO, DO, DO, FORCED, FORCED, FORCED, DO, DO, DO },
			   CONTAINER_UNKNOWN },
};

const enum container_status container_events[CONTAINER_EVENT_COUNT][CONTAINER_STATUS_COUNT] = {
[CONTAINER_EVENT_DIED] = {
	[CONTAINER_UNKNOWN] = CONTAINER_STOPPED,    [CONTAINER_CONFIGURED] = CONTAINER_CONFIGURED,
	[CONTAINER_CREATED] = CONTAINER_STOPPED,    [CONTAINER_RUNNING] = CONTAINER_STOPPED,
	[CONTAINER_PAUSED] = CONTAINER_STOPPED,	    [CONTAINER_STOPPING] = CONTAINER_STOPPED,
	[CONTAINER_STOPPED] = CONTAINER_STOPPED,    [CONTAINER_EXITED] = CONTAINER_EXITED,
	[CONTAINER_REMOVING] = CONTAINER_REMOVING,
},
[CONTAINER_EVENT_REBOOT] = {
	[CONTAINER_UNKNOWN] = CONTAINER_CONFIGURED, [CONTAINER_CONFIGURED] = CONTAINER_CONFIGURED,
	[CONTAINER_CREATED] = CONTAINER_CONFIGURED, [CONTAINER_RUNNING] = CONTAINER_CONFIGURED,
	[CONTAINER_PAUSED] = CONTAINER_CONFIGURED,  [CONTAINER_STOPPING] = CONTAINER_CONFIGURED,
	[CONTAINER_STOPPED] = CONTAINER_CONFIGURED, [CONTAINER_EXITED] = CONTAINER_EXITED,
	[CONTAINER_REMOVING] = CONTAINER_REMOVING,
},
};
/* clang-format on */

static int refuse(enum container_op op, const struct container_record *r, struct error *err)
{
	const char *state = container_status_word((enum container_status)r->state.status);

	switch (op) {
	case CONTAINER_OP_START:
		return error_set(
			err, ERROR_STATE,
			"container %s must be in Created or Stopped state to be started, it is "
			"in state %s: container state improper",
			r->id, state);
	case CONTAINER_OP_ATTACH:
		return error_set(err, ERROR_STATE,
				 "you can only attach to running containers. %s is in state %s: "
				 "container state improper",
				 r->id, state);
	case CONTAINER_OP_STOP:
		return error_set(err, ERROR_STATE,
				 "can only stop created or running containers. %s is in state %s: "
				 "container state improper",
				 r->id, state);
	case CONTAINER_OP_KILL:
		return error_set(
			err, ERROR_STATE,
			"can only kill running containers. %s is in state %s: container state "
			"improper",
			r->id, state);
	case CONTAINER_OP_PAUSE:
		if (r->state.status == CONTAINER_PAUSED)
			return error_set(err, ERROR_STATE,
					 "\"%s\" is already paused: container state improper",
					 r->id);
		return error_set(err, ERROR_STATE,
				 "\"%s\" is not running, can't pause: container state improper",
				 state);
	case CONTAINER_OP_UNPAUSE:
		return error_set(err, ERROR_STATE,
				 "\"%s\" is not paused, can't unpause: container state improper",
				 r->id);
	case CONTAINER_OP_RESTART:
		return error_set(
			err, ERROR_STATE,
			"unable to restart a container in a paused or unknown state: container "
			"state improper");
	case CONTAINER_OP_EXEC:
		return error_set(
			err, ERROR_STATE,
			"can only create exec sessions on running containers: container state "
			"improper");
	case CONTAINER_OP_TOP:
		return error_set(err, ERROR_STATE, "top can only be used on running containers");
	case CONTAINER_OP_REMOVE:
		return error_set(
			err, ERROR_STATE,
			"cannot remove container %s as it is %s - running or paused containers "
			"cannot be removed without force: container state improper",
			r->id, state);
	case CONTAINER_OP_CLEANUP:
	case CONTAINER_OP_COUNT:
		break;
	}
	return error_set(err, ERROR_STATE, "container %s is in state %s: container state improper",
			 r->id, state);
}

int container_allowed(enum container_op op, const struct container_record *r, bool force,
		      struct error *err)
{
	switch (container_rules[op].from[r->state.status]) {
	case VERDICT_DO:
		return 1;
	case VERDICT_NOTHING:
		return 0;
	case VERDICT_FORCE:
		if (force)
			return 1;
		break;
	case VERDICT_REFUSE:
		break;
	}
	return refuse(op, r, err);
}
