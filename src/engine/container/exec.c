/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exec through a monitor of the session's own (conmon's --exec protocol; works with every runtime
 * and monitor).  A session is a directory RUNROOT/containers/<id>/exec/<session>: process.json,
 * attach, ctl, exit/, "monitor" with pid and start time of its monitor.  A killed client leaves the
 * directory; the next exec, or the container's end, removes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

#define ATTACH_READY_MSEC 30000

struct exec_session {
	struct container *c;
	const struct container_exec_wish *w;
	char id[ID_BUF];
	char *dir;
	struct monitor_process m;
	struct pidref process;
};

static void session_done(struct exec_session *s)
{
	monitor_process_done(&s->m);
	pidref_done(&s->process);
	free(s->dir);
}

/* "PID START" as note_monitor writes it. */
static bool session_lives(const char *dir)
{
	scoped_free char *file = path_join(dir, "monitor");
	scoped_strv char **words = NULL;
	uint64_t start;
	uint32_t pid;
	char text[64];

	if (fd_read_line(AT_FDCWD, file, text, sizeof(text)) < 0)
		return false; /* written before the lock is released */
	words = strv_split(text, " ", false);
	if (strv_len(words) != 2 || num_u32(words[0], &pid) < 0 || num_u64(words[1], &start) < 0)
		return false;
	return pidref_alive_at((pid_t)pid, start) == 1;
}

void container_exec_sweep(struct container *c)
{
	scoped_free char *base = engine_run_path(c->e, "containers/%s/exec", c->r.id);
	DIR *d = opendir(base);

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));) {
		scoped_free char *dir = path_join(base, de->d_name);

		if (str_is_hex(de->d_name, ID_HEX_LEN) && !session_lives(dir))
			fd_remove_tree(AT_FDCWD, dir);
	}
	closedir(d);
}

static int make_session(struct exec_session *s, struct error *err)
{
	scoped_free char *exits = NULL;
	int r;

	ident_generate(s->id);
	s->dir = engine_run_path(s->c->e, "containers/%s/exec/%s", s->c->r.id, s->id);
	exits = path_join(s->dir, "exit");
	r = fd_mkdir_p(AT_FDCWD, exits, 0700);
	return r < 0 ? error_os(err, -r, "create '%s'", exits) : 0;
}

static int write_process(struct exec_session *s, const struct oci_process *p, struct error *err)
{
	scoped_free char *file = path_join(s->dir, "process.json");
	scoped(buf_done) struct buf text = BUF_INIT;
	int r;

	json_table_dump(&oci_process_table, p, 0, &text);
	r = atomic_file_write(AT_FDCWD, file, buf_str(&text), text.len, 0600, false);
	return r < 0 ? error_os(err, -r, "write '%s'", file) : 0;
}

static char **session_args(struct exec_session *s)
{
	struct engine *e = s->c->e;
	char **args = NULL;

	strv_add(&args, e->conmon_path);
	strv_add(&args, "--api-version");
	strv_add(&args, "1");
	strv_add(&args, "-c");
	strv_add(&args, s->c->r.id);
	strv_add(&args, "-u");
	strv_add(&args, s->id);
	strv_add(&args, "-n");
	strv_add(&args, s->c->r.name);
	strv_add(&args, "-r");
	strv_add(&args, s->c->r.wish.runtime ? s->c->r.wish.runtime : e->runtime_path);
	strv_add(&args, "-b");
	strv_add(&args, s->dir);
	strv_add(&args, "-p");
	strv_addf(&args, "%s/exec_pid", s->dir);
	strv_add(&args, "--exit-dir");
	strv_addf(&args, "%s/exit", s->dir);
	strv_add(&args, "--full-attach");
	strv_add(&args, "--sync");
	strv_add(&args, "-l");
	strv_add(&args, "none");
	strv_add(&args, "--runtime-arg");
	strv_add(&args, "--root");
	strv_add(&args, "--runtime-arg");
	strv_add_take(&args, engine_run_path(e, "runtime"));
	if (s->w->terminal)
		strv_add(&args, "-t");
	else if (s->w->stdin_open)
		strv_add(&args, "-i");
	strv_add(&args, "-e");
	strv_add(&args, "--exec-process-spec");
	strv_addf(&args, "%s/process.json", s->dir);
	if (!s->w->detach)
		strv_add(&args, "--exec-attach");
	return args;
}

/* For whoever sweeps: who keeps this session. */
static int note_monitor(struct exec_session *s, struct error *err)
{
	scoped_free char *file = path_join(s->dir, "monitor");
	char text[64];
	int r;

	snprintf(text, sizeof(text), "%d %" PRIu64, s->m.ref.pid, s->m.ref.start_time);
	r = atomic_file_write(AT_FDCWD, file, text, strlen(text), 0600, false);
	return r < 0 ? error_os(err, -r, "write '%s'", file) : 0;
}

