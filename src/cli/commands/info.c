/* SPDX-License-Identifier: Apache-2.0 */
/* info and version: what runs here. */
#include <stdio.h>

#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/output/yaml.h"

struct info_target {
	char *format;
};

static const struct option rows[] = {
	{ .name = "format",
	  .letter = 'f',
	  .arg = "FORMAT",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct info_target, format),
	  .help = "json, or a Go template" },
};

static void done(void *target)
{
	free(((struct info_target *)target)->format);
}

static int print_document(const char *format, const json_t *document, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_json json_t *list = NULL;

	if (streq(format, "json")) {
		json_text_dump(document, 2, &out);
		buf_addc(&out, '\n');
		return listing_write(&out, err);
	}
	list = json_array();
	json_array_append(list, (json_t *)document);
	return listing_print(format, list, NULL, 0, true, err);
}

static int run_info(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct info_target *t = target;
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_json json_t *info = NULL;
	int r = engine_info(cli->engine, &info, err);

	if (r < 0)
		return r;
	if (t->format)
		return print_document(t->format, info, err);
	yaml_print(info, &out);
	return listing_write(&out, err);
}

static int run_version(struct cli *cli, void *target, char **words, struct error *err)
{
	static const char *const lines[][2] = {
		{ "Version", "Version" },	   { "API Version", "APIVersion" },
		{ "OCI Runtime Spec", "OCISpec" }, { "Git Commit", "GitCommit" },
		{ "Built", "BuiltTime" },	   { "OS/Arch", "OsArch" }
	};
	const struct info_target *t = target;
	scoped_json json_t *version = NULL;
	int r = engine_version(cli->engine, &version, err);

	if (r < 0)
		return r;
	if (t->format)
		return print_document(t->format, version, err);
	printf("Client:       Coracle Engine\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *value = json_get_str(json_object_get(version, "Client"), lines[i][1]);
		if (!str_empty(value))
			printf("%s:%*s%s\n", lines[i][0], (int)(13 - strlen(lines[i][0])), " ",
			       value);
	}
	return 0;
}

const struct command command_info = {
	.path = "info",
	.usage = "[options]",
	.summary = "Show the engine, the host, and the store",
	.target_size = sizeof(struct info_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run_info,
};
const struct command command_version = {
	.path = "version",
	.usage = "[options]",
	.summary = "Show versions",
	.target_size = sizeof(struct info_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run_version,
};
