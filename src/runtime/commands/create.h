/* SPDX-License-Identifier: Apache-2.0 */
/* create: options that create and run share. */
#ifndef CORACLE_RUNTIME_COMMANDS_CREATE_H
#define CORACLE_RUNTIME_COMMANDS_CREATE_H

#include "runtime/commands/commands.h"

struct create_flags {
	const char *bundle, *config, *console_socket, *pidfd_socket, *pid_file;
	unsigned preserve_fds;
	bool no_pivot, no_new_keyring, no_subreaper;
	bool detach, keep; /* run only */
};
#define CREATE_FLAG_COUNT 9 /* of create; run has them all */
#define RUN_FLAG_COUNT 11
extern const struct option_row create_flag_rows[RUN_FLAG_COUNT];

/* Options of runtime_create; *ret_bundle is new memory that ret borrows. */
int create_flags_apply(const struct create_flags *f, const char *id, char **ret_bundle,
		       struct runtime_create_options *ret, struct error *err);
/* --pidfd-socket; NULL is nothing to do. */
int send_pidfd(const char *socket_path, const struct pidref *p, struct error *err);

#endif
