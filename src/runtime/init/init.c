/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: entries.  Stage numbers are those of docs/design/container-start.md.
 */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/init/init_priv.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/signals.h"

_Noreturn void init_fail(int report_fd, const struct error *err)
{
	(void)sync_send_error(report_fd, err);
	_exit(1);
}

/* Stage 1: nothing of the container exists yet. */
int init_begin(const struct init_args *a, struct error *err)
{
	int r;

	signals_reset();
	r = process_set_dumpable(false); /* I4 */
	if (r < 0)
		return error_os(err, -r, "make the process non-dumpable");
	/* Until the parent has recorded our pid we must not outlive it (I8). */
	r = process_pdeathsig(SIGKILL);
	if (r < 0)
		return error_os(err, -r, "set parent death signal");
	if (setsid() < 0)
		return error_os(err, errno, "start a session");
	/* Whatever the caller leaked to us is not the container's (2024-21626, I10). */
	r = fd_cloexec_from(3 + (int)a->plan->preserve_fds);
	if (r < 0)
		return error_os(err, -r, "close inherited descriptors on exec");
	for (unsigned i = 0; i < a->plan->preserve_fds; i++) {
		r = fd_set_cloexec(3 + (int)i, false);
		if (r < 0)
			return error_os(err, -r, "preserve descriptor %u", 3 + i);
	}
	if (a->gate) {
		r = cgroup_gate_enter(a->gate, a->born_inside);
		if (r < 0)
			return error_os(err, -r, "enter the container's cgroup");
	}
	umask(0);
	return 0;
}

/* Have the parent do what only it can. */
static int ask_parent(const struct init_args *a, enum sync_type what, struct error *err)
{
	struct sync_message m = { .type = SYNC_NONE };
	int r = sync_send_plain(a->sync_fd, what, 0);

	if (r == 0)
		r = sync_recv(a->sync_fd, &m);
	if (r <= 0 || m.type != SYNC_CONTINUE)
		return error_set(err, ERROR_INTERNAL, "wait for the parent: it is gone");
	return 0;
}

/* createRuntime and prestart hooks run in the parent. */
static int parent_hooks(const struct init_args *a, struct error *err)
{
	if (a->plan->hooks[PLAN_HOOK_PRESTART].n == 0 &&
	    a->plan->hooks[PLAN_HOOK_CREATE_RUNTIME].n == 0)
		return 0;
	return ask_parent(a, SYNC_HOOKS, err);
}

/* Stages 3 and 4: the root and what is mounted in it. */
static int make_rootfs(const struct init_args *a, struct error *err)
{
	int rootfd = a->plan->root.fd;
	int r;

	r = init_root_attach(a, err);
	if (r < 0)
		return r;
	r = init_mounts(a, err);
	if (r < 0)
		return r;
	r = init_devices(a, err);
	if (r < 0)
		return r;
	r = init_console(a, rootfd, true, err);
	if (r < 0)
		return r;
	return init_masks(a, err);
}

static int create_setup(const struct init_args *a, char **ret_path, struct error *err)
{
	bool rootfs = plan_has_rootfs(a->plan);
	int r = init_begin(a, err);

	if (r < 0)
		return r;
	r = init_namespaces(a, err);
	if (r < 0)
		return r;
	if (a->plan->n_net_devices > 0) {
		r = ask_parent(a, SYNC_NETDEVICES, err);
		if (r < 0)
			return r;
	}
	if (rootfs) {
		r = make_rootfs(a, err);
		if (r < 0)
			return r;
	}
	r = init_sysctls(a, err);
	if (r < 0)
		return r;
	r = parent_hooks(a, err);
	if (r < 0)
		return r;
	r = init_hooks(a, PLAN_HOOK_CREATE_CONTAINER, &a->plan->hook_output, err);
	if (r < 0)
		return r;
	r = init_root_enter(a, err);
	if (r < 0)
		return r;
	if (!rootfs) {
		r = init_console(a, AT_FDCWD, false, err);
		if (r < 0)
			return r;
	}
	return init_process(a, ret_path, err);
}

/* Waiting may take days: descriptors of whoever made us (pipes, locks) are let go of now, not at
 * exec.  fd moves to number `to`, everything behind it is closed. */
