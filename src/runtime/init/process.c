/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: from a prepared root to execve.
 *
 * The user id changes before start, but all capabilities stay permitted (not effective) until just
 * before execve: the checks that follow (working directory, program) see the rights of the user,
 * and the seccomp filter is loaded as late as possible, so that it needs to allow only capset,
 * prctl, write and execve of what we do ourselves.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/init/init_priv.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/procfs.h"
#include "sys/root.h"

/* For a process without PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int rlimit_error(const struct plan_rlimit *l, int r, struct error *err)
{
	return error_os(err, -r, "set limit %s to %llu:%llu", process_rlimit_name(l->resource),
			(unsigned long long)l->soft, (unsigned long long)l->hard);
}

/* Limits come in two steps.  Early, with the rights that it wants, only what has to grow: a refusal
 * is told by create.  What gets smaller would hinder ourselves (10 descriptors, 1 MB of memory) and
 * waits for lower_rlimits() (I12). */
static int raise_rlimits(const struct plan_process *p, struct error *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct plan_rlimit *l = &p->rlimits[i];
		uint64_t soft, hard;
		int r = process_get_rlimit(l->resource, &soft, &hard);

		if (r == 0 && l->hard > hard)
			r = process_set_rlimit(l->resource, soft, l->hard);
		if (r < 0)
			return rlimit_error(l, r, err);
	}
	return 0;
}

/* Right before execve; needs no right. */
static int lower_rlimits(const struct plan_process *p, struct error *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct plan_rlimit *l = &p->rlimits[i];
		int r = process_set_rlimit(l->resource, l->soft, l->hard);

		if (r < 0)
			return rlimit_error(l, r, err);
	}
	return 0;
}

static int set_attributes(const struct plan_process *p, struct error *err)
{
	int r = 0;

	if (p->keyring) {
		r = process_new_keyring(p->keyring);
		/* No keyrings in this kernel, or the user's quota of them is used up: the
		 * caller's session keyring must not be inherited, an empty one is not vital. */
		if (r < 0 && r != -ENOSYS && r != -EDQUOT && r != -EPERM)
			return error_os(err, -r, "make session keyring");
	}
	if (p->sched_set) {
		r = process_set_scheduler(&p->sched);
		if (r < 0)
			return error_os(err, -r, "set scheduler");
	}
	if (p->ioprio_class != 0) {
		r = process_set_ioprio(p->ioprio_class, p->ioprio_priority);
		if (r < 0)
			return error_os(err, -r, "set I/O priority");
	}
	if (p->mempolicy.set) {
		r = process_set_mempolicy(p->mempolicy.mode, p->mempolicy.flags, p->mempolicy.nodes,
					  sizeof(p->mempolicy.nodes) * 8);
		if (r < 0)
			return error_os(err, -r, "set memory policy");
	}
	if (p->personality_set) {
		r = process_set_personality(p->personality);
		if (r < 0)
			return error_os(err, -r, "set personality");
	}
	return raise_rlimits(p, err);
}

static int write_label(const struct init_args *a, const char *file, const char *value,
		       struct error *err)
{
	char path[64];
	int r = init_proc_self(a, file, path, sizeof(path));

	if (r == 0)
		r = proc_write(a->proc_fd, path, value);
	return r < 0 ? error_os(err, -r, "write `/proc/self/%s`", file) : 0;
}

/* Beside other modules AppArmor has files of its own (Linux 5.8); before it shared them.  A profile
 * that is not loaded is ENOENT too. */
static int set_apparmor(const struct init_args *a, const char *profile, struct error *err)
{
	scoped_free char *value = xasprintf("exec %s", profile);
	char path[64];
	scoped_fd int dir = -1;
	int r = init_proc_self(a, "attr/apparmor", path, sizeof(path));

	if (r == 0)
		dir = proc_open_at(a->proc_fd, path, O_PATH | O_DIRECTORY);
	/* Only "unconfined" comes here without AppArmor. */
	if (dir < 0 && streq(profile, "unconfined"))
		return 0;
	return write_label(a, dir >= 0 ? "attr/apparmor/exec" : "attr/exec", value, err);
}

