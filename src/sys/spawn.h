/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn: run a program.  One place with flags for what is easy to forget: signal mask and handlers
 * reset, only stdio and listed descriptors passed, own session, death signal, working directory.
 */
#ifndef CORACLE_SYS_SPAWN_H
#define CORACLE_SYS_SPAWN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "sys/pidref.h"

#define SPAWN_SETSID 1u
#define SPAWN_PDEATHSIG_KILL 2u
#define SPAWN_NULL_STDIN 4u
#define SPAWN_NULL_STDOUT 8u
#define SPAWN_NULL_STDERR 16u
#define SPAWN_SEARCH_PATH 32u /* look args[0] up in our PATH */

struct spawn_fd {
	int from; /* ours */
	int to;	  /* its number there */
};

struct spawn {
	const char *path; /* NULL: args[0] */
	char *const *args;
	char *const *env; /* NULL: ours */
	const char *cwd;  /* NULL: ours */
	unsigned flags;
	int exec_fd; /* run this file (process_protected_exe()) instead of path; -1: path */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: inherit (or the NULL flag) */
	const struct spawn_fd *fds;
	size_t n_fds;
};
#define SPAWN_INIT \
	((struct spawn){ .exec_fd = -1, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 })

/* Start it; exec failures of the child are reported here, as ERROR_OS with errno ENOENT, EACCES...
 */
int spawn_start(const struct spawn *s, struct pidref *ret, struct error *err);
/* Start, feed `input` (may be NULL), collect stdout and stderr up to max bytes each (may be NULL),
 * wait at most timeout_msec (-1 none; then SIGKILL and ERROR_TIMEOUT).  Returns 0 and the status.
 */
int spawn_run(const struct spawn *s, const char *input, size_t input_len, size_t max,
	      struct buf *out, struct buf *errout, int timeout_msec, int *ret_status,
	      struct error *err);
/* Look a program up in PATH; new string or NULL. */
char *spawn_find(const char *name);

#endif
