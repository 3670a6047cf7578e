/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: the container up to its start socket.
 *
 * Order (docs/design/container-start.md, stages and invariants):
 *   read, validate, plan, open      no side effect outside this process
 *   state directory and record      from here on delete finds everything (I11)
 *   start socket, cgroup, clone     record updated with the pid while init works
 *   init ready                      pid file, then ACK: init may outlive us
 * On any failure undo() takes back what was made, newest first.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "runtime/create.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/host/netdevices.h"
#include "runtime/host/notify.h"
#include "runtime/host/rdt.h"
#include "runtime/record.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/mountapi.h"
#include "sys/procfs.h"
#include "sys/root.h"
#include "sys/sock.h"

/* /etc/passwd of an image, for HOME only. */
#define PASSWD_MAX_BYTES ((size_t)1 << 20)

struct creation {
	const struct runtime_context *cx;
	const struct runtime_create_options *o;
	struct oci_spec file_spec; /* when read by us */
	const struct oci_spec *spec;
	struct plan plan;
	struct runtime_record record;
	struct cgroup_request cgroup;
	struct cgroup_hold hold;
	struct cgroup_gate gate;
	struct hook_state creating, created;
	struct launch launch;
	int dir, proc_fd, listen_fd, console_fd, receiver_fd, rdt_root;
	bool made_dir, made_cgroup, made_rdt;
	bool unprivileged; /* an ordinary user, outside of a user namespace */
	bool rootless;
	struct id_map default_uids, default_gids;
};

static int read_spec(struct creation *c, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(JSON_MAX_BYTES);
	scoped_free char *joined = NULL;
	const char *path = c->o->config;
	int r;

	if (c->o->spec)
		return 0;
	if (path == NULL || !path_absolute(path)) {
		joined = path_join(c->o->bundle, path ? path : "config.json");
		path = joined;
	}
	r = fd_read_file(AT_FDCWD, path, JSON_MAX_BYTES, &b);
	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	r = json_table_parse(&oci_spec_table, buf_str(&b), b.len, &c->file_spec, "config.json", 0,
			     err);
	return r < 0 ? r : 0;
}

/* HOME of the user in the image's own /etc/passwd, when the document sets none (as runc and crun).
 */
static int add_home(struct plan *p, struct error *err)
{
	scoped_fd int early = -1;
	scoped(buf_done) struct buf b = BUF_INIT_MAX(PASSWD_MAX_BYTES);
	scoped_strv char **lines = NULL;

	if (strv_env_get(p->process.env, "HOME") != NULL)
		return 0;
	/* An ordinary user's root is opened by init. */
	early = p->root.fd < 0 ? fd_open(AT_FDCWD, p->root.path, O_PATH | O_DIRECTORY, 0) : -1;
	if (p->root.fd < 0 && early < 0)
		return error_os(err, -early, "open root filesystem '%s'", p->root.path);
	if (root_read_file(p->root.fd < 0 ? early : p->root.fd, "/etc/passwd", PASSWD_MAX_BYTES,
			   &b) >= 0)
		lines = strv_split(buf_str(&b), "\n", false);
	STRV_FOREACH (l, lines) {
		scoped_strv char **f = strv_split(*l, ":", true);
		uint32_t uid;

		if (strv_len(f) >= 6 && num_id(f[2], &uid) == 0 && uid == p->process.uid &&
		    path_absolute(f[5]) && str_printable(f[5])) {
			strv_env_set(&p->process.env, "HOME", f[5]);
			return 0;
		}
	}
	strv_env_set(&p->process.env, "HOME", "/");
	return 0;
}

/* Socket activation: descriptors after the preserved ones' numbers, and who they are for. */
static int add_listen_fds(struct plan *p, struct error *err)
{
	const char *text = getenv("LISTEN_FDS");
	uint32_t n;

	if (text == NULL)
		return 0;
	/* At most what a descriptor table holds by default. */
	if (num_u32(text, &n) < 0 || n > 1024)
		return error_set(err, ERROR_INVALID, "environment LISTEN_FDS: '%s' is no number",
				 text);
	p->preserve_fds += n;
	strv_env_set(&p->process.env, "LISTEN_FDS", text);
	strv_env_set(&p->process.env, "LISTEN_PID", "1");
	return 0;
}

/* A number that is not open would be taken by a descriptor of ours and then leak inside.  Ours have
 * CLOEXEC, those that a caller means to pass cannot have it. */
int create_check_preserved(unsigned n, struct error *err)
{
	for (unsigned i = 0; i < n; i++) {
		int flags = fcntl(3 + (int)i, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC) != 0)
			return error_set(err, ERROR_INVALID,
					 "preserve %u descriptors: descriptor %u is not open", n,
					 3 + i);
	}
	return 0;
}