/* Through the parent's procfs, which nothing in the container can cover (R2, I3, 2025-52881). */
static int set_labels(const struct init_args *a, struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	int r;

	if (p->apparmor) {
		r = set_apparmor(a, p->apparmor, err);
		if (r < 0)
			return error_prefix(err, "apply AppArmor profile '%s'", p->apparmor);
	}
	if (p->selinux) {
		r = write_label(a, "attr/exec", p->selinux, err);
		if (r < 0)
			return error_prefix(err, "apply SELinux label '%s'", p->selinux);
	}
	return 0;
}

static int set_user(const struct plan_process *p, struct error *err)
{
	struct caps now;
	int r = caps_drop_bounding(p->caps.bounding);

	if (r < 0)
		return error_os(err, -r, "drop capabilities from the bounding set");
	r = caps_keep(true);
	if (r < 0)
		return error_os(err, -r, "keep capabilities");
	if (!p->keep_groups) {
		r = process_setgroups(p->groups, p->n_groups);
		/* An unprivileged user namespace denies it: there is nothing to drop then. */
		if (r < 0 && !(r == -EPERM && p->n_groups == 0))
			return error_os(err, -r, "set supplementary groups");
	}
	r = process_setid(p->uid, p->gid);
	if (r < 0)
		return error_os(err, -r, "set user %u:%u", p->uid, p->gid);
	(void)process_set_dumpable(false);
	r = caps_get_sets(&now);
	if (r == 0)
		r = caps_set(p->caps.effective & now.permitted, now.permitted,
			     p->caps.inheritable & now.permitted);
	return r < 0 ? error_os(err, -r, "set capabilities") : 0;
}

/* Words that engines look for (runtime-cli.tsv, contract): the errno text as runc writes it. */
static int as_runc(struct error *err, int r)
{
	char *text = err ? strrchr(err->msg, ':') : NULL;

	if (text && text[1] == ' ')
		text[2] = (char)tolower((unsigned char)text[2]);
	return r;
}

static int exec_refused(struct error *err, int num, const char *name, const char *step)
{
	return as_runc(err,
		       error_os(err, num, "unable to start container process: exec: \"%s\"%s%s",
				name, step, step[0] ? name : ""));
}

static int cwd_refused(struct error *err, int num, const char *cwd)
{
	return as_runc(err,
		       error_os(err, num,
				"unable to start container process: chdir to cwd (\"%s\")", cwd));
}

/* 2024-21626, I7: magic links are refused on the way, and the kernel's own idea of where we are
 * must be inside the root. */
