/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start:  lock, intent "start" - monitor, which waits - prepare - the monitor's go: it runs the
 * runtime's create - attach socket - the runtime's start - state running, unlock - with streams:
 * copy them until the end - clean up.
 *
 * Who cleans up.  An attached start holds the lock of RUNROOT/locks/exit/<id> from before the
 * monitor exists until its own cleanup is done, then unlinks the file.  The monitor takes that lock
 * before its exit command and skips the command when the file is gone.  With --rm the files are
 * left to the monitor, by a word in that file (remove.c): they are most of the work, and nobody
 * waits for it.  kill -9 of the attached command frees the lock: then the monitor's command cleans
 * up.  (Debian's conmon does not know the lock: its command finds the container clean already, or
 * waits for our container lock.)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "engine/logs/driver.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/tty.h"

char *container_exit_lock_path(const struct engine *e, const char *id)
{
	return engine_run_path(e, "locks/exit/%s", id);
}

/* Podman's words, by which scripts (and engine_error_exit_status) tell 126 and 127 from 125. */
int container_runtime_failed(struct container *c, struct error *err)
{
	const char *path = c->r.wish.runtime ? c->r.wish.runtime : c->e->runtime_path;
	scoped_free char *own = xasprintf("%s: ", path_base(path));
	struct error why = *err;
	const char *tail = "OCI runtime error";

	switch (runtime_error_exit_status(err)) {
	case 127:
		tail = CONTAINER_NOT_FOUND_WORDS;
		break;
	case 126:
		tail = CONTAINER_DENIED_WORDS;
		break;
	default:
		break;
	}
	/* What came through the monitor begins with the program's name already. */
	error_set(err, why.kind, "%s%s: %s", str_has_prefix(why.msg, own) ? "" : own, why.msg,
		  tail);
	err->num = why.num;
	return -why.num;
}

static int reserve_ports(struct container *c, int **ret_fds, size_t *ret_n, struct error *err)
{
	if (!container_has_own_netns(&c->r) || !c->r.wish.network.n_ports)
		return 0;
	trace_scope("reserve ports");
	return network_reserve_ports(c->r.wish.network.ports, c->r.wish.network.n_ports, ret_fds,
				     ret_n, err);
}

static int record_process(struct container *c, const struct monitor_process *m, pid_t pid,
			  struct pidref *ret_init, struct error *err)
{
	char text[32];
	int r = pidref_set(ret_init, pid);

	if (r < 0 && r != -ESRCH)
		return error_os(err, -r, "open process %d of the container", pid);
	c->r.state.pid = pid;
	c->r.state.pid_start = ret_init->start_time;
	c->r.state.monitor_pid = m->ref.pid;
	c->r.state.monitor_start = m->ref.start_time;
	if (c->r.wish.pidfile) {
		snprintf(text, sizeof(text), "%d", pid);
		r = atomic_file_write(AT_FDCWD, c->r.wish.pidfile, text, strlen(text), 0644, false);
		if (r < 0)
			return error_os(err, -r, "write pid file '%s'", c->r.wish.pidfile);
	}
	if (c->r.wish.conmon_pidfile) {
		snprintf(text, sizeof(text), "%d", m->ref.pid);
		r = atomic_file_write(AT_FDCWD, c->r.wish.conmon_pidfile, text, strlen(text), 0644,
				      false);
		if (r < 0)
			return error_os(err, -r, "write pid file '%s'", c->r.wish.conmon_pidfile);
	}
	return 0;
}

/* It loads and makes itself ready while we prepare the container. */
static int start_monitor(struct container *c, const char *exit_lock, struct monitor_process *m,
			 struct error *err)
{
	scoped_free char *bundle = engine_run_path(c->e, "containers/%s", c->r.id);
	unsigned flags = logs_driver_of(&c->r)->passthrough ? MONITOR_OUR_STDIO : 0;
	scoped_strv char **args = NULL;
	scoped_free int *ports = NULL;
	size_t n_ports = 0;
	int r = monitor_container_args(c, exit_lock, &args, err);

	if (r >= 0)
		r = reserve_ports(c, &ports, &n_ports, err);
	if (r < 0)
		return r;
	r = monitor_spawn(c->e, args, bundle, flags, ports, n_ports, m, err);
	for (size_t i = 0; i < n_ports; i++)
		fd_close(ports[i]); /* the monitor holds them now */
	return r < 0 ? r : monitor_note_pid(c, m, err);
}

