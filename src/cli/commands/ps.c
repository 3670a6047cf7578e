/* SPDX-License-Identifier: Apache-2.0 */
/* ps: list containers from one snapshot of the state; takes no container lock. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "cli/commands/commands.h"
#include "cli/container_row.h"
#include "cli/filter.h"
#include "cli/output/listing.h"

struct ps_target {
	bool all, latest, no_trunc, quiet, size, noheading, sync;
	struct opt_u32 last;
	char **filters;
	char *format, *sort;
};

#define AT(member) .offset = offsetof(struct ps_target, member)

static const struct option rows[] = {
	{ .name = "all",
	  .letter = 'a',
	  .kind = OPTION_BOOL,
	  AT(all),
	  .help = "Show all containers, not only running ones" },
	{ .name = "filter",
	  .letter = 'f',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  AT(filters),
	  .help = "Only containers that match" },
	{ .name = "format",
	  .arg = "FORMAT",
	  .kind = OPTION_STR,
	  AT(format),
	  .help = "json, or a Go template" },
	{ .name = "last",
	  .letter = 'n',
	  .arg = "N",
	  .kind = OPTION_U32,
	  AT(last),
	  .help = "Show the N containers created last" },
	{ .name = "latest",
	  .letter = 'l',
	  .kind = OPTION_BOOL,
	  AT(latest),
	  .help = "Show the container created last" },
	{ .name = "no-trunc",
	  .kind = OPTION_BOOL,
	  AT(no_trunc),
	  .help = "Do not shorten IDs and commands" },
	{ .name = "noheading",
	  .kind = OPTION_BOOL,
	  AT(noheading),
	  .help = "No line of column titles" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  AT(quiet),
	  .help = "Print IDs only" },
	{ .name = "size", .letter = 's', .kind = OPTION_BOOL, AT(size), .help = "Show sizes" },
	{ .name = "sort",
	  .arg = "COLUMN",
	  .kind = OPTION_STR,
	  AT(sort),
	  .words = WORDS_LIST,
	  .choices = "command created id image names runningfor size status",
	  .help = "Sort by command, created, id, image, names, runningfor, size, status" },
	{ .name = "sync",
	  .kind = OPTION_BOOL,
	  AT(sync),
	  .help = "Accepted: the state is always read from the kernel" },
};

static const struct template_header headers[] = {
	{ "ID", "CONTAINER ID" },
	{ "Image", "IMAGE" },
	{ "Command", "COMMAND" },
	{ "Created", "CREATED" },
	{ "RunningFor", "CREATED" },
	{ "CreatedAt", "CREATED AT" },
	{ "CreatedHuman", "CREATED" },
	{ "Status", "STATUS" },
	{ "Ports", "PORTS" },
	{ "Names", "NAMES" },
	{ "Size", "SIZE" },
	{ "Labels", "LABELS" },
	{ "Mounts", "MOUNTS" },
	{ "Networks", "NETWORKS" },
	{ "State", "STATE" },
	{ "Pid", "PID" },
	{ "ImageID", "IMAGE ID" },
	{ "ExitCode", "EXIT CODE" },
	{ "Pod", "POD ID" },
};

#define TABLE                                                                                      \
	"table "                                                                                   \
	"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t{{.Names}" \
	"}"

static void done(void *target)
{
	struct ps_target *t = target;

	strv_free(t->filters);
	free(t->format);
	free(t->sort);
}

/* Places in list, newest first, of the containers that the options ask for. */
static int select_rows(const struct ps_target *t, const struct container_summary *list, size_t n,
		       size_t *picked, size_t *ret_n, struct error *err)
{
	scoped(filter_list_free) struct filter_list *filters = NULL;
	size_t limit = t->latest ? 1 : t->last.set ? t->last.value : SIZE_MAX, count = 0;
	bool any_state;
	int r = filter_list_parse(t->filters, list, n, &filters, err);

	if (r < 0)
		return r;
	any_state = t->all || t->latest || t->last.set || filter_list_has(filters, "status") ||
		    filter_list_has(filters, "exited");
	for (size_t i = 0; i < n && count < limit; i++) {
		if (!any_state && list[i].status != CONTAINER_RUNNING)
			continue;
		if (filter_list_match(filters, &list[i]))
			picked[count++] = i;
	}
	*ret_n = count;
	return 0;
}

static int sort_rows(struct ps_target *t, const struct container_summary *list, size_t *picked,
		     size_t n, struct error *err)
{
	enum container_row_order order;

	if (!t->sort)
		return 0;
	if (container_row_order_parse(t->sort, &order) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid option '%s' for --sort, options are: command, created, "
				 "id, image, names, runningfor, size, or status",
				 t->sort);
	container_row_sort(list, picked, n, order);
	return 0;
}

static int print_rows(struct cli *cli, const struct ps_target *t,
		      const struct container_summary *list, const size_t *picked, size_t n,
		      struct error *err)
{
	bool json = t->format && streq(t->format, "json");
	scoped_json json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *row = NULL;
		int r = json ? container_row_json(cli->engine, &list[picked[i]], t->size, &row, err)
			     : container_row_text(cli->engine, &list[picked[i]], t->size,
						  t->no_trunc, &row, err);
		if (r < 0)
			return r;
		json_array_append_new(array, row);
	}
	return listing_print(t->format ? t->format
			     : t->size ? TABLE "\t{{.Size}}"
				       : TABLE,
			     array, headers, ARRAY_SIZE(headers), t->noheading, err);
}

static int print_ids(const struct ps_target *t, const struct container_summary *list,
		     const size_t *picked, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%.*s\n", t->no_trunc ? 64 : 12, list[picked[i]].id);
	return 0;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct ps_target *t = target;
	struct container_summary *list = NULL;
	scoped_free size_t *picked = NULL;
	size_t n = 0, count = 0;
	int r;

	if (t->quiet && t->format)
		return error_set(err, ERROR_INVALID, "quiet and format cannot be used together");
	if (t->last.set && t->latest)
		return error_set(err, ERROR_INVALID, "last and latest cannot be used together");
	r = container_list(cli->engine, &list, &n, err);
	if (r < 0)
		return r;
	picked = xnew_n(size_t, n + 1);
	r = select_rows(t, list, n, picked, &count, err);
	if (r >= 0)
		r = sort_rows(t, list, picked, count, err);
	if (r >= 0)
		r = t->quiet ? print_ids(t, list, picked, count)
			     : print_rows(cli, t, list, picked, count, err);
	container_list_free(list, n);
	return r;
}

const struct command command_ps = {
	.path = "ps",
	.usage = "[options]",
	.summary = "List containers",
	.examples = "  coracle ps -a\n  coracle ps --format \"{{.ID}} {{.Status}}\" --filter "
		    "name=web\n",
	.target_size = sizeof(struct ps_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
