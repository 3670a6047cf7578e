/* SPDX-License-Identifier: Apache-2.0 */
/* launch: see launch.h. */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/procfs.h"
#include "sys/sock.h"

/* Entered by the caller itself for the moment of the clone when the child, in a new user namespace,
 * would have no right to. */
static const enum ns_type early_types[] = { NS_NET, NS_IPC, NS_UTS, NS_CGROUP };

struct borrowed {
	int own[NS_TYPE_COUNT]; /* where to go back to, -1 not left */
};

void launch_done(struct launch *l)
{
	pidref_done(&l->init);
	l->sync_fd = fd_close(l->sync_fd);
}

static int borrow(struct borrowed *b, enum ns_type t, int fd, struct error *err)
{
	int r;

	b->own[t] = ns_open(getpid(), t);
	if (b->own[t] < 0)
		return error_os(err, -b->own[t], "open our %s namespace", ns_oci_name(t));
	r = ns_enter(fd, t);
	if (r < 0) {
		b->own[t] = fd_close(b->own[t]);
		return error_os(err, -r, "join %s namespace", ns_oci_name(t));
	}
	return 0;
}

/* Failing to come home would leave the caller in the container: nothing sane can follow. */
static int give_back(struct borrowed *b, struct error *err)
{
	int result = 0;

	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		int r;

		if (b->own[t] < 0)
			continue;
		r = ns_enter(b->own[t], (enum ns_type)t);
		if (r < 0)
			result = error_os(err, -r, "return to our %s namespace",
					  ns_oci_name((enum ns_type)t));
		b->own[t] = fd_close(b->own[t]);
	}
	return result;
}

static int enter_early(struct init_args *a, int pidns_fd, struct borrowed *b, struct error *err)
{
	const struct plan_namespaces *ns = &a->plan->ns;
	int r;

	if (pidns_fd >= 0) {
		r = borrow(b, NS_PID, pidns_fd, err);
		if (r < 0)
			return r;
	}
	a->join[NS_PID] = false;
	if (!plan_creates(a->plan, NS_USER))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(early_types); i++) {
		enum ns_type t = early_types[i];

		if (!a->join[t])
			continue;
		r = borrow(b, t, ns->fd[t], NULL);
		/* Not ours to enter from here: the child may have the right. */
		if (r == -EPERM)
			continue;
		if (r < 0)
			return error_os(err, -r, "join %s namespace '%s'", ns_oci_name(t),
					ns->path[t]);
		a->join[t] = false;
	}
	return 0;
}

/* User, pid and mount must be the clone's own.  The network namespace is, so that it is made before
 * the child joins the cgroup: its 100 kB of kernel memory would else count against the container's
 * limit, and with 512 kB leave too little for an exec (runc and crun do not count it either). */
static uint64_t clone_flags(const struct plan *p)
{
	return p->ns.create & (ns_clone_flag(NS_USER) | ns_clone_flag(NS_PID) |
			       ns_clone_flag(NS_MOUNT) | ns_clone_flag(NS_NET));
}

static int clone_refused(int num, struct error *err)
{
	return error_os(err, num,
			num == ENOSPC ? "make the container's process and namespaces (more than "
					"sysctl user.max_*_namespaces allow)"
				      : "clone");
}

