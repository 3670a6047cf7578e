/* SPDX-License-Identifier: Apache-2.0 */
/* unsupported: commands of the peers that are refused by name. */
#include "runtime/commands/commands.h"

static int refuse(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED,
			 "command '%s' is not supported by this version of coracle-runtime",
			 argv[0]);
}

const struct command runtime_command_checkpoint = {
	"checkpoint", "checkpoint [options] ID", "not supported by this version", NULL, 0, refuse
};
const struct command runtime_command_restore = {
	"restore", "restore [options] ID", "not supported by this version", NULL, 0, refuse
};
