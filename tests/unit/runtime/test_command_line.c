/* SPDX-License-Identifier: Apache-2.0 */
/* The command line against tests/data/runtime/command-line.tsv, row by row: each command and option
 * that runc or crun has is taken in the same form, or the command is refused by its name. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "harness/test.h"
#include "runtime/commands/commands.h"

static bool is_refused(const char *name)
{
	/* What is to be refused, so that a forgotten one does not pass for intended. */
	return streq(name, "checkpoint") || streq(name, "restore");
}

static const struct command *find_command(const char *name)
{
	size_t n;
	const struct command *const *all = runtime_commands(&n);

	for (size_t i = 0; i < n; i++) {
		if (streq(all[i]->name, name))
			return all[i];
	}
	return NULL;
}

static void check_refused(const struct command *c, const char *option)
{
	struct command_context cx = { 0 };
	struct error err = ERROR_INIT;
	char *argv[] = { (char *)c->name, (char *)option, (char *)"id", NULL };

	CHECK_FAILS(c->run(&cx, 3, argv, &err), err, ERROR_UNSUPPORTED, c->name);
}

static void check_taken(const struct option_row *rows, size_t n, const char *name, bool value)
{
	/* Every target begins with zeros and is smaller than this. */
	_Alignas(16) char target[1024] = { 0 };
	scoped_free char *inline_form = xasprintf("%s=1", name);
	char *argv[] = { (char *)"x", value ? inline_form : (char *)name, (char *)"id", NULL };
	struct error err = ERROR_INIT;
	int first = 0;

	if (runtime_options_parse(rows, n, 3, argv, true, target, &first, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s is not taken: %s", name, err.msg);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind == OPTION_LIST)
			strv_free(*(char ***)(target + rows[i].offset));
	}
	CHECK_STR(argv[first], "id");
}

static const struct option_row *find_row(const struct option_row *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (streq(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

static void check_flag(const char *command, const char *name, const char *short_name, bool value)
{
	const struct command *c = find_command(command);
	size_t n = c ? c->n_rows : 0;
	const struct option_row *rows = c ? c->rows : NULL;
	const struct option_row *row;

	if (streq(command, "(global)"))
		rows = runtime_global_options(&n);
	else if (is_refused(command))
		return check_refused(c, name);
	row = find_row(rows, n, name + 2);
	if (row == NULL) {
		test_fail(__FILE__, __LINE__, "%s %s is missing", command, name);
		return;
	}
	/* exec --tty[=TTY] of crun: a flag that takes =true. */
	if ((row->kind != OPTION_FLAG) != value && !streq(name, "--tty") && !streq(name, "--criu"))
		test_fail(__FILE__, __LINE__, "%s %s: a value or none?", command, name);
	check_taken(rows, n, name, row->kind != OPTION_FLAG);
	if (short_name[0] != '\0') {
		scoped_free char *short_form = xasprintf("%s%s", short_name,
							 row->kind == OPTION_FLAG ? "" : "1");

		check_taken(rows, n, short_form, false);
	}
}

TEST(every_row_is_taken_or_refused_by_name)
{
	scoped_free char *text = test_read_file(DATA_DIR "/command-line.tsv");
	scoped_strv char **lines = strv_split(text, "\n", false);
	size_t commands = 0, flags = 0;

	STRV_FOREACH (l, lines) {
		scoped_strv char **cell = strv_split(*l, "\t", true);

		if ((*l)[0] == '#')
			continue;
		CHECK_INT(strv_len(cell), 9);
		if (streq(cell[0], "command")) {
			const struct command *c = find_command(cell[1]);

			if (c == NULL)
				test_fail(__FILE__, __LINE__, "command %s is missing", cell[1]);
			else if (is_refused(cell[1]))
				check_refused(c, "--help");
			commands++;
		} else {
			check_flag(cell[1], cell[2], cell[3], cell[4][0] != '\0');
			flags++;
		}
	}
	CHECK_INT(commands, 18);
	CHECK_INT(flags, 116);
}

TEST(every_option_says_what_it_is_for)
{
	size_t n;
	const struct command *const *all = runtime_commands(&n);

	for (size_t i = 0; i < n; i++) {
		CHECK(!str_empty(all[i]->help));
		CHECK(str_has_prefix(all[i]->usage, all[i]->name));
		for (size_t k = 0; k < all[i]->n_rows; k++) {
			const struct option_row *r = &all[i]->rows[k];

			CHECK(r->help == NULL || r->help[0] != '\0');
			CHECK((r->kind == OPTION_FLAG) == (r->value == NULL));
		}
	}
}
