/* SPDX-License-Identifier: Apache-2.0 */
/* The command table: every row, and the second spellings that share one. */
#include "cli/commands/commands.h"

#define ALIAS(name, words, target) \
	static const struct command name = { .path = (words), .alias_of = (target) }

ALIAS(alias_container_attach, "container attach", "attach");
ALIAS(alias_container_create, "container create", "create");
ALIAS(alias_container_exec, "container exec", "exec");
ALIAS(alias_container_kill, "container kill", "kill");
ALIAS(alias_container_list, "container list", "ps");
ALIAS(alias_container_logs, "container logs", "logs");
ALIAS(alias_container_ls, "container ls", "ps");
ALIAS(alias_container_pause, "container pause", "pause");
ALIAS(alias_container_port, "container port", "port");
ALIAS(alias_container_ps, "container ps", "ps");
ALIAS(alias_container_restart, "container restart", "restart");
ALIAS(alias_container_rm, "container rm", "rm");
ALIAS(alias_container_run, "container run", "run");
ALIAS(alias_container_start, "container start", "start");
ALIAS(alias_container_stop, "container stop", "stop");
ALIAS(alias_container_top, "container top", "top");
ALIAS(alias_container_unpause, "container unpause", "unpause");
ALIAS(alias_container_wait, "container wait", "wait");
ALIAS(alias_image_import, "image import", "import");
ALIAS(alias_image_list, "image list", "images");
ALIAS(alias_image_load, "image load", "load");
ALIAS(alias_image_ls, "image ls", "images");
ALIAS(alias_image_pull, "image pull", "pull");
ALIAS(alias_image_rm, "image rm", "rmi");
ALIAS(alias_image_tag, "image tag", "tag");
ALIAS(alias_image_untag, "image untag", "untag");
ALIAS(alias_network_list, "network list", "network ls");
ALIAS(alias_network_remove, "network remove", "network rm");
ALIAS(alias_system_info, "system info", "info");
ALIAS(alias_volume_list, "volume list", "volume ls");
ALIAS(alias_volume_remove, "volume remove", "volume rm");

const struct command *const command_table[] = {
	&command_attach,
	&command_check,
	&command_cleanup,
	&command_completion,
	&command_complete,
	&command_container_inspect,
	&command_create,
	&command_exec,
	&command_exists,
	&command_healthcheck_run,
	&command_image_exists,
	&command_image_inspect,
	&command_images,
	&command_import,
	&command_info,
	&command_inspect,
	&command_kill,
	&command_load,
	&command_logs,
	&command_manual,
	&command_network_create,
	&command_network_exists,
	&command_network_inspect,
	&command_network_ls,
	&command_network_rm,
	&command_pause,
	&command_port,
	&command_ps,
	&command_pull,
	&command_reattach,
	&command_restart,
	&command_rm,
	&command_rmi,
	&command_run,
	&command_start,
	&command_stop,
	&command_tag,
	&command_top,
	&command_unpause,
	&command_untag,
	&command_version,
	&command_volume_create,
	&command_volume_exists,
	&command_volume_inspect,
	&command_volume_ls,
	&command_volume_rm,
	&command_wait,
	&alias_container_attach,
	&alias_container_create,
	&alias_container_exec,
	&alias_container_kill,
	&alias_container_list,
	&alias_container_logs,
	&alias_container_ls,
	&alias_container_pause,
	&alias_container_port,
	&alias_container_ps,
	&alias_container_restart,
	&alias_container_rm,
	&alias_container_run,
	&alias_container_start,
	&alias_container_stop,
	&alias_container_top,
	&alias_container_unpause,
	&alias_container_wait,
	&alias_image_import,
	&alias_image_list,
	&alias_image_load,
	&alias_image_ls,
	&alias_image_pull,
	&alias_image_rm,
	&alias_image_tag,
	&alias_image_untag,
	&alias_network_list,
	&alias_network_remove,
	&alias_system_info,
	&alias_volume_list,
	&alias_volume_remove,
	NULL,
};
