/* SPDX-License-Identifier: Apache-2.0 */
/* exists: status 0 when the object is there, 1 when not. */
#include "cli/commands/commands.h"
#include "engine/container.h"
#include "engine/imageop.h"
#include "engine/netop.h"
#include "engine/volume.h"

struct exists_target {
	bool external;
};

static const struct option rows[] = {
	{ .name = "external",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct exists_target, external),
	  .help = "Accepted: there are no containers of other programs in the store" },
};

static int status_of(int r, const struct error *sub, struct error *err)
{
	if (r >= 0)
		return 0;
	return sub->kind == ERROR_NOT_FOUND ? 1 : error_copy(err, sub);
}

static int run_container(struct cli *cli, void *target, char **words, struct error *err)
{
	struct error sub = ERROR_INIT;
	char id[65];

	return status_of(container_lookup(cli->engine, words[0], id, &sub), &sub, err);
}

static int run_image(struct cli *cli, void *target, char **words, struct error *err)
{
	struct error sub = ERROR_INIT;
	char id[65];

	return status_of(imageop_lookup(cli->engine, words[0], id, NULL, &sub), &sub, err);
}

static int run_volume(struct cli *cli, void *target, char **words, struct error *err)
{
	struct error sub = ERROR_INIT;
	struct volume v = { 0 };
	int r = volume_get(cli->engine, words[0], &v, &sub);

	volume_done(&v);
	return status_of(r, &sub, err);
}

static int run_network(struct cli *cli, void *target, char **words, struct error *err)
{
	struct error sub = ERROR_INIT;
	json_t *network = NULL;
	int r = netop_inspect(cli->engine, words[0], &network, &sub);

	json_decref(network);
	return status_of(r, &sub, err);
}

#define EXISTS(variable, words_, kind, fn, complete)         \
	const struct command variable = {                    \
		.path = words_,                              \
		.usage = "NAME",                             \
		.summary = "Check whether " kind " exists",  \
		.target_size = sizeof(struct exists_target), \
		.min_args = 1,                               \
		.max_args = 1,                               \
		.words = complete,                           \
		.run = fn,                                   \
	}

const struct command command_exists = {
	.path = "container exists",
	.usage = "[options] CONTAINER",
	.summary = "Check whether a container exists",
	.target_size = sizeof(struct exists_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_args = 1,
	.max_args = 1,
	.words = WORDS_CONTAINERS,
	.run = run_container,
};
EXISTS(command_image_exists, "image exists", "an image", run_image, WORDS_IMAGES);
EXISTS(command_volume_exists, "volume exists", "a volume", run_volume, WORDS_VOLUMES);
EXISTS(command_network_exists, "network exists", "a network", run_network, WORDS_NETWORKS);