/* As crun: an ordinary user's new user namespace without maps gets all ids that the user has. */
static int add_default_maps(struct creation *c, struct plan_request *rq, struct error *err)
{
	const struct oci_linux *l = c->spec->linux_;
	int r;

	if (!c->unprivileged || l == NULL || l->n_uid_mappings > 0 || l->n_gid_mappings > 0)
		return 0;
	r = userns_default_maps(&c->default_uids, &c->default_gids, err);
	if (r < 0)
		return r;
	rq->default_uids = &c->default_uids;
	rq->default_gids = &c->default_gids;
	return 0;
}

/* What an ordinary user may not open from here is opened by init, in the user namespace. */
static int open_plan(struct creation *c, struct error *err)
{
	if (!c->unprivileged)
		return plan_open(&c->plan, err);
	if (!plan_in_userns(&c->plan))
		return error_set(err, ERROR_DENIED,
				 "no right to mount: an ordinary user needs a user namespace in "
				 ".linux.namespaces (spec --rootless), or calls coracle-runtime "
				 "inside of one (podman unshare, unshare -Urm)");
	return plan_open_namespaces(&c->plan, err);
}

static int make_plan(struct creation *c, struct error *err)
{
	trace_scope("runtime plan");
	struct plan_request rq = {
		.id = c->o->id,
		.bundle = c->o->bundle,
		.spec = c->spec,
		.no_pivot = c->o->no_pivot,
		.new_keyring = !c->o->no_new_keyring,
		.preserve_fds = c->o->preserve_fds,
		.rootless = c->rootless,
		.landlock_abi = strmap_has(&c->spec->annotations, PLAN_LANDLOCK_ANNOTATION)
					? landlock_abi()
					: 0,
	};
	int r = oci_spec_validate(c->spec, err);

	if (r < 0)
		return r;
	r = add_default_maps(c, &rq, err);
	if (r < 0)
		return r;
	r = plan_resolve(&rq, &c->plan, err);
	if (r < 0)
		return r;
	r = plan_seccomp(c->spec, c->cx->seccomp_cache_dir, &c->plan.process, err);
	if (r < 0)
		return r;
	r = add_listen_fds(&c->plan, err);
	if (r < 0)
		return r;
	r = open_plan(c, err);
	if (r < 0)
		return r;
	return add_home(&c->plan, err);
}

static int open_console(struct creation *c, struct error *err)
{
	if (!c->plan.process.terminal) {
		if (c->o->console_socket)
			return error_set(err, ERROR_INVALID,
					 "--console-socket: config.json has no .process.terminal");
		return 0;
	}
	if (c->o->console_socket == NULL)
		return error_set(err, ERROR_INVALID,
				 "config.json: .process.terminal: needs --console-socket");
	c->console_fd = sock_connect_unix(AT_FDCWD, c->o->console_socket, SOCK_STREAM, err);
	return c->console_fd < 0 ? error_prefix(err, "console socket") : 0;
}

/* Annotation run.oci.pidfd_receiver; connected before anything is made. */
static int open_receiver(struct creation *c, struct error *err)
{
	if (c->plan.pidfd_receiver == NULL)
		return 0;
	c->receiver_fd = sock_connect_unix(AT_FDCWD, c->plan.pidfd_receiver, SOCK_STREAM, err);
	return c->receiver_fd < 0 ? error_prefix(err, "annotation run.oci.pidfd_receiver") : 0;
}

static int send_to_receiver(struct creation *c, struct error *err)
{
	int r;

	if (c->receiver_fd < 0)
		return 0;
	r = sock_send_fds(c->receiver_fd, "pidfd", 5, &c->launch.init.fd, 1);
	return r < 0 ? error_os(err, -r, "send pidfd to '%s'", c->plan.pidfd_receiver) : 0;
}

static char *owner_name(void)
{
	/* The name service may load libraries and block: the number says as much. */
	return geteuid() == 0 ? xstrdup("root") : xasprintf("%u", (unsigned)geteuid());
}

/* Who may manage the container's cgroup from inside: its process's user, where it sees its own
 * cgroup as the root and may write there (as runc). */
static uid_t cgroup_owner(const struct plan *p)
{
	uint32_t host;

	if (cgroup_layout() != CGROUP_LAYOUT_V2 || !plan_creates(p, NS_CGROUP) ||
	    (p->ns.fd[NS_USER] >= 0 && id_map_empty(&p->ns.uids)) ||
	    id_map_to_host(&p->ns.uids, p->process.uid, &host) < 0 || host == geteuid())
		return (uid_t)-1;
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		if (m->kind == PLAN_MOUNT_CGROUP2 && (m->attr_set & MOUNT_ATTR_RDONLY) == 0)
			return host;
	}
	return (uid_t)-1;
}

