/* SPDX-License-Identifier: Apache-2.0 */
/* coracle: the engine's command line. */
#include "cli/command.h"
#include "sys/fd.h"

int main(int argc, char **argv)
{
	if (fd_complete_stdio() < 0)
		return 125; /* and nowhere to say why */
	return cli_main(argc, argv);
}
