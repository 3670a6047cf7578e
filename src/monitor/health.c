/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/health.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup.h"
#include "monitor/exit_command.h"
#include "monitor/health_table.h"
#include "monitor/launch.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/process.h"
#include "sys/sd_notify.h"
#include "wire/health.h"

/* As large as what the engine writes: options of one command line. */
#define ORDERS_MAX ((size_t)4 << 20)
#define RECORD_MODE 0600
/* A killed check that is still there is killed again; so is looked whether a frozen one is thawed.
 */
#define LOOK_AGAIN_NSEC NSEC_PER_SEC

struct health {
	struct loop *loop;
	const struct monitor_options *options;
	const struct caller *caller;
	monitor_runtime_fn own;
	struct health_orders orders;
	enum health_state state;
	bool in_startup;
	struct loop_source *timer, *output_source;
	int output; /* read end of the check's stdout and stderr; -1: none */
	struct buf text;
	pid_t pid;	  /* of the runtime's exec; 0: none */
	pid_t action_pid; /* of the engine's command that follows a failure; 0: none */
	int64_t start_nsec;
	int exit_code;
};

static void happen(struct health *h, enum health_event event);

/* ---- one check ---- */

static const struct health_check *current(const struct health *h)
{
	return h->in_startup ? h->orders.config.startup : h->orders.config.check;
}

static char *pid_file(const struct health *h)
{
	return xasprintf("%s.pid", h->orders.process);
}

/* What does not fit is read and dropped, so that the check never waits for us.  Bounded: a check
 * that writes without end must not keep us from the container. */
static void take_output(struct health *h)
{
	char chunk[4096];

	for (int i = 0; i < 16; i++) {
		ssize_t n = read(h->output, chunk, sizeof(chunk));

		if (n > 0) {
			buf_add(&h->text, chunk, MIN((size_t)n, HEALTH_LOG_SIZE_MAX - h->text.len));
		} else if (n == 0) {
			loop_remove(h->output_source);
			h->output_source = NULL;
			return;
		} else if (errno != EINTR) {
			return;
		}
	}
}

static int on_output(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	take_output(arg);
	return 0;
}

static char **exec_argv(const struct health *h, const char *pid_path, size_t *ret_n)
{
	const struct monitor_runtime_options *rt = &h->options->runtime;
	char **argv = NULL;

	strv_add(&argv, rt->path);
	for (size_t i = 0; i < rt->args.n; i++)
		strv_add(&argv, rt->args.items[i]);
	strv_add(&argv, "exec");
	strv_add(&argv, "--pid-file");
	strv_add(&argv, pid_path);
	strv_add(&argv, "--process");
	strv_add(&argv, h->in_startup ? h->orders.startup : h->orders.process);
	strv_add(&argv, h->options->cid);
	*ret_n = strv_len(argv);
	return argv;
}

/* The check's stdio: nothing in, one pipe out. */
static int open_stdio(struct health *h, struct streams *s)
{
	int p[2], r = fd_pipe(p, 0);

	if (r < 0)
		return r;
	h->output = p[0];
	s->child[1] = p[1];
	s->child[0] = fd_open(AT_FDCWD, "/dev/null", O_RDONLY, 0);
	s->child[2] = fcntl(p[1], F_DUPFD_CLOEXEC, 3);
	if (s->child[0] < 0 || s->child[2] < 0)
		return s->child[0] < 0 ? s->child[0] : -errno;
	r = fd_set_nonblock(h->output, true);
	return r < 0 ? r
		     : loop_add_io(h->loop, h->output, EPOLLIN, on_output, h, &h->output_source);
}

static int launch(struct health *h, struct error *err)
{
	struct streams s = STREAMS_INIT;
	scoped_free char *pid_path = pid_file(h);
	scoped_strv char **argv = NULL;
	size_t n;
	int r = open_stdio(h, &s);

	unlink(pid_path);
	argv = exec_argv(h, pid_path, &n);
	r = r < 0 ? error_os(err, -r, "set up the streams of the health check")
		  : monitor_launch_start(h->options, h->caller, &s, argv, n, h->own, &h->pid, err);
	streams_close_child(&s);
	return r;
}

static void forget_check(struct health *h)
{
	loop_remove(h->output_source);
	h->output_source = NULL;
	h->output = fd_close(h->output);
	h->pid = 0;
}

static bool is_frozen(const struct health *h)
{
	struct cgroup_record cg = { .driver = CGROUP_DRIVER_CGROUPFS, .path = h->orders.cgroup };

	return h->orders.cgroup && cgroup_is_frozen(&cg) == 1;
}

