/* SPDX-License-Identifier: Apache-2.0 */
/* load: images from docker-archive, oci-archive, oci and dir layouts. */
#include <stdio.h>
#include <unistd.h>

#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/output/progress.h"
#include "engine/imageop.h"

struct load_target {
	char *input;
	bool quiet;
};

static const struct option rows[] = {
	{ .name = "input",
	  .letter = 'i',
	  .arg = "PATH",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct load_target, input),
	  .words = WORDS_FILES,
	  .help = "Archive or directory (default: standard input)" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct load_target, quiet),
	  .help = "No progress output" },
};

static void done(void *target)
{
	free(((struct load_target *)target)->input);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct load_target *t = target;
	struct image_copy_options o = { 0 };
	scoped(progress_done) struct progress progress;
	scoped_strv char **names = NULL;
	int r;

	if (!t->input && isatty(STDIN_FILENO))
		return error_set(err, ERROR_INVALID,
				 "cannot read from terminal, use command-line redirection or the "
				 "--input flag");
	progress_init(&progress, t->quiet);
	o.progress = progress_image;
	o.progress_arg = &progress;
	r = imageop_load(cli->engine, t->input ? t->input : "-", &o, &names, err);
	STRV_FOREACH (n, names) {
		printf("Loaded image: %s\n", *n);
	}
	return r < 0 ? r : 0;
}

const struct command command_load = {
	.path = "load",
	.usage = "[options]",
	.summary = "Load images from an archive or directory",
	.target_size = sizeof(struct load_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
