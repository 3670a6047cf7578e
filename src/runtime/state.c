/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/command_priv.h"
#include "runtime/record.h"
#include "sys/fd.h"

int runtime_state(const struct runtime_context *cx, const char *id, struct buf *out,
		  struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	enum runtime_status s;
	int r = dir < 0 ? dir : record_load_at(dir, id, &rec, err);

	if (r < 0)
		return r;
	s = record_status(dir, &rec);
	record_state_text(&rec, runtime_status_name(s), s == RUNTIME_STOPPED ? 0 : rec.init_pid, 2,
			  out);
	return 0;
}

static int state_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct positional p;
	int r = command_parse(&runtime_command_state, argc, argv, NULL, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	r = runtime_state(&cx->runtime, p.argv[0], &b, err);
	if (r < 0)
		return r;
	buf_addc(&b, '\n');
	return command_print(&b, err);
}

const struct command runtime_command_state = {
	"state", "state ID", "print the state of a container", NULL, 0, state_run
};
