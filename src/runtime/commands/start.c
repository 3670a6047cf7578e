/* SPDX-License-Identifier: Apache-2.0 */
/* start: the command line of start. */
#include "runtime/commands/commands.h"

static int start_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct positional p;
	int r = command_parse(&runtime_command_start, argc, argv, NULL, 1, 1, true, &p, err);

	return r != COMMAND_GO ? r : runtime_start(&cx->runtime, p.argv[0], err);
}

const struct command runtime_command_start = {
	"start", "start ID", "run the process of a created container", NULL, 0, start_run
};
