/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One check by hand: works with every monitor and every runtime, as it asks neither the one nor the
 * other but for the runtime's exec.  Result and status go the way of the monitor's (wire/health.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/health/health_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/spawn.h"

struct run {
	struct engine *e;
	struct container_record *r;
	const struct health_check *check;
	bool in_startup;
	struct buf output, errors;
	struct health_result result;
};

static char **exec_args(const struct run *run, const char *pid_path)
{
	char **args = NULL;

	strv_add(&args, run->r->wish.runtime ? run->r->wish.runtime : run->e->runtime_path);
	strv_add(&args, "--root");
	strv_add_take(&args, engine_run_path(run->e, "runtime"));
	strv_add(&args, "exec");
	strv_add(&args, "--pid-file");
	strv_add(&args, pid_path);
	strv_add(&args, "--process");
	strv_add_take(&args, health_path(run->e, run->r->id,
					 run->in_startup ? "startup.json" : "process.json"));
	strv_add(&args, run->r->id);
	return args;
}

static bool same_cgroups(pid_t a, pid_t b)
{
	scoped(buf_done) struct buf of_a = BUF_INIT, of_b = BUF_INIT;
	scoped_free char *path_a = xasprintf("/proc/%d/cgroup", a);
	scoped_free char *path_b = xasprintf("/proc/%d/cgroup", b);

	return fd_read_file(AT_FDCWD, path_a, 1 << 16, &of_a) >= 0 &&
	       fd_read_file(AT_FDCWD, path_b, 1 << 16, &of_b) >= 0 &&
	       streq(buf_str(&of_a), buf_str(&of_b));
}

/* The runtime's process has been killed; what it ran goes on in the container.  It may have ended
 * just now, and its number be another's. */
static void kill_left(const char *pid_path, pid_t init)
{
	char text[32];
	uint32_t pid;

	if (fd_read_line(AT_FDCWD, pid_path, text, sizeof(text)) >= 0 && num_u32(text, &pid) == 0 &&
	    pid > 1 && pid <= INT32_MAX && same_cgroups((pid_t)pid, init))
		process_kill_group((pid_t)pid);
}

static int run_check(struct run *run, struct error *err)
{
	scoped_free char *name = xasprintf("%d.pid", getpid());
	scoped_free char *pid_path = health_path(run->e, run->r->id, name);
	scoped_strv char **args = exec_args(run, pid_path);
	struct spawn s = SPAWN_INIT;
	struct error why = ERROR_INIT;
	int64_t msec = run->check->timeout_nsec / NSEC_PER_MSEC;
	int status = 0, r;

	s.args = args;
	s.flags = SPAWN_NULL_STDIN;
	run->result.start_nsec = time_now_nsec();
	r = spawn_run(&s, NULL, 0, HEALTH_LOG_SIZE_MAX, &run->output, &run->errors,
		      (int)MIN(MAX(msec, 1), INT_MAX), &status, &why);
	run->result.end_nsec = time_now_nsec();
	if (r < 0 && why.kind == ERROR_TIMEOUT) {
		char limit[32];

		kill_left(pid_path, run->r->state.pid);
		time_format_duration(run->check->timeout_nsec, limit, sizeof(limit));
		buf_addf(&run->errors, "healthcheck command exceeded timeout of %s", limit);
		run->result.exit_code = HEALTH_CODE_TIMEOUT;
		r = 0;
	} else if (r >= 0) {
		run->result.exit_code = pid_exit_status(status) != 0;
	}
	unlink(pid_path);
	return r < 0 ? error_copy(err, &why) : 0;
}

static int record_result(struct run *run, struct health_change *ch, struct error *err)
{
	const struct health_config *h = &run->r->wish.health;
	scoped_free char *path = health_record_path(run->e, run->r->id, h->log_destination);
	scoped_free char *lock = health_path(run->e, run->r->id, "lock");
	int r;

	buf_add(&run->output, run->errors.data, run->errors.len);
	run->result.output = buf_str(&run->output);
	run->result.output_len = run->output.len;
	*ch = (struct health_change){ .config = h,
				      .result = &run->result,
				      .started_nsec = run->r->state.started_nsec };
	r = atomic_file_edit(path, lock, HEALTH_RECORD_MAX, 0600, health_change_apply, ch);
	return r < 0 ? error_os(err, -r, "write health record '%s'", path) : 0;
}

static int act(struct engine *e, const struct container_record *r, enum health_effect effect,
	       struct error *err)
{
	enum health_on_failure action = HEALTH_ACTION_NONE;

	if (effect == HEALTH_BECAME_HEALTHY)
		container_notify_healthy(r);
	else if (effect == HEALTH_IS_UNHEALTHY)
		action = (enum health_on_failure)r->wish.health.on_failure;
	else if (effect == HEALTH_STARTUP_FAILED)
		action = HEALTH_ACTION_RESTART;
	switch (action) {
	case HEALTH_ACTION_KILL:
		return container_kill(e, r->id, SIGKILL, err);
	case HEALTH_ACTION_STOP:
		return container_stop(e, r->id, (struct opt_u32){ 0 }, err);
	case HEALTH_ACTION_RESTART:
		return container_restart(e, r->id, (struct opt_u32){ 0 }, err);
	case HEALTH_ACTION_NONE:
	case HEALTH_ACTION_COUNT:
		break;
	}
	return 0;
}

static int find(struct engine *e, const char *word, struct container_record *r, struct error *err)
{
	int n = container_snapshot(e, word, r, err);

	if (n < 0)
		return error_prefix(err, "unable to look up %s to perform a health check", word);
	if (r->state.status != CONTAINER_RUNNING)
		return error_set(err, ERROR_STATE, "container %s is not running", r->id);
	if (!health_enabled(&r->wish.health))
		return error_set(err, ERROR_STATE, "container %s has no defined healthcheck",
				 r->id);
	return 0;
}

int container_healthcheck(struct engine *e, const char *word, enum health_verdict *ret,
			  struct error *err)
{
	scoped(container_record_done) struct container_record rec = { 0 };
	scoped(health_record_done) struct health_record before = { 0 };
	struct run run = { .e = e, .r = &rec };
	struct health_change ch = { 0 };
	int r = find(e, word, &rec, err);

	if (r < 0)
		return r;
	health_record_read(e, rec.id, rec.wish.health.log_destination, &before);
	run.in_startup = health_in_startup(&rec.wish.health, &before);
	run.check = run.in_startup ? rec.wish.health.startup : rec.wish.health.check;
	run.output.max = run.errors.max = 2 * HEALTH_LOG_SIZE_MAX + 256;
	r = run_check(&run, err);
	if (r >= 0)
		r = record_result(&run, &ch, err);
	if (r >= 0)
		r = act(e, &rec, ch.effect, err);
	buf_done(&run.output);
	buf_done(&run.errors);
	if (r < 0)
		return r;
	if (run.in_startup)
		*ret = HEALTH_VERDICT_STARTING;
	else
		*ret = run.result.exit_code ? HEALTH_VERDICT_UNHEALTHY : HEALTH_VERDICT_HEALTHY;
	return 0;
}
