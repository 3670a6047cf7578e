/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health_table: when a health check runs: state x event -> next state and what to do.
 *
 *	OFF --started--> CHECKING --over--> WAITING --tick--> CHECKING ...
 *	                     \--late--> KILLING --over--> WAITING
 *	any --container ended--> OFF
 */
#ifndef CORACLE_MONITOR_HEALTH_TABLE_H
#define CORACLE_MONITOR_HEALTH_TABLE_H

enum health_state {
	HEALTH_OFF,
	HEALTH_WAITING,	 /* for the interval to pass */
	HEALTH_CHECKING, /* the command runs */
	HEALTH_KILLING,	 /* it took too long and is being killed */
	HEALTH_STATE_COUNT
};

enum health_event {
	HEALTH_STARTED, /* the container's program runs */
	HEALTH_TICK,	/* the interval is over */
	HEALTH_OVER,	/* the check has ended, or could not be run */
	HEALTH_LATE,	/* its time is over */
	HEALTH_ENDED,	/* the container has ended */
	HEALTH_EVENT_COUNT
};

enum health_step {
	HEALTH_DO_NOTHING,
	HEALTH_DO_RUN,
	HEALTH_DO_REPORT, /* record the result, wait for the next */
	HEALTH_DO_KILL,	  /* and look again a while later */
	HEALTH_DO_STOP,	  /* kill what runs, forget it */
	HEALTH_STEP_COUNT
};

struct health_move {
	enum health_state to;
	enum health_step step;
};
extern const struct health_move health_moves[HEALTH_STATE_COUNT][HEALTH_EVENT_COUNT];

#endif
