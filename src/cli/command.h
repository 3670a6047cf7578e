/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the commands as a table (commands/ has one file per command) and the way from argv to
 * one of them.  `container X`, `image X` and the short spellings are rows that share an entry.
 */
#ifndef CORACLE_CLI_COMMAND_H
#define CORACLE_CLI_COMMAND_H

#include "cli/options.h"
#include "engine/engine.h"

/* Podman's exit status of what failed for a reason of the engine's. */
enum { CLI_FAILED = 125 };

/* What a command gets. */
struct cli {
	struct engine *engine;	   /* opened before run() */
	const char *program;	   /* absolute path of this program */
	const char *notify_socket; /* NOTIFY_SOCKET as we got it; NULL: none */
	char **global_args;	   /* global options as given */
	const struct command *command;
	int argc; /* of the whole line, for CreateCommand */
	char *const *argv;
	int failure_status; /* of a command that failed, set by it; 0: CLI_FAILED */
};

struct command {
	const char *path;		   /* "run", "container ls", ... */
	const char *usage;		   /* "[options] IMAGE [COMMAND [ARG...]]" */
	const char *summary;		   /* one line, imperative */
	const char *examples;		   /* lines, may be NULL */
	size_t target_size;		   /* of the struct that the rows fill; zeroed before */
	void (*target_init)(void *target); /* defaults; may be NULL */
	void (*target_done)(void *target);
	const struct option *options; /* rows */
	size_t n_options;
	/* Further rows shared between commands (create and run), same target. */
	const struct option_set *more;
	int min_args, max_args; /* words; max -1: any */
	bool no_intersperse;
	bool no_engine;		 /* runs without opening the engine */
	enum option_words words; /* completion of positional words */
	bool hidden;
	const char
		*alias_of; /* path of the row that does the work: other members are taken from it */
	/* Exit status; < 0 means err is filled (status: cli->failure_status). */
	int (*run)(struct cli *cli, void *target, char **words, struct error *err);
};

/* All rows, ended by path NULL (commands/table.c). */
extern const struct command *const command_table[];
/* Row for the longest match of the leading words; *ret_used is how many words it took.  NULL when
 * none; *ret_group is then true when the words name a group ("container"). */
const struct command *command_find(int argc, char *const *argv, int *ret_used, bool *ret_group);
/* The row that does the work: the alias's target, or the row itself. */
const struct command *command_target(const struct command *row);
/* Flags of a command that the peer has and we do not yet (unsupported.c). NULL-ended; may be NULL.
 */
const char *const *command_unsupported_flags(const char *path);
/* How many words name a command of the peer that we do not have yet; 0: none. */
int command_unsupported(int argc, char *const *argv);

/* The whole program: exit status. */
int cli_main(int argc, char **argv);

#endif
