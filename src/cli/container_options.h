/* SPDX-License-Identifier: Apache-2.0 */
/* container_options: the options that create and run share, and the way from them to a wish. */
#ifndef CORACLE_CLI_CONTAINER_OPTIONS_H
#define CORACLE_CLI_CONTAINER_OPTIONS_H

#include "cli/command.h"
#include "cli/pull_options.h"
#include "engine/wish.h"

struct container_target {
	struct wish wish;
	struct pull_options pull;
	char *pull_policy;
	char **env, **env_files, **label_files;
	struct opt_i64 memory_swap, memory_reservation, shm_size;
	struct opt_u64 cpu_shares, cpu_period;
	struct opt_i64 cpu_quota, oom_score_adj;
	char *cpuset_cpus, *cpuset_mems;
	/* run only */
	bool detach, sig_proxy, rm;
	char *detach_keys;
	char **attach;
};

extern const struct option_set container_option_set;
void container_target_init(void *target);
void container_target_done(void *target);
/* Complete target->wish from the collected options and the words IMAGE [COMMAND...]. */
int container_target_finish(struct container_target *t, struct cli *cli, char **words,
			    struct error *err);
/* The image by --pull policy: pulls when that says so. */
int container_target_image(struct cli *cli, struct container_target *t, struct error *err);

#endif
