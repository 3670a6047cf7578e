/* SPDX-License-Identifier: Apache-2.0 */
/* restart: stop when running, then start. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct restart_target {
	struct targets targets;
	struct opt_u32 timeout;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct restart_target, targets),
	TARGET_ROW_CIDFILE(struct restart_target, targets),
	TARGET_ROW_FILTER(struct restart_target, targets),
	TARGET_ROW_LATEST(struct restart_target, targets),
	{ .name = "time",
	  .letter = 't',
	  .arg = "SECONDS",
	  .kind = OPTION_U32,
	  .offset = offsetof(struct restart_target, timeout),
	  .help = "Seconds between the stop signal and SIGKILL" },
};

static void done(void *target)
{
	targets_done(&((struct restart_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_restart(cli->engine, word, ((struct restart_target *)arg)->timeout, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct restart_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 0, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_restart = {
	.path = "restart",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Restart containers",
	.target_size = sizeof(struct restart_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
