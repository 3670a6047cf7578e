/* SPDX-License-Identifier: Apache-2.0 */
/* inspect: containers, images, volumes and networks as JSON or through a template. */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "engine/container.h"
#include "engine/imageop.h"
#include "engine/netop.h"
#include "engine/volume.h"

struct inspect_target {
	char *format, *type;
	bool size, latest;
};

#define AT(member) .offset = offsetof(struct inspect_target, member)
#define ROW_FORMAT                                                                                \
	{                                                                                         \
		.name = "format", .letter = 'f', .arg = "FORMAT", .kind = OPTION_STR, AT(format), \
		.help = "json, or a Go template"                                                  \
	}

static const struct option rows[] = {
	ROW_FORMAT,
	{ .name = "latest",
	  .letter = 'l',
	  .kind = OPTION_BOOL,
	  AT(latest),
	  .help = "The container that was created last" },
	{ .name = "size",
	  .letter = 's',
	  .kind = OPTION_BOOL,
	  AT(size),
	  .help = "Show the sizes of a container" },
	{ .name = "type",
	  .letter = 't',
	  .arg = "TYPE",
	  .kind = OPTION_STR,
	  AT(type),
	  .words = WORDS_LIST,
	  .choices = "all container image network volume",
	  .help = "container, image, network, volume or all" },
};

static const struct option plain_rows[] = { ROW_FORMAT };

static void done(void *target)
{
	struct inspect_target *t = target;

	free(t->format);
	free(t->type);
}

typedef int (*inspect_fn)(struct cli *cli, const struct inspect_target *t, const char *word,
			  json_t **ret, struct error *err);

static int one_container(struct cli *cli, const struct inspect_target *t, const char *word,
			 json_t **ret, struct error *err)
{
	return container_inspect(cli->engine, word, t->size, ret, err);
}

static int one_image(struct cli *cli, const struct inspect_target *t, const char *word,
		     json_t **ret, struct error *err)
{
	return imageop_inspect(cli->engine, word, ret, err);
}

static int one_volume(struct cli *cli, const struct inspect_target *t, const char *word,
		      json_t **ret, struct error *err)
{
	return volume_inspect(cli->engine, word, ret, err);
}

static int one_network(struct cli *cli, const struct inspect_target *t, const char *word,
		       json_t **ret, struct error *err)
{
	return netop_inspect(cli->engine, word, ret, err);
}

/* Containers first, then images, as Podman looks. */
static int one_of_any(struct cli *cli, const struct inspect_target *t, const char *word,
		      json_t **ret, struct error *err)
{
	static const inspect_fn kinds[] = { one_container, one_image, one_volume, one_network };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct error sub = ERROR_INIT;
		int r = kinds[i](cli, t, word, ret, &sub);
		if (r >= 0)
			return 0;
		if (sub.kind != ERROR_NOT_FOUND)
			return error_copy(err, &sub);
	}
	return error_set(err, ERROR_NOT_FOUND, "no such object: \"%s\"", word);
}

/* All words; what was found is printed even when one of them was not. */
static int inspect_words(struct cli *cli, const struct inspect_target *t, char *const *words,
			 inspect_fn fn, struct error *err)
{
	scoped_json json_t *list = json_array();
	int status = 0, r;

	STRV_FOREACH (w, words) {
		struct error sub = ERROR_INIT;
		json_t *one = NULL;
		if (fn(cli, t, *w, &one, &sub) >= 0) {
			json_array_append_new(list, one);
			continue;
		}
		fprintf(stderr, "Error: %s\n", sub.msg);
		status = CLI_FAILED;
	}
	if (json_array_size(list) == 0 && t->format && status)
		return status;
	r = listing_inspect(t->format, list, err);
	return r < 0 ? r : status;
}

static int run_any(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct inspect_target *t = target;
	const char *type = t->type ? t->type : "all";
	scoped_strv char **ids = NULL;
	inspect_fn fn = NULL;
	int r;

	if (streq(type, "all"))
		fn = one_of_any;
	else if (streq(type, "container"))
		fn = one_container;
	else if (streq(type, "image"))
		fn = one_image;
	else if (streq(type, "volume"))
		fn = one_volume;
	else if (streq(type, "network"))
		fn = one_network;
	else if (streq(type, "pod"))
		return error_set(err, ERROR_UNSUPPORTED, "type 'pod' is not supported yet");
	else
		return error_set(
			err, ERROR_INVALID,
			"invalid type '%s': choose container, image, network, volume or all", type);
	if (!t->latest && !words[0])
		return error_set(err, ERROR_INVALID, "no names or ids specified");
	if (t->latest) {
		r = container_ids(cli->engine, &ids, err);
		if (r < 0)
			return r;
		if (!ids || !ids[0])
			return error_set(err, ERROR_NOT_FOUND, "there is no container");
		words[0] = ids[0];
		words[1] = NULL;
	}
	return inspect_words(cli, t, words, fn, err);
}

static int run_container(struct cli *cli, void *target, char **words, struct error *err)
{
	return inspect_words(cli, target, words, one_container, err);
}

static int run_image(struct cli *cli, void *target, char **words, struct error *err)
{
	return inspect_words(cli, target, words, one_image, err);
}

static int run_volume(struct cli *cli, void *target, char **words, struct error *err)
{
	return inspect_words(cli, target, words, one_volume, err);
}

static int run_network(struct cli *cli, void *target, char **words, struct error *err)
{
	return inspect_words(cli, target, words, one_network, err);
}

const struct command command_inspect = {
	.path = "inspect",
	.usage = "[options] NAME [NAME...]",
	.summary = "Show an object as JSON",
	.target_size = sizeof(struct inspect_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run_any,
};

#define INSPECT(variable, words_, kind, table, fn)            \
	const struct command variable = {                     \
		.path = words_,                               \
		.usage = "[options] NAME [NAME...]",          \
		.summary = "Show " kind " as JSON",           \
		.target_size = sizeof(struct inspect_target), \
		.target_done = done,                          \
		.options = table,                             \
		.n_options = ARRAY_SIZE(table),               \
		.min_args = 1,                                \
		.max_args = -1,                               \
		.run = fn,                                    \
	}

INSPECT(command_container_inspect, "container inspect", "containers", rows, run_container);
INSPECT(command_image_inspect, "image inspect", "images", plain_rows, run_image);
INSPECT(command_volume_inspect, "volume inspect", "volumes", plain_rows, run_volume);
INSPECT(command_network_inspect, "network inspect", "networks", plain_rows, run_network);