static int plan_record(struct creation *c, struct error *err)
{
	const struct oci_linux *l = c->spec->linux_;
	struct runtime_record *rec = &c->record;
	struct proc_stat st;
	int r;

	c->cgroup = (struct cgroup_request){
		.id = c->o->id,
		.cgroups_path = l ? l->cgroups_path : NULL,
		.default_parent = "coracle",
		.driver = c->cx->cgroup_driver,
		.resources = l ? l->resources : NULL,
		.annotations = &c->spec->annotations,
		.rootless = c->rootless,
		.owner = cgroup_owner(&c->plan),
	};
	r = cgroup_plan(&c->cgroup, &rec->cgroup, err);
	if (r < 0)
		return r;
	r = proc_stat(getpid(), &st);
	if (r < 0)
		return error_os(err, -r, "read our own start time");
	rec->oci_version = xstrdup(c->plan.oci_version);
	rec->id = xstrdup(c->o->id);
	rec->bundle = xstrdup(c->o->bundle);
	rec->rootfs = xstrdup(c->plan.root.path);
	rec->owner = owner_name();
	rec->created_nsec = time_now_nsec();
	rec->creator_pid = getpid();
	rec->creator_start_time = st.start_time;
	strmap_copy(&rec->annotations, &c->spec->annotations);
	rec->no_pivot = c->o->no_pivot;
	rec->systemd = c->cx->cgroup_driver == CGROUP_DRIVER_SYSTEMD;
	rec->console_socket = xstrdup_opt(c->o->console_socket);
	if (l && l->intel_rdt)
		rec->rdt = rdt_plan(l->intel_rdt, c->o->id);
	rec->exec_defaults = record_defaults(c->spec, &c->plan.process);
	return 0;
}

static int make_notify(struct creation *c, struct error *err)
{
	int r;

	if (str_empty(c->o->notify_socket) || !plan_has_rootfs(&c->plan))
		return 0;
	r = notify_add(&c->plan, c->dir, err);
	if (r > 0)
		c->record.notify_socket = xstrdup(c->o->notify_socket);
	return r;
}

static int make_state(struct creation *c, struct error *err)
{
	int r;

	c->dir = record_make_dir(c->cx, c->o->id, err);
	if (c->dir < 0)
		return c->dir;
	c->made_dir = true;
	r = make_notify(c, err);
	if (r < 0)
		return r;
	r = record_save(c->dir, &c->record, err);
	if (r < 0)
		return r;
	c->listen_fd = sock_listen_unix(c->dir, RECORD_SOCKET, SOCK_SEQPACKET, 0600, err);
	return c->listen_fd < 0 ? c->listen_fd : 0;
}

static int make_cgroup(struct creation *c, struct error *err)
{
	trace_scope("runtime cgroup");
	int r;

	if (c->cx->cgroup_driver == CGROUP_DRIVER_DISABLED)
		return 0;
	c->made_cgroup = true;
	r = cgroup_create(&c->cgroup, &c->record.cgroup, &c->hold, err);
	if (r < 0) {
		/* Somebody else's: not ours to remove. */
		c->made_cgroup = r != -EEXIST;
		return r;
	}
	if (c->rootless && !cgroup_exists_anywhere(&c->record.cgroup)) {
		/* Nothing is delegated and no limit was asked for: it goes without, and the record
		 * says so to pause, ps and update. */
		cgroup_record_done(&c->record.cgroup);
		c->record.cgroup = (struct cgroup_record){ .driver = CGROUP_DRIVER_DISABLED };
		c->made_cgroup = false;
	}
	r = cgroup_gate_open(&c->record.cgroup, &c->gate, err);
	if (r < 0)
		return r;
	return c->unprivileged ? 0 : plan_open_cgroup_mounts(&c->plan, &c->record.cgroup, err);
}

static int open_rdt(struct creation *c, struct error *err)
{
	if (c->spec->linux_ == NULL || c->spec->linux_->intel_rdt == NULL)
		return 0;
	c->rdt_root = rdt_open(err);
	return c->rdt_root < 0 ? c->rdt_root : 0;
}

static int make_rdt(struct creation *c, struct error *err)
{
	int r;

	if (c->record.rdt == NULL)
		return 0;
	r = rdt_create(c->rdt_root, c->spec->linux_->intel_rdt, c->record.rdt, err);
	/* Somebody else's is not ours to remove. */
	c->made_rdt = r != -EEXIST;
	return r;
}

