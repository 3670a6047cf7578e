/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to a command: global options, help, errors as text and exit status. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trace.h"
#include "cli/globals.h"
#include "cli/help.h"

static int report(const struct command *c, const struct error *err)
{
	fflush(stdout);
	fprintf(stderr, "Error: %s\n", err->msg);
	if (c && err->kind == ERROR_INVALID && str_has_prefix(err->msg, "unknown "))
		fprintf(stderr, "See 'coracle %s --help'\n", c->path);
	return CLI_FAILED;
}

static int unknown_command(int argc, char *const *argv, int used, bool group)
{
	struct error err = ERROR_INIT;
	int theirs = command_unsupported(argc, argv), r;

	if (theirs > (group ? 1 : 0))
		error_set(&err, ERROR_UNSUPPORTED, "command 'coracle %s%s%s' is not supported yet",
			  argv[0], theirs > 1 ? " " : "", theirs > 1 ? argv[1] : "");
	else
		error_set(&err, ERROR_INVALID, "unrecognized command 'coracle %s%s%s'",
			  group ? argv[0] : "", group ? " " : "", argv[group ? used : 0]);
	r = report(NULL, &err);
	fprintf(stderr, "Try 'coracle --help' for more information\n");
	return r;
}

static int check_word_count(const struct command *c, char *const *words, struct error *err)
{
	int n = (int)strv_len(words);

	if (n < c->min_args)
		return error_set(err, ERROR_INVALID,
				 "'coracle %s' requires at least %d argument%s, got %d", c->path,
				 c->min_args, c->min_args == 1 ? "" : "s", n);
	if (c->max_args >= 0 && n > c->max_args)
		return error_set(err, ERROR_INVALID,
				 "'coracle %s' accepts at most %d argument%s, got %d", c->path,
				 c->max_args, c->max_args == 1 ? "" : "s", n);
	return 0;
}

static int run_parsed(struct cli *cli, const struct command *c, const struct globals *g,
		      void *target, char **words, struct error *err)
{
	scoped(engine_close) struct engine *engine = NULL;
	int r = check_word_count(c, words, err);

	if (r < 0)
		return r;
	if (!c->no_engine) {
		struct engine_options o;
		globals_engine_options(g, cli, &o);
		r = engine_open(&o, &engine, err);
		if (r < 0)
			return r;
		cli->engine = engine;
	}
	return c->run(cli, target, words, err);
}

static int run_command(struct cli *cli, const struct command *row, struct globals *g, int argc,
		       char *const *argv)
{
	const struct command *c = command_target(row);
	scoped_free void *target = xcalloc(1, c->target_size ? c->target_size : 1);
	scoped_free char **words = NULL;
	struct option_group groups[3] = { { c->options, c->n_options, target },
					  { c->more ? c->more->rows : NULL,
					    c->more ? c->more->n : 0, target },
					  { globals_persistent.rows, globals_persistent.n, g } };
	struct option_parse p = { .groups = groups,
				  .n_groups = 3,
				  .no_intersperse = c->no_intersperse,
				  .unsupported = command_unsupported_flags(c->path),
				  .command = c->path };
	struct error err = ERROR_INIT;
	bool help = false;
	int r;

	cli->command = c;
	if (c->target_init)
		c->target_init(target);
	r = options_parse(&p, argc, argv, &words, &help, &err);
	if (r >= 0)
		r = globals_apply(g, &err);
	cli->global_args = g->as_given;
	if (r >= 0 && help)
		r = help_command(row);
	else if (r >= 0)
		r = run_parsed(cli, c, g, target, words, &err);
	if (c->target_done)
		c->target_done(target);
	if (r >= 0)
		return r;
	r = report(row, &err);
	return cli->failure_status ? cli->failure_status : r;
}

/* What is stored is JSON, and what is printed is text: refuse what neither can hold. */
static int check_text(int argc, char *const *argv, struct error *err)
{
	for (int i = 1; i < argc; i++) {
		scoped(buf_done) struct buf shown = BUF_INIT;
		if (str_utf8(argv[i], strlen(argv[i])))
			continue;
		for (const char *c = argv[i]; *c; c++)
			buf_addc(&shown, *c & 0x80 ? '?' : *c);
		return error_set(err, ERROR_INVALID, "argument '%s' is not valid UTF-8",
				 buf_str(&shown));
	}
	return 0;
}

/* A full disk or a closed pipe must not pass for success. */
static int finish_output(int status)
{
	struct error err = ERROR_INIT;
	bool failed = fflush(stdout) != 0;

	if ((!failed && !ferror(stdout)) || status != 0)
		return status;
	error_os(&err, failed ? errno : EIO, "write to standard output");
	return report(NULL, &err);
}

/* It is for containers, by --sdnotify; what we execute must not speak on it. */
static char *take_notify_socket(void)
{
	const char *value = getenv("NOTIFY_SOCKET");
	char *own = str_empty(value) ? NULL : xstrdup(value);

	unsetenv("NOTIFY_SOCKET");
	return own;
}

static int dispatch(int argc, char **argv)
{
	struct globals g = { 0 };
	struct cli cli = { .argc = argc, .argv = argv };
	scoped_free char *program = NULL, *notify_socket = NULL;
	const struct command *row;
	struct error err = ERROR_INIT;
	int used = 0, at, status;
	bool group = false;

	log_set_program("coracle");
	at = check_text(argc, argv, &err);
	if (at >= 0)
		at = globals_parse(&g, argc, argv, &err);
	if (at < 0)
		return report(NULL, &err);
	if (g.version)
		return help_version();
	argc -= at;
	argv += at;
	if (g.help || argc == 0)
		return help_overview(NULL, argc == 0 && !g.help);
	program = globals_program_path();
	cli.program = program;
	notify_socket = take_notify_socket();
	cli.notify_socket = notify_socket;
	trace_inherit();
	row = command_find(argc, argv, &used, &group);
	if (!row && group &&
	    (argc == used || streq(argv[used], "--help") || streq(argv[used], "-h")))
		return help_overview(argv[0], argc == used);
	if (!row && streq(argv[0], "help"))
		return help_words(argc - 1, argv + 1);
	if (!row)
		return unknown_command(argc, argv, used, group);
	status = run_command(&cli, row, &g, argc - used, argv + used);
	globals_done(&g);
	return status;
}

int cli_main(int argc, char **argv)
{
	return finish_output(dispatch(argc, argv));
}
