/* SPDX-License-Identifier: Apache-2.0 */
/* wait: block until containers reach a condition; print exit codes. */
#include <stdio.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct wait_target {
	struct targets targets;
	unsigned conditions;
	char *interval;
};

static int parse_condition(void *target, const char *value, struct error *err)
{
	for (int s = CONTAINER_UNKNOWN; s < CONTAINER_STATUS_COUNT; s++) {
		if (streq(container_status_word((enum container_status)s), value) ||
		    (s == CONTAINER_CONFIGURED && streq(value, "configured"))) {
			((struct wait_target *)target)->conditions |= 1u << s;
			return 0;
		}
	}
	if (streq(value, "healthy") || streq(value, "unhealthy")) {
		((struct wait_target *)target)->conditions |= streq(value, "healthy")
								      ? CONTAINER_WAIT_HEALTHY
								      : CONTAINER_WAIT_UNHEALTHY;
		return 0;
	}
	return error_set(err, ERROR_INVALID, "unknown container state: %s: invalid argument",
			 value);
}

static const struct option rows[] = {
	{ .name = "condition",
	  .arg = "STATE",
	  .kind = OPTION_CALL,
	  .parse = parse_condition,
	  .words = WORDS_LIST,
	  .choices = "configured created exited healthy paused removing running stopped stopping "
		     "unhealthy",
	  .help = "State to wait for (default stopped)" },
	{ .name = "ignore",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct wait_target, targets.ignore),
	  .help = "A container that does not exist is no error" },
	{ .name = "interval",
	  .letter = 'i',
	  .arg = "DURATION",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct wait_target, interval),
	  .help = "Accepted: Coracle waits for the event instead of asking again" },
	TARGET_ROW_LATEST(struct wait_target, targets),
};

static void done(void *target)
{
	free(((struct wait_target *)target)->interval);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	const struct wait_target *t = arg;
	unsigned conditions = t->conditions ? t->conditions
					    : 1u << CONTAINER_STOPPED | 1u << CONTAINER_EXITED;
	int code = 0, r = container_wait(cli->engine, word, conditions, &code, err);

	if (r >= 0) {
		printf("%d\n", code);
		fflush(stdout);
	}
	return r;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct wait_target *t = target;
	scoped_strv char **list = NULL;
	int64_t nsec;
	int r;

	if (t->interval && time_parse_duration(t->interval, &nsec) < 0 &&
	    num_i64(t->interval, &nsec) < 0)
		return error_set(err, ERROR_INVALID, "invalid duration '%s' of --interval",
				 t->interval);
	r = targets_resolve(cli, &t->targets, words, 0, &list, err);
	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, false);
}

const struct command command_wait = {
	.path = "wait",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Wait for containers and print their exit codes",
	.target_size = sizeof(struct wait_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
