/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor as a program: its command line and its pipes (wire/monitor.h draws the exchange). The
 * same command line works with conmon 2.x.  It is started with --sync, so it stays our child and
 * its pid is known at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "engine/logs/driver.h"
#include "storage/store.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/signals.h"
#include "sys/spawn.h"
#include "wire/monitor.h"

/* A runtime may have to wait for slow storage; Podman gives it four minutes. */
#define ANSWER_WAIT_MSEC 240000
#define OUR_MONITOR "coracle-monitor"

void monitor_process_done(struct monitor_process *m)
{
	if (!m)
		return;
	pidref_done(&m->ref);
	fd_close(m->sync_fd);
	fd_close(m->start_fd);
	fd_close(m->attach_fd);
	buf_done(&m->unread);
	*m = MONITOR_PROCESS_INIT;
}

/* Does the program know what conmon 2.1 does not? */
bool monitor_is_ours(const struct engine *e)
{
	return e->conmon_path && streq(path_base(e->conmon_path), OUR_MONITOR);
}

/* What the runtime program must be told whenever the monitor runs it. */
static void add_runtime_args(struct engine *e, char ***args)
{
	strv_add(args, "--runtime-arg");
	strv_add(args, "--root");
	strv_add(args, "--runtime-arg");
	strv_add_take(args, engine_run_path(e, "runtime"));
}

bool monitor_removes_files(const struct engine *e, const struct container_record *r)
{
	return r->wish.rm && !r->wish.rootfs && e->program && monitor_is_ours(e);
}

static void add_exit_removal(char ***args, char *path)
{
	strv_add(args, "--exit-remove");
	strv_add_take(args, path);
}

/* All that container_erase_leaving leaves.  The lock files last: as long as one of them is there
 * the next command looks for the rest (recover.c). */
static void add_exit_removals(struct container *c, char ***args)
{
	scoped_strv char **files = NULL;
	struct store *store;

	if (!monitor_removes_files(c->e, &c->r) || engine_store(c->e, &store, NULL) < 0)
		return;
	files = container_exit_files(c->e, c->r.id);
	add_exit_removal(args, store_container_dir(store, c->r.id));
	add_exit_removal(args, engine_path(c->e, "containers/%s", c->r.id));
	add_exit_removal(args, engine_run_path(c->e, "containers/%s", c->r.id));
	STRV_FOREACH (f, files)
		add_exit_removal(args, xstrdup(*f));
	add_exit_removal(args, engine_run_path(c->e, "locks/container/%s", c->r.id));
}

static void add_pair(char ***args, const char *option, const char *value)
{
	if (!value)
		return;
	strv_add(args, option);
	strv_add(args, value);
}

char **monitor_engine_args(const struct container *c)
{
	const struct engine *e = c->e;
	char **args = NULL;

	add_pair(&args, "--root", e->graphroot);
	add_pair(&args, "--runroot", e->runroot);
	add_pair(&args, "--cgroup-manager", e->cgroup_manager);
	add_pair(&args, "--network-config-dir", e->network.confdir);
	add_pair(&args, "--volumepath", e->volume_path);
	add_pair(&args, "--storage-driver", e->storage_driver);
	/* A restart runs what this start runs. */
	if (c->r.wish.restart.policy != RESTART_NO || health_enabled(&c->r.wish.health)) {
		add_pair(&args, "--conmon", e->conmon_path);
		add_pair(&args, "--runtime", e->runtime_path);
	}
	return args;
}

static void add_exit_command(struct container *c, const char *exit_lock, char ***args)
{
	scoped_strv char **words = monitor_engine_args(c);
	struct engine *e = c->e;

	if (!e->program)
		return;
	strv_add(args, "--exit-command");
	strv_add(args, e->program);
	STRV_FOREACH (w, words) {
		strv_add(args, "--exit-command-arg");
		strv_add(args, *w);
	}
	strv_add(args, "--exit-command-arg");
	strv_add(args, "container");
	strv_add(args, "--exit-command-arg");
	strv_add(args, "cleanup");
	if (c->r.wish.rm) {
		strv_add(args, "--exit-command-arg");
		strv_add(args, "--rm");
	}
	strv_add(args, "--exit-command-arg");
	strv_add(args, c->r.id);
	if (monitor_is_ours(c->e) && c->r.wish.restart.policy != RESTART_NO) {
		struct restart_rule rule = container_restart_rule(&c->r);
		char text[RESTART_TEXT_MAX];

		restart_rule_format(&rule, text);
		strv_add(args, "--exit-restart");
		strv_add(args, text);
	}
	if (exit_lock && monitor_is_ours(c->e)) {
		strv_add(args, "--exit-lock");
		strv_add(args, exit_lock);
		add_exit_removals(c, args);
	}
}

int monitor_container_args(struct container *c, const char *exit_lock, char ***ret,
			   struct error *err)
{
	scoped_free char *bundle = engine_run_path(c->e, "containers/%s", c->r.id);
	const struct wish_process *p = &c->r.wish.process;
	const char *runtime = c->r.wish.runtime ? c->r.wish.runtime : c->e->runtime_path;
	scoped_strv char **args = NULL;
	int r;

