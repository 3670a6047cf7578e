/* SPDX-License-Identifier: Apache-2.0 */
/* unpause: thaw all processes of containers. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct unpause_target {
	struct targets targets;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct unpause_target, targets),
	TARGET_ROW_CIDFILE(struct unpause_target, targets),
	TARGET_ROW_FILTER(struct unpause_target, targets),
	TARGET_ROW_LATEST(struct unpause_target, targets),
};

static void done(void *target)
{
	targets_done(&((struct unpause_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_unpause(cli->engine, word, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct unpause_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 1u << CONTAINER_PAUSED, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_unpause = {
	.path = "unpause",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Thaw all processes of containers",
	.target_size = sizeof(struct unpause_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