static int create_program(struct container *c, struct monitor_process *m, struct pidref *ret_init,
			  struct error *err)
{
	struct error why = ERROR_INIT;
	int64_t pid = 0;
	int go = monitor_go(m, &why), r;

	trace_scope("runtime create (monitor)");
	r = monitor_answer(m, &pid, err);
	if (r < 0)
		return err && err->kind == ERROR_REMOTE ? container_runtime_failed(c, err) : r;
	/* One that has ended may have said why, so it was asked first. */
	if (go < 0)
		return error_copy(err, &why);
	return record_process(c, m, (pid_t)pid, ret_init, err);
}

static int run_program(struct container *c, bool want_sock, int tty_fd, int *ret_sock,
		       struct error *err)
{
	scoped_free char *bundle = engine_run_path(c->e, "containers/%s", c->r.id);
	struct runtime_driver *d;
	scoped_fd int sock = -1;
	int r = container_driver(c, &d, err);

	if (r < 0)
		return r;
	if (want_sock && !logs_driver_of(&c->r)->passthrough) {
		sock = streams_connect(bundle, err);
		if (sock < 0)
			return sock;
	}
	if (tty_fd >= 0)
		streams_resize(bundle, tty_fd);
	{
		trace_scope("runtime start");
		r = d->ops->start(d, c->r.id, err);
	}
	if (r < 0)
		return container_runtime_failed(c, err);
	container_health_go(c);
	container_notify_started(c);
	*ret_sock = take_fd(sock);
	return 0;
}

static void begin_state(struct container *c)
{
	struct container_state *s = &c->r.state;

	s->exited = false;
	s->oom_killed = false;
	s->stopped_by_user = false;
	s->exit_code = 0;
	s->finished_nsec = 0;
	free(take_ptr(s->error));
	if (!c->by_policy) {
		s->restart_count = 0;
		s->restart_streak = 0;
	}
}

/* What a monitor that still waits for a restart of the last run would do has been done. */
static int undo_last_run(struct container *c, struct error *err)
{
	if (c->r.state.status != CONTAINER_STOPPED && c->r.state.status != CONTAINER_CREATED)
		return 0;
	return container_teardown(c, c->by_policy, err);
}

static int try_launch(struct container *c, bool want_sock, const char *exit_lock, int tty_fd,
		      int *ret_sock, struct pidref *ret_init, struct error *err)
{
	scoped(monitor_process_done) struct monitor_process m = MONITOR_PROCESS_INIT;
	int r = container_prepare_dirs(c, err);

	if (r >= 0)
		r = start_monitor(c, exit_lock, &m, err);
	if (r >= 0)
		r = container_prepare(c, err);
	if (r >= 0)
		r = container_health_prepare(c, err);
	if (r >= 0)
		r = create_program(c, &m, ret_init, err);
	if (r >= 0)
		r = run_program(c, want_sock, tty_fd, ret_sock, err);
	if (r < 0) {
		/* It must not run its exit command beside our undoing, nor be followed. */
		if (ret_init->pid > 0)
			monitor_kill_stray(c->r.id);
		if (m.ref.pid > 0) {
			pidref_kill(&m.ref, SIGKILL);
			pidref_wait(&m.ref, CONTAINER_EXIT_WAIT_MSEC);
		}
		return r;
	}
	c->r.state.status = CONTAINER_RUNNING;
	c->r.state.started_nsec = time_now_nsec();
	return container_intend(c, NULL, err);
}

int container_launch(struct container *c, bool want_sock, const char *exit_lock, int tty_fd,
		     int *ret_sock, struct pidref *ret_init, struct error *err)
{
	struct error why = ERROR_INIT;
	int r = 0;

	/* Before anything of the last run goes: else a kill here would lose the restart. */
	if (c->by_policy)
		r = container_intend(c, "restart", err);
	if (r >= 0)
		r = undo_last_run(c, err);
	if (r < 0)
		return r;
	begin_state(c);
	r = container_intend(c, c->by_policy ? "restart" : "start", err);
	if (r < 0)
		return r;
	r = try_launch(c, want_sock, exit_lock, tty_fd, ret_sock, ret_init, &why);
	if (r >= 0)
		return 0;
	error_copy(err, &why);
	free(c->r.state.error);
	c->r.state.error = xstrdup(why.msg);
	c->r.state.exit_code = engine_error_exit_status(&why);
	free(take_ptr(c->r.state.intent));
	/* The first error is the one to tell; what undoing adds is logged. */
	if (c->r.wish.rm)
		r = container_erase(c, true, &why);
	else
		r = container_teardown(c, false, &why);
	if (r < 0)
		log_warn("container %s: undoing the failed start: %s; 'system check' tries again",
			 c->r.name, why.msg);
	return -(err ? err->num : EIO);
}

