/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monitors that follow others (src/monitor/follow/keeper.h): when the one of the record is dead, its
 * keeper has become the monitor, or is about to; conmon.pid says so, else its command line.  When
 * both were killed, the next command that opens the container starts another one, which finds the
 * container's streams by itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/container/container_priv.h"
#include "sys/fd.h"
#include "sys/watch.h"

/* Of a keeper, followed by a blank and the id. */
#define KEEPER "coracle-keeper "
/* A process that is killed ends soon. */
#define KILL_WAIT_MSEC 10000
/* How often a socket is tried whose appearance nobody may have seen. */
#define RECONNECT_MSEC 50
/* Rounds of looking for processes that were forked while we looked. */
#define KILL_ROUNDS 100

/* Does it run the command line that monitor_container_args makes for the id, or is it the keeper?
 */
static bool is_monitor_of(pid_t pid, const char *id)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *path = xasprintf("/proc/%d/cmdline", pid);
	scoped(buf_done) struct buf want = BUF_INIT;

	if (fd_read_file(AT_FDCWD, path, (size_t)1 << 20, &text) < 0 || !text.len)
		return false;
	if (str_has_prefix(buf_str(&text), KEEPER))
		return str_has_prefix(buf_str(&text) + strlen(KEEPER), id);
	buf_add(&want, "--api-version\0001\0-c", 18);
	buf_addc(&want, '\0');
	buf_add(&want, id, strlen(id) + 1);
	return memmem(text.data, text.len, want.data, want.len) != NULL;
}

/* The process, if it is one of these. */
static bool open_monitor_of(struct pidref *p, pid_t pid, const char *id)
{
	return pid > 0 && pid != getpid() && is_monitor_of(pid, id) && pidref_set(p, pid) >= 0 &&
	       is_monitor_of(pid, id);
}

/* fn for each of them; until it returns true.  Returns how many there were. */
static int each_process(const char *id, bool (*fn)(const struct pidref *p, void *arg), void *arg)
{
	DIR *d = opendir("/proc");
	bool enough = false;
	int n = 0;

	if (!d)
		return -errno;
	for (struct dirent *de; !enough && (de = readdir(d));) {
		scoped(pidref_done) struct pidref p = PIDREF_INIT;
		uint32_t pid;

		if (num_u32(de->d_name, &pid) < 0 || !open_monitor_of(&p, (pid_t)pid, id))
			continue;
		n++;
		enough = fn(&p, arg);
	}
	closedir(d);
	return n;
}

/* ---- killing ---- */

static bool stop_it(const struct pidref *p, void *arg)
{
	pidref_kill(p, SIGSTOP);
	return false;
}

static bool kill_it(const struct pidref *p, void *arg)
{
	int *killed = arg;

	pidref_kill(p, SIGKILL);
	*killed += pidref_wait(p, KILL_WAIT_MSEC) == 1;
	return false;
}

int monitor_kill_stray(const char *id)
{
	int killed = 0;

	/* All are stopped before the first one is killed: nobody follows it. */
	for (int i = 0; i < KILL_ROUNDS && each_process(id, stop_it, NULL) > 0; i++)
		each_process(id, kill_it, &killed);
	return killed;
}

/* ---- finding ---- */

bool monitor_alive(const struct container_record *r)
{
	return r->state.monitor_pid > 0 &&
	       pidref_alive_at(r->state.monitor_pid, r->state.monitor_start) == 1;
}

static bool take_it(const struct pidref *p, void *arg)
{
	struct pidref *ret = arg;

	ret->pid = p->pid;
	ret->start_time = p->start_time;
	return true;
}

bool monitor_follow(struct engine *e, struct container_record *r)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;
	scoped_free char *path = engine_run_path(e, "containers/%s/conmon.pid", r->id);
	char text[32];
	uint32_t pid;

	if (r->state.monitor_pid <= 0)
		return false;
	if (fd_read_line(AT_FDCWD, path, text, sizeof(text)) < 0 || num_u32(text, &pid) < 0 ||
	    !open_monitor_of(&p, (pid_t)pid, r->id))
		each_process(r->id, take_it, &p);
	if (p.pid <= 0 || pidref_alive_at(p.pid, p.start_time) != 1)
		return false;
	r->state.monitor_pid = p.pid;
	r->state.monitor_start = p.start_time;
	return true;
}

