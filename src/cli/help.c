/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/globals.h"
#include "cli/output/table.h"

int help_command(const struct command *row)
{
	const struct command *c = command_target(row);
	struct option_group groups[2] = { { c->options, c->n_options, NULL },
					  { c->more ? c->more->rows : NULL,
					    c->more ? c->more->n : 0, NULL } };
	scoped(buf_done) struct buf out = BUF_INIT;

	buf_addf(&out, "%s\n\nUsage:\n  coracle %s %s\n", c->summary, row->path,
		 c->usage ? c->usage : "");
	if (c->examples)
		buf_addf(&out, "\nExamples:\n%s", c->examples);
	buf_adds(&out, "\nOptions:\n");
	options_help(groups, 2, &out);
	buf_adds(&out, "  -h, --help   Print this help\n");
	fputs(buf_str(&out), stdout);
	return 0;
}

/* First word of path behind the group, when path lies directly below it. */
static const char *child_of(const char *path, const char *group)
{
	const char *rest = group ? str_skip_prefix(path, group) : path;

	if (!rest || (group && *rest != ' '))
		return NULL;
	return group ? rest + 1 : rest;
}

static const char *const group_summaries[][2] = {
	{ "container", "Manage containers" }, { "image", "Manage images" },
	{ "network", "Manage networks" },     { "volume", "Manage volumes" },
	{ "system", "Manage the engine" },
};

static const char *summary_of(const struct command *c, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(group_summaries); i++)
		if (streq(group_summaries[i][0], name) && strchr(c->path, ' '))
			return group_summaries[i][1];
	return command_target(c)->summary;
}

void help_command_lines(const char *group, struct buf *out)
{
	scoped_strv char **lines = NULL;

	for (const struct command *const *c = command_table; *c; c++) {
		const char *child = child_of((*c)->path, group);
		size_t len = child ? strcspn(child, " ") : 0;
		scoped_free char *name = child ? xstrndup(child, len) : NULL;
		if (!child || command_target(*c)->hidden)
			continue;
		if (child[len] == ' ' && group)
			continue;
		strv_addf(&lines, "%s\t%s", name, summary_of(*c, name));
	}
	strv_sort(lines);
	strv_uniq(lines);
	STRV_FOREACH (l, lines) {
		buf_addf(out, "%s\n", *l);
	}
}

int help_overview(const char *group, bool is_error)
{
	scoped(buf_done) struct buf out = BUF_INIT, commands = BUF_INIT, indented = BUF_INIT;
	struct option_group globals = { globals_rows, globals_n_rows, NULL };

	help_command_lines(group, &commands);
	for (const char *p = buf_str(&commands); *p;) {
		size_t len = strcspn(p, "\n");
		buf_adds(&indented, "  ");
		buf_add(&indented, p, len + (p[len] == '\n'));
		p += len + (p[len] == '\n');
	}
	if (group) {
		buf_addf(&out, "Usage:\n  coracle %s [command]\n\nAvailable Commands:\n", group);
		table_align(buf_str(&indented), &out);
	} else {
		buf_adds(&out, "Manage containers and images\n\nUsage:\n  coracle [options] "
			       "[command]\n\n"
			       "Available Commands:\n");
		table_align(buf_str(&indented), &out);
		buf_adds(&out, "\nOptions:\n");
		options_help(&globals, 1, &out);
		buf_adds(&out, "\nMore about a command: coracle COMMAND --help\n");
	}
	if (is_error)
		buf_adds(&out, group ? "Error: missing command\n"
				     : "Error: missing command 'coracle COMMAND'\n");
	fputs(buf_str(&out), is_error ? stderr : stdout);
	return is_error ? 125 : 0;
}

int help_words(int argc, char *const *argv)
{
	int used = 0;
	bool group = false;
	const struct command *c = argc > 0 ? command_find(argc, argv, &used, &group) : NULL;

	if (c)
		return help_command(c);
	return help_overview(group ? argv[0] : NULL, false);
}

int help_version(void)
{
	printf("coracle version %s\n", CORACLE_VERSION);
	return 0;
}
