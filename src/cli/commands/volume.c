/* SPDX-License-Identifier: Apache-2.0 */
/* volume create, ls, rm. */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/filter.h"
#include "cli/output/listing.h"
#include "cli/removal.h"
#include "engine/volume.h"

struct create_target {
	char *driver;
	char **labels, **options;
	bool ignore;
};

static const struct option create_rows[] = {
	{ .name = "driver",
	  .letter = 'd',
	  .arg = "DRIVER",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct create_target, driver),
	  .help = "Volume driver: local" },
	{ .name = "ignore",
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct create_target, ignore),
	  .help = "A volume that exists is no error" },
	{ .name = "label",
	  .letter = 'l',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  .offset = offsetof(struct create_target, labels),
	  .help = "Label of the volume" },
	{ .name = "opt",
	  .letter = 'o',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  .offset = offsetof(struct create_target, options),
	  .help = "Driver option" },
};

static void create_done(void *target)
{
	struct create_target *t = target;

	free(t->driver);
	strv_free(t->labels);
	strv_free(t->options);
}

static int run_create(struct cli *cli, void *target, char **words, struct error *err)
{
	struct create_target *t = target;
	struct volume v = { 0 };
	int r;

	if (t->driver && !streq(t->driver, "local"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "volume driver '%s' is not supported yet: choose local",
				 t->driver);
	v.name = words[0] ? xstrdup(words[0]) : NULL;
	v.driver = xstrdup("local");
	r = options_pairs("label", t->labels, &v.labels, err);
	if (r >= 0)
		r = options_pairs("opt", t->options, &v.options, err);
	if (r >= 0)
		r = volume_create(cli->engine, &v, t->ignore, err);
	if (r >= 0)
		puts(v.name);
	volume_done(&v);
	return r < 0 ? r : 0;
}

struct ls_target {
	char **filters;
	char *format;
	bool noheading, quiet;
};

static const struct option ls_rows[] = {
	{ .name = "filter",
	  .letter = 'f',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  .offset = offsetof(struct ls_target, filters),
	  .help = "Only volumes that match: name, label, driver, dangling" },
	{ .name = "format",
	  .arg = "FORMAT",
	  .kind = OPTION_STR,
	  .offset = offsetof(struct ls_target, format),
	  .help = "json, or a Go template" },
	{ .name = "noheading",
	  .letter = 'n',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct ls_target, noheading),
	  .help = "No line of column titles" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct ls_target, quiet),
	  .help = "Print names only" },
};

static void ls_done(void *target)
{
	struct ls_target *t = target;

	strv_free(t->filters);
	free(t->format);
}

static int volume_matches(struct cli *cli, const struct volume *v, char *const *filters, bool *ret,
			  struct error *err)
{
	*ret = true;
	STRV_FOREACH (f, filters) {
		const char *x;
		bool want, hit;
		if ((x = str_skip_prefix(*f, "name=")))
			hit = strstr(v->name, x) != NULL;
		else if ((x = str_skip_prefix(*f, "label=")))
			hit = filter_label(&v->labels, x);
		else if ((x = str_skip_prefix(*f, "driver=")))
			hit = streq(v->driver, x);
		else if ((x = str_skip_prefix(*f, "dangling="))) {
			scoped_strv char **users = NULL;
			int r = volume_users(cli->engine, v->name, &users, err);
			if (r < 0)
				return r;
			if (num_bool(x, &want) < 0)
				return error_set(err, ERROR_INVALID,
						 "filter '%s' wants true or false", *f);
			hit = want == (strv_len(users) == 0);
		} else {
			return error_set(err, ERROR_INVALID, "\"%s\" is an invalid volume filter",
					 *f);
		}
		*ret = *ret && hit;
	}
	return 0;
}

static int add_volume(struct cli *cli, const struct ls_target *t, const struct volume *v,
		      json_t *array, struct error *err)
{
	json_t *row = NULL;
	bool match;
	int r = volume_matches(cli, v, t->filters, &match, err);

	if (r < 0 || !match)
		return r;
	if (t->quiet) {
		puts(v->name);
		return 0;
	}
	r = volume_inspect(cli->engine, v->name, &row, err);
	if (r < 0)
		return r;
	json_array_append_new(array, row);
	return 0;
}

static int run_ls(struct cli *cli, void *target, char **words, struct error *err)
{
	static const struct template_header headers[] = { { "Name", "VOLUME NAME" },
							  { "Driver", "DRIVER" } };
	const struct ls_target *t = target;
	scoped_json json_t *array = json_array();
	struct volume *list = NULL;
	size_t n = 0;
	int r = volume_list(cli->engine, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add_volume(cli, t, &list[i], array, err);
	volume_list_free(list, n);
	if (r < 0 || t->quiet)
		return r < 0 ? r : 0;
	if (!t->format && json_array_size(array) == 0)
		return 0;
	return listing_print(t->format ? t->format : "table {{.Driver}}\t{{.Name}}", array, headers,
			     ARRAY_SIZE(headers), t->noheading, err);
}

struct rm_target {
	bool all, force;
};

static const struct option rm_rows[] = {
	{ .name = "all",
	  .letter = 'a',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct rm_target, all),
	  .help = "All volumes" },
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_BOOL,
	  .offset = offsetof(struct rm_target, force),
	  .help = "Remove containers that use them too" },
};

static int all_names(struct cli *cli, char ***ret, struct error *err)
{
	struct volume *list = NULL;
	size_t n = 0;
	int r = volume_list(cli->engine, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_add(ret, list[i].name);
	volume_list_free(list, n);
	return r;
}

static int remove_one(struct cli *cli, const char *word, void *arg, struct error *err)
{
	int r = volume_remove(cli->engine, word, ((const struct rm_target *)arg)->force, err);

	if (r >= 0)
		puts(word);
	return r;
}

static int run_rm(struct cli *cli, void *target, char **words, struct error *err)
{
	struct rm_target *t = target;
	scoped_strv char **list = strv_dup(words);
	int r = 0;

	if (!t->all && !words[0])
		return error_set(err, ERROR_INVALID, "choose at least one volume or use --all");
	if (t->all)
		r = all_names(cli, &list, err);
	return r < 0 ? r : removal_each(cli, list, remove_one, t, t->force);
}

const struct command command_volume_create = {
	.path = "volume create",
	.usage = "[options] [NAME]",
	.summary = "Create a volume",
	.target_size = sizeof(struct create_target),
	.target_done = create_done,
	.options = create_rows,
	.n_options = ARRAY_SIZE(create_rows),
	.max_args = 1,
	.run = run_create,
};
const struct command command_volume_ls = {
	.path = "volume ls",
	.usage = "[options]",
	.summary = "List volumes",
	.target_size = sizeof(struct ls_target),
	.target_done = ls_done,
	.options = ls_rows,
	.n_options = ARRAY_SIZE(ls_rows),
	.run = run_ls,
};
const struct command command_volume_rm = {
	.path = "volume rm",
	.usage = "[options] VOLUME [VOLUME...]",
	.summary = "Remove volumes",
	.target_size = sizeof(struct rm_target),
	.options = rm_rows,
	.n_options = ARRAY_SIZE(rm_rows),
	.max_args = -1,
	.words = WORDS_VOLUMES,
	.run = run_rm,
};
