/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "runtime/record.h"
#include "sys/fd.h"
#include "sys/spawn.h"

/* What of a hook's output goes into an error. */
#define HOOK_OUTPUT_MAX ((size_t)4096)

void hook_state_done(struct hook_state *s)
{
	free(s->head);
	free(s->tail);
	*s = (struct hook_state){ 0 };
}

static int open_one(const struct strmap *annotations, const char *key, int *ret, struct error *err)
{
	const char *path = strmap_get(annotations, key);
	scoped_fd int fd = -1;
	int r;

	if (path == NULL)
		return 0;
	/* A FIFO without a reader would keep us here. */
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd == -ENXIO)
		return error_set(err, ERROR_STATE,
				 "annotation %s: nobody reads '%s'; start its reader first", key,
				 path);
	r = fd < 0 ? fd : fd_set_nonblock(fd, false);
	if (r < 0)
		return error_os(err, -r, "annotation %s: open '%s'", key, path);
	*ret = take_fd(fd);
	return 0;
}

int hook_output_open(const struct strmap *annotations, struct hook_output *ret, struct error *err)
{
	int r;

	if (annotations->n == 0)
		return 0;
	r = open_one(annotations, "run.oci.hooks.stdout", &ret->out, err);
	return r < 0 ? r : open_one(annotations, "run.oci.hooks.stderr", &ret->err, err);
}

void hook_output_done(struct hook_output *o)
{
	o->out = fd_close(o->out);
	o->err = fd_close(o->err);
}

static int run_one(const struct plan_hook *h, const char *state, const char *cwd,
		   const struct hook_output *output, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT_MAX(HOOK_OUTPUT_MAX);
	scoped(buf_done) struct buf errout = BUF_INIT_MAX(HOOK_OUTPUT_MAX);
	struct spawn s = SPAWN_INIT;
	/* Longer than that is no timeout at all. */
	int timeout = h->timeout > 0 ? (int)MIN(h->timeout, 1000000) * 1000 : -1;
	int status = 0;
	int r;

	s.path = h->path;
	s.args = h->args;
	s.env = h->env;
	s.cwd = cwd;
	s.flags = SPAWN_PDEATHSIG_KILL;
	s.stdout_fd = output->out;
	s.stderr_fd = output->err;
	r = spawn_run(&s, state, strlen(state), HOOK_OUTPUT_MAX, output->out < 0 ? &out : NULL,
		      output->err < 0 ? &errout : NULL, timeout, &status, err);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(err, ERROR_OS, "exit status %d, stderr: %s", status,
				 buf_str(&errout));
	return 0;
}

int hooks_run(const struct plan_hooks *h, enum plan_hook_kind kind, const char *state,
	      const char *cwd, const struct hook_output *output, struct error *err)
{
	for (size_t i = 0; i < h->n; i++) {
		int r = run_one(&h->items[i], state, cwd, output, err);

		if (r < 0)
			return error_prefix(err, "run %s hook #%zu '%s'", plan_hook_name(kind), i,
					    h->items[i].path);
	}
	return 0;
}

void hooks_run_poststop(const struct runtime_record *rec, const char *next)
{
	struct plan_hooks hooks = { 0 };
	scoped(hook_output_done) struct hook_output output = HOOK_OUTPUT_INIT;
	struct error err = ERROR_INIT;
	scoped(buf_done) struct buf state = BUF_INIT;

	if (record_hooks(rec, PLAN_HOOK_POSTSTOP, &hooks, &err) < 0)
		log_warn("%s; %s without them", err.msg, next);
	if (hooks.n > 0 && hook_output_open(&rec->annotations, &output, &err) < 0)
		log_warn("%s; the hooks run without it", err.msg);
	if (hooks.n > 0)
		record_state_text(rec, "stopped", 0, 0, &state);
	for (size_t i = 0; i < hooks.n; i++) {
		struct plan_hooks one = { &hooks.items[i], 1 };

		if (hooks_run(&one, PLAN_HOOK_POSTSTOP, buf_str(&state), NULL, &output, &err) < 0)
			log_warn("%s; %s", err.msg, next);
	}
	record_hooks_done(&hooks);
}
