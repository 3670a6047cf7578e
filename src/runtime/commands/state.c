/* SPDX-License-Identifier: Apache-2.0 */
/* state: the command line of state. */
#include "runtime/commands/commands.h"

static int state_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct positional p;
	int r = command_parse(&runtime_command_state, argc, argv, NULL, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	r = runtime_state(&cx->runtime, p.argv[0], &b, err);
	if (r < 0)
		return r;
	buf_addc(&b, '\n');
	return command_print(&b, err);
}

const struct command runtime_command_state = {
	"state", "state ID", "print the state of a container", NULL, 0, state_run
};