static int let_go_on(struct creation *c, struct error *err)
{
	int r = sync_send(c->launch.sync_fd, SYNC_CONTINUE, 0);

	return r < 0 ? error_os(err, -r, "send to container init") : 0;
}

static int move_net_devices(struct creation *c, struct error *err)
{
	scoped_fd int ns = ns_open(c->launch.init.pid, NS_NET);
	int r;

	if (ns < 0)
		return error_os(err, -ns, "open the container's network namespace");
	r = netdevices_move(c->plan.net_devices, c->plan.n_net_devices, ns, err);
	return r < 0 ? r : let_go_on(c, err);
}

static int run_parent_hooks(struct creation *c, struct error *err)
{
	scoped(buf_done) struct buf state = BUF_INIT;
	int r;

	record_state_text(&c->record, "creating", c->launch.init.pid, 0, &state);
	r = hooks_run(&c->plan.hooks[PLAN_HOOK_PRESTART], PLAN_HOOK_PRESTART, buf_str(&state),
		      c->plan.bundle, &c->plan.hook_output, err);
	if (r < 0)
		return r;
	r = hooks_run(&c->plan.hooks[PLAN_HOOK_CREATE_RUNTIME], PLAN_HOOK_CREATE_RUNTIME,
		      buf_str(&state), c->plan.bundle, &c->plan.hook_output, err);
	return r < 0 ? r : let_go_on(c, err);
}

static int wait_ready(struct creation *c, struct error *err)
{
	trace_scope("runtime wait for init");

	for (;;) {
		struct sync_message m;
		int r = launch_receive(&c->launch, &m, err);

		if (r < 0)
			return r;
		if (r == SYNC_READY)
			return 0;
		if (r == SYNC_HOOKS)
			r = run_parent_hooks(c, err);
		else if (r == SYNC_NETDEVICES)
			r = move_net_devices(c, err);
		else
			r = error_set(err, ERROR_INTERNAL, "container init: wrong message %d", r);
		if (r < 0)
			return r;
	}
}

int create_write_pid_file(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int n, r;

	if (path == NULL)
		return 0;
	n = snprintf(text, sizeof(text), "%d", (int)pid);
	r = atomic_file_write(AT_FDCWD, path, text, (size_t)n, 0644, false);
	return r < 0 ? error_os(err, -r, "write pid file '%s'", path) : 0;
}

/* For the hooks that init runs. */
static void split_state(struct creation *c)
{
	if (c->plan.hooks[PLAN_HOOK_CREATE_CONTAINER].n > 0)
		record_state_split(&c->record, "creating", &c->creating);
	if (c->plan.hooks[PLAN_HOOK_START_CONTAINER].n > 0)
		record_state_split(&c->record, "created", &c->created);
}

static int launch_init(struct creation *c, struct error *err)
{
	struct init_args a = {
		.plan = &c->plan,
		.gate = c->made_cgroup ? &c->gate : NULL,
		.proc_fd = c->proc_fd,
		.sync_fd = -1,
		.listen_fd = c->listen_fd,
		.console_fd = c->console_fd,
		.console_plain = c->o->console_plain,
		.stdio = { c->o->stdin_fd, c->o->stdout_fd, c->o->stderr_fd },
		.target_pidfd = -1,
		.unprivileged = c->unprivileged,
		.late_plan = c->unprivileged ? &c->plan : NULL,
		.late_cgroup = &c->record.cgroup,
	};
	int r;

	split_state(c);
	a.creating = c->creating;
	a.created = c->created;
	r = launch_start(&a, init_create, -1, &c->launch, err);
	if (r < 0)
		return r;
	r = c->record.rdt ? rdt_enter(c->rdt_root, c->record.rdt, c->launch.init.pid, err) : 0;
	if (r < 0)
		return r;
	r = launch_configure(&c->launch, &a, err);
	if (r < 0)
		return r;
	/* While init works. */
	c->record.init_pid = c->launch.init.pid;
	c->record.init_start_time = c->launch.init.start_time;
	if (c->plan.process.seccomp.len > 0) {
		r = record_save_seccomp(c->dir, &c->plan.process.seccomp, err);
		if (r < 0)
			return r;
	}
	/* The last to close a detached mount waits for the kernel: init, once it is ready. */
	c->proc_fd = fd_close(c->proc_fd);
	return record_save(c->dir, &c->record, err);
}

