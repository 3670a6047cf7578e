/* SPDX-License-Identifier: Apache-2.0 */
/* start: start containers, optionally attached to one. */
#include <stdio.h>

#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/streams.h"
#include "cli/targets.h"

struct start_target {
	struct targets targets;
	bool attach, interactive, sig_proxy;
	char *detach_keys;
};

#define AT(member) .offset = offsetof(struct start_target, member)

static const struct option rows[] = {
	/* Without the letter that the other commands give to --all: here it is --attach. */
	{ .name = "all",
	  .kind = OPTION_BOOL,
	  AT(targets.all),
	  .help = "Start all containers regardless of their state" },
	{ .name = "attach",
	  .letter = 'a',
	  .kind = OPTION_BOOL,
	  AT(attach),
	  .help = "Connect its output and wait for its end" },
	{ .name = "detach-keys",
	  .arg = "KEYS",
	  .kind = OPTION_STR,
	  AT(detach_keys),
	  .help = "Keys that leave it running" },
	TARGET_ROW_FILTER(struct start_target, targets),
	{ .name = "interactive",
	  .letter = 'i',
	  .kind = OPTION_BOOL,
	  AT(interactive),
	  .help = "Connect standard input too" },
	TARGET_ROW_LATEST(struct start_target, targets),
	{ .name = "sig-proxy",
	  .kind = OPTION_BOOL,
	  AT(sig_proxy),
	  .help = "Pass received signals on (default true with --attach)" },
};

static void init(void *target)
{
	((struct start_target *)target)->sig_proxy = true;
}

static void done(void *target)
{
	struct start_target *t = target;

	targets_done(&t->targets);
	free(t->detach_keys);
}

/* Podman's words, except for a name that is none. */
static int told(const char *word, int r, struct error *err)
{
	if (r < 0 && err->kind != ERROR_NOT_FOUND)
		return error_prefix(err, "unable to start container \"%s\"", word);
	return r;
}

static int each(struct cli *cli, const char *word, void *arg, struct error *err)
{
	return told(word, container_start(cli->engine, word, NULL, NULL, err), err);
}

static int start_attached(struct cli *cli, const struct start_target *t, const char *word,
			  struct error *err)
{
	struct container_run_result result = { 0 };
	struct container_streams streams;
	int r = streams_choose(NULL, t->interactive, true, t->detach_keys, t->sig_proxy, &streams,
			       err);

	if (r >= 0)
		r = told(word, container_start(cli->engine, word, &streams, &result, err), err);
	if (r < 0)
		return r;
	return result.end == CONTAINER_ATTACH_DETACHED ? 0 : result.exit_code;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct start_target *t = target;
	unsigned states = 1u << CONTAINER_CONFIGURED | 1u << CONTAINER_CREATED |
			  1u << CONTAINER_EXITED | 1u << CONTAINER_STOPPED;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, states, &list, err);

	if (r < 0)
		return r;
	if (!t->attach && !t->interactive)
		return targets_each(cli, &t->targets, list, each, t, true);
	if (strv_len(list) != 1)
		return error_set(err, ERROR_INVALID,
				 "you cannot start and attach multiple containers at once");
	return start_attached(cli, t, list[0], err);
}

const struct command command_start = {
	.path = "start",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Start containers",
	.target_size = sizeof(struct start_target),
	.target_init = init,
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
