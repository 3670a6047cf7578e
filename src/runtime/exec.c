/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: a further process in a running container.
 *
 * One clone: we enter the container's pid namespace for the moment of it (only children are
 * affected), the child enters the cgroups by the gate and all other namespaces by one setns on a
 * pidfd of init.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "base/trace.h"
#include "runtime/create.h"
#include "runtime/launch.h"
#include "runtime/plan/plan_priv.h"
#include "runtime/host/rdt.h"
#include "runtime/record.h"
#include "runtime/start.h"
#include "runtime/target.h"
#include "sys/fd.h"
#include "sys/sock.h"

struct execution {
	const struct runtime_context *cx;
	const struct runtime_exec_options *o;
	struct target target;
	struct plan plan;
	struct cgroup_gate gate;
	struct launch launch;
	int console_fd;
	bool has_gate;
};

static int open_target(struct execution *x, struct error *err)
{
	int r = target_open(x->cx, x->o->id, "exec", &x->target, err);

	if (r == 0 && x->target.status == RUNTIME_PAUSED && !x->o->ignore_paused)
		return error_set(err, ERROR_STATE,
				 "cannot exec in a paused container (use --ignore-paused to "
				 "override)");
	return r;
}

static int open_console(struct execution *x, struct error *err)
{
	if (!x->plan.process.terminal)
		return x->o->console_socket
			       ? error_set(err, ERROR_INVALID,
					   "--console-socket: the process has no terminal")
			       : 0;
	if (x->o->console_socket == NULL)
		return error_set(err, ERROR_INVALID,
				 "a process with a terminal needs --console-socket");
	x->console_fd = sock_connect_unix(AT_FDCWD, x->o->console_socket, SOCK_STREAM, err);
	return x->console_fd < 0 ? error_prefix(err, "console socket") : 0;
}

/* Containers without a mount namespace: their root is init's root. */
static int open_root(struct execution *x, struct error *err)
{
	char path[64];

	if ((record_namespaces(&x->target.record) & ns_clone_flag(NS_MOUNT)) != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)x->target.init.pid);
	x->plan.root.fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	return x->plan.root.fd < 0
		       ? error_os(err, -x->plan.root.fd, "open root of container '%s'", x->o->id)
		       : 0;
}

static int make_plan(struct execution *x, struct error *err)
{
	int r;

	plan_init(&x->plan);
	x->plan.id = xstrdup(x->o->id);
	x->plan.preserve_fds = x->o->preserve_fds;
	r = oci_process_validate(x->o->process, err);
	if (r < 0)
		return r;
	r = plan_resolve_process(x->o->process, &x->plan.process, err);
	if (r < 0)
		return error_prefix(err, "process");
	r = plan_check_lsm(&x->plan.process, err);
	if (r < 0)
		return error_prefix(err, "process");
	if (strmap_has(&x->target.record.annotations, PLAN_LANDLOCK_ANNOTATION)) {
		r = plan_resolve_landlock(
			strmap_get(&x->target.record.annotations, PLAN_LANDLOCK_ANNOTATION),
			landlock_abi(), &x->plan.process.landlock, err);
		if (r < 0)
			return r;
	}
	r = record_load_seccomp(x->target.dir, &x->plan.process.seccomp, err);
	if (r < 0)
		return r;
	r = open_root(x, err);
	if (r < 0)
		return r;
	if (strv_env_get(x->plan.process.env, "HOME") == NULL)
		strv_env_set(&x->plan.process.env, "HOME",
			     x->plan.process.uid == 0 ? "/root" : "/");
	return open_console(x, err);
}

static int open_namespaces(struct execution *x, struct error *err)
{
	int r = target_open_namespaces(&x->target, err);

	if (r < 0 || x->target.record.cgroup.path == NULL || x->o->cgroup != NULL)
		return r;
	x->has_gate = true;
	return cgroup_gate_open(&x->target.record.cgroup, &x->gate, err);
}