/* The socket listens when the monitor says so on the attach pipe; the runtime runs after our second
 * byte, so no output is lost. */
static int connect_session(struct exec_session *s, int *ret_sock, struct error *err)
{
	char line[128];
	int sock, r;

	if (fd_wait(s->m.attach_fd, POLLIN, ATTACH_READY_MSEC) != 1 ||
	    read(s->m.attach_fd, line, sizeof(line)) <= 0)
		return error_set(err, ERROR_TIMEOUT,
				 "the monitor of the exec session does not answer");
	sock = streams_connect(s->dir, err);
	if (sock < 0)
		return sock;
	r = monitor_go(&s->m, err);
	if (r < 0) {
		fd_close(sock);
		return r;
	}
	*ret_sock = sock;
	return 0;
}

static int run_session(struct exec_session *s, const struct container_streams *streams,
		       int *ret_sock, struct error *err)
{
	scoped_strv char **args = session_args(s);
	int64_t pid = 0;
	int r = monitor_spawn(s->c->e, args, s->dir, s->w->detach ? 0 : MONITOR_ATTACH_PIPE, NULL,
			      0, &s->m, err);

	if (r >= 0)
		r = note_monitor(s, err);
	if (r >= 0)
		r = monitor_go(&s->m, err);
	if (r >= 0 && !s->w->detach)
		r = connect_session(s, ret_sock, err);
	if (r < 0)
		return r;
	{
		trace_scope("runtime exec (monitor)");
		r = monitor_answer(&s->m, &pid, err);
	}
	if (r < 0)
		return err && err->kind == ERROR_REMOTE ? container_runtime_failed(s->c, err) : r;
	if (streams && streams->tty && streams->in >= 0)
		streams_resize(s->dir, streams->in);
	if (pidref_set(&s->process, (pid_t)pid) < 0)
		s->process = PIDREF_INIT; /* over already */
	return 0;
}

static int attached(struct exec_session *s, const struct container_streams *streams, int sock,
		    struct container_run_result *ret, struct error *err)
{
	struct stream_session session = { .e = s->c->e,
					  .bundle = s->dir,
					  .sock = sock,
					  .streams = streams,
					  .init = &s->process };
	int r;

	{
		trace_scope("attached");
		r = streams_run(&session, &ret->end, err);
	}
	if (r < 0 || ret->end == CONTAINER_ATTACH_DETACHED)
		return r;
	return monitor_exec_status(&s->m, &ret->exit_code, err);
}

static int exec_by_monitor(struct exec_session *s, const struct oci_process *p,
			   const struct container_streams *streams,
			   struct container_run_result *ret, struct error *err)
{
	scoped_fd int sock = -1;
	int r = make_session(s, err);

	if (r >= 0)
		r = write_process(s, p, err);
	if (r >= 0)
		r = run_session(s, streams, &sock, err);
	/* From here on other commands may have the container. */
	locks_release(&s->c->lock);
	if (r >= 0 && !s->w->detach)
		r = attached(s, streams, sock, ret, err);
	if (s->dir && (r < 0 || (!s->w->detach && ret->end != CONTAINER_ATTACH_DETACHED)))
		fd_remove_tree(AT_FDCWD, s->dir);
	return r;
}

int container_exec(struct engine *e, const char *word, const struct container_exec_wish *w,
		   const struct container_streams *streams, struct container_run_result *ret,
		   char *ret_session, struct error *err)
{
	scoped(container_done) struct container c = CONTAINER_INIT;
	scoped(oci_process_done) struct oci_process process = { 0 };
	struct exec_session s = {
		.c = &c, .w = w, .m = MONITOR_PROCESS_INIT, .process = PIDREF_INIT
	};
	struct container_run_result result = { 0 };
	int r = container_open(e, word, &c, err);

	if (r >= 0)
		r = container_allowed(CONTAINER_OP_EXEC, &c.r, false, err);
	if (r >= 0 && !strv_len(w->command))
		r = error_set(err, ERROR_INVALID,
			      "must provide a non-empty command to start an exec "
			      "session: invalid argument");
	if (r >= 0)
		r = container_exec_process(&c, w, &process, err);
	if (r < 0)
		return r;
	container_exec_sweep(&c);
	r = exec_by_monitor(&s, &process, streams, &result, err);
	if (r >= 0) {
		if (ret)
			*ret = result;
		if (ret_session)
			memcpy(ret_session, s.id, sizeof(s.id));
	}
	session_done(&s);
	return r;
}
