/* SPDX-License-Identifier: Apache-2.0 */
/* kill: the command line of kill. */
#include <signal.h>

#include "base/str.h"
#include "runtime/commands/commands.h"

struct kill_options {
	bool all, regex;
};
static const struct option_row kill_rows[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct kill_options, all), NULL,
	  "signal every process of the container" },
	{ "regex", 'r', OPTION_FLAG, offsetof(struct kill_options, regex), NULL,
	  "ID is a regular expression" },
};

static int kill_one(const struct command_context *cx, const char *id, void *arg, struct error *err)
{
	const int *args = arg;

	return runtime_kill(&cx->runtime, id, args[0], args[1] != 0, err);
}

static int kill_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct kill_options o = { 0 };
	struct positional p;
	int r = COMMAND_PARSE(&runtime_command_kill, argc, argv, &o, 1, 2, &p, err);
	int args[2];

	if (r != COMMAND_GO)
		return r;
	args[0] = p.argc > 1 ? num_signal(p.argv[1]) : SIGTERM;
	if (p.argc > 1 && streq(p.argv[1], "0"))
		args[0] = 0; /* is it there? */
	args[1] = o.all;
	if (args[0] < 0)
		return error_set(err, ERROR_INVALID, "unknown signal '%s'", p.argv[1]);
	if (o.regex)
		return command_for_each(cx, p.argv[0], kill_one, args, err);
	return kill_one(cx, p.argv[0], args, err);
}

const struct command runtime_command_kill = { "kill", "kill [options] ID [SIGNAL]",
					      "send a signal to the container's init process",
					      COMMAND_ROWS(kill_rows), kill_run };