static int enter_cwd(const struct plan_process *p, struct error *err)
{
	char where[PATH_MAX];
	scoped_fd int fd = root_open(AT_FDCWD, p->cwd, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return cwd_refused(err, -fd, p->cwd);
	if (fchdir(fd) < 0)
		return cwd_refused(err, errno, p->cwd);
	if (getcwd(where, sizeof(where)) == NULL || where[0] != '/')
		return error_set(err, ERROR_DENIED,
				 "working directory '%s' is outside of the container's root",
				 p->cwd);
	return 0;
}

static int make_cwd(const struct plan_process *p, struct error *err)
{
	scoped_fd int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	scoped_fd int fd = -1;

	if (root < 0)
		return error_os(err, -root, "open '/'");
	fd = root_open(root, p->cwd, O_PATH | O_DIRECTORY, 0);
	if (fd != -ENOENT)
		return 0; /* whatever else is wrong is said by enter_cwd */
	fd = root_mkdir_p(root, p->cwd, 0755);
	return fd < 0 ? error_os(err, -fd, "make working directory '%s'", p->cwd) : 0;
}

/* 0 executable, else -errno as execve would say. */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int search_path(const char *name, const char *path, char **ret)
{
	scoped_strv char **dirs = strv_split(path, ":", true);
	int found = -ENOENT;

	STRV_FOREACH (d, dirs) {
		scoped_free char *full = path_join((*d)[0] ? *d : ".", name);
		int r = check_executable(full);

		if (r == 0) {
			*ret = take_ptr(full);
			return 0;
		}
		if (r == -EACCES)
			found = -EACCES;
	}
	return found;
}

static int find_program(const struct plan_process *p, char **ret, struct error *err)
{
	const char *name = p->argv[0];
	const char *path = strv_env_get(p->env, "PATH");
	int r;

	if (strchr(name, '/') != NULL) {
		r = check_executable(name);
		if (r < 0)
			return exec_refused(err, -r, name, r == -EACCES ? "" : ": stat ");
		*ret = xstrdup(name);
		return 0;
	}
	r = name[0] == '\0' ? -ENOENT : search_path(name, path ? path : DEFAULT_PATH, ret);
	if (r == -EACCES)
		return exec_refused(err, EACCES, name, "");
	if (r < 0) {
		error_set(err, ERROR_NOT_FOUND,
			  "unable to start container process: exec: \"%s\": executable file not "
			  "found "
			  "in $PATH",
			  name);
		if (err)
			err->num = ENOENT;
		return -ENOENT;
	}
	return 0;
}

int init_process(const struct init_args *a, char **ret_path, struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	int r;

	r = set_attributes(p, err);
	if (r < 0)
		return r;
	umask(0022);
	/* exec finds it or fails, as with the peers. */
	r = a->target_pidfd < 0 ? make_cwd(p, err) : 0;
	if (r < 0)
		return r;
	r = set_labels(a, err);
	if (r < 0)
		return r;
	r = init_stdio(a, err);
	if (r < 0)
		return r;
	if (p->landlock) {
		r = init_landlock(p->landlock, err);
		if (r < 0)
			return r;
	}
	umask(p->umask);
	r = set_user(p, err);
	if (r < 0)
		return r;
	if (p->no_new_privs) {
		r = process_no_new_privs();
		if (r < 0)
			return error_os(err, -r, "set no_new_privs");
	}
	r = enter_cwd(p, err);
	if (r < 0)
		return r;
	return find_program(p, ret_path, err);
}

static int load_seccomp(const struct init_args *a, int report_fd, struct error *err)
{
	const struct seccomp_program *s = &a->plan->process.seccomp;
	struct sync_message m;
	int fd, r;

	if (s->len == 0)
		return 0;
	/* An ordinary user has a right only to what is dumpable: our memory is still that of a
	 * program of the user's own namespace.  Nothing of the host is held any more (I4). */
	r = s->notify && a->unprivileged ? process_set_dumpable(true) : 0;
	if (r < 0)
		return error_os(err, -r, "let the seccomp listener be taken");
	fd = process_seccomp_install(s->filter, s->len,
				     s->flags | (s->notify ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0));
	if (fd < 0)
		return error_os(err, -fd, "load seccomp filter");
	if (!s->notify)
		return 0;
	/* The one who waits takes the listener out of us (pidfd_getfd) and passes it on. */
	if (sync_send_plain(report_fd, SYNC_SECCOMP, fd) < 0 || sync_recv(report_fd, &m) <= 0 ||
	    m.type != SYNC_ACK)
		return error_set(err, ERROR_INTERNAL, "hand over the seccomp listener");
	return 0;
}

static int final_caps(const struct plan_process *p, uint64_t have, struct error *err)
{
	int r = caps_set(p->caps.effective & have, p->caps.permitted & have,
			 p->caps.inheritable & have);

	if (r < 0)
		return error_os(err, -r, "set capabilities");
	r = p->caps.ambient ? caps_set_ambient(p->caps.ambient & p->caps.permitted &
					       p->caps.inheritable & have)
			    : 0;
	return r < 0 ? error_os(err, -r, "set ambient capabilities") : 0;
}

int init_process_exec(const struct init_args *a, const char *path, int report_fd, struct error *err)
{
	const struct plan_process *p = &a->plan->process;
	struct caps now;
	int r = caps_get_sets(&now);

	if (r < 0)
		return error_os(err, -r, "read capabilities");
	/* Before the filter, which may not allow it. */
	r = lower_rlimits(p, err);
	if (r < 0)
		return r;
	if (p->seccomp.len > 0 && !p->no_new_privs) {
		/* Without no_new_privs a filter needs CAP_SYS_ADMIN: it comes before the drop. */
		r = caps_set(now.effective | (UINT64_C(1) << CAP_SYS_ADMIN & now.permitted),
			     now.permitted, now.inheritable);
		if (r < 0)
			return error_os(err, -r, "raise CAP_SYS_ADMIN for the seccomp filter");
		r = load_seccomp(a, report_fd, err);
		if (r < 0)
			return r;
	}
	r = final_caps(p, now.permitted, err);
	if (r < 0)
		return r;
	if (p->seccomp.len > 0 && p->no_new_privs) {
		r = load_seccomp(a, report_fd, err);
		if (r < 0)
			return r;
	}
	execve(path, p->argv, p->env);
	return error_os(err, errno, "exec %s", path);
}
