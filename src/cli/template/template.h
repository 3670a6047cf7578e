/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: Go text/template as --format needs it, over jansson values.
 *
 * Actions: field chains (.A.B, .Map.key, $.A), variables ($x := , range $i, $e :=), pipelines,
 * parentheses, literals, if/else if/else, with/else, range/else, end, break, continue, comments,
 * trim markers ({{- -}}), define/template are refused by name.  Functions: and or not eq ne lt le
 * gt ge len index slice print printf println html js urlquery call (refused), and Podman's json,
 * join, lower, upper, title, split, pad, truncate, table (header), printf, json. A field that does
 * not exist is an error: `can't evaluate field X`.  Strings, numbers, booleans, lists and maps
 * print as Go prints them ([a b], map[k:v], true).
 */
#ifndef CORACLE_CLI_TEMPLATE_H
#define CORACLE_CLI_TEMPLATE_H

#include "base/buf.h"
#include "base/json.h"

struct template;

/* Size and depth are bounded (hostile input from scripts). */
int template_parse(const char *text, struct template **ret, struct error *err);
void template_free(struct template *t);
DEFINE_SCOPED(struct template *, template_free)
int template_execute(const struct template *t, const json_t *data, struct buf *out,
		     struct error *err);

/*
 * The whole of --format: "json" (or "{{json .}}") prints the array; "table TEMPLATE" prints headers
 * and aligned columns; a plain template prints a line per row.  headers maps field names to titles
 * ("ID": "CONTAINER ID"); rows is a JSON array of objects.
 */
struct template_header {
	const char *field, *title;
};
int template_print_rows(const char *format, const json_t *rows,
			const struct template_header *headers, size_t n_headers, bool no_heading,
			struct buf *out, struct error *err);

#endif
