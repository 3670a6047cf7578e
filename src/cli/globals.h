/* SPDX-License-Identifier: Apache-2.0 */
/* globals: the options in front of the command word. */
#ifndef CORACLE_CLI_GLOBALS_H
#define CORACLE_CLI_GLOBALS_H

#include "cli/command.h"

struct globals {
	char *root, *runroot, *runtime, *conmon, *storage_driver, *cgroup_manager;
	char *network_config_dir, *volume_path, *log_level, *trace;
	bool debug, version, help, tracing;
	char **as_given; /* for the monitor's exit command */
};

extern const struct option globals_rows[];
extern const size_t globals_n_rows;

/* Index of the command word behind program and global options (argc when none); or < 0. */
int globals_parse(struct globals *g, int argc, char **argv, struct error *err);
/* Rows that commands take too, behind the command word; target is the struct globals. */
extern const struct option_set globals_persistent;
/* Put into effect what was parsed; again after a command's options brought more. */
int globals_apply(struct globals *g, struct error *err);
void globals_done(struct globals *g);
void globals_engine_options(const struct globals *g, const struct cli *cli,
			    struct engine_options *ret);
/* Absolute path of this program (/proc/self/exe); new string. */
char *globals_program_path(void);

#endif
