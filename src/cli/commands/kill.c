/* SPDX-License-Identifier: Apache-2.0 */
/* kill: send a signal to the main process of containers. */
#include <signal.h>

#include "cli/commands/commands.h"
#include "cli/targets.h"

struct kill_target {
	struct targets targets;
	int signal;
};

static int parse_signal(void *target, const char *value, struct error *err)
{
	int sig = num_signal(value);

	if (sig < 0)
		return error_set(err, ERROR_INVALID, "invalid signal: %s", value);
	((struct kill_target *)target)->signal = sig;
	return 0;
}

static const struct option rows[] = {
	TARGET_ROW_ALL(struct kill_target, targets),
	TARGET_ROW_CIDFILE(struct kill_target, targets),
	TARGET_ROW_LATEST(struct kill_target, targets),
	{ .name = "signal",
	  .letter = 's',
	  .arg = "SIGNAL",
	  .kind = OPTION_CALL,
	  .parse = parse_signal,
	  .help = "Signal by name or number (default KILL)" },
};

static void init(void *target)
{
	((struct kill_target *)target)->signal = SIGKILL;
}

static void done(void *target)
{
	targets_done(&((struct kill_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return container_kill(cli->engine, word, ((struct kill_target *)arg)->signal, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct kill_target *t = target;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 1u << CONTAINER_RUNNING, &list, err);

	return r < 0 ? r : targets_each(cli, &t->targets, list, each, t, true);
}

const struct command command_kill = {
	.path = "kill",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Send a signal to containers",
	.target_size = sizeof(struct kill_target),
	.target_init = init,
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_RUNNING,
	.run = run,
};
