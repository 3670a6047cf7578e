/* SPDX-License-Identifier: Apache-2.0 */
/* exec: the command line of exec: a process.json, or flags over the container's
 * process. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "runtime/commands/create.h"
#include "runtime/commands/foreground.h"
#include "runtime/record.h"
#include "sys/caps.h"
#include "sys/fd.h"

struct exec_flags {
	const char *process, *user, *cwd, *pid_file, *console_socket, *pidfd_socket, *cgroup,
		*apparmor, *label;
	char **env, **caps, **groups;
	unsigned preserve_fds;
	bool tty, detach, no_new_privs, ignore_paused, no_subreaper;
};

#define ROW(name, short_name, kind, member, value, help)                                 \
	{                                                                                \
		name, short_name, kind, offsetof(struct exec_flags, member), value, help \
	}

static const struct option_row exec_rows[] = {
	ROW("process", 'p', OPTION_STRING, process, "FILE", "process.json"),
	ROW("user", 'u', OPTION_STRING, user, "UID[:GID]", "user and group"),
	ROW("additional-gids", 'g', OPTION_LIST, groups, "GID", "supplementary group (repeatable)"),
	ROW("cwd", 0, OPTION_STRING, cwd, "DIR", "working directory"),
	ROW("env", 'e', OPTION_LIST, env, "NAME=VALUE", "environment (repeatable)"),
	ROW("cap", 'c', OPTION_LIST, caps, "CAP", "add a capability (repeatable)"),
	ROW("tty", 't', OPTION_FLAG, tty, NULL, "allocate a terminal"),
	ROW("detach", 'd', OPTION_FLAG, detach, NULL, "do not wait"),
	ROW("pid-file", 0, OPTION_STRING, pid_file, "FILE", "write the pid there"),
	ROW("console-socket", 0, OPTION_STRING, console_socket, "SOCKET",
	    "UNIX socket that receives the terminal"),
	ROW("pidfd-socket", 0, OPTION_STRING, pidfd_socket, "SOCKET",
	    "UNIX socket that receives a pidfd of the process"),
	ROW("preserve-fds", 0, OPTION_UINT, preserve_fds, "N", "pass N descriptors after stdio"),
	ROW("no-new-privs", 0, OPTION_FLAG, no_new_privs, NULL, "set no_new_privs"),
	ROW("apparmor", 0, OPTION_STRING, apparmor, "PROFILE", "AppArmor profile"),
	ROW("process-label", 0, OPTION_STRING, label, "LABEL", "SELinux label"),
	ROW("cgroup", 0, OPTION_STRING, cgroup, "PATH", "sub-cgroup, [CONTROLLER:]PATH"),
	ROW("ignore-paused", 0, OPTION_FLAG, ignore_paused, NULL, "also in a paused container"),
	ROW("no-subreaper", 0, OPTION_FLAG, no_subreaper, NULL, NULL),
};

/* "UID[:GID]": numbers only, whole (2026-30892: a cut number is another user). */
static int parse_user(const char *text, struct oci_user *u, struct error *err)
{
	scoped_strv char **parts = strv_split(text, ":", true);
	size_t n = strv_len(parts);

	if (n < 1 || n > 2 || num_id(parts[0], &u->uid) < 0 ||
	    (n == 2 && num_id(parts[1], &u->gid) < 0))
		return error_set(err, ERROR_INVALID, "--user: '%s' is not UID[:GID]", text);
	return 0;
}

static int add_groups(char *const *groups, struct oci_user *u, struct error *err)
{
	STRV_FOREACH (g, groups) {
		uint32_t gid;

		if (num_id(*g, &gid) < 0)
			return error_set(err, ERROR_INVALID,
					 "--additional-gids: '%s' is not a group id", *g);
		*ARRAY_ADD(u->additional_gids, u->n_additional_gids) = gid;
	}
	return 0;
}

/* Not inheritable and not ambient: as runc since 2022-29162. */
static int add_caps(char *const *caps, struct oci_process *p, struct error *err)
{
	STRV_FOREACH (c, caps) {
		int cap = caps_from_name(*c);

		if (cap < 0)
			return error_set(err, ERROR_INVALID, "--cap: unknown capability '%s'", *c);
		if (p->capabilities == NULL)
			p->capabilities = xnew(struct oci_capabilities);
		strv_add(&p->capabilities->bounding, caps_name(cap));
		strv_add(&p->capabilities->effective, caps_name(cap));
		strv_add(&p->capabilities->permitted, caps_name(cap));
	}
	return 0;
}

