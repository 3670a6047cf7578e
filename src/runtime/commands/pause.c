/* SPDX-License-Identifier: Apache-2.0 */
/* pause: the command lines of pause and resume. */
#include "runtime/commands/commands.h"

static int pause_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct positional p;
	int r = command_parse(&runtime_command_pause, argc, argv, NULL, 1, 1, true, &p, err);

	return r != COMMAND_GO ? r : runtime_pause(&cx->runtime, p.argv[0], err);
}

static int resume_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct positional p;
	int r = command_parse(&runtime_command_resume, argc, argv, NULL, 1, 1, true, &p, err);

	return r != COMMAND_GO ? r : runtime_resume(&cx->runtime, p.argv[0], err);
}

const struct command runtime_command_pause = {
	"pause", "pause ID", "freeze all processes of a container", NULL, 0, pause_run
};
const struct command runtime_command_resume = { "resume", "resume ID", "thaw a paused container",
						NULL,	  0,	       resume_run };
