/* SPDX-License-Identifier: Apache-2.0 */
/* exec: start a further process in a running container. */
#include <stdio.h>

#include "base/str.h"
#include "cli/commands/commands.h"
#include "cli/streams.h"
#include "cli/targets.h"
#include "engine/wish_parse.h"

struct exec_target {
	struct targets targets;
	struct container_exec_wish wish;
	char **env, **env_files;
	char *detach_keys;
	struct opt_u32 preserve_fds;
};

#define AT(member) .offset = offsetof(struct exec_target, member)

static const struct option rows[] = {
	TARGET_ROW_CIDFILE(struct exec_target, targets),
	{ .name = "detach",
	  .letter = 'd',
	  .kind = OPTION_BOOL,
	  AT(wish.detach),
	  .help = "Run in the background and print the session's ID" },
	{ .name = "detach-keys",
	  .arg = "KEYS",
	  .kind = OPTION_STR,
	  AT(detach_keys),
	  .help = "Keys that leave it running" },
	{ .name = "env",
	  .letter = 'e',
	  .arg = "NAME[=VALUE]",
	  .kind = OPTION_STRV,
	  AT(env),
	  .help = "Environment variable" },
	{ .name = "env-file",
	  .arg = "FILE",
	  .kind = OPTION_STRV,
	  AT(env_files),
	  .words = WORDS_FILES,
	  .help = "Read environment variables from FILE" },
	{ .name = "interactive",
	  .letter = 'i',
	  .kind = OPTION_BOOL,
	  AT(wish.stdin_open),
	  .help = "Connect standard input" },
	TARGET_ROW_LATEST(struct exec_target, targets),
	{ .name = "preserve-fds",
	  .arg = "N",
	  .kind = OPTION_U32,
	  AT(preserve_fds),
	  .help = "Pass descriptors 3 to 2+N" },
	{ .name = "privileged",
	  .kind = OPTION_BOOL,
	  AT(wish.privileged),
	  .help = "Give it all capabilities" },
	{ .name = "tty",
	  .letter = 't',
	  .kind = OPTION_BOOL,
	  AT(wish.terminal),
	  .help = "Allocate a terminal" },
	{ .name = "user",
	  .letter = 'u',
	  .arg = "USER[:GROUP]",
	  .kind = OPTION_STR,
	  AT(wish.user),
	  .help = "User and group" },
	{ .name = "workdir",
	  .letter = 'w',
	  .arg = "DIR",
	  .kind = OPTION_STR,
	  AT(wish.workdir),
	  .help = "Working directory" },
};

static void done(void *target)
{
	struct exec_target *t = target;

	targets_done(&t->targets);
	strv_free(t->env);
	strv_free(t->env_files);
	strv_free(t->wish.command);
	strv_free(t->wish.env);
	free(t->wish.user);
	free(t->wish.workdir);
	free(t->detach_keys);
}

static int collect_env(struct exec_target *t, struct error *err)
{
	scoped(wish_done) struct wish w = { 0 };
	int r = wish_add_envs(&w, t->env_files, t->env, err);

	t->wish.env = take_ptr(w.process.env);
	return r;
}

/* The container's word; the rest is the command. */
static int choose_container(struct cli *cli, struct exec_target *t, char **words, char **ret,
			    struct error *err)
{
	bool named = !t->targets.latest && !t->targets.cidfiles;
	scoped_strv char **list = NULL;
	char *first[2] = { words[0], NULL };
	int r;

	if (named && !words[0])
		return error_set(err, ERROR_INVALID,
				 "exec requires the name or ID of a container or the --latest or "
				 "--cidfile flag");
	r = targets_resolve(cli, &t->targets, named ? first : NULL, 0, &list, err);
	if (r < 0)
		return r;
	t->wish.command = strv_dup(words + named);
	if (strv_len(t->wish.command) == 0)
		return error_set(err, ERROR_INVALID,
				 "must provide a non-empty command to start an exec session: "
				 "invalid argument");
	if (!list || !list[0])
		return error_set(err, ERROR_NOT_FOUND, "no container to run in");
	*ret = xstrdup(list[0]);
	return 0;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct exec_target *t = target;
	struct container_run_result result = { 0 };
	struct container_streams streams = { .in = -1, .out = -1, .err = -1 };
	scoped_free char *word = NULL;
	char session[65] = "";
	int r = choose_container(cli, t, words, &word, err);

	if (r >= 0)
		r = collect_env(t, err);
	if (r >= 0 && !t->wish.detach)
		r = streams_choose(NULL, t->wish.stdin_open, t->wish.terminal, t->detach_keys,
				   false, &streams, err);
	if (r < 0)
		return r;
	t->wish.preserve_fds = t->preserve_fds.set ? t->preserve_fds.value : 0;
	r = container_exec(cli->engine, word, &t->wish, t->wish.detach ? NULL : &streams, &result,
			   session, err);
	if (r < 0) {
		cli->failure_status = engine_error_exit_status(err);
		return r;
	}
	if (t->wish.detach)
		puts(session);
	return t->wish.detach || result.end == CONTAINER_ATTACH_DETACHED ? 0 : result.exit_code;
}

const struct command command_exec = {
	.path = "exec",
	.usage = "[options] CONTAINER COMMAND [ARG...]",
	.summary = "Run a process in a running container",
	.examples = "  coracle exec -it web sh\n",
	.target_size = sizeof(struct exec_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.no_intersperse = true,
	.words = WORDS_RUNNING,
	.run = run,
};
