/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/restart.h"

#include <errno.h>

#include "base/mem.h"
#include "base/timeutil.h"
#include "harness/test.h"

TEST(who_is_started_again)
{
	static const struct {
		struct restart_rule rule;
		int code;
		bool due;
	} rows[] = {
		{ { RESTART_NO, 0, 0, 0 }, 0, false },
		{ { RESTART_NO, 0, 0, 0 }, 1, false },
		{ { RESTART_ALWAYS, 0, 0, 0 }, 0, true },
		{ { RESTART_ALWAYS, 0, 1000000, 0 }, 137, true },
		{ { RESTART_UNLESS_STOPPED, 0, 5, 0 }, 0, true },
		{ { RESTART_ON_FAILURE, 0, 0, 0 }, 0, false },
		{ { RESTART_ON_FAILURE, 0, 1000000, 0 }, 1, true },
		{ { RESTART_ON_FAILURE, 0, 0, 0 }, -1, true },
		{ { RESTART_ON_FAILURE, 2, 0, 0 }, 3, true },
		{ { RESTART_ON_FAILURE, 2, 1, 0 }, 3, true },
		{ { RESTART_ON_FAILURE, 2, 2, 0 }, 3, false },
		{ { RESTART_ON_FAILURE, 2, 1, 0 }, 0, false },
		{ { RESTART_POLICY_COUNT, 0, 0, 0 }, 1, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(restart_due(&rows[i].rule, rows[i].code), rows[i].due);
}

TEST(the_wait_doubles_up_to_a_bound_and_begins_anew)
{
	static const struct {
		uint32_t streak;
		int64_t ran_msec, delay_msec;
		uint32_t streak_after;
	} rows[] = {
		{ 0, 0, 100, 0 },
		{ 1, 0, 200, 1 },
		{ 2, 9999, 400, 2 },
		{ 2, 10000, 100, 0 },
		{ 9, 5, 51200, 9 },
		{ 10, 5, 60000, 10 },
		{ UINT32_MAX, 5, 60000, UINT32_MAX },
		{ 50, 3600000, 100, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct restart_rule r = { .policy = RESTART_ALWAYS, .streak = rows[i].streak };
		int64_t ran = rows[i].ran_msec * NSEC_PER_MSEC;

		CHECK_INT(restart_delay_nsec(&r, ran), rows[i].delay_msec * NSEC_PER_MSEC);
		CHECK_INT(restart_streak(&r, ran), rows[i].streak_after);
	}
}

TEST(text_and_back)
{
	for (int p = 0; p < RESTART_POLICY_COUNT; p++) {
		struct restart_rule r = { p, UINT32_MAX, 7, UINT32_MAX }, back;
		char text[RESTART_TEXT_MAX];

		restart_rule_format(&r, text);
		CHECK_INT(restart_rule_parse(text, &back), 0);
		CHECK_INT(back.policy, r.policy);
		CHECK_INT(back.max_retries, r.max_retries);
		CHECK_INT(back.count, r.count);
		CHECK_INT(back.streak, r.streak);
	}
}

TEST(other_texts_are_refused)
{
	static const char *const bad[] = { "",
					   "always",
					   "always 0 0",
					   "always 0 0 0 0",
					   "sometimes 0 0 0",
					   "always -1 0 0",
					   "always 0 x 0" };
	struct restart_rule r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(restart_rule_parse(bad[i], &r), -EINVAL);
}
