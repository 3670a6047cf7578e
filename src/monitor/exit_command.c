/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/exit_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/signals.h"
#include "wire/monitor.h"

static char **command_argv(const struct monitor_exit_options *o)
{
	char **v = xnew_n(char *, o->command_args.n + 2);

	v[0] = (char *)(uintptr_t)o->command;
	for (size_t i = 0; i < o->command_args.n; i++)
		v[i + 1] = (char *)(uintptr_t)o->command_args.items[i];
	return v;
}

static bool is_left(int fd)
{
	char text[sizeof(MONITOR_EXIT_LEFT)];

	return pread(fd, text, sizeof(text), 0) == (ssize_t)strlen(MONITOR_EXIT_LEFT) &&
	       memcmp(text, MONITOR_EXIT_LEFT, strlen(MONITOR_EXIT_LEFT)) == 0;
}

/* In the order given: the last ones (the lock files) are what tells others that something is left,
 * so they stay when anything cannot be removed. */
static void remove_left(const struct option_list *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		int r = fd_remove_tree(AT_FDCWD, paths->items[i]);

		if (r < 0) {
			log_warn("remove '%s': %s; it is left", paths->items[i], strerror(-r));
			return;
		}
	}
}

/*
 * An attached engine holds the lock until it has cleaned up.  Then it removes the file, or, to be
 * done sooner, writes into it that the files are left to us.  When it is killed, the kernel frees
 * the lock, and the file is there and empty.
 */
static bool is_wanted(const struct monitor_exit_options *o)
{
	scoped_fd int fd = -1;

	if (!o->lock)
		return true;
	fd = lock_existing(AT_FDCWD, o->lock);
	if (fd == -ENOENT)
		return false;
	if (fd < 0 || !is_left(fd))
		return true;
	remove_left(&o->remove);
	return false;
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
