/* SPDX-License-Identifier: Apache-2.0 */
/* create: make a container without starting it. */
#include <stdio.h>

#include "cli/commands/commands.h"
#include "cli/container_options.h"
#include "engine/container.h"

static int run_create(struct cli *cli, void *target, char **words, struct error *err)
{
	struct container_target *t = target;
	scoped_strv char **warnings = NULL;
	char id[65];
	int r = container_target_finish(t, cli, words, err);

	if (r >= 0)
		r = container_target_image(cli, t, err);
	if (r >= 0)
		r = container_create(cli->engine, &t->wish, id, &warnings, err);
	if (r < 0)
		return r;
	STRV_FOREACH (w, warnings) {
		fprintf(stderr, "coracle: warning: %s\n", *w);
	}
	puts(id);
	return 0;
}

const struct command command_create = {
	.path = "create",
	.usage = "[options] IMAGE [COMMAND [ARG...]]",
	.summary = "Create but do not start a container",
	.target_size = sizeof(struct container_target),
	.target_init = container_target_init,
	.target_done = container_target_done,
	.more = &container_option_set,
	.min_args = 1,
	.max_args = -1,
	.no_intersperse = true,
	.words = WORDS_IMAGES,
	.run = run_create,
};
