/* SPDX-License-Identifier: Apache-2.0 */
/* commands: the rows, one file each, in the order of table.c. */
#ifndef CORACLE_CLI_COMMANDS_COMMANDS_H
#define CORACLE_CLI_COMMANDS_COMMANDS_H

#include "cli/command.h"

extern const struct command command_attach, command_check, command_cleanup, command_completion,
	command_complete, command_container_inspect, command_create, command_exec, command_exists,
	command_healthcheck_run, command_image_exists, command_image_inspect, command_images,
	command_import, command_info, command_inspect, command_kill, command_load, command_logs,
	command_manual, command_network_create, command_network_exists, command_network_inspect,
	command_network_ls, command_network_rm, command_pause, command_port, command_ps,
	command_pull, command_reattach, command_restart, command_rm, command_rmi, command_run,
	command_start, command_stop, command_tag, command_top, command_unpause, command_untag,
	command_version, command_volume_create, command_volume_exists, command_volume_inspect,
	command_volume_ls, command_volume_rm, command_wait;

#endif
