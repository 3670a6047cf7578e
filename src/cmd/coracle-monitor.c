/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"
#include "runtime/commands/main.h"
#include "sys/fd.h"

int main(int argc, char **argv)
{
	if (fd_complete_stdio() < 0)
		return 1; /* and nowhere to say why */
	return monitor_main(argc, argv, runtime_main);
}
