/* SPDX-License-Identifier: Apache-2.0 */
/* ps: the processes of a container, as JSON or by the host's ps(1). */
#include "base/str.h"
#include "runtime/commands/commands.h"
#include "sys/spawn.h"

struct ps_options {
	const char *format;
};
static const struct option_row ps_rows[] = {
	{ "format", 'f', OPTION_STRING, offsetof(struct ps_options, format), "FORMAT",
	  "table or json" },
};

/* ps(1) of the host, filtered to the container's processes, as runc does. */
#define PS_OUTPUT_MAX ((size_t)16 << 20)

static bool line_has_pid(const char *line, size_t column, const pid_t *pids, size_t n)
{
	scoped_strv char **cells = strv_split(line, " \t", false);
	uint32_t pid;

	if (strv_len(cells) <= column || num_u32(cells[column], &pid) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((uint32_t)pids[i] == pid)
			return true;
	}
	return false;
}

static int filter_ps(const char *text, const pid_t *pids, size_t n, struct buf *out,
		     struct error *err)
{
	scoped_strv char **lines = strv_split(text, "\n", false);
	scoped_strv char **head = lines ? strv_split(lines[0], " \t", false) : NULL;
	size_t column = 0;

	while (head && head[column] && !streq(head[column], "PID"))
		column++;
	if (head == NULL || head[column] == NULL)
		return error_set(err, ERROR_INVALID, "ps: its output has no PID column");
	buf_addf(out, "%s\n", lines[0]);
	for (size_t i = 1; lines[i]; i++) {
		if (line_has_pid(lines[i], column, pids, n))
			buf_addf(out, "%s\n", lines[i]);
	}
	return 0;
}

static int ps_table(char *const *args, const pid_t *pids, size_t n, struct buf *out,
		    struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(PS_OUTPUT_MAX);
	scoped_strv char **argv = NULL;
	struct spawn s = SPAWN_INIT;
	int status, r;

	strv_add(&argv, "ps");
	if (args && args[0])
		strv_add_all(&argv, args);
	else
		strv_add(&argv, "-ef");
	s.args = argv;
	s.flags = SPAWN_SEARCH_PATH | SPAWN_NULL_STDIN;
	r = spawn_run(&s, NULL, 0, PS_OUTPUT_MAX, &text, NULL, -1, &status, err);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(err, ERROR_INVALID, "ps: exit status %d", status);
	return filter_ps(buf_str(&text), pids, n, out, err);
}

static int ps_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct ps_options o = { 0 };
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_free pid_t *pids = NULL;
	struct positional p;
	size_t n = 0;
	int r = command_parse(&runtime_command_ps, argc, argv, &o, 1, -1, false, &p, err);

	if (r != COMMAND_GO)
		return r;
	r = runtime_ps(&cx->runtime, p.argv[0], &pids, &n, err);
	if (r < 0)
		return r;
	if (streq_opt(o.format, "json")) {
		buf_addc(&b, '[');
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, "%s%d", i > 0 ? "," : "", (int)pids[i]);
		buf_adds(&b, "]\n");
	} else if (o.format && !streq(o.format, "table")) {
		return error_set(err, ERROR_INVALID, "ps: format '%s' is neither table nor json",
				 o.format);
	} else {
		r = ps_table(p.argv + 1, pids, n, &b, err);
		if (r < 0)
			return r;
	}
	return command_print(&b, err);
}

const struct command runtime_command_ps = { "ps", "ps [options] ID [ps arguments]",
					    "list the processes of a container",
					    COMMAND_ROWS(ps_rows), ps_run };