/* Somebody may have run it by hand. */
static bool still_in_startup(const struct health *h)
{
	scoped(health_record_done) struct health_record r = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;

	if (fd_read_file(AT_FDCWD, h->orders.record, HEALTH_RECORD_MAX, &text) < 0 ||
	    json_table_parse(&health_record_table, buf_str(&text), text.len, &r, "health record", 0,
			     NULL) < 0)
		return h->orders.config.startup != NULL;
	return health_in_startup(&h->orders.config, &r);
}

static void set_timer(struct health *h, int64_t nsec);

static void run_check(struct health *h)
{
	struct error err = ERROR_INIT;

	if (h->in_startup)
		h->in_startup = still_in_startup(h);
	h->start_nsec = time_now_nsec();
	h->exit_code = 0;
	buf_truncate(&h->text, 0);
	if (launch(h, &err) >= 0) {
		set_timer(h, current(h)->timeout_nsec);
		return;
	}
	h->exit_code = 1;
	buf_adds(&h->text, err.msg);
	happen(h, HEALTH_OVER);
}

/* The runtime's process is there as long as the check's is not collected, so the pid is its own. */
static void kill_check(struct health *h)
{
	scoped_free char *path = pid_file(h);
	char text[32];
	uint32_t pid;

	set_timer(h, LOOK_AGAIN_NSEC);
	h->exit_code = HEALTH_CODE_TIMEOUT;
	if (h->pid <= 0)
		return;
	if (fd_read_line(AT_FDCWD, path, text, sizeof(text)) >= 0 && num_u32(text, &pid) == 0 &&
	    pid > 1 && pid <= INT32_MAX)
		process_kill_group((pid_t)pid);
	else
		kill(h->pid, SIGKILL);
}

/* ---- the result ---- */

static void run_action(struct health *h, const char *command)
{
	struct health_orders *o = &h->orders;
	scoped_strv char **words = strv_dup(o->arguments);
	struct monitor_exit_options action = { .command = o->program };
	struct error err = ERROR_INIT;

	/* A stop takes its time, and failures go on meanwhile. */
	if (h->action_pid > 0)
		return;
	strv_add(&words, command);
	strv_add(&words, o->id);
	STRV_FOREACH (w, words)
		*ARRAY_ADD(action.command_args.items, action.command_args.n) = *w;
	if (exit_command_start(&action, h->caller, &h->action_pid, &err) < 0)
		log_warn(
			"container is unhealthy, but '%s' cannot be run: %s; tried again after the "
			"next check",
			command, err.msg);
	free(action.command_args.items);
}

static void tell_ready(const char *socket_path)
{
	int r = socket_path ? sd_notify_send(socket_path, "READY=1") : 0;

	if (r < 0)
		log_warn("tell '%s' that the container is ready: %s; it is not told", socket_path,
			 strerror(-r));
}

static void follow(struct health *h, enum health_effect effect)
{
	enum health_on_failure action = (enum health_on_failure)h->orders.config.on_failure;

	switch (effect) {
	case HEALTH_BECAME_HEALTHY:
		tell_ready(h->orders.notify_socket);
		break;
	case HEALTH_IS_UNHEALTHY:
		if (action != HEALTH_ACTION_NONE)
			run_action(h, health_action_names[action]);
		break;
	case HEALTH_STARTUP_FAILED:
		run_action(h, health_action_names[HEALTH_ACTION_RESTART]);
		break;
	case HEALTH_NOTHING:
	case HEALTH_STARTUP_PASSED:
		break;
	}
}

static int change_record(struct health *h, struct health_change *ch)
{
	int r;

	ch->config = &h->orders.config;
	ch->started_nsec = h->orders.started_nsec;
	r = atomic_file_edit(h->orders.record, h->orders.lock, HEALTH_RECORD_MAX, RECORD_MODE,
			     health_change_apply, ch);
	if (r < 0)
		log_warn("write health record '%s': %s; the result is lost", h->orders.record,
			 strerror(-r));
	else
		h->in_startup = ch->in_startup;
	return r;
}

