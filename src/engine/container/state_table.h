/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_table: which operation is allowed in which state, what it leads to, and what facts of the
 * kernel do to a state.  One table: operations ask it, tests/unit/engine/test_state_table walks it,
 * and docs/design/lifecycle.md is drawn from it.
 */
#ifndef CORACLE_ENGINE_CONTAINER_STATE_TABLE_H
#define CORACLE_ENGINE_CONTAINER_STATE_TABLE_H

#include "engine/db.h"

enum container_op {
	CONTAINER_OP_START,
	CONTAINER_OP_ATTACH,
	CONTAINER_OP_STOP,
	CONTAINER_OP_KILL,
	CONTAINER_OP_PAUSE,
	CONTAINER_OP_UNPAUSE,
	CONTAINER_OP_RESTART,
	CONTAINER_OP_EXEC,
	CONTAINER_OP_TOP,
	CONTAINER_OP_CLEANUP,
	CONTAINER_OP_REMOVE,
	CONTAINER_OP_COUNT
};

/* What happens without anybody's command. */
enum container_event {
	CONTAINER_EVENT_DIED,	/* init has ended */
	CONTAINER_EVENT_REBOOT, /* the machine was started anew */
	CONTAINER_EVENT_COUNT
};

enum container_verdict {
	VERDICT_REFUSE,
	VERDICT_DO,
	VERDICT_NOTHING, /* success without work */
	VERDICT_FORCE,	 /* only when forced */
};

struct container_rule {
	const char *name;
	enum container_verdict from[CONTAINER_STATUS_COUNT];
	enum container_status to; /* CONTAINER_UNKNOWN: the state stays, or the record is gone */
};
extern const struct container_rule container_rules[CONTAINER_OP_COUNT];
extern const enum container_status container_events[CONTAINER_EVENT_COUNT][CONTAINER_STATUS_COUNT];

/* 1: go on, 0: nothing to do, ERROR_STATE with Podman's text. */
int container_allowed(enum container_op op, const struct container_record *r, bool force,
		      struct error *err);

#endif
