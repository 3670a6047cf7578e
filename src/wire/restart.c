/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/restart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"

const char *const restart_policy_names[RESTART_POLICY_COUNT + 1] = {
	[RESTART_NO] = "no",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	[RESTART_UNLESS_STOPPED] = "unless-stopped",
};

bool restart_due(const struct restart_rule *r, int exit_code)
{
	switch ((enum restart_policy)r->policy) {
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	case RESTART_ON_FAILURE:
		return exit_code != 0 && (r->max_retries == 0 || r->count < r->max_retries);
	case RESTART_NO:
	case RESTART_POLICY_COUNT:
		break;
	}
	return false;
}

uint32_t restart_streak(const struct restart_rule *r, int64_t ran_nsec)
{
	return ran_nsec >= RESTART_STEADY_MSEC * NSEC_PER_MSEC ? 0 : r->streak;
}

int64_t restart_delay_nsec(const struct restart_rule *r, int64_t ran_nsec)
{
	int64_t msec = RESTART_DELAY_MIN_MSEC;

	for (uint32_t i = restart_streak(r, ran_nsec); i > 0 && msec < RESTART_DELAY_MAX_MSEC; i--)
		msec *= 2;
	return MIN(msec, RESTART_DELAY_MAX_MSEC) * NSEC_PER_MSEC;
}

int restart_rule_parse(const char *text, struct restart_rule *ret)
{
	scoped_strv char **words = strv_split(text, " ", false);
	struct restart_rule r;

	if (strv_len(words) != 4)
		return -EINVAL;
	r.policy = str_table_find(restart_policy_names, RESTART_POLICY_COUNT, words[0]);
	if (r.policy < 0 || num_u32(words[1], &r.max_retries) < 0 ||
	    num_u32(words[2], &r.count) < 0 || num_u32(words[3], &r.streak) < 0)
		return -EINVAL;
	*ret = r;
	return 0;
}

void restart_rule_format(const struct restart_rule *r, char out[RESTART_TEXT_MAX])
{
	snprintf(out, RESTART_TEXT_MAX, "%s %u %u %u", restart_policy_names[r->policy],
		 r->max_retries, r->count, r->streak);
}
