/* SPDX-License-Identifier: Apache-2.0 */
/* pause: freeze and thaw the container's cgroup. */
#include "runtime/command_priv.h"
#include "runtime/record.h"
#include "sys/fd.h"

static int set_frozen(const struct runtime_context *cx, const char *id, bool on, struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	int r = dir < 0 ? dir : record_load_at(dir, id, &rec, err);
	enum runtime_status s;

	if (r < 0)
		return r;
	s = record_status(dir, &rec);
	if (on && s != RUNTIME_RUNNING && s != RUNTIME_CREATED)
		return error_set(err, ERROR_STATE, "container '%s' is not running: %s", id,
				 runtime_status_name(s));
	if (!on && s != RUNTIME_PAUSED)
		return error_set(err, ERROR_STATE, "container '%s' is not paused: %s", id,
				 runtime_status_name(s));
	if (rec.cgroup.path == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "container '%s' has no cgroup to freeze",
				 id);
	return cgroup_freeze(&rec.cgroup, on, err);
}

int runtime_pause(const struct runtime_context *cx, const char *id, struct error *err)
{
	return set_frozen(cx, id, true, err);
}

int runtime_resume(const struct runtime_context *cx, const char *id, struct error *err)
{
	return set_frozen(cx, id, false, err);
}

static int pause_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct positional p;
	int r = command_parse(&runtime_command_pause, argc, argv, NULL, 1, 1, true, &p, err);

	return r != COMMAND_GO ? r : runtime_pause(&cx->runtime, p.argv[0], err);
}

static int resume_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct positional p;
	int r = command_parse(&runtime_command_resume, argc, argv, NULL, 1, 1, true, &p, err);

	return r != COMMAND_GO ? r : runtime_resume(&cx->runtime, p.argv[0], err);
}

const struct command runtime_command_pause = {
	"pause", "pause ID", "freeze all processes of a container", NULL, 0, pause_run
};
const struct command runtime_command_resume = { "resume", "resume ID", "thaw a paused container",
						NULL,	  0,	       resume_run };
