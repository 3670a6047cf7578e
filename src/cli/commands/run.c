/* SPDX-License-Identifier: Apache-2.0 */
/* run: create a container, start it, and stay with it unless detached. */
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/container_options.h"
#include "cli/streams.h"
#include "engine/logs/driver.h"

#define AT(member) .offset = offsetof(struct container_target, member)

static const struct option rows[] = {
	{ .name = "attach",
	  .letter = 'a',
	  .arg = "STREAM",
	  .kind = OPTION_LIST,
	  AT(attach),
	  .words = WORDS_LIST,
	  .choices = "stdin stdout stderr",
	  .help = "Connect only these streams" },
	{ .name = "detach",
	  .letter = 'd',
	  .kind = OPTION_BOOL,
	  AT(detach),
	  .help = "Run in the background and print the ID" },
	{ .name = "detach-keys",
	  .arg = "KEYS",
	  .kind = OPTION_STR,
	  AT(detach_keys),
	  .help = "Keys that leave the container running (ctrl-p,ctrl-q)" },
	{ .name = "sig-proxy",
	  .kind = OPTION_BOOL,
	  AT(sig_proxy),
	  .help = "Pass received signals on (default true)" },
};

static int start_detached(struct cli *cli, struct container_target *t, const char *id,
			  struct error *err)
{
	struct container_run_result result = { 0 };
	int r = container_start(cli->engine, id, NULL, &result, err);

	if (r < 0)
		return r;
	puts(id);
	return 0;
}

static int start_attached(struct cli *cli, struct container_target *t, const char *id,
			  struct error *err)
{
	struct container_run_result result = { 0 };
	struct container_streams streams;
	int r = streams_choose(t->attach, t->wish.process.stdin_open, t->wish.process.terminal,
			       t->detach_keys, t->sig_proxy, &streams, err);

	if (r < 0)
		return r;
	r = container_start(cli->engine, id, &streams, &result, err);
	if (r < 0)
		return r;
	return result.end == CONTAINER_ATTACH_DETACHED ? 0 : result.exit_code;
}

static int drop_unstarted(struct cli *cli, const char *id, int failure)
{
	struct container_remove_options o = { .force = true, .volumes = true, .ignore = true };
	struct error err = ERROR_INIT;

	if (container_remove(cli->engine, id, &o, &err) < 0)
		fprintf(stderr,
			"coracle: warning: could not remove container %s: %s; 'coracle rm -f %s' "
			"tries again\n",
			id, err.msg, id);
	return failure;
}

static int run_run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct container_target *t = target;
	scoped_strv char **warnings = NULL;
	bool terminal_needed = t->wish.process.terminal && !t->detach;
	char id[65];
	int r;

	if (t->detach && t->attach)
		return error_set(
			err, ERROR_INVALID,
			"conflicting options: you cannot specify --attach and --detach together");
	r = container_target_finish(t, cli, words, err);
	if (r >= 0)
		r = container_target_image(cli, t, err);
	if (r >= 0)
		r = logs_driver_check_terminal(t->wish.log.driver, err);
	if (r >= 0)
		r = container_create(cli->engine, &t->wish, id, &warnings, err);
	if (r < 0)
		return r;
	STRV_FOREACH (w, warnings) {
		fprintf(stderr, "coracle: warning: %s\n", *w);
	}
	if (terminal_needed && !isatty(STDIN_FILENO) && t->wish.process.stdin_open)
		fprintf(stderr, "coracle: warning: the input device is not a TTY: the --tty and "
				"--interactive flags "
				"might not work properly\n");
	r = t->detach ? start_detached(cli, t, id, err) : start_attached(cli, t, id, err);
	if (r < 0)
		cli->failure_status = engine_start_exit_status(err);
	return r < 0 && t->rm ? drop_unstarted(cli, id, r) : r;
}

const struct command command_run = {
	.path = "run",
	.usage = "[options] IMAGE [COMMAND [ARG...]]",
	.summary = "Run a command in a new container",
	.examples = "  coracle run --rm -it localhost/busybox sh\n"
		    "  coracle run -d --name web -p 8080:80 localhost/busybox httpd -f\n",
	.target_size = sizeof(struct container_target),
	.target_init = container_target_init,
	.target_done = container_target_done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.more = &container_option_set,
	.min_args = 1,
	.max_args = -1,
	.no_intersperse = true,
	.words = WORDS_IMAGES,
	.run = run_run,
};
