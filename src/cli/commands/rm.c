/* SPDX-License-Identifier: Apache-2.0 */
/* rm: remove containers. */
#include <stdio.h>

#include "cli/commands/commands.h"
#include "cli/removal.h"
#include "cli/targets.h"

struct rm_target {
	struct targets targets;
	bool force, volumes, depend;
	struct opt_u32 timeout;
};

#define AT(member) .offset = offsetof(struct rm_target, member)

static const struct option rows[] = {
	TARGET_ROW_ALL(struct rm_target, targets),
	TARGET_ROW_CIDFILE(struct rm_target, targets),
	{ .name = "filter",
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  AT(targets.filters),
	  .help = "Only containers that match" },
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_BOOL,
	  AT(force),
	  .help = "Remove running containers too" },
	TARGET_ROW_IGNORE(struct rm_target, targets),
	TARGET_ROW_LATEST(struct rm_target, targets),
	{ .name = "time",
	  .letter = 't',
	  .arg = "SECONDS",
	  .kind = OPTION_U32,
	  AT(timeout),
	  .help = "Seconds between the stop signal and SIGKILL, with --force" },
	{ .name = "volumes",
	  .letter = 'v',
	  .kind = OPTION_BOOL,
	  AT(volumes),
	  .help = "Remove anonymous volumes too" },
};

static void done(void *target)
{
	targets_done(&((struct rm_target *)target)->targets);
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	const struct rm_target *t = arg;
	struct container_remove_options o = { .force = t->force,
					      .volumes = t->volumes,
					      .timeout = t->timeout };
	int r = container_remove(cli->engine, word, &o, err);

	if (r >= 0)
		puts(word);
	return r;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct rm_target *t = target;
	scoped_strv char **list = NULL;
	int r;

	if (t->timeout.set && !t->force)
		return error_set(err, ERROR_INVALID,
				 "--force option must be specified to use the --time option");
	r = targets_resolve(cli, &t->targets, words, 0, &list, err);
	return r < 0 ? r : removal_each(cli, list, each, t, t->targets.ignore || t->force);
}

const struct command command_rm = {
	.path = "rm",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Remove containers",
	.target_size = sizeof(struct rm_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
