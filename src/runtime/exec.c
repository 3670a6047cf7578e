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
#include <linux/capability.h>
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
#include "sys/fd.h"
#include "sys/procfs.h"
#include "sys/sock.h"

struct execution {
	const struct runtime_context *cx;
	const struct runtime_exec_options *o;
	struct runtime_record record;
	struct pidref init;
	struct plan plan;
	struct cgroup_gate gate;
	struct launch launch;
	int dir, proc_fd, console_fd, pidns_fd;
	bool has_gate;
};

static int check_state(struct execution *x, struct error *err)
{
	enum runtime_status s;
	int r;

	x->dir = record_open_dir(x->cx, x->o->id, err);
	if (x->dir < 0)
		return x->dir;
	r = record_load_at(x->dir, x->o->id, &x->record, err);
	if (r < 0)
		return r;
	s = record_status(x->dir, &x->record);
	if (s == RUNTIME_STOPPED || s == RUNTIME_CREATING)
		return error_set(err, ERROR_STATE,
				 "cannot exec in a %s container: '%s' is not running",
				 runtime_status_name(s), x->o->id);
	if (s == RUNTIME_PAUSED && !x->o->ignore_paused)
		return error_set(err, ERROR_STATE,
				 "cannot exec in a paused container (use --ignore-paused to "
				 "override)");
	return record_init(&x->record, &x->init, err);
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

	if ((record_namespaces(&x->record) & ns_clone_flag(NS_MOUNT)) != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)x->init.pid);
	x->plan.root.fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	return x->plan.root.fd < 0
		       ? error_os(err, -x->plan.root.fd, "open root of container '%s'", x->o->id)
		       : 0;
}

static int make_plan(struct execution *x, struct error *err)
{
	int r;

	x->plan = (struct plan){ .null_fd = -1, .root.fd = -1, .hook_output = HOOK_OUTPUT_INIT };
	for (int t = 0; t < NS_TYPE_COUNT; t++)
		x->plan.ns.fd[t] = -1;
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
	if (strmap_has(&x->record.annotations, PLAN_LANDLOCK_ANNOTATION)) {
		r = plan_resolve_landlock(
			strmap_get(&x->record.annotations, PLAN_LANDLOCK_ANNOTATION),
			landlock_abi(), &x->plan.process.landlock, err);
		if (r < 0)
			return r;
	}
	r = record_load_seccomp(x->dir, &x->plan.process.seccomp, err);
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

static int open_target(struct execution *x, struct error *err)
{
	x->proc_fd = proc_open(err);
	if (x->proc_fd < 0)
		return x->proc_fd;
	if ((record_namespaces(&x->record) & ns_clone_flag(NS_PID)) != 0) {
		x->pidns_fd = ns_open(x->init.pid, NS_PID);
		if (x->pidns_fd < 0)
			return error_os(err, -x->pidns_fd, "open pid namespace of container '%s'",
					x->o->id);
	}
	if (x->record.cgroup.path == NULL || x->o->cgroup != NULL)
		return 0;
	x->has_gate = true;
	return cgroup_gate_open(&x->record.cgroup, &x->gate, err);
}

static int enter_rdt(const struct execution *x, struct error *err)
{
	scoped_fd int root = -1;

	if (x->record.rdt == NULL)
		return 0;
	root = rdt_open(err);
	return root < 0 ? root : rdt_enter(root, x->record.rdt, x->launch.init.pid, err);
}

/* execCPUAffinity.initial holds from the clone on, which is on the way into the cgroup.  We go back
 * to where we were: the caller may be an engine. */
static int start_on_cpus(struct execution *x, struct init_args *a, struct error *err)
{
	const char *list = x->plan.process.affinity_initial;
	struct process_cpus own;
	int r, back;

	if (list == NULL)
		return launch_start(a, init_exec, x->pidns_fd, &x->launch, err);
	r = process_get_cpus(0, &own);
	if (r == 0)
		r = process_set_affinity(0, list);
	if (r < 0)
		return error_os(err, -r, "set initial CPU affinity '%s'", list);
	r = launch_start(a, init_exec, x->pidns_fd, &x->launch, err);
	back = process_set_cpus(0, &own);
	return r == 0 && back < 0 ? error_os(err, -back, "return to our own CPUs") : r;
}

static int launch_process(struct execution *x, struct error *err)
{
	struct init_args a = {
		.plan = &x->plan,
		.gate = x->has_gate ? &x->gate : NULL,
		.proc_fd = x->proc_fd,
		.sync_fd = -1,
		.listen_fd = -1,
		.console_fd = x->console_fd,
		.console_plain = x->o->console_plain,
		.stdio = { x->o->stdin_fd, x->o->stdout_fd, x->o->stderr_fd },
		.target_pidfd = x->init.fd,
		.target_namespaces = record_namespaces(&x->record) & ~ns_clone_flag(NS_PID),
	};
	bool in_userns = (a.target_namespaces & ns_clone_flag(NS_USER)) != 0;
	struct sync_message m;
	int r;

	a.unprivileged = in_userns && !caps_have(CAP_SYS_ADMIN);
	r = start_on_cpus(x, &a, err);
	if (r < 0)
		return r;
	if (x->o->cgroup) {
		r = cgroup_attach_sub(&x->record.cgroup, x->o->cgroup, x->launch.init.pid, err);
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
	return start_wait_exec(&x->record, &x->launch.init, x->launch.sync_fd, err);
}

static int exec_all(struct execution *x, struct error *err)
{
	int r = create_check_preserved(x->o->preserve_fds, err);

	if (r < 0)
		return r;
	r = check_state(x, err);
	if (r < 0)
		return r;
	r = make_plan(x, err);
	if (r < 0)
		return r;
	r = open_target(x, err);
	return r < 0 ? r : launch_process(x, err);
}

static void execution_done(struct execution *x)
{
	runtime_record_done(&x->record);
	pidref_done(&x->init);
	plan_done(&x->plan);
	cgroup_gate_done(&x->gate);
	launch_done(&x->launch);
	fd_close(x->dir);
	fd_close(x->proc_fd);
	fd_close(x->console_fd);
	fd_close(x->pidns_fd);
}

int runtime_exec(const struct runtime_context *cx, const struct runtime_exec_options *o,
		 struct pidref *ret, struct error *err)
{
	trace_scope("runtime exec");
	struct execution x = {
		.cx = cx,
		.o = o,
		.init = PIDREF_INIT,
		.gate = CGROUP_GATE_INIT,
		.launch = LAUNCH_INIT,
		.dir = -1,
		.proc_fd = -1,
		.console_fd = -1,
		.pidns_fd = -1,
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
