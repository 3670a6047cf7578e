/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a row of the command table by the words of the command line. */
#include "cli/command.h"

#include "base/str.h"

const struct command *command_target(const struct command *row)
{
	if (!row->alias_of)
		return row;
	for (const struct command *const *c = command_table; *c; c++)
		if (streq((*c)->path, row->alias_of))
			return *c;
	return row;
}

/* Does path equal the first one or two words? */
static int words_used(const char *path, int argc, char *const *argv)
{
	const char *rest = str_skip_prefix(path, argv[0]);

	if (!rest)
		return 0;
	if (*rest == '\0')
		return 1;
	if (*rest == ' ' && argc > 1 && streq(rest + 1, argv[1]))
		return 2;
	return 0;
}

const struct command *command_find(int argc, char *const *argv, int *ret_used, bool *ret_group)
{
	const struct command *best = NULL;

	*ret_used = 0;
	*ret_group = false;
	for (const struct command *const *c = command_table; *c; c++) {
		int used = words_used((*c)->path, argc, argv);
		const char *rest = str_skip_prefix((*c)->path, argv[0]);
		if (used > *ret_used) {
			*ret_used = used;
			best = *c;
		}
		if (rest && *rest == ' ')
			*ret_group = true;
	}
	if (!best && *ret_group)
		*ret_used = 1;
	return best;
}
