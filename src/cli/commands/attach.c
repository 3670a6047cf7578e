/* SPDX-License-Identifier: Apache-2.0 */
/* attach: connect to the streams of a running container. */
#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/streams.h"
#include "cli/targets.h"

struct attach_target {
	struct targets targets;
	bool no_stdin, sig_proxy;
	char *detach_keys;
};

#define AT(member) .offset = offsetof(struct attach_target, member)

static const struct option rows[] = {
	{ .name = "detach-keys",
	  .arg = "KEYS",
	  .kind = OPTION_STR,
	  AT(detach_keys),
	  .help = "Keys that leave it running" },
	TARGET_ROW_LATEST(struct attach_target, targets),
	{ .name = "no-stdin",
	  .kind = OPTION_BOOL,
	  AT(no_stdin),
	  .help = "Do not connect standard input" },
	{ .name = "sig-proxy",
	  .kind = OPTION_BOOL,
	  AT(sig_proxy),
	  .help = "Pass received signals on (default true)" },
};

static void init(void *target)
{
	((struct attach_target *)target)->sig_proxy = true;
}

static void done(void *target)
{
	free(((struct attach_target *)target)->detach_keys);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct attach_target *t = target;
	struct container_run_result result = { 0 };
	struct container_streams streams;
	scoped_strv char **list = NULL;
	int r = targets_resolve(cli, &t->targets, words, 0, &list, err);

	if (r >= 0 && strv_len(list) != 1)
		return error_set(err, ERROR_NOT_FOUND, "no containers to attach to");
	if (r >= 0)
		r = streams_choose(NULL, !t->no_stdin, true, t->detach_keys, t->sig_proxy, &streams,
				   err);
	if (r >= 0)
		r = container_attach(cli->engine, list[0], &streams, &result, err);
	if (r < 0)
		return r;
	return result.end == CONTAINER_ATTACH_DETACHED ? 0 : result.exit_code;
}

const struct command command_attach = {
	.path = "attach",
	.usage = "[options] CONTAINER",
	.summary = "Attach to a running container",
	.target_size = sizeof(struct attach_target),
	.target_init = init,
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = 1,
	.words = WORDS_RUNNING,
	.run = run,
};
