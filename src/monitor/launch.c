/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/signals.h"

/* What monitor_launch_argv adds to the lists of the command line at most, with the NULL. */
#define FIXED_WORDS 20

struct words {
	char **v;
	size_t n;
};

static void add(struct words *w, const char *s)
{
	w->v[w->n++] = (char *)(uintptr_t)s;
}

static void add_pair(struct words *w, const char *flag, const char *value)
{
	add(w, flag);
	add(w, value);
}

static void add_list(struct words *w, const struct option_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		add(w, l->items[i]);
}

static void add_exec(struct words *w, const struct monitor_options *o)
{
	add(w, "exec");
	add_pair(w, "--pid-file", o->container_pidfile);
	add_pair(w, "--process", o->runtime.process_spec);
	add(w, "--detach");
}

static void add_create(struct words *w, const struct monitor_options *o, const char *bundle)
{
	add(w, o->runtime.restore ? "restore" : "create");
	add_pair(w, "--bundle", bundle);
	add_pair(w, "--pid-file", o->container_pidfile);
	if (o->runtime.no_pivot)
		add(w, "--no-pivot");
	if (o->runtime.no_new_keyring)
		add(w, "--no-new-keyring");
	if (!o->runtime.restore)
		return;
	add(w, "--detach");
	add_pair(w, "--image-path", o->runtime.restore);
	add_pair(w, "--work-path", bundle);
}

char **monitor_launch_argv(const struct monitor_options *o, const char *bundle,
			   const char *console_socket, size_t *ret_n)
{
	const struct monitor_runtime_options *rt = &o->runtime;
	struct words w = { .v = xnew_n(char *, FIXED_WORDS + rt->args.n + rt->opts.n) };

	add(&w, rt->path);
	if (rt->systemd_cgroup && !o->exec)
		add(&w, "--systemd-cgroup");
	add_list(&w, &rt->args);
	if (o->exec)
		add_exec(&w, o);
	else
		add_create(&w, o, bundle);
	add_list(&w, &rt->opts);
	if (console_socket)
		add_pair(&w, "--console-socket", console_socket);
	add(&w, o->cid);
	*ret_n = w.n;
	return w.v;
}

static bool is_own(const struct monitor_options *o, monitor_runtime_fn own)
{
	return own && streq(path_base(o->runtime.path), MONITOR_RUNTIME_OWN);
}

int monitor_launch_check(const struct monitor_options *o, char *const *argv, monitor_runtime_fn own,
			 struct error *err)
{
	int r;

	if (!is_own(o, own)) {
		if (access(o->runtime.path, X_OK) == 0)
			return 0;
		return error_os(err, errno, "runtime path '%s' is not valid", o->runtime.path);
	}
	r = process_protect_self(argv);
	return r < 0 ? error_os(err, -r, "put the monitor's program out of the container's reach")
		     : 0;
}

/* systemd's socket activation names the process that may use the descriptors. */
static void set_listen_pid(const struct monitor_options *o, const struct caller *caller)
{
	const char *listen_pid = getenv("LISTEN_PID");
	char text[16];

	if (!o->runtime.replace_listen_pid) {
		snprintf(text, sizeof(text), "%d", (int)caller->first_pid);
		if (!listen_pid || !streq(listen_pid, text))
			return;
	}
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
}

static int become_runtime(const struct monitor_options *o, const struct caller *caller,
			  const struct streams *streams, pid_t monitor)
{
	int r = process_pdeathsig(SIGKILL);

	if (r < 0)
		return r;
	if (getppid() != monitor)
		return -ESRCH;
	r = streams_become_child(streams);
	if (r < 0)
		return r;
	if (caller->oom_score[0])
		fd_write_file(AT_FDCWD, "/proc/self/oom_score_adj", caller->oom_score);
	signals_reset();
	set_listen_pid(o, caller);
	return 0;
}

__attribute__((noreturn)) static void child(const struct monitor_options *o,
					    const struct caller *caller,
					    const struct streams *streams, char **argv, size_t n,
					    monitor_runtime_fn own, pid_t monitor)
{
	int r = become_runtime(o, caller, streams, monitor);

	if (r < 0) {
		dprintf(STDERR_FILENO, "prepare runtime process: %s\n", strerror(-r));
		_exit(1);
	}
	if (is_own(o, own)) {
		r = caller_close_others(caller, trace_fileno());
		_exit(r < 0 ? 1 : own((int)n, argv));
	}
	execv(o->runtime.path, argv);
	dprintf(STDERR_FILENO, "exec runtime '%s': %s\n", o->runtime.path, strerror(errno));
	_exit(127);
}

int monitor_launch_start(const struct monitor_options *o, const struct caller *caller,
			 const struct streams *streams, char **argv, size_t n,
			 monitor_runtime_fn own, pid_t *ret, struct error *err)
{
	pid_t monitor = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return error_os(err, errno, "fork the runtime");
	if (pid == 0)
		child(o, caller, streams, argv, n, own, monitor);
	*ret = pid;
	return 0;
}