/* A dependency that does not run is an error that names it. */
static int check_dependencies(struct container *c, struct error *err)
{
	const struct wish *w = &c->r.wish;
	const char *modes[] = { w->network.mode, w->namespaces.pid, w->namespaces.ipc,
				w->namespaces.uts };
	scoped_strv char **down = NULL;
	scoped_free char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const char *id = modes[i] ? str_skip_prefix(modes[i], "container:") : NULL;
		scoped(container_record_done) struct container_record other = { 0 };

		if (!id)
			continue;
		if (container_snapshot(c->e, id, &other, err) < 0)
			return error_prefix(err, "dependency of container %s", c->r.id);
		if (other.state.status != CONTAINER_RUNNING &&
		    other.state.status != CONTAINER_PAUSED && !strv_has(down, other.id))
			strv_add(&down, other.id);
	}
	if (!down)
		return 0;
	list = strv_join(down, ", ");
	return error_set(
		err, ERROR_STATE,
		"some dependencies of container %s are not started: %s: container state improper",
		c->r.id, list);
}

/* The lock that keeps the cleaning up with an attached command. */
struct exit_lock {
	char *path; /* NULL: none is held */
	int fd;
	bool left; /* the monitor does the rest and removes this file */
};

static void exit_lock_done(struct exit_lock *l)
{
	free(l->path);
	fd_close(l->fd);
}
DEFINE_SCOPED_STRUCT(struct exit_lock, exit_lock_done)

/* To be removed, and by which monitor; the one that we started, or one of a later `restart`? */
static int erase_attached(struct container *c, const struct container_state *started,
			  struct exit_lock *lock, struct error *err)
{
	bool ours = c->r.state.monitor_pid == started->monitor_pid &&
		    c->r.state.monitor_start == started->monitor_start;
	int r;

	if (!lock || !ours || !monitor_removes_files(c->e, &c->r) || !monitor_alive(&c->r))
		return container_erase(c, true, err);
	r = container_erase_leaving(c, true, lock->fd, err);
	lock->left = r >= 0;
	return r;
}

/* What the attached command does at the end, whatever happened to the monitor. */
static int finish(struct engine *e, const struct container_record *rec, struct exit_lock *lock,
		  struct container_run_result *ret, struct error *err)
{
	const char *id = rec->id;

	scoped(container_done) struct container c = CONTAINER_INIT;
	int r = container_open_id(e, id, true, &c, err); /* waits for the exit record, syncs */

	if (r < 0) { /* somebody else removed it meanwhile */
		struct db *db;

		if (err && err->kind == ERROR_NOT_FOUND && engine_db(e, &db, NULL) >= 0 &&
		    db_exit_code_get(db, id, &ret->exit_code, NULL) >= 0)
			return 0;
		return r;
	}
	ret->exit_code = c.r.state.exit_code;
	if (c.r.state.status ==
	    CONTAINER_RUNNING) /* its socket closed, yet it lives: e.g. the monitor died */
		return error_set(
			err, ERROR_STATE,
			"the monitor of container %s ended while the container runs on; stop it "
			"with 'stop'",
			c.r.name);
	if (rec->wish.rm)
		return erase_attached(&c, &rec->state, lock, err);
	if (c.r.state.status != CONTAINER_STOPPED)
		return 0;
	if (container_restart_due(&c.r)) { /* by the monitor, when the lock is free */
		if (lock)
			lock->left = true;
		return 0;
	}
	return container_teardown(&c, false, err);
}

/* Until the container's end or a detach; a monitor that is killed meanwhile is followed by another.
 */
static int attached(struct stream_session *s, struct container_record *rec,
		    enum container_attach_end *ret_end, struct error *err)
{
	scoped_fd int next = -1;
	int r;

