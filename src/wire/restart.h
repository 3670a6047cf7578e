/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restart: what a restart policy says when a container has ended.  Pure; engine and monitor ask the
 * same functions: the monitor how long to wait, the engine whether to start again.
 *
 * The wait doubles from RESTART_DELAY_MIN_MSEC to RESTART_DELAY_MAX_MSEC while the container keeps
 * ending soon, and begins anew after a run of RESTART_STEADY_MSEC (Docker's numbers; Podman does
 * not wait, so a container that fails at once keeps a processor busy).
 */
#ifndef CORACLE_WIRE_RESTART_H
#define CORACLE_WIRE_RESTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESTART_DELAY_MIN_MSEC 100
#define RESTART_DELAY_MAX_MSEC 60000
#define RESTART_STEADY_MSEC 10000
#define RESTART_TEXT_MAX 64

enum restart_policy {
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_UNLESS_STOPPED, /* as always, but one that was stopped stays so after a boot */
	RESTART_POLICY_COUNT
};
extern const char *const restart_policy_names[RESTART_POLICY_COUNT + 1];

struct restart_rule {
	int policy;	      /* enum restart_policy */
	uint32_t max_retries; /* of on-failure; 0: no limit */
	uint32_t count;	      /* restarts since a user started it */
	uint32_t streak;      /* of those, the last ones that came soon after each other */
};

/* It has ended with this code (-1: unknown), and nobody stopped it: is it started again? */
bool restart_due(const struct restart_rule *r, int exit_code);
/* The streak at the end of a run of that length; the next run gets one more. */
uint32_t restart_streak(const struct restart_rule *r, int64_t ran_nsec);
int64_t restart_delay_nsec(const struct restart_rule *r, int64_t ran_nsec);
/* "POLICY MAX COUNT STREAK"; -EINVAL. */
int restart_rule_parse(const char *text, struct restart_rule *ret);
void restart_rule_format(const struct restart_rule *r, char out[RESTART_TEXT_MAX]);

#endif
