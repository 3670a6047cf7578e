/* SPDX-License-Identifier: Apache-2.0 */
/* coracle: the engine's command line. */
#include "cli/command.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