	strv_add(&args, c->e->conmon_path);
	strv_add(&args, "--api-version");
	strv_add(&args, "1");
	strv_add(&args, "-c");
	strv_add(&args, c->r.id);
	strv_add(&args, "-u");
	strv_add(&args, c->r.id);
	strv_add(&args, "-n");
	strv_add(&args, c->r.name);
	if (streq(c->e->cgroup_manager, "systemd"))
		strv_add(&args, "-s");
	strv_add(&args, "-r");
	strv_add(&args, runtime);
	strv_add(&args, "-b");
	strv_add(&args, bundle);
	strv_add(&args, "-p");
	strv_addf(&args, "%s/pidfile", bundle);
	strv_add(&args, "-P");
	strv_addf(&args, "%s/conmon.pid", bundle);
	strv_add(&args, "--exit-dir");
	strv_add_take(&args, engine_run_path(c->e, "exits"));
	strv_add(&args, "--full-attach");
	strv_add(&args, "--sync");
	r = logs_driver_args(c, monitor_is_ours(c->e), &args, err);
	if (r < 0)
		return r;
	add_runtime_args(c->e, &args);
	if (p->terminal)
		strv_add(&args, "-t");
	else if (p->stdin_open)
		strv_add(&args, "-i");
	if (p->timeout.set && p->timeout.value) {
		strv_add(&args, "-T");
		strv_addf(&args, "%u", p->timeout.value);
	}
	if (wish_relays_notify(&c->r.wish)) {
		strv_add(&args, "--sdnotify-socket");
		strv_add(&args, c->r.wish.notify_socket);
	}
	if (monitor_is_ours(c->e) && health_enabled(&c->r.wish.health)) {
		strv_add(&args, "--health-orders");
		strv_add_take(&args, health_path(c->e, c->r.id, "orders.json"));
	}
	add_exit_command(c, exit_lock, &args);
	*ret = take_ptr(args);
	return 0;
}

/* Pipes of one session: our end of each, and its end. */
struct session_pipes {
	int sync[2], start[2], attach[2];
};

static void close_pipes(struct session_pipes *p)
{
	for (int i = 0; i < 2; i++) {
		fd_close(p->sync[i]);
		fd_close(p->start[i]);
		fd_close(p->attach[i]);
	}
}

static int open_pipes(struct session_pipes *p, bool with_attach, struct error *err)
{
	int r = fd_pipe(p->sync, 0);

	if (r >= 0)
		r = fd_pipe(p->start, 0);
	if (r >= 0 && with_attach)
		r = fd_pipe(p->attach, 0);
	return r < 0 ? error_os(err, -r, "make a pipe") : 0;
}

static int spawn_with(char *const *args, const char *cwd, unsigned flags,
		      const struct session_pipes *p, const int *keep, size_t n_keep,
		      struct pidref *ret, struct error *err)
{
	scoped_free struct spawn_fd *fds = xnew_n(struct spawn_fd, n_keep + 3);
	scoped_strv char **env = strv_dup(environ);
	scoped_fd int exe = -1;
	struct spawn s = SPAWN_INIT;

	/* Ours runs our runtime in process, so a container must not reach its file: started from a
	 * protected place it need not execute itself again.  Where that fails it sees to it itself.
	 */
	if (streq(path_base(args[0]), OUR_MONITOR))
		exe = process_protected_exe(args[0]);
	s.exec_fd = exe >= 0 ? exe : -1;
	strv_env_set(&env, MONITOR_ENV_SYNCPIPE, "3");
	strv_env_set(&env, MONITOR_ENV_STARTPIPE, "4");
	fds[s.n_fds++] = (struct spawn_fd){ .from = p->sync[1], .to = 3 };
	fds[s.n_fds++] = (struct spawn_fd){ .from = p->start[0], .to = 4 };
	if (p->attach[1] >= 0) {
		strv_env_set(&env, MONITOR_ENV_ATTACHPIPE, "5");
		fds[s.n_fds++] = (struct spawn_fd){ .from = p->attach[1], .to = 5 };
	}
	for (size_t i = 0; i < n_keep; i++) {
		fds[s.n_fds] = (struct spawn_fd){ .from = keep[i], .to = (int)s.n_fds + 3 };
		s.n_fds++;
	}
	s.args = args;
	s.env = env;
	s.cwd = cwd;
	s.fds = fds;
	s.flags = flags & MONITOR_OUR_STDIO ? 0 : SPAWN_NULL_STDIN | SPAWN_NULL_STDOUT;
	return spawn_start(&s, ret, err);
}

