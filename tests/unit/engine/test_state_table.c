/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/state_table.h"
#include "harness/test.h"

static struct container_record in_state(enum container_status s)
{
	struct container_record r = { .state.status = (int)s };

	memset(r.id, 'a', 64);
	return r;
}

/* The table and the function agree in every cell, and every refusal is a state error that says so
 * in Podman's words. */
TEST(every_cell_is_what_the_function_says)
{
	for (int op = 0; op < CONTAINER_OP_COUNT; op++) {
		for (int s = 0; s < CONTAINER_STATUS_COUNT; s++) {
			struct container_record r = in_state((enum container_status)s);
			struct error err = ERROR_INIT;
			int plain = container_allowed((enum container_op)op, &r, false, &err);
			int forced = container_allowed((enum container_op)op, &r, true, NULL);

			switch (container_rules[op].from[s]) {
			case VERDICT_DO:
				CHECK_INT(plain, 1);
				CHECK_INT(forced, 1);
				break;
			case VERDICT_NOTHING:
				CHECK_INT(plain, 0);
				CHECK_INT(forced, 0);
				break;
			case VERDICT_FORCE:
				CHECK(plain < 0);
				CHECK_INT(forced, 1);
				break;
			case VERDICT_REFUSE:
				CHECK(plain < 0);
				CHECK(forced < 0);
				break;
			}
			if (plain < 0) {
				CHECK_INT(err.kind, ERROR_STATE);
				CHECK(err.msg[0] != '\0');
			}
		}
	}
}

static bool can_do(enum container_op op, enum container_status s)
{
	return container_rules[op].from[s] == VERDICT_DO ||
	       container_rules[op].from[s] == VERDICT_FORCE;
}

/* From every state there is a way to be removed, and no state can only be left with a helper's
 * help. */
TEST(every_state_can_be_left)
{
	for (int s = 0; s < CONTAINER_STATUS_COUNT; s++)
		CHECK(can_do(CONTAINER_OP_REMOVE, (enum container_status)s));
}

/* Walk the machine from `configured` by operations and events: every state that a container can be
 * in is reached, and none but these. */
TEST(the_walk_reaches_what_it_should)
{
	bool reached[CONTAINER_STATUS_COUNT] = { [CONTAINER_CONFIGURED] = true };
	bool grew = true;

	while (grew) {
		grew = false;
		for (int s = 0; s < CONTAINER_STATUS_COUNT; s++) {
			if (!reached[s])
				continue;
			for (int op = 0; op < CONTAINER_OP_COUNT; op++) {
				enum container_status to = container_rules[op].to;

				if (to != CONTAINER_UNKNOWN &&
				    can_do((enum container_op)op, (enum container_status)s) &&
				    !reached[to])
					grew = reached[to] = true;
			}
			for (int e = 0; e < CONTAINER_EVENT_COUNT; e++)
				if (!reached[container_events[e][s]])
					grew = reached[container_events[e][s]] = true;
		}
	}
	CHECK(reached[CONTAINER_RUNNING]);
	CHECK(reached[CONTAINER_PAUSED]);
	CHECK(reached[CONTAINER_STOPPED]);
	CHECK(reached[CONTAINER_EXITED]);
	CHECK(!reached[CONTAINER_UNKNOWN]);
}

TEST(a_reboot_leaves_no_process)
{
	for (int s = 0; s < CONTAINER_STATUS_COUNT; s++) {
		enum container_status to = container_events[CONTAINER_EVENT_REBOOT][s];

		CHECK(to == CONTAINER_CONFIGURED || to == CONTAINER_EXITED ||
		      to == CONTAINER_REMOVING);
		to = container_events[CONTAINER_EVENT_DIED][s];
		CHECK(to != CONTAINER_RUNNING && to != CONTAINER_PAUSED &&
		      to != CONTAINER_STOPPING && to != CONTAINER_CREATED);
	}
}

TEST(messages_that_scripts_match)
{
	struct container_record r = in_state(CONTAINER_EXITED);
	struct error err = ERROR_INIT;

	CHECK_FAILS(container_allowed(CONTAINER_OP_KILL, &r, false, &err), err, ERROR_STATE,
		    "can only kill running containers. ");
	CHECK_FAILS(container_allowed(CONTAINER_OP_KILL, &r, false, &err), err, ERROR_STATE,
		    "is in state exited: container state improper");
	CHECK_FAILS(
		container_allowed(CONTAINER_OP_EXEC, &r, false, &err), err, ERROR_STATE,
		"can only create exec sessions on running containers: container state improper");
	r.state.status = CONTAINER_RUNNING;
	CHECK_FAILS(container_allowed(CONTAINER_OP_REMOVE, &r, false, &err), err, ERROR_STATE,
		    "cannot remove container ");
	CHECK_FAILS(container_allowed(CONTAINER_OP_UNPAUSE, &r, false, &err), err, ERROR_STATE,
		    "is not paused, can't unpause: container state improper");
}