bool monitor_await_exit(struct engine *e, struct container_record *r, int timeout_msec)
{
	int64_t end = time_monotonic_nsec() + timeout_msec * NSEC_PER_MSEC;

	for (;;) {
		scoped(pidref_done) struct pidref monitor = PIDREF_INIT;
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;

		if (pidref_open(&monitor, r->state.monitor_pid, r->state.monitor_start) < 0) {
			if (left <= 0 || !monitor_follow(e, r))
				return exit_record_wait(e, r->id, NULL, 0) == 1;
			continue;
		}
		if (exit_record_wait(e, r->id, &monitor, (int)MAX(left, (int64_t)0)) == 1)
			return true;
		if (left <= 0)
			return false;
	}
}

/* ---- taking over ---- */

static int start_successor(struct container *c, struct monitor_process *m, struct error *err)
{
	scoped_free char *bundle = engine_run_path(c->e, "containers/%s", c->r.id);
	scoped_strv char **args = NULL;
	int64_t pid;
	int r = monitor_container_args(c, NULL, &args, err);

	if (r < 0)
		return r;
	strv_add(&args, "--takeover");
	strv_addf(&args, "%d", c->r.state.pid);
	r = monitor_spawn(c->e, args, bundle, 0, NULL, 0, m, err);
	if (r >= 0)
		r = monitor_go(m, err);
	return r < 0 ? r : monitor_answer(m, &pid, err);
}

int monitor_reattach(struct container *c, struct error *err)
{
	scoped(monitor_process_done) struct monitor_process m = MONITOR_PROCESS_INIT;
	int r;

	if (!monitor_is_ours(c->e))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"the monitor of container %s is dead, and '%s' cannot take it over: "
			"stop the container with 'stop'",
			c->r.name, c->e->conmon_path);
	r = start_successor(c, &m, err);
	if (r < 0)
		return error_prefix(err, "take container %s over", c->r.name);
	c->r.state.monitor_pid = m.ref.pid;
	c->r.state.monitor_start = m.ref.start_time;
	log_warn("container %s: its monitor was killed; another one has taken it over; what the "
		 "container printed in between is lost",
		 c->r.name);
	return container_save(c, err);
}

/* There is a monitor, or one was started. */
static bool have_monitor(struct engine *e, struct container_record *r)
{
	scoped(container_done) struct container c = CONTAINER_INIT;

	if (monitor_alive(r) || monitor_follow(e, r))
		return true;
	if (container_open_id(e, r->id, true, &c, NULL) < 0 || monitor_missing(&c.r))
		return false;
	r->state.monitor_pid = c.r.state.monitor_pid;
	r->state.monitor_start = c.r.state.monitor_start;
	return true;
}

/* Its socket may still take a connection when that of a client is closed already.  false: it lives,
 * and has dropped us. */
static bool await_monitor_end(const struct container_record *r)
{
	scoped(pidref_done) struct pidref p = PIDREF_INIT;

	return pidref_open(&p, r->state.monitor_pid, r->state.monitor_start) < 0 ||
	       pidref_wait(&p, KILL_WAIT_MSEC) == 1;
}

int monitor_reconnect(struct engine *e, struct container_record *r, const struct pidref *init)
{
	scoped_free char *bundle = engine_run_path(e, "containers/%s", r->id);
	int64_t end = time_monotonic_nsec() + CONTAINER_EXIT_WAIT_MSEC * NSEC_PER_MSEC;
	scoped_fd int in = -1;

	if (init->pid <= 0 || pidref_alive(init) != 1 || !await_monitor_end(r))
		return -ESRCH;
	in = watch_open();
	if (in < 0 || watch_add(in, bundle, WATCH_APPEAR) < 0)
		return -ESRCH;
	while (pidref_alive(init) == 1 && have_monitor(e, r) && time_monotonic_nsec() < end) {
		int sock = streams_connect(bundle, NULL);

		if (sock >= 0) {
			log_warn("container %s: its monitor was killed, and another one follows; "
				 "what was printed in between is in the log only",
				 r->name);
			return sock;
		}
		/* The name is there a moment before somebody listens. */
		fd_wait(in, POLLIN, RECONNECT_MSEC);
		watch_drain(in);
	}
	return -ESRCH;
}

bool monitor_missing(const struct container_record *r)
{
	return (r->state.status == CONTAINER_RUNNING || r->state.status == CONTAINER_PAUSED) &&
	       r->state.pid > 0 && !monitor_alive(r);
}

int container_reattach(struct engine *e, const char *word, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	/* Opening it has done all that can be done. */
	int r = container_open(e, word, &c, err);

	if (r < 0)
		return r;
	if (c.r.state.status != CONTAINER_RUNNING && c.r.state.status != CONTAINER_PAUSED)
		return error_set(err, ERROR_STATE,
				 "container %s is not running: container state improper", c.r.name);
	return monitor_missing(&c.r) ? monitor_reattach(&c, err) : 0;
}