	trace_scope("attached");
	for (;;) {
		int sock;

		r = streams_run(s, ret_end, err);
		if (r < 0 || *ret_end == CONTAINER_ATTACH_DETACHED)
			return r;
		sock = monitor_reconnect(s->e, rec, s->init);
		if (sock < 0)
			return 0;
		fd_close(next);
		s->sock = next = sock;
	}
}

static int attached_end(struct engine *e, struct container_record *rec,
			const struct container_streams *streams, int sock,
			const struct pidref *init, struct exit_lock *lock,
			struct container_run_result *ret, struct error *err)
{
	scoped_free char *bundle = engine_run_path(e, "containers/%s", rec->id);
	struct container_streams own = *streams;
	struct stream_session session = {
		.e = e, .bundle = bundle, .sock = sock, .streams = &own, .init = init
	};
	int r;

	own.tty = own.tty && rec->wish.process.terminal;

	r = attached(&session, rec, &ret->end, err);
	if (r < 0 || ret->end == CONTAINER_ATTACH_DETACHED)
		return r;
	{
		trace_scope("await exit record");
		monitor_await_exit(e, rec, CONTAINER_EXIT_WAIT_MSEC);
	}
	trace_scope("clean up");
	e->network.linger_msec = NETWORK_LINGER_MSEC;
	return finish(e, rec, lock, ret, err);
}

int container_start(struct engine *e, const char *word, const struct container_streams *streams,
		    struct container_run_result *ret, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	scoped(exit_lock_done) struct exit_lock lock = { .fd = -1 };
	scoped_fd int sock = -1;
	struct container_run_result result = { 0 };
	bool launched;
	int r;

	engine_reclaim(e);
	r = container_open(e, word, &c, err);
	if (r >= 0)
		r = container_allowed(CONTAINER_OP_START, &c.r, false, err);
	if (r < 0)
		return r;
	if (r == 0) { /* runs already */
		container_done(&c);
		c = CONTAINER_INIT;
		return streams ? container_attach(e, word, streams, ret, err) : 0;
	}
	r = check_dependencies(&c, err);
	if (r >= 0)
		r = logs_driver_check_terminal(c.r.wish.log.driver, err);
	if (r < 0)
		return r;
	if (streams) {
		lock.path = container_exit_lock_path(e, c.r.id);
		lock.fd = lock_file(AT_FDCWD, lock.path, true, true);
		if (lock.fd < 0)
			return error_os(err, -lock.fd, "lock '%s'", lock.path);
	}
	r = container_launch(&c, streams != NULL, lock.path,
			     streams && streams->tty && streams->in >= 0 ? streams->in : -1, &sock,
			     &init, err);
	launched = r >= 0;
	if (launched && streams) {
		locks_release(&c.lock);
		r = attached_end(e, &c.r, streams, sock, &init, &lock, &result, err);
		if (r >= 0 && ret)
			*ret = result;
	}
	/* After a detach or a failure on the way the file stays, so that the monitor cleans up. */
	if (lock.path && !lock.left &&
	    (!launched || (r >= 0 && result.end == CONTAINER_ATTACH_EXITED)))
		unlink(lock.path);
	return r;
}

int container_attach(struct engine *e, const char *word, const struct container_streams *streams,
		     struct container_run_result *ret, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	scoped_free char *bundle = NULL;
	struct container_run_result result = { 0 };
	scoped_fd int sock = -1;
	int r = container_open(e, word, &c, err);

	if (r >= 0)
		r = container_allowed(CONTAINER_OP_ATTACH, &c.r, false, err);
	if (r >= 0 && logs_driver_of(&c.r)->passthrough)
		r = logs_driver_refuse(&c.r, "attach", err);
	if (r < 0)
		return r;
	bundle = engine_run_path(e, "containers/%s", c.r.id);
	sock = streams_connect(bundle, err);
	if (sock < 0)
		return sock;
	if (streams->tty && streams->in >= 0)
		streams_resize(bundle, streams->in);
	r = pidref_open(&init, c.r.state.pid, c.r.state.pid_start);
	if (r < 0 && r != -ESRCH)
		return error_os(err, -r, "open the container's process");
	locks_release(&c.lock);
	r = attached_end(e, &c.r, streams, sock, &init, NULL, &result, err);
	if (r >= 0 && ret)
		*ret = result;
	return r;
}