static pid_t clone_child(struct init_args *a, uint64_t flags, int *ret_pidfd)
{
	struct ns_clone c = {
		.flags = flags,
		.cgroup_fd = a->gate ? a->gate->clone_fd : -1,
		.ret_pidfd = ret_pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	a->born_inside = c.cgroup_fd >= 0;
	pid = ns_clone3(&c);
	/* EAGAIN: a pids limit of 1 counts the process that holds the cgroup; entering is free. */
	if (c.cgroup_fd >= 0 &&
	    (pid == -EOPNOTSUPP || pid == -EBUSY || pid == -EINVAL || pid == -EAGAIN)) {
		c.cgroup_fd = -1;
		a->born_inside = false;
		pid = ns_clone3(&c);
	}
	if (pid == 0)
		process_protect_settle();
	return pid;
}

/* pid 0: our own. */
static int write_oom_score(pid_t pid, int proc_fd, int score, struct error *err)
{
	char path[64] = "self/oom_score_adj", value[16];
	int r;

	if (pid > 0)
		snprintf(path, sizeof(path), "%d/oom_score_adj", (int)pid);
	snprintf(value, sizeof(value), "%d", score);
	r = proc_write(proc_fd, path, value);
	return r < 0 ? error_os(err, -r, "set oom score adjustment %d", score) : 0;
}

static int write_maps(pid_t pid, const struct plan *p, int sync_fd, struct error *err)
{
	int r = userns_write_maps(pid, &p->ns.uids, &p->ns.gids, err);

	if (r < 0)
		return r;
	r = sync_send(sync_fd, SYNC_MAPS, 0);
	/* A child that died meanwhile says why by itself. */
	return r < 0 && r != -EPIPE ? error_os(err, -r, "send to init") : 0;
}

/* An ordinary user's: we are in a new user namespace.  The parent and newuidmap look at us in
 * /proc, so this comes before we are out of everybody's sight; no namespace of a container has been
 * entered yet. */
static int prepare_unprivileged(struct init_args *a, struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	struct sync_message m;
	int r = p->oom_set ? write_oom_score(0, a->proc_fd, p->oom_score_adj, err) : 0;

	if (r < 0)
		return r;
	if (plan_creates(a->plan, NS_USER)) {
		r = sync_recv(a->sync_fd, &m);
		if (r <= 0 || m.type != SYNC_MAPS)
			return error_set(err, ERROR_INTERNAL,
					 "wait for id maps: the parent is gone");
		a->in_userns = true;
	}
	return 0;
}

/* exec by an ordinary user: the rights for all other namespaces come from this one. */
static int enter_target_userns(struct init_args *a)
{
	int r;

	if (!a->unprivileged || a->target_pidfd < 0)
		return 0;
	r = ns_enter_pidfd(a->target_pidfd, ns_clone_flag(NS_USER));
	a->target_namespaces &= ~ns_clone_flag(NS_USER);
	a->in_userns = true;
	return r;
}

/* The process that was wanted: who it is, then what it is for.  It says so itself: by another
 * process the number could come after its own first message. */
static void wanted(const struct init_args *a, launch_entry entry)
{
	pid_t pid = init_outer_pid(a);

	if (pid < 0 || sync_send_plain(a->sync_fd, SYNC_PID, pid) < 0)
		_exit(1);
	entry(a);
}

/* Enter what the host's rights are needed for, then the user namespace, then clone init as our
 * parent's child. */
static _Noreturn void intermediate(struct init_args *a, launch_entry entry, int pidns_fd)
{
	const struct plan_namespaces *ns = &a->plan->ns;
	/* The exit signal is inherited with the parent: clone3 wants none here. */
	struct ns_clone c = { .flags = clone_flags(a->plan) | CLONE_PARENT, .cgroup_fd = -1 };
	struct error err = ERROR_INIT;
	pid_t pid;
	int r = a->unprivileged ? prepare_unprivileged(a, &err) : 0;

	(void)process_set_dumpable(false);
	if (a->in_userns)
		c.flags &= ~ns_clone_flag(NS_USER);
	if (r == 0 && a->gate) {
		r = cgroup_gate_enter(a->gate, a->born_inside);
		if (r < 0)
			(void)error_os(&err, -r, "enter the container's cgroup");
	}
	a->gate = NULL;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(early_types); i++) {
		if (a->join[early_types[i]] &&
		    ns_enter(ns->fd[early_types[i]], early_types[i]) == 0)
			a->join[early_types[i]] = false;
	}
	if (r == 0 && ns->fd[NS_USER] >= 0) {
		r = ns_enter(ns->fd[NS_USER], NS_USER);
		if (r < 0)
			(void)error_os(&err, -r, "join user namespace '%s'", ns->path[NS_USER]);
		a->join[NS_USER] = false;
	}
	if (r == 0) {
		r = enter_target_userns(a);
		if (r < 0)
			(void)error_os(&err, -r, "join the container's user namespace");
	}
	if (r == 0 && pidns_fd >= 0) {
		r = ns_enter(pidns_fd, NS_PID);
		if (r < 0)
			(void)error_os(&err, -r, "join pid namespace");
	}
	pid = r < 0 ? r : ns_clone3(&c);
	if (pid == 0)
		wanted(a, entry);
	if (pid < 0) {
		if (err.kind == ERROR_NONE)
			(void)clone_refused(-pid, &err);
		(void)sync_send_error(a->sync_fd, &err);
		_exit(1);
	}
	_exit(0);
}

static int take_pid(struct launch *l, pid_t pid, int pidfd, struct error *err)
{
	struct proc_stat st;
	int r = proc_stat(pid, &st);

	l->init = (struct pidref){ .pid = pid, .fd = pidfd };
	if (r < 0)
		return error_os(err, -r, "read start time of process %d", (int)pid);
	l->init.start_time = st.start_time;
	return 0;
}

static int start_by_intermediate(struct init_args *a, launch_entry entry, int pidns_fd,
				 struct launch *l, struct error *err)
{
	struct sync_message m;
	uint64_t early;
	pid_t child;
	int status, r;

