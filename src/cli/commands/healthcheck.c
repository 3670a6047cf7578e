/* SPDX-License-Identifier: Apache-2.0 */
/* healthcheck run: one health check, now. */
#include <stdio.h>

#include "cli/commands/commands.h"
#include "engine/health/health.h"

struct healthcheck_target {
	bool ignore_result;
};

static const struct option rows[] = {
	{ .name = "ignore-result",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct healthcheck_target, ignore_result),
	  .help = "Exit with 0 whatever the result" },
};

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	static const char *const texts[] = {
		[HEALTH_VERDICT_UNHEALTHY] = "unhealthy", [HEALTH_VERDICT_STARTING] = "starting"
	};
	const struct healthcheck_target *t = target;
	enum health_verdict verdict;
	int r = container_healthcheck(cli->engine, words[0], &verdict, err);

	if (r < 0 || verdict == HEALTH_VERDICT_HEALTHY)
		return r;
	puts(texts[verdict]);
	return t->ignore_result ? 0 : 1;
}

const struct command command_healthcheck_run = {
	.path = "healthcheck run",
	.usage = "[options] CONTAINER",
	.summary = "Run the health check of a container",
	.target_size = sizeof(struct healthcheck_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_args = 1,
	.max_args = 1,
	.words = WORDS_RUNNING,
	.run = run,
};
