/* SPDX-License-Identifier: Apache-2.0 */
/* delete: the command line of delete. */
#include "runtime/commands/commands.h"

struct delete_options {
	bool force, regex;
};
static const struct option_row delete_rows[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct delete_options, force), NULL,
	  "kill it first when it runs; no error when it is missing" },
	{ "regex", 'r', OPTION_FLAG, offsetof(struct delete_options, regex), NULL,
	  "ID is a regular expression" },
};

static int delete_one(const struct command_context *cx, const char *id, void *arg,
		      struct error *err)
{
	return runtime_delete(&cx->runtime, id, *(const bool *)arg, err);
}

static int delete_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct delete_options o = { 0 };
	struct positional p;
	int r = COMMAND_PARSE(&runtime_command_delete, argc, argv, &o, 1, 1, &p, err);

	if (r != COMMAND_GO)
		return r;
	if (o.regex)
		return command_for_each(cx, p.argv[0], delete_one, &o.force, err);
	return delete_one(cx, p.argv[0], &o.force, err);
}

const struct command runtime_command_delete = { "delete", "delete [options] ID",
						"remove what a stopped container holds",
						COMMAND_ROWS(delete_rows), delete_run };
