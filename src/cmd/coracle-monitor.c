/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"
#include "runtime/commands/main.h"

int main(int argc, char **argv)
{
	return monitor_main(argc, argv, runtime_main);
}