static int enter_rdt(const struct execution *x, struct error *err)
{
	scoped_fd int root = -1;

	if (x->target.record.rdt == NULL)
		return 0;
	root = rdt_open(err);
	return root < 0 ? root : rdt_enter(root, x->target.record.rdt, x->launch.init.pid, err);
}

/* execCPUAffinity.initial holds from the clone on, which is on the way into the cgroup.  We go back
 * to where we were: the caller may be an engine. */
static int start_on_cpus(struct execution *x, struct init_args *a, struct error *err)
{
	const char *list = x->plan.process.affinity_initial;
	struct process_cpus own;
	int r, back;

	if (list == NULL)
		return launch_start(a, init_exec, x->target.pidns_fd, &x->launch, err);
	r = process_get_cpus(0, &own);
	if (r == 0)
		r = process_set_affinity(0, list);
	if (r < 0)
		return error_os(err, -r, "set initial CPU affinity '%s'", list);
	r = launch_start(a, init_exec, x->target.pidns_fd, &x->launch, err);
	back = process_set_cpus(0, &own);
	return r == 0 && back < 0 ? error_os(err, -back, "return to our own CPUs") : r;
}

static int launch_process(struct execution *x, struct error *err)
{
	struct init_args a = target_init_args(&x->target, &x->plan);
	struct sync_message m;
	int r;

	a.gate = x->has_gate ? &x->gate : NULL;
	a.console_fd = x->console_fd;
	a.console_plain = x->o->console_plain;
	a.stdio[0] = x->o->stdin_fd;
	a.stdio[1] = x->o->stdout_fd;
	a.stdio[2] = x->o->stderr_fd;
	r = start_on_cpus(x, &a, err);
	if (r < 0)
		return r;
	if (x->o->cgroup) {
		r = cgroup_attach_sub(&x->target.record.cgroup, x->o->cgroup, x->launch.init.pid,
				      err);
		if (r < 0)
			return r;
	}
	r = enter_rdt(x, err);
	if (r < 0)
		return r;
	r = launch_configure(&x->launch, &a, err);
	if (r < 0)
		return r;
	r = launch_receive(&x->launch, &m, err);
	if (r < 0)
		return r;
	if (r != SYNC_READY)
		return error_set(err, ERROR_INTERNAL, "exec: wrong message %d", r);
	r = create_write_pid_file(x->o->pid_file, x->launch.init.pid, err);
	if (r < 0)
		return r;
	r = sync_send(x->launch.sync_fd, SYNC_ACK, 0);
	if (r < 0)
		return error_os(err, -r, "let the process go on");
	return start_wait_exec(&x->target.record, &x->launch.init, x->launch.sync_fd, err);
}

static int exec_all(struct execution *x, struct error *err)
{
	int r = create_check_preserved(x->o->preserve_fds, err);

	if (r < 0)
		return r;
	r = open_target(x, err);
	if (r < 0)
		return r;
	r = make_plan(x, err);
	if (r < 0)
		return r;
	r = open_namespaces(x, err);
	return r < 0 ? r : launch_process(x, err);
}

static void execution_done(struct execution *x)
{
	target_done(&x->target);
	plan_done(&x->plan);
	cgroup_gate_done(&x->gate);
	launch_done(&x->launch);
	fd_close(x->console_fd);
}

int runtime_exec(const struct runtime_context *cx, const struct runtime_exec_options *o,
		 struct pidref *ret, struct error *err)
{
	trace_scope("runtime exec");
	struct execution x = {
		.cx = cx,
		.o = o,
		.target = TARGET_INIT,
		.gate = CGROUP_GATE_INIT,
		.launch = LAUNCH_INIT,
		.console_fd = -1,
	};
	int r = exec_all(&x, err);

	if (r < 0) {
		launch_abort(&x.launch);
	} else if (ret) {
		*ret = x.launch.init;
		x.launch.init = PIDREF_INIT;
	}
	execution_done(&x);
	return r < 0 ? r : 0;
}
