/* SPDX-License-Identifier: Apache-2.0 */
/* tag, untag: names of images. */
#include "cli/commands/commands.h"
#include "engine/imageop.h"

static int run_tag(struct cli *cli, void *target, char **words, struct error *err)
{
	int r = 0;

	for (char **name = words + 1; r >= 0 && *name; name++)
		r = imageop_tag(cli->engine, words[0], *name, err);
	return r < 0 ? r : 0;
}

static int run_untag(struct cli *cli, void *target, char **words, struct error *err)
{
	int r = imageop_untag(cli->engine, words[0], words + 1, err);

	return r < 0 ? r : 0;
}

const struct command command_tag = {
	.path = "tag",
	.usage = "IMAGE TARGET_NAME [TARGET_NAME...]",
	.summary = "Add names to an image",
	.min_args = 2,
	.max_args = -1,
	.words = WORDS_IMAGES,
	.run = run_tag,
};

const struct command command_untag = {
	.path = "untag",
	.usage = "IMAGE [NAME...]",
	.summary = "Remove names of an image",
	.min_args = 1,
	.max_args = -1,
	.words = WORDS_IMAGES,
	.run = run_untag,
};