static int finish(struct creation *c, struct error *err)
{
	int r = create_write_pid_file(c->o->pid_file, c->launch.init.pid, err);

	if (r < 0)
		return r;
	r = send_to_receiver(c, err);
	if (r < 0)
		return r;
	r = record_set_created(c->dir, err);
	if (r < 0)
		return r;
	r = sync_send(c->launch.sync_fd, SYNC_ACK, 0);
	return r < 0 ? error_os(err, -r, "let container init go on") : 0;
}

static bool is_rootless(const struct runtime_context *cx)
{
	if (cx->rootless != RUNTIME_ROOTLESS_AUTO)
		return cx->rootless == RUNTIME_ROOTLESS_YES;
	return geteuid() != 0 || !userns_initial();
}

static int create_all(struct creation *c, struct error *err)
{
	int r;

	r = create_check_preserved(c->o->preserve_fds, err);
	if (r < 0)
		return r;
	if (!record_id_valid(c->o->id))
		return error_set(err, ERROR_INVALID,
				 "invalid container id '%s': letters, digits and _+-. are allowed",
				 c->o->id ? c->o->id : "");
	c->unprivileged = !caps_have(CAP_SYS_ADMIN);
	c->rootless = is_rootless(c->cx);
	r = read_spec(c, err);
	if (r < 0)
		return r;
	r = make_plan(c, err);
	if (r < 0)
		return r;
	if (plan_needs_proc(&c->plan)) {
		c->proc_fd = proc_open(err);
		if (c->proc_fd < 0)
			return c->proc_fd;
	}
	r = open_console(c, err);
	if (r < 0)
		return r;
	r = open_receiver(c, err);
	if (r < 0)
		return r;
	r = open_rdt(c, err);
	if (r < 0)
		return r;
	r = plan_record(c, err);
	if (r < 0)
		return r;
	r = c->record.rdt ? rdt_check_free(c->rdt_root, c->record.rdt, err) : 0;
	if (r < 0)
		return r;
	r = make_state(c, err);
	if (r < 0)
		return r;
	r = make_cgroup(c, err);
	if (r < 0)
		return r;
	r = make_rdt(c, err);
	if (r < 0)
		return r;
	r = launch_init(c, err);
	if (r < 0)
		return r;
	r = wait_ready(c, err);
	cgroup_hold_done(&c->hold);
	return r < 0 ? r : finish(c, err);
}

/* A forced delete may have been faster, and the id be somebody else's again: then only what nobody
 * uses is taken back. */
static void undo(struct creation *c)
{
	bool ours = c->made_dir && record_dir_is(c->cx, c->o->id, c->dir);

	launch_abort(&c->launch);
	if (c->made_rdt)
		(void)rdt_remove(c->rdt_root, c->record.rdt, NULL);
	cgroup_hold_done(&c->hold);
	if (c->made_cgroup)
		(void)cgroup_remove(&c->record.cgroup, ours, NULL);
	/* Its hooks may have run (runtime.md, life cycle, 3 to 5: go on at 12). */
	if (ours && c->record.init_pid > 0)
		hooks_run_poststop(&c->record, "create has failed already");
	if (ours)
		(void)record_remove_dir(c->cx, c->o->id, NULL);
}

static void creation_done(struct creation *c)
{
	oci_spec_done(&c->file_spec);
	id_map_done(&c->default_uids);
	id_map_done(&c->default_gids);
	plan_done(&c->plan);
	runtime_record_done(&c->record);
	hook_state_done(&c->creating);
	hook_state_done(&c->created);
	cgroup_gate_done(&c->gate);
	launch_done(&c->launch);
	fd_close(c->dir);
	fd_close(c->proc_fd);
	fd_close(c->listen_fd);
	fd_close(c->console_fd);
	fd_close(c->receiver_fd);
	fd_close(c->rdt_root);
}

int runtime_create(const struct runtime_context *cx, const struct runtime_create_options *o,
		   struct pidref *ret_init, struct error *err)
{
	trace_scope("runtime create");
	struct creation c = {
		.cx = cx,
		.o = o,
		.hold = CGROUP_HOLD_INIT,
		.gate = CGROUP_GATE_INIT,
		.launch = LAUNCH_INIT,
		.dir = -1,
		.proc_fd = -1,
		.listen_fd = -1,
		.console_fd = -1,
		.receiver_fd = -1,
		.rdt_root = -1,
	};
	int r;

	c.spec = o->spec ? o->spec : &c.file_spec;
	r = create_all(&c, err);

	if (r < 0) {
		undo(&c);
	} else if (ret_init) {
		*ret_init = c.launch.init;
		c.launch.init = PIDREF_INIT;
	}
	creation_done(&c);
	return r < 0 ? r : 0;
}
