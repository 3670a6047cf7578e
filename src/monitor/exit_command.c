/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/exit_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/signals.h"

static char **command_argv(const struct monitor_exit_options *o)
{
	char **v = xnew_n(char *, o->command_args.n + 2);

	v[0] = (char *)(uintptr_t)o->command;
	for (size_t i = 0; i < o->command_args.n; i++)
		v[i + 1] = (char *)(uintptr_t)o->command_args.items[i];
	return v;
}

/* An attached engine holds the lock until it has cleaned up, and then removes the file; when it is
 * killed, the kernel frees the lock and the file is still there. */
static bool is_wanted(const struct monitor_exit_options *o)
{
	int fd;

	if (!o->lock)
		return true;
	fd = lock_existing(AT_FDCWD, o->lock);
	fd_close(fd);
	return fd != -ENOENT;
}

int exit_command_start(const struct monitor_exit_options *o, const struct caller *caller,
		       pid_t *ret, struct error *err)
{
	scoped_free char **argv = NULL;
	pid_t pid;

	*ret = 0;
	if (!o->command)
		return 0;
	argv = command_argv(o);
	pid = fork();
	if (pid < 0)
		return error_os(err, errno, "fork the exit command");
	if (pid == 0) {
		if (caller->oom_score[0])
			fd_write_file(AT_FDCWD, "/proc/self/oom_score_adj", caller->oom_score);
		signals_reset();
		/* All of them, now: the engine that holds the lock waits for the end of the very
		 * connections that a copy here would keep open. */
		fd_close_from(3);
		if (!is_wanted(o))
			_exit(0);
		execv(o->command, argv);
		_exit(127);
	}
	*ret = pid;
	return 0;
}
