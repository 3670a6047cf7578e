/* SPDX-License-Identifier: Apache-2.0 */
/* Every flag that the peer's newest version has is either a row of ours or refused by name: the
 * list is kept equal to data/flags.tsv (command, flag), which is made from the peer's reference. */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/command.h"
#include "harness/test.h"

static bool has_row(const struct option *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(rows[i].name, name))
			return true;
	return false;
}

static bool is_refused(const char *path, const char *name)
{
	const char *const *list = command_unsupported_flags(path);

	for (; list && *list; list++)
		if (streq(*list, name))
			return true;
	return false;
}

TEST(each_flag_of_the_peer_is_known_or_refused_by_name)
{
	scoped_free char *text = test_read_file(TEST_DATA "/flags.tsv");
	scoped_strv char **lines = text ? strv_split(text, "\n", false) : NULL;
	unsigned seen = 0;

	CHECK(text != NULL);
	STRV_FOREACH (line, lines) {
		char *tab = strchr(*line, '\t');
		scoped_strv char **words = NULL;
		const struct command *c;
		int used = 0;
		bool group;

		if (**line == '#')
			continue;
		CHECK(tab != NULL);
		*tab = '\0';
		words = strv_split(*line, " ", false);
		c = command_find((int)strv_len(words), words, &used, &group);
		if (!c || used != (int)strv_len(words)) {
			/* A command that is not there yet is refused as a whole. */
			if (!command_unsupported((int)strv_len(words), words))
				test_fail(__FILE__, __LINE__, "command '%s' is unknown", *line);
			continue;
		}
		c = command_target(c);
		seen++;
		if (streq(tab + 1, "help") || has_row(c->options, c->n_options, tab + 1) ||
		    (c->more && has_row(c->more->rows, c->more->n, tab + 1)) ||
		    is_refused(c->path, tab + 1))
			continue;
		test_fail(__FILE__, __LINE__, "'%s --%s' is neither a row nor refused by name",
			  *line, tab + 1);
	}
	CHECK(seen > 300);
}
