/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver/command: runc, crun or any other OCI runtime by its command line.  Its error is read from
 * a JSON log in a memory file that it inherits; what it wrote to stderr is the fallback.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/driver/driver_priv.h"
#include "sys/fd.h"
#include "sys/spawn.h"

/* An operation of a runtime that takes longer hangs. */
#define COMMAND_TIMEOUT_MSEC 120000
#define OUTPUT_MAX ((size_t)1 << 20)
#define LOG_FD 3

struct external {
	struct runtime_driver base;
	char *root; /* NULL: its own default */
	bool systemd_cgroup;
};

/* The message of the last line of level error. */
static char *error_from_log(int fd)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(OUTPUT_MAX);
	scoped_strv char **lines = NULL;
	char *found = NULL;

	if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_all(fd, OUTPUT_MAX, &b) < 0)
		return NULL;
	lines = strv_split(buf_str(&b), "\n", false);
	STRV_FOREACH (l, lines) {
		scoped_json json_t *j = NULL;

		if (json_text_parse(*l, strlen(*l), "log", &j, NULL) < 0)
			continue;
		if (streq_opt(json_get_str(j, "level"), "error") && json_get_str(j, "msg")) {
			free(found);
			found = xstrdup(json_get_str(j, "msg"));
		}
	}
	return found;
}

static enum error_kind kind_of(const char *msg)
{
	scoped_free char *text = str_lower(msg);

	if (strstr(text, "does not exist") || strstr(text, "container not found"))
		return ERROR_NOT_FOUND;
	if (strstr(text, "not running") || strstr(text, "already running") ||
	    strstr(text, "not paused") || strstr(text, "process already finished"))
		return ERROR_STATE;
	if (strstr(text, "permission denied") || strstr(text, "operation not permitted"))
		return ERROR_DENIED;
	return ERROR_OS;
}

static int report(const struct external *x, const char *command, int status, int log_fd,
		  struct buf *errout, struct error *err)
{
	scoped_free char *logged = error_from_log(log_fd);
	const char *msg = logged ? logged : str_trim((char *)buf_str(errout));

	if (str_empty(msg))
		return error_set(err, ERROR_OS, "%s %s: exit status %d", path_base(x->base.path),
				 command, status);
	return error_set(err, kind_of(msg), "%s %s: %s", path_base(x->base.path), command, msg);
}

/* args: command and its arguments, taken. */
static int call(struct external *x, char **args, const char *input, struct buf *out,
		struct error *err)
{
	scoped_strv char **rest = args;
	scoped_strv char **argv = NULL;
	scoped(buf_done) struct buf errout = BUF_INIT_MAX(OUTPUT_MAX);
	scoped_fd int log = fd_memfd("runtime-log", false);
	struct spawn_fd fds = { log, LOG_FD };
	struct spawn s = SPAWN_INIT;
	int status = 0;
	int r;

	if (log < 0)
		return error_os(err, -log, "make memory file");
	strv_add(&argv, x->base.path);
	if (x->root) {
		strv_add(&argv, "--root");
		strv_add(&argv, x->root);
	}
	strv_addf(&argv, "--log=/proc/self/fd/%d", LOG_FD);
	strv_add(&argv, "--log-format=json");
	if (x->systemd_cgroup)
		strv_add(&argv, "--systemd-cgroup");
	strv_add_all(&argv, rest);
	s.args = argv;
	s.flags = SPAWN_SEARCH_PATH | (input ? 0 : SPAWN_NULL_STDIN);
	s.fds = &fds;
	s.n_fds = 1;
	r = spawn_run(&s, input, input ? strlen(input) : 0, OUTPUT_MAX, out, &errout,
		      COMMAND_TIMEOUT_MSEC, &status, err);
	if (r < 0)
		return error_prefix(err, "%s %s", x->base.path, rest[0]);
	return status == 0 ? 0 : report(x, rest[0], status, log, &errout, err);
}

static char **words(const char *a, const char *b, const char *c, const char *d)
{
	char **v = NULL;
	const char *const all[] = { a, b, c, d };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i])
			strv_add(&v, all[i]);
	}
	return v;
}

static int external_start(struct runtime_driver *d, const char *id, struct error *err)
{
	return call((struct external *)d, words("start", id, NULL, NULL), NULL, NULL, err);
}

static int external_kill(struct runtime_driver *d, const char *id, int sig, bool all,
			 struct error *err)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", sig);
	return call((struct external *)d,
		    all ? words("kill", "--all", id, number) : words("kill", id, number, NULL),
		    NULL, NULL, err);
}

static int external_delete(struct runtime_driver *d, const char *id, bool force, struct error *err)
{
	return call((struct external *)d,
		    force ? words("delete", "--force", id, NULL) : words("delete", id, NULL, NULL),
		    NULL, NULL, err);
}

static int external_status(struct runtime_driver *d, const char *id, enum runtime_status *ret,
			   pid_t *ret_pid, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT_MAX(OUTPUT_MAX);
	scoped_json json_t *j = NULL;
	const char *status;
	int r = call((struct external *)d, words("state", id, NULL, NULL), NULL, &out, err);

	if (r == 0)
		r = json_text_parse(buf_str(&out), out.len, "runtime state", &j, err);
	if (r < 0)
		return r;
	status = json_get_str(j, "status");
	for (int s = 0; s < RUNTIME_STATUS_COUNT; s++) {
		if (!streq_opt(status, runtime_status_name((enum runtime_status)s)))
			continue;
		*ret = (enum runtime_status)s;
		if (ret_pid)
			*ret_pid = (pid_t)json_get_int(j, "pid", 0);
		return 0;
	}
	return error_set(err, ERROR_CORRUPT, "%s state: unknown status '%s'", path_base(d->path),
			 status ? status : "");
}

static int external_pause(struct runtime_driver *d, const char *id, struct error *err)
{
	return call((struct external *)d, words("pause", id, NULL, NULL), NULL, NULL, err);
}

static int external_resume(struct runtime_driver *d, const char *id, struct error *err)
{
	return call((struct external *)d, words("resume", id, NULL, NULL), NULL, NULL, err);
}

static int external_update(struct runtime_driver *d, const char *id, const struct oci_resources *r,
			   struct error *err)
{
	scoped(buf_done) struct buf json = BUF_INIT;

	json_table_dump(&oci_resources_table, r, 0, &json);
	return call((struct external *)d, words("update", "--resources", "-", id), buf_str(&json),
		    NULL, err);
}

static int external_version(struct runtime_driver *d, struct buf *out, struct error *err)
{
	return call((struct external *)d, words("--version", NULL, NULL, NULL), NULL, out, err);
}

static void external_free(struct runtime_driver *d)
{
	struct external *x = (struct external *)d;

	free(x->base.path);
	free(x->root);
	free(x);
}

static const struct runtime_driver_ops external_ops = {
	.start = external_start,
	.kill = external_kill,
	.del = external_delete,
	.status = external_status,
	.pause = external_pause,
	.resume = external_resume,
	.update = external_update,
	.version = external_version,
	.free = external_free,
};

struct runtime_driver *driver_command_new(const char *path, const char *root, bool systemd_cgroup)
{
	struct external *x = xnew(struct external);

	x->base = (struct runtime_driver){ &external_ops, xstrdup(path), false };
	x->root = xstrdup_opt(root);
	x->systemd_cgroup = systemd_cgroup;
	return &x->base;
}