static int apply_flags(const struct exec_flags *f, struct positional *args, struct oci_process *p,
		       struct error *err)
{
	int r;

	if (args->argc < 2)
		return error_set(err, ERROR_INVALID, "exec: no program given");
	p->args = strv_free(p->args);
	for (int i = 1; i < args->argc; i++)
		strv_add(&p->args, args->argv[i]);
	p->terminal = f->tty;
	STRV_FOREACH (e, f->env) {
		const char *eq = strchr(*e, '=');
		scoped_free char *name = eq ? xstrndup(*e, (size_t)(eq - *e)) : NULL;

		if (eq == NULL || eq == *e)
			return error_set(err, ERROR_INVALID, "--env: '%s' is not NAME=VALUE", *e);
		strv_env_set(&p->env, name, eq + 1);
	}
	if (f->cwd) {
		free(p->cwd);
		p->cwd = xstrdup(f->cwd);
	}
	if (f->apparmor) {
		free(p->apparmor_profile);
		p->apparmor_profile = xstrdup(f->apparmor);
	}
	if (f->label) {
		free(p->selinux_label);
		p->selinux_label = xstrdup(f->label);
	}
	p->no_new_privileges |= f->no_new_privs;
	r = f->user ? parse_user(f->user, &p->user, err) : 0;
	if (r == 0)
		r = add_groups(f->groups, &p->user, err);
	return r < 0 ? r : add_caps(f->caps, p, err);
}

static int read_process(const char *path, struct oci_process *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(JSON_MAX_BYTES);
	int r = fd_read_file(AT_FDCWD, path, JSON_MAX_BYTES, &b);

	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	return json_table_parse(&oci_process_table, buf_str(&b), b.len, ret, path, 0, err);
}

static int make_process(const struct command_context *cx, const struct exec_flags *f,
			struct positional *args, struct oci_process *ret, struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	int r;

	if (f->process) {
		r = read_process(f->process, ret, err);
		if (r == 0 && f->tty)
			ret->terminal = true;
		return r;
	}
	r = runtime_record_load(&cx->runtime, args->argv[0], &rec, err);
	if (r == 0)
		r = record_process(&rec, ret, err);
	return r < 0 ? r : apply_flags(f, args, ret, err);
}

static int exec_with(const struct command_context *cx, const struct exec_flags *f, const char *id,
		     const struct oci_process *process, struct error *err)
{
	scoped(foreground_done) struct foreground fg = FOREGROUND_INIT;
	scoped(pidref_done) struct pidref child = PIDREF_INIT;
	struct runtime_exec_options o = {
		.id = id,
		.process = process,
		.console_socket = f->console_socket,
		.pid_file = f->pid_file,
		.cgroup = f->cgroup,
		.preserve_fds = f->preserve_fds,
		.ignore_paused = f->ignore_paused,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
	int r = f->detach ? 0 : foreground_begin(&fg, err);

	/* As runc: a terminal of ours adds the carriage returns itself. */
	o.console_plain = !f->detach && process->terminal && f->console_socket == NULL;
	if (r == 0 && o.console_plain)
		r = foreground_console(&fg, &o.console_socket, err);
	if (r < 0)
		return r;
	r = runtime_exec(&cx->runtime, &o, &child, err);
	if (r == 0)
		r = send_pidfd(f->pidfd_socket, &child, err);
	return r < 0 || f->detach ? r : foreground_wait(&fg, &child, err);
}

static int exec_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct exec_flags f = { 0 };
	struct oci_process process = { 0 };
	struct positional p;
	int r = command_parse(&runtime_command_exec, argc, argv, &f, 1, -1, false, &p, err);

	if (r == COMMAND_GO) {
		r = make_process(cx, &f, &p, &process, err);
		if (r == 0)
			r = exec_with(cx, &f, p.argv[0], &process, err);
	}
	oci_process_done(&process);
	strv_free(f.env);
	strv_free(f.caps);
	strv_free(f.groups);
	return r;
}

const struct command runtime_command_exec = { "exec", "exec [options] ID PROGRAM [ARGUMENT...]",
					      "run another process in a running container",
					      COMMAND_ROWS(exec_rows), exec_run };
