/* SPDX-License-Identifier: Apache-2.0 */
/* import: a root file system tarball becomes an image. */
#include <stdio.h>

#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/output/progress.h"
#include "engine/imageop.h"

struct import_target {
	char **changes;
	char *message, *os, *arch, *variant;
	bool quiet;
};

#define AT(member) .offset = offsetof(struct import_target, member)

static const struct option rows[] = {
	{ .name = "arch",
	  .arg = "ARCH",
	  .kind = OPTION_STR,
	  AT(arch),
	  .help = "Architecture of the image" },
	{ .name = "change",
	  .letter = 'c',
	  .arg = "INSTRUCTION",
	  .kind = OPTION_STRV,
	  AT(changes),
	  .help = "Apply CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or "
		  "WORKDIR" },
	{ .name = "message",
	  .letter = 'm',
	  .arg = "TEXT",
	  .kind = OPTION_STR,
	  AT(message),
	  .help = "Message of the image" },
	{ .name = "os",
	  .arg = "OS",
	  .kind = OPTION_STR,
	  AT(os),
	  .help = "Operating system of the image" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  AT(quiet),
	  .help = "No progress output" },
	{ .name = "variant",
	  .arg = "VARIANT",
	  .kind = OPTION_STR,
	  AT(variant),
	  .help = "CPU variant of the image" },
};

static void done(void *target)
{
	struct import_target *t = target;

	strv_free(t->changes);
	free(t->message);
	free(t->os);
	free(t->arch);
	free(t->variant);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct import_target *t = target;
	scoped(progress_done) struct progress progress;
	struct image_import_options o = { .reference = words[1],
					  .message = t->message,
					  .os = t->os,
					  .arch = t->arch,
					  .variant = t->variant,
					  .changes = t->changes,
					  .progress = progress_image,
					  .progress_arg = &progress };
	char id[65];
	int r;

	progress_init(&progress, t->quiet);
	r = imageop_import(cli->engine, words[0], &o, id, err);
	if (r < 0)
		return r;
	printf("sha256:%s\n", id);
	return 0;
}

const struct command command_import = {
	.path = "import",
	.usage = "[options] PATH [REFERENCE]",
	.summary = "Create an image from a root file system tarball",
	.target_size = sizeof(struct import_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_args = 1,
	.max_args = 2,
	.words = WORDS_FILES,
	.run = run,
};
