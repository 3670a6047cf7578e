/* SPDX-License-Identifier: Apache-2.0 */
/* container cleanup: what is due after a container's end; the monitor runs it. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct cleanup_target {
	struct targets targets;
	bool rm;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct cleanup_target, targets),
	TARGET_ROW_LATEST(struct cleanup_target, targets),
	{ .name = "rm",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct cleanup_target, rm),
	  .help = "Remove the container after that" },
};

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_cleanup(cli->engine, word, ((struct cleanup_target *)arg)->rm, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct cleanup_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 0, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_cleanup = {
	.path = "container cleanup",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Clean up after the end of containers",
	.target_size = sizeof(struct cleanup_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
