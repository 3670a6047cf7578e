/* SPDX-License-Identifier: Apache-2.0 */
/* rmi: remove images or names of images. */
#include <stdio.h>

#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/removal.h"
#include "engine/imageop.h"

struct rmi_target {
	bool all, force, ignore;
};

#define AT(member) .offset = offsetof(struct rmi_target, member)

static const struct option rows[] = {
	{ .name = "all", .letter = 'a', .kind = OPTION_BOOL, AT(all), .help = "Remove all images" },
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_BOOL,
	  AT(force),
	  .help = "Remove containers that use them too" },
	{ .name = "ignore",
	  .letter = 'i',
	  .kind = OPTION_BOOL,
	  AT(ignore),
	  .help = "An image that does not exist is no error" },
};

static int remove_one(struct cli *cli, const char *word, void *arg, struct error *err)
{
	scoped_strv char **untagged = NULL, **deleted = NULL;
	int r = imageop_remove(cli->engine, word, ((const struct rmi_target *)arg)->force,
			       &untagged, &deleted, err);

	STRV_FOREACH (u, untagged) {
		printf("Untagged: %s\n", *u);
	}
	STRV_FOREACH (d, deleted) {
		printf("Deleted: %s\n", *d);
	}
	return r;
}

static int all_ids(struct cli *cli, char ***ret, struct error *err)
{
	struct store_image *list = NULL;
	size_t n = 0;
	int r = imageop_list(cli->engine, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_add(ret, list[i].id);
	store_image_list_free(list, n);
	return r;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct rmi_target *t = target;
	scoped_strv char **list = strv_dup(words);
	int r = 0;

	if (t->all && words[0])
		return error_set(
			err, ERROR_INVALID,
			"when using the --all switch, you may not pass any images names or IDs");
	if (!t->all && !words[0])
		return error_set(err, ERROR_INVALID, "image name or ID must be specified");
	if (t->all)
		r = all_ids(cli, &list, err);
	return r < 0 ? r : removal_each(cli, list, remove_one, t, t->ignore);
}

const struct command command_rmi = {
	.path = "rmi",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "Remove images",
	.target_size = sizeof(struct rmi_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_IMAGES,
	.run = run,
};
