/* SPDX-License-Identifier: Apache-2.0 */
/* top: the processes of a container, read from /proc on the host: nothing of the image is executed.
 */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/output/table.h"
#include "cli/targets.h"

struct top_target {
	struct targets targets;
};

static const struct option rows[] = {
	TARGET_ROW_LATEST(struct top_target, targets),
};

/* Descriptors come one per word or several with commas. */
static char **split_descriptors(char *const *words)
{
	char **list = NULL;

	STRV_FOREACH (w, words) {
		scoped_strv char **parts = strv_split(*w, ",", false);
		strv_add_all(&list, parts);
	}
	return list;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct top_target *t = target;
	scoped(buf_done) struct buf text = BUF_INIT, out = BUF_INIT;
	scoped_strv char **ids = NULL, **descriptors = NULL;
	char ***table = NULL;
	int r = 0;

	if (!t->targets.latest && !words[0])
		return error_set(err, ERROR_INVALID,
				 "you must provide the name or ID of a running container");
	if (t->targets.latest)
		r = container_ids(cli->engine, &ids, err);
	if (r < 0)
		return r;
	if (t->targets.latest && (!ids || !ids[0]))
		return error_set(err, ERROR_NOT_FOUND, "there is no container");
	descriptors = split_descriptors(t->targets.latest ? words : words + 1);
	r = container_top(cli->engine, t->targets.latest ? ids[0] : words[0], descriptors, &table,
			  err);
	if (r < 0)
		return r;
	for (char ***row = table; *row; row++) {
		scoped_free char *line = strv_join(*row, "\t");
		buf_addf(&text, "%s\n", line);
	}
	container_top_free(table);
	table_align(buf_str(&text), &out);
	return listing_write(&out, err);
}

const struct command command_top = {
	.path = "top",
	.usage = "[options] CONTAINER [FORMAT-DESCRIPTORS]",
	.summary = "Show the processes of a container",
	.target_size = sizeof(struct top_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.no_intersperse = true,
	.words = WORDS_RUNNING,
	.run = run,
};
