/* SPDX-License-Identifier: Apache-2.0 */
/* pull: copy images from a registry or another place into the store. */
#include <stdio.h>

#include "cli/commands/commands.h"
#include "cli/output/progress.h"
#include "cli/pull_options.h"

struct pull_target {
	struct pull_options pull;
};

static const struct option rows[] = {
	{ .name = "all-tags",
	  .letter = 'a',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct pull_target, pull.all_tags),
	  .help = "All tags of the repository" },
	PULL_OPTION_ROWS(struct pull_target, pull),
};

static void done(void *target)
{
	pull_options_done(&((struct pull_target *)target)->pull);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct pull_target *t = target;
	scoped_free char *platform = NULL;
	struct image_copy_options o;
	int r = pull_options_resolve(&t->pull, &o, &platform, err);

	for (char **w = words; r >= 0 && *w; w++) {
		scoped(progress_done) struct progress progress;
		scoped_free char *name = NULL;
		char id[65];
		progress_init(&progress, t->pull.quiet);
		o.progress = progress_image;
		o.progress_arg = &progress;
		r = imageop_pull(cli->engine, *w, &o, id, &name, err);
		if (r >= 0)
			puts(id);
	}
	return r < 0 ? r : 0;
}

const struct command command_pull = {
	.path = "pull",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "Pull images",
	.examples =
		"  coracle pull localhost:5000/busybox\n  coracle pull oci-archive:busybox.tar\n",
	.target_size = sizeof(struct pull_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_args = 1,
	.max_args = -1,
	.words = WORDS_IMAGES,
	.run = run,
};