static int keep_only(int fd, int to)
{
	int r;

	if (fd != to && dup3(fd, to, O_CLOEXEC) < 0)
		return -errno;
	r = fd_close_from(to + 1);
	return r < 0 ? r : to;
}

/* The same with the files that the startContainer hooks write to, in the numbers that follow. */
static int keep_with_output(int fd, int to, struct hook_output *o)
{
	int *all[] = { &fd, &o->out, &o->err };
	int last = to;

	/* Out of the way of each other first. */
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (*all[i] < 0)
			continue;
		*all[i] = fd_dup_min(*all[i], to + (int)ARRAY_SIZE(all));
		if (*all[i] < 0)
			return *all[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (*all[i] < 0)
			continue;
		if (dup3(*all[i], last, O_CLOEXEC) < 0)
			return -errno;
		*all[i] = last++;
	}
	return fd_close_from(last) < 0 ? -errno : to;
}

/* Stage 6: until somebody says go.  A starter that goes away before it said so is forgotten. */
static int wait_for_start(int listen_fd)
{
	for (;;) {
		scoped_fd int conn = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		struct sync_message m = { .type = SYNC_NONE };

		if (conn < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return -errno;
		}
		if (sync_send(conn, SYNC_HELLO, 0) < 0)
			continue;
		if (sync_recv(conn, &m) > 0 && m.type == SYNC_GO)
			return take_fd(conn);
	}
}

_Noreturn void init_create(const struct init_args *a)
{
	struct error err = ERROR_INIT;
	struct sync_message m = { .type = SYNC_NONE };
	struct hook_output output = a->plan->hook_output;
	char *path = NULL;
	int listen_fd, conn, r;

	if (create_setup(a, &path, &err) < 0)
		init_fail(a->sync_fd, &err);
	/* From here the end of the parent is seen on the socket; a death signal would also come
	 * when it ends after its ACK. */
	(void)process_pdeathsig(0);
	if (sync_send_plain(a->sync_fd, SYNC_READY, 0) < 0)
		_exit(1);
	r = sync_recv(a->sync_fd, &m);
	if (r <= 0 || m.type != SYNC_ACK)
		_exit(1);
	listen_fd = 3 + (int)a->plan->preserve_fds;
	if (a->plan->hooks[PLAN_HOOK_START_CONTAINER].n > 0 && (output.out >= 0 || output.err >= 0))
		listen_fd = keep_with_output(a->listen_fd, listen_fd, &output);
	else
		listen_fd = keep_only(a->listen_fd, listen_fd);
	conn = listen_fd < 0 ? listen_fd : wait_for_start(listen_fd);
	if (conn < 0)
		_exit(1);
	/* Nobody else can start us again: their connections end here. */
	(void)fd_close(listen_fd);
	if (init_hooks(a, PLAN_HOOK_START_CONTAINER, &output, &err) == 0)
		(void)init_process_exec(a, path, conn, &err);
	init_fail(conn, &err);
}

static int exec_setup(const struct init_args *a, char **ret_path, struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	int r = init_begin(a, err);

	if (r < 0)
		return r;
	r = init_join_target(a, err);
	if (r < 0)
		return r;
	if (a->plan->root.fd >= 0 &&
	    (fchdir(a->plan->root.fd) < 0 || chroot(".") < 0 || chdir("/") < 0))
		return error_os(err, errno, "enter the container's root");
	r = init_console(a, AT_FDCWD, false, err);
	if (r < 0)
		return r;
	if (p->affinity_final) {
		r = process_set_affinity(0, p->affinity_final);
		if (r < 0)
			return error_os(err, -r, "set CPU affinity '%s'", p->affinity_final);
	}
	return init_process(a, ret_path, err);
}

_Noreturn void init_exec(const struct init_args *a)
{
	struct error err = ERROR_INIT;
	struct sync_message m = { .type = SYNC_NONE };
	char *path = NULL;

	if (exec_setup(a, &path, &err) < 0)
		init_fail(a->sync_fd, &err);
	/* The parent records our pid before it lets go. */
	(void)process_pdeathsig(0);
	if (sync_send_plain(a->sync_fd, SYNC_READY, 0) < 0 || sync_recv(a->sync_fd, &m) <= 0 ||
	    m.type != SYNC_ACK)
		_exit(1);
	(void)init_process_exec(a, path, a->sync_fd, &err);
	init_fail(a->sync_fd, &err);
}