	for (int t = 0; t < NS_TYPE_COUNT; t++)
		a->join[t] = a->plan->ns.fd[t] >= 0;
	a->join[NS_PID] = false;
	early = a->unprivileged ? a->plan->ns.create & ns_clone_flag(NS_USER) : 0;
	child = clone_child(a, early, NULL);
	if (child == 0) {
		(void)fd_close(l->sync_fd);
		intermediate(a, entry, pidns_fd);
	}
	if (child < 0)
		return clone_refused(-child, err);
	a->sync_fd = fd_close(a->sync_fd);
	l->configured = a->unprivileged;
	r = early ? write_maps(child, a->plan, l->sync_fd, err) : 0;
	if (r == 0)
		r = launch_receive(l, &m, err);
	if (r < 0)
		(void)kill(child, SIGKILL);
	(void)pid_reap(child, &status);
	if (r < 0)
		return r;
	if (r != SYNC_PID || m.value <= 0)
		return error_set(err, ERROR_INTERNAL, "intermediate child: wrong message");
	r = pidref_set(&l->init, m.value);
	return r < 0 ? error_os(err, -r, "open process %d", m.value) : 0;
}

static int start_direct(struct init_args *a, launch_entry entry, int pidns_fd, struct launch *l,
			struct error *err)
{
	struct borrowed b;
	int pidfd = -1;
	pid_t pid = -1;
	int r, back;

	for (int t = 0; t < NS_TYPE_COUNT; t++) {
		b.own[t] = -1;
		a->join[t] = a->plan->ns.fd[t] >= 0;
	}
	r = enter_early(a, pidns_fd, &b, err);
	if (r == 0) {
		pid = clone_child(a, clone_flags(a->plan), &pidfd);
		if (pid == 0) {
			(void)fd_close(l->sync_fd);
			entry(a);
		}
		if (pid < 0)
			r = clone_refused(-pid, err);
	}
	back = give_back(&b, r < 0 ? NULL : err);
	a->sync_fd = fd_close(a->sync_fd);
	if (r < 0)
		return r;
	r = take_pid(l, pid, pidfd, err);
	return back < 0 ? back : r;
}

/* In a user namespace we may leave our own namespaces for the container's, but not come back. */
static bool needs_intermediate(const struct init_args *a, int pidns_fd)
{
	const struct plan *p = a->plan;
	bool around_clone = pidns_fd >= 0;

	if (p->ns.fd[NS_USER] >= 0 || a->unprivileged)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(early_types); i++)
		around_clone |= plan_creates(p, NS_USER) && p->ns.fd[early_types[i]] >= 0;
	return around_clone && !userns_initial();
}

int launch_start(struct init_args *a, launch_entry entry, int pidns_fd, struct launch *ret,
		 struct error *err)
{
	scoped(launch_done) struct launch l = LAUNCH_INIT;
	int pair[2];
	int r = sock_pair(SOCK_SEQPACKET, pair);

	if (r < 0)
		return error_os(err, -r, "make socket pair");
	l.sync_fd = pair[0];
	a->sync_fd = pair[1];
	if (pidns_fd < 0)
		pidns_fd = a->plan->ns.fd[NS_PID];
	/* In a pid namespace of its own nobody sees our child before it is ready: the wait is left
	 * to the time when it works. */
	if (pidns_fd >= 0 || !plan_creates(a->plan, NS_PID))
		process_protect_settle();
	if (needs_intermediate(a, pidns_fd))
		r = start_by_intermediate(a, entry, pidns_fd, &l, err);
	else
		r = start_direct(a, entry, pidns_fd, &l, err);
	a->sync_fd = fd_close(a->sync_fd);
	process_protect_settle();
	if (r < 0) {
		launch_abort(&l);
		return r;
	}
	*ret = l;
	l = LAUNCH_INIT;
	return 0;
}

int launch_configure(const struct launch *l, const struct init_args *a, struct error *err)
{
	const struct plan *p = a->plan;
	int r;

	if (l->configured)
		return 0;
	if (plan_creates(p, NS_USER)) {
		r = write_maps(l->init.pid, p, l->sync_fd, err);
		if (r < 0)
			return r;
	}
	if (p->process.oom_set)
		return write_oom_score(l->init.pid, a->proc_fd, p->process.oom_score_adj, err);
	return 0;
}

int launch_receive(const struct launch *l, struct sync_message *m, struct error *err)
{
	int r = sync_recv(l->sync_fd, m);

	if (r < 0)
		return error_os(err, -r, "receive from container init");
	if (r == 0)
		return error_set(err, ERROR_INTERNAL, "container init died during its setup");
	if (m->type == SYNC_ERROR)
		return sync_error(m, err);
	return (int)m->type;
}

void launch_abort(struct launch *l)
{
	int status;

	if (l->init.pid <= 0)
		return;
	if (l->init.fd >= 0) {
		(void)pidref_kill(&l->init, SIGKILL);
		(void)pidref_reap(&l->init, &status);
	} else {
		/* Our child and not reaped: the number is still its own. */
		(void)kill(l->init.pid, SIGKILL);
		(void)pid_reap(l->init.pid, &status);
	}
}
