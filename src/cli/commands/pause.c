/* SPDX-License-Identifier: Apache-2.0 */
/* pause: freeze all processes of containers. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct pause_target {
	struct targets targets;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct pause_target, targets),
	TARGET_ROW_CIDFILE(struct pause_target, targets),
	TARGET_ROW_FILTER(struct pause_target, targets),
	TARGET_ROW_LATEST(struct pause_target, targets),
};

static void done(void *target)
{
	targets_done(&((struct pause_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_pause(cli->engine, word, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct pause_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 1u << CONTAINER_RUNNING, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_pause = {
	.path = "pause",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Freeze all processes of containers",
	.target_size = sizeof(struct pause_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_RUNNING,
	.run = run,
};
