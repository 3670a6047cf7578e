/* SPDX-License-Identifier: Apache-2.0 */
/* stop: the stop signal, then SIGKILL after a timeout. */
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct stop_target {
	struct targets targets;
	struct opt_u32 timeout;
};

static const struct option rows[] = {
	TARGET_ROW_ALL(struct stop_target, targets),
	TARGET_ROW_CIDFILE(struct stop_target, targets),
	TARGET_ROW_FILTER(struct stop_target, targets),
	TARGET_ROW_IGNORE(struct stop_target, targets),
	TARGET_ROW_LATEST(struct stop_target, targets),
	{ .name = "time",
	  .letter = 't',
	  .arg = "SECONDS",
	  .kind = OPTION_U32,
	  .offset = offsetof(struct stop_target, timeout),
	  .help = "Seconds between the stop signal and SIGKILL" },
};

static void done(void *target)
{
	targets_done(&((struct stop_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_stop(cli->engine, word, ((struct stop_target *)arg)->timeout, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct stop_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words,
				1u << CONTAINER_RUNNING | 1u << CONTAINER_PAUSED, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_stop = {
	.path = "stop",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Stop containers",
	.target_size = sizeof(struct stop_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_RUNNING,
	.run = run,
};
