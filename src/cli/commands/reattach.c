/* SPDX-License-Identifier: Apache-2.0 */
/* container reattach: a monitor for containers whose monitor was killed. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct reattach_target {
	struct targets targets;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct reattach_target, targets),
	TARGET_ROW_LATEST(struct reattach_target, targets),
};

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_reattach(cli->engine, word, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct reattach_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words,
				1u << CONTAINER_RUNNING | 1u << CONTAINER_PAUSED, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_reattach = {
	.path = "container reattach",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Give running containers a monitor again whose monitor was killed",
	.target_size = sizeof(struct reattach_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
