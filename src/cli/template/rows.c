/* SPDX-License-Identifier: Apache-2.0 */
/* --format over a list: json, "table ..." with headers, or one line per row. */
#include "cli/template/template.h"

#include "base/str.h"
#include "cli/output/table.h"

/* The header line is the template itself run over an object whose fields are their titles. */
static json_t *header_row(const struct template_header *headers, size_t n, const json_t *rows)
{
	json_t *row = json_object();
	const json_t *first = json_array_get(rows, 0);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)first, key, value) {
		scoped_free char *title = xstrdup(key);
		for (char *c = title; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		json_object_set_new(row, key, json_string_nocheck(title));
	}
	for (size_t i = 0; i < n; i++)
		json_object_set_new(row, headers[i].field, json_string(headers[i].title));
	return row;
}

static int execute_lines(const struct template *t, const json_t *rows, struct buf *out,
			 struct error *err)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row) {
		size_t before = out->len;
		int r = template_execute(t, row, out, err);
		if (r < 0)
			return r;
		if (out->len == before || out->data[out->len - 1] != '\n')
			buf_addc(out, '\n');
	}
	return 0;
}

static int print_table(const char *format, const json_t *rows,
		       const struct template_header *headers, size_t n, bool no_heading,
		       struct buf *out, struct error *err)
{
	scoped(template_free) struct template *t = NULL;
	scoped(buf_done) struct buf text = BUF_INIT;
	int r = template_parse(format, &t, err);

	if (r < 0)
		return r;
	if (!no_heading) {
		scoped_json json_t *row = header_row(headers, n, rows);
		r = template_execute(t, row, &text, err);
		if (r < 0)
			return r;
		buf_addc(&text, '\n');
	}
	r = execute_lines(t, rows, &text, err);
	if (r < 0)
		return r;
	table_align(buf_str(&text), out);
	return 0;
}

/* A shell passes \t and \n of a format as two characters each. */
static char *unescape(const char *format)
{
	scoped_free char *tabs = str_replace(format, "\\t", "\t");

	return str_replace(tabs, "\\n", "\n");
}

int template_print_rows(const char *format, const json_t *rows,
			const struct template_header *headers, size_t n_headers, bool no_heading,
			struct buf *out, struct error *err)
{
	scoped_free char *text = unescape(format);
	scoped(template_free) struct template *t = NULL;
	const char *table = str_skip_prefix(text, "table ");
	int r;

	if (streq(str_trim(text), "json")) {
		json_text_dump(rows, 2, out);
		buf_addc(out, '\n');
		return 0;
	}
	if (table)
		return print_table(table, rows, headers, n_headers, no_heading, out, err);
	r = template_parse(text, &t, err);
	if (r < 0)
		return r;
	return execute_lines(t, rows, out, err);
}