static void report(struct health *h)
{
	struct health_result result = { .start_nsec = h->start_nsec,
					.end_nsec = time_now_nsec(),
					.exit_code = h->exit_code };
	struct health_change ch = { .result = &result };

	forget_check(h);
	result.output = buf_str(&h->text);
	result.output_len = h->text.len;
	if (h->exit_code == HEALTH_CODE_TIMEOUT) {
		char limit[32];

		time_format_duration(current(h)->timeout_nsec, limit, sizeof(limit));
		if (h->text.len > 0 && h->text.data[h->text.len - 1] != '\n')
			buf_addc(&h->text, '\n');
		buf_addf(&h->text, "healthcheck command exceeded timeout of %s", limit);
		result.output = buf_str(&h->text);
		result.output_len = h->text.len;
	}
	if (change_record(h, &ch) >= 0)
		follow(h, ch.effect);
	if (ch.effect == HEALTH_STARTUP_PASSED)
		set_timer(h, 0);
	else if (current(h)->interval_nsec > 0)
		set_timer(h, current(h)->interval_nsec);
}

/* ---- when ---- */

static void stop_check(struct health *h)
{
	loop_remove(h->timer);
	h->timer = NULL;
	/* Its process is in the container, and ends with it. */
	if (h->pid > 0)
		kill(h->pid, SIGKILL);
	forget_check(h);
}

static void happen(struct health *h, enum health_event event)
{
	const struct health_move *move = &health_moves[h->state][event];

	h->state = move->to;
	switch (move->step) {
	case HEALTH_DO_RUN:
		run_check(h);
		break;
	case HEALTH_DO_REPORT:
		report(h);
		break;
	case HEALTH_DO_KILL:
		kill_check(h);
		break;
	case HEALTH_DO_STOP:
		stop_check(h);
		break;
	case HEALTH_DO_NOTHING:
	case HEALTH_STEP_COUNT:
		break;
	}
}

/* Nothing can be run in a frozen container, and what runs there is not late: its time stands still.
 */
static int on_timer(struct loop_source *s, void *arg)
{
	struct health *h = arg;

	if (is_frozen(h))
		set_timer(h, LOOK_AGAIN_NSEC);
	else
		happen(h, h->state == HEALTH_WAITING ? HEALTH_TICK : HEALTH_LATE);
	return 0;
}

static void set_timer(struct health *h, int64_t nsec)
{
	int r;

	/* With 0 the kernel would disarm it. */
	nsec = MAX(nsec, 1);
	r = h->timer ? loop_timer_set(h->timer, nsec)
		     : loop_add_timer(h->loop, nsec, on_timer, h, &h->timer);
	if (r < 0)
		log_warn("set the timer of the health check: %s; the container goes unchecked",
			 strerror(-r));
}

/* ---- life ---- */

static int read_orders(const char *path, struct health_orders *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	int r = fd_read_file(AT_FDCWD, path, ORDERS_MAX, &text);

	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	r = json_table_parse(&health_orders_table, buf_str(&text), text.len, ret, path, 0, err);
	if (r >= 0 && (!health_enabled(&ret->config) || (ret->config.startup && !ret->startup)))
		return error_set(err, ERROR_CORRUPT, "'%s' has no check", path);
	return r;
}

struct health *health_new(struct loop *loop, const struct monitor_options *o,
			  const struct caller *caller, monitor_runtime_fn own)
{
	struct health *h;

	if (!o->health_orders)
		return NULL;
	h = xnew(struct health);
	h->loop = loop;
	h->options = o;
	h->caller = caller;
	h->own = own;
	h->output = -1;
	h->text.max = HEALTH_LOG_SIZE_MAX + 256; /* and what we add */
	return h;
}

void health_started(struct health *h)
{
	struct error err = ERROR_INIT;

	if (!h || h->state != HEALTH_OFF)
		return;
	health_orders_done(&h->orders);
	h->orders = (struct health_orders){ 0 };
	if (read_orders(h->options->health_orders, &h->orders, &err) < 0) {
		log_warn("%s; the container goes unchecked", err.msg);
		return;
	}
	h->in_startup = still_in_startup(h);
	if (current(h)->interval_nsec > 0)
		happen(h, HEALTH_STARTED);
}

bool health_reap(struct health *h, pid_t pid, int wait_status)
{
	if (h && pid == h->action_pid) {
		h->action_pid = 0;
		return true;
	}
	if (!h || pid != h->pid)
		return false;
	take_output(h);
	if (h->exit_code != HEALTH_CODE_TIMEOUT)
		h->exit_code = pid_exit_status(wait_status) != 0;
	happen(h, HEALTH_OVER);
	return true;
}

void health_ended(struct health *h)
{
	if (h)
		happen(h, HEALTH_ENDED);
}

void health_free(struct health *h)
{
	if (!h)
		return;
	stop_check(h);
	buf_done(&h->text);
	health_orders_done(&h->orders);
	free(h);
}
