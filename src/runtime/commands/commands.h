/* SPDX-License-Identifier: Apache-2.0 */
/* commands: what the command lines share.  Each command is one row of the table in main.c and one
 * file here; what it does is an operation of runtime.h. */
#ifndef CORACLE_RUNTIME_COMMANDS_COMMANDS_H
#define CORACLE_RUNTIME_COMMANDS_COMMANDS_H

#include "runtime/commands/options.h"
#include "runtime/runtime.h"

struct command_context {
	struct runtime_context runtime;
	const char *root_flag; /* as given, or NULL */
	bool debug;
};

struct command {
	const char *name, *usage, *help;
	const struct option_row *rows;
	size_t n_rows;
	/* Exit status, COMMAND_USAGE, or -errno with err set. */
	int (*run)(const struct command_context *cx, int argc, char **argv, struct error *err);
};

/* What is left behind the options. */
struct positional {
	int argc;
	char **argv;
};

/* Returned by command_parse: options are right, go on (no exit status can be this). */
#define COMMAND_GO 1000
/* The command line is wrong: err says how, the exit status is 1 for every command. */
#define COMMAND_USAGE 1001
#define COMMAND_ROWS(rows) rows, ARRAY_SIZE(rows)
#define COMMAND_PARSE(cmd, argc, argv, target, min, max, p, err) \
	command_parse((cmd), (argc), (argv), (target), (min), (max), true, (p), (err))

/* Parse argv[1..]; --help prints and gives 0; a wrong number of arguments is COMMAND_USAGE.  max <
 * 0: any number.  intersperse: options may follow arguments. */
int command_parse(const struct command *c, int argc, char **argv, void *target, int min, int max,
		  bool intersperse, struct positional *ret, struct error *err);
/* fn for each container whose whole id matches the POSIX extended expression. */
int command_for_each(const struct command_context *cx, const char *regex,
		     int (*fn)(const struct command_context *cx, const char *id, void *arg,
			       struct error *err),
		     void *arg, struct error *err);
/* Write to stdout. */
int command_print(struct buf *b, struct error *err);

/* The tables, for the manual pages and tests. */
const struct command *const *runtime_commands(size_t *ret_n);
const struct option_row *runtime_global_options(size_t *ret_n);

extern const struct command runtime_command_create, runtime_command_start, runtime_command_run,
	runtime_command_exec, runtime_command_kill, runtime_command_delete, runtime_command_state,
	runtime_command_list, runtime_command_ps, runtime_command_pause, runtime_command_resume,
	runtime_command_update, runtime_command_events, runtime_command_spec,
	runtime_command_features, runtime_command_checkpoint, runtime_command_restore,
	runtime_command_mounts;

#endif
