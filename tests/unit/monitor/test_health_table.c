/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "harness/test.h"
#include "monitor/health_table.h"

/* A check runs from HEALTH_DO_RUN until it is reported or stopped; the states say the same. */
static bool runs(enum health_state s)
{
	return s == HEALTH_CHECKING || s == HEALTH_KILLING;
}

TEST(every_cell_keeps_one_check_at_most)
{
	for (int s = 0; s < HEALTH_STATE_COUNT; s++) {
		for (int e = 0; e < HEALTH_EVENT_COUNT; e++) {
			const struct health_move *m = &health_moves[s][e];

			switch (m->step) {
			case HEALTH_DO_NOTHING:
				CHECK_INT(m->to, s);
				break;
			case HEALTH_DO_RUN:
				CHECK(!runs((enum health_state)s));
				CHECK_INT(m->to, HEALTH_CHECKING);
				break;
			case HEALTH_DO_REPORT:
				CHECK(runs((enum health_state)s));
				CHECK_INT(m->to, HEALTH_WAITING);
				break;
			case HEALTH_DO_KILL:
				CHECK(runs((enum health_state)s));
				CHECK_INT(m->to, HEALTH_KILLING);
				break;
			case HEALTH_DO_STOP:
				CHECK_INT(m->to, HEALTH_OFF);
				break;
			case HEALTH_STEP_COUNT:
				CHECK(false);
			}
		}
	}
}

TEST(a_late_check_is_killed_until_it_is_over_and_reported_once)
{
	static const struct {
		enum health_event event;
		enum health_state state;
		enum health_step step;
	} walk[] = {
		{ HEALTH_STARTED, HEALTH_CHECKING, HEALTH_DO_RUN },
		{ HEALTH_TICK, HEALTH_CHECKING, HEALTH_DO_NOTHING },
		{ HEALTH_LATE, HEALTH_KILLING, HEALTH_DO_KILL },
		{ HEALTH_LATE, HEALTH_KILLING, HEALTH_DO_KILL },
		{ HEALTH_OVER, HEALTH_WAITING, HEALTH_DO_REPORT },
		{ HEALTH_OVER, HEALTH_WAITING, HEALTH_DO_NOTHING },
		{ HEALTH_TICK, HEALTH_CHECKING, HEALTH_DO_RUN },
		{ HEALTH_OVER, HEALTH_WAITING, HEALTH_DO_REPORT },
		{ HEALTH_LATE, HEALTH_WAITING, HEALTH_DO_NOTHING },
		{ HEALTH_ENDED, HEALTH_OFF, HEALTH_DO_STOP },
		{ HEALTH_TICK, HEALTH_OFF, HEALTH_DO_NOTHING },
	};
	enum health_state s = HEALTH_OFF;

	for (size_t i = 0; i < ARRAY_SIZE(walk); i++) {
		const struct health_move *m = &health_moves[s][walk[i].event];

		CHECK_INT(m->to, walk[i].state);
		CHECK_INT(m->step, walk[i].step);
		s = m->to;
	}
}
