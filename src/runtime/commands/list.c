/* SPDX-License-Identifier: Apache-2.0 */
/* list: the containers below the state root as a table, JSON or ids. */
#include <string.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "runtime/commands/commands.h"
#include "runtime/record.h"
#include "sys/fd.h"

/* A container that goes away while we look is passed over. */
static bool load_entry(const struct runtime_context *cx, const char *id, struct runtime_record *rec,
		       enum runtime_status *ret)
{
	scoped_fd int dir = record_open_dir(cx, id, NULL);

	if (dir < 0 || record_load_at(dir, id, rec, NULL) < 0)
		return false;
	*ret = record_status(dir, rec);
	return true;
}

static void add_row(const struct runtime_record *r, enum runtime_status s, struct buf *out)
{
	char created[TIME_STR_MAX];

	time_format_rfc3339_utc(r->created_nsec, created);
	buf_addf(out, "%s\t%d\t%s\t%s\t%s\t%s\n", r->id, s == RUNTIME_STOPPED ? 0 : r->init_pid,
		 runtime_status_name(s), r->bundle, created, r->owner ? r->owner : "");
}

/* Columns as wide as their widest cell plus three, at least 12: runc's tabwriter(12, 1, 3). */
#define COLUMN_MIN ((size_t)12)

static void align_rows(const char *rows, struct buf *out)
{
	scoped_strv char **lines = strv_split(rows, "\n", false);
	size_t width[8] = { 0 };

	STRV_FOREACH (l, lines) {
		scoped_strv char **cells = strv_split(*l, "\t", true);

		for (size_t i = 0; cells && cells[i] && i < ARRAY_SIZE(width); i++)
			width[i] = MAX(width[i], strlen(cells[i]));
	}
	STRV_FOREACH (l, lines) {
		scoped_strv char **cells = strv_split(*l, "\t", true);

		for (size_t i = 0; cells && cells[i]; i++)
			buf_addf(out, "%-*s", cells[i + 1] ? (int)MAX(width[i] + 3, COLUMN_MIN) : 0,
				 cells[i]);
		buf_addc(out, '\n');
	}
}

struct list_options {
	const char *format;
	bool quiet;
};
static const struct option_row list_rows[] = {
	{ "format", 'f', OPTION_STRING, offsetof(struct list_options, format), "FORMAT",
	  "table or json" },
	{ "quiet", 'q', OPTION_FLAG, offsetof(struct list_options, quiet), NULL, "ids only" },
};

static void list_table(const struct command_context *cx, char *const *ids, struct buf *out)
{
	scoped(buf_done) struct buf rows = BUF_INIT;

	buf_adds(&rows, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n");
	STRV_FOREACH (id, ids) {
		scoped(runtime_record_done) struct runtime_record rec = { 0 };
		enum runtime_status s;

		if (load_entry(&cx->runtime, *id, &rec, &s))
			add_row(&rec, s, &rows);
	}
	align_rows(buf_str(&rows), out);
}

static void list_json(const struct command_context *cx, char *const *ids, struct buf *out)
{
	const char *sep = "";

	buf_addc(out, '[');
	STRV_FOREACH (id, ids) {
		scoped(runtime_record_done) struct runtime_record rec = { 0 };
		enum runtime_status s;

		if (!load_entry(&cx->runtime, *id, &rec, &s))
			continue;
		buf_adds(out, sep);
		record_state_text(&rec, runtime_status_name(s),
				  s == RUNTIME_STOPPED ? 0 : rec.init_pid, 0, out);
		sep = ",";
	}
	buf_adds(out, "]\n");
}

static int list_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct list_options o = { 0 };
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_strv char **ids = NULL;
	struct positional p;
	int r = command_parse(&runtime_command_list, argc, argv, &o, 0, 0, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	if (o.format && !streq(o.format, "table") && !streq(o.format, "json"))
		return error_set(err, ERROR_INVALID, "list: format '%s' is neither table nor json",
				 o.format);
	r = runtime_list(&cx->runtime, &ids, err);
	if (r < 0)
		return r;
	if (o.quiet) {
		STRV_FOREACH (id, ids)
			buf_addf(&b, "%s\n", *id);
	} else if (streq_opt(o.format, "json")) {
		list_json(cx, ids, &b);
	} else {
		list_table(cx, ids, &b);
	}
	return command_print(&b, err);
}

const struct command runtime_command_list = { "list", "list [options]",
					      "list the containers below the state root",
					      COMMAND_ROWS(list_rows), list_run };
