/* SPDX-License-Identifier: Apache-2.0 */
/* run: create, start, and stay in front of it unless detached. */
#include <fcntl.h>

#include "base/log.h"
#include "base/path.h"
#include "runtime/commands/create.h"
#include "runtime/commands/foreground.h"
#include "runtime/start.h"
#include "sys/fd.h"
#include "sys/process.h"

struct run {
	const struct command_context *cx;
	const struct create_flags *flags;
	struct runtime_create_options o;
	bool terminal;
};

/* Does the document ask for a terminal? Only then a console socket of our own is needed. */
static int wants_terminal(const struct runtime_create_options *o, bool *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(JSON_MAX_BYTES);
	scoped_free char *path = path_join(o->bundle, "config.json");
	scoped_json json_t *j = NULL;
	const char *from = o->config ? o->config : path;
	int r = fd_read_file(AT_FDCWD, from, JSON_MAX_BYTES, &b);

	if (r < 0)
		return error_os(err, -r, "read '%s'", from);
	r = json_text_parse(buf_str(&b), b.len, "config.json", &j, err);
	if (r < 0)
		return r;
	*ret = json_get_bool(json_object_get(j, "process"), "terminal", false);
	return 0;
}

static int in_front(struct run *run, struct error *err)
{
	scoped(foreground_done) struct foreground f = FOREGROUND_INIT;
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	struct error later = ERROR_INIT;
	int status, r = foreground_begin(&f, err);

	if (r < 0)
		return r;
	if (run->terminal) {
		/* As runc: a terminal of ours adds the carriage returns itself. */
		run->o.console_plain = true;
		r = foreground_console(&f, &run->o.console_socket, err);
		if (r < 0)
			return r;
	}
	r = runtime_create(&run->cx->runtime, &run->o, &init, err);
	if (r < 0)
		return r;
	status = send_pidfd(run->flags->pidfd_socket, &init, err);
	if (status == 0)
		status = start_relayed(&run->cx->runtime, run->o.id, &f.relay, err);
	if (status == 0)
		status = foreground_wait(&f, &init, err);
	if (run->flags->keep && status >= 0)
		return status;
	if (runtime_delete(&run->cx->runtime, run->o.id, true, &later) < 0)
		log_warn("%s; the container is left for 'delete'", later.msg);
	return status;
}

static int detached(struct run *run, struct error *err)
{
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	int r = runtime_create(&run->cx->runtime, &run->o, &init, err);

	if (r < 0)
		return r;
	r = send_pidfd(run->flags->pidfd_socket, &init, err);
	if (r == 0)
		r = runtime_start(&run->cx->runtime, run->o.id, err);
	if (r < 0)
		(void)runtime_delete(&run->cx->runtime, run->o.id, true, NULL);
	return r;
}

static int run_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct create_flags f = { 0 };
	struct run run = { .cx = cx, .flags = &f };
	scoped_free char *bundle = NULL;
	struct positional p;
	int r = command_parse(&runtime_command_run, argc, argv, &f, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	r = create_flags_apply(&f, p.argv[0], &bundle, &run.o, err);
	if (r < 0)
		return r;
	if (f.detach)
		return detached(&run, err);
	if (f.console_socket == NULL) {
		r = wants_terminal(&run.o, &run.terminal, err);
		if (r < 0)
			return r;
	}
	if (!f.no_subreaper)
		(void)process_subreaper(true);
	return in_front(&run, err);
}

const struct command runtime_command_run = { "run",
					     "run [options] ID",
					     "create and start a container",
					     create_flag_rows,
					     RUN_FLAG_COUNT,
					     run_run };