int monitor_spawn(struct engine *e, char *const *args, const char *cwd, unsigned flags,
		  const int *keep, size_t n_keep, struct monitor_process *ret, struct error *err)
{
	struct session_pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct pidref ref = PIDREF_INIT;
	int r;

	trace_scope("spawn monitor");
	if (!e->conmon_path)
		return error_set(
			err, ERROR_NOT_FOUND,
			"no monitor program: '" OUR_MONITOR
			"' is neither beside this program nor in a helper directory; name one by "
			"--conmon");
	r = open_pipes(&p, flags & MONITOR_ATTACH_PIPE, err);
	if (r >= 0)
		r = spawn_with(args, cwd, flags, &p, keep, n_keep, &ref, err);
	if (r < 0) {
		close_pipes(&p);
		return error_prefix(err, "start monitor '%s'", args[0]);
	}
	ret->ref = ref;
	ret->sync_fd = take_fd(p.sync[0]);
	ret->start_fd = take_fd(p.start[1]);
	ret->attach_fd = take_fd(p.attach[0]);
	close_pipes(&p);
	return 0;
}

/* Where it stays our child conmon leaves its pid file out. */
int monitor_note_pid(struct container *c, const struct monitor_process *m, struct error *err)
{
	scoped_free char *file = engine_run_path(c->e, "containers/%s/conmon.pid", c->r.id);
	char text[32];
	int r;

	if (monitor_is_ours(c->e))
		return 0;
	snprintf(text, sizeof(text), "%d", m->ref.pid);
	r = atomic_file_write(AT_FDCWD, file, text, strlen(text), 0644, false);
	return r < 0 ? error_os(err, -r, "write '%s'", file) : 0;
}

int monitor_go(struct monitor_process *m, struct error *err)
{
	int r;

	signals_ignore_pipe(); /* one that has ended is asked why */
	r = fd_write_all(m->start_fd, "", 1);

	return r < 0 ? error_os(err, -r, "tell the monitor to go on") : 0;
}

/* Until `line` has a whole line; what follows it stays for the next call. */
static int read_line(int fd, struct buf *line, int timeout_msec, struct error *err)
{
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;

	while (!line->len || !memchr(line->data, '\n', line->len)) {
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;
		char *at = buf_reserve(line, 1024);
		ssize_t n;

		if (!at)
			return error_set(err, ERROR_LIMIT, "the monitor's answer is too long");
		if (timeout_msec >= 0 && (left <= 0 || fd_wait(fd, POLLIN, (int)left) == 0))
			return error_set(err, ERROR_TIMEOUT,
					 "the monitor gave no answer for %d s; the runtime hangs",
					 timeout_msec / 1000);
		n = read(fd, at, 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(err, errno, "read from the monitor");
		if (n == 0)
			return error_set(err, ERROR_REMOTE, "the monitor ended before it answered");
		buf_grow(line, (size_t)n);
	}
	return 0;
}

static int answer(struct monitor_process *m, int timeout_msec, struct monitor_sync *s,
		  struct error *err)
{
	const char *end;
	size_t len;
	int r;

	/* Every byte of a message may be escaped as six. */
	m->unread.max = MONITOR_MESSAGE_MAX * 6 + 4096;
	r = read_line(m->sync_fd, &m->unread, timeout_msec, err);
	if (r < 0)
		return r;
	end = memchr(m->unread.data, '\n', m->unread.len);
	len = (size_t)(end - m->unread.data);
	if (monitor_sync_parse(m->unread.data, len, s) < 0)
		return error_set(err, ERROR_CORRUPT, "the monitor's answer makes no sense: '%.*s'",
				 (int)len, m->unread.data);
	buf_consume(&m->unread, len + 1);
	return 0;
}

int monitor_answer(struct monitor_process *m, int64_t *ret, struct error *err)
{
	scoped_free struct monitor_sync *s = xnew(struct monitor_sync);
	int r = answer(m, ANSWER_WAIT_MSEC, s, err);

	if (r < 0)
		return r;
	if (s->data < 0)
		return error_set(err, ERROR_REMOTE, "%s",
				 s->message[0] ? str_trim(s->message)
					       : "the runtime failed and gave no reason");
	*ret = s->data;
	return 0;
}

int monitor_exec_status(struct monitor_process *m, int *ret, struct error *err)
{
	scoped_free struct monitor_sync *s = xnew(struct monitor_sync);
	int r = answer(m, -1, s, err);

	if (r < 0)
		return r;
	if (s->data < 0 && s->message[0])
		return error_set(err, ERROR_REMOTE, "%s", str_trim(s->message));
	*ret = (int)s->data;
	return 0;
}

bool monitor_takes_orders(const struct container *c)
{
	return monitor_is_ours(c->e) &&
	       !str_has_prefix(c->r.wish.log.driver ? c->r.wish.log.driver : "", "passthrough");
}

void monitor_tell(const struct container *c, enum monitor_ctl_type type)
{
	scoped_free char *path = engine_run_path(c->e, "containers/%s/ctl", c->r.id);
	struct monitor_ctl ctl = { .type = (int)type };
	scoped_fd int fd = -1;
	char line[64];
	int n = monitor_ctl_format(&ctl, line, sizeof(line));

	/* -ENXIO: nobody reads it. */
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd >= 0 && n > 0 && write(fd, line, (size_t)n) != n)
		log_warn("tell the monitor of container %s: %s; it finds out by itself later",
			 c->r.name, strerror(errno));
}
