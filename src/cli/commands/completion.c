/* SPDX-License-Identifier: Apache-2.0 */
/* completion: the shells' scripts; __complete: the answers to their questions; __manual:
 * coracle(1), at build time. */
#include "base/strv.h"
#include "cli/commands/commands.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/output/listing.h"

static int run_script(struct cli *cli, void *target, char **words, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	int r = completion_script(words[0], &out, err);

	return r < 0 ? r : listing_write(&out, err);
}

static int run_candidates(struct cli *cli, void *target, char **words, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	/* everything behind the word __complete, options too, is data here */
	int r = completion_candidates(cli->engine, cli->argc - 2, cli->argv + 2, &out, err);

	return r < 0 ? r : listing_write(&out, err);
}

const struct command command_completion = {
	.path = "completion",
	.usage = "{bash|zsh|fish}",
	.summary = "Print a shell completion script",
	.examples = "  coracle completion bash > /usr/share/bash-completion/completions/coracle\n",
	.min_args = 1,
	.max_args = 1,
	.no_engine = true,
	.run = run_script,
};
const struct command command_complete = {
	.path = "__complete",
	.usage = "WORDS...",
	.summary = "Candidates for a shell",
	.max_args = -1,
	.no_intersperse = true,
	.hidden = true,
	.run = run_candidates,
};

static int run_manual(struct cli *cli, void *target, char **words, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;

	manual_print(&out);
	return listing_write(&out, err);
}

const struct command command_manual = {
	.path = "__manual",
	.summary = "The manual page",
	.hidden = true,
	.no_engine = true,
	.run = run_manual,
};
