/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commands/options.h"

#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"

static const struct option_row *find_long(const struct option_row *rows, size_t n, const char *name,
					  size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
			return &rows[i];
	}
	return NULL;
}

static const struct option_row *find_short(const struct option_row *rows, size_t n, char c)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].short_name == c)
			return &rows[i];
	}
	return NULL;
}

static int store(const struct option_row *row, const char *value, void *target, struct error *err)
{
	void *at = (char *)target + row->offset;
	uint32_t u;

	switch (row->kind) {
	case OPTION_FLAG:
		if (value == NULL)
			*(bool *)at = true;
		else if (num_bool(value, (bool *)at) < 0)
			return error_set(err, ERROR_INVALID, "option --%s: '%s' is not a boolean",
					 row->name, value);
		return 0;
	case OPTION_STRING:
		*(const char **)at = value;
		return 0;
	case OPTION_LIST:
		strv_add((char ***)at, value);
		return 0;
	case OPTION_UINT:
		if (num_u32(value, &u) < 0)
			return error_set(err, ERROR_INVALID, "option --%s: '%s' is not a number",
					 row->name, value);
		*(unsigned *)at = u;
		return 0;
	case OPTION_KIND_COUNT:
		break;
	}
	return error_set(err, ERROR_INTERNAL, "option --%s has no kind", row->name);
}

struct parse {
	const struct option_row *rows;
	size_t n;
	int argc, at;
	char **argv;
	void *target;
};

static int next_value(struct parse *p, const char *name, const char **ret, struct error *err)
{
	if (p->at + 1 >= p->argc)
		return error_set(err, ERROR_INVALID, "option --%s needs a value", name);
	*ret = p->argv[++p->at];
	return 0;
}

static int parse_long(struct parse *p, const char *text, struct error *err)
{
	size_t len = strcspn(text, "=");
	const struct option_row *row = find_long(p->rows, p->n, text, len);
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	int r;

	if (row == NULL)
		return error_set(err, ERROR_INVALID, "unknown option --%.*s", (int)len, text);
	if (value == NULL && row->kind != OPTION_FLAG) {
		r = next_value(p, row->name, &value, err);
		if (r < 0)
			return r;
	}
	return store(row, value, p->target, err);
}

static int parse_short(struct parse *p, const char *text, struct error *err)
{
	for (const char *c = text; *c != '\0'; c++) {
		const struct option_row *row = find_short(p->rows, p->n, *c);
		const char *value = NULL;
		int r;

		if (row == NULL)
			return error_set(err, ERROR_INVALID, "unknown option -%c", *c);
		if (row->kind != OPTION_FLAG) {
			value = c[1] == '=' ? c + 2 : c + 1;
			r = c[1] == '\0' ? next_value(p, row->name, &value, err) : 0;
			return r < 0 ? r : store(row, value, p->target, err);
		}
		r = store(row, NULL, p->target, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_option(struct parse *p, struct error *err)
{
	const char *text = p->argv[p->at];

	/* -? and --usage are crun's. */
	if (streq(text, "--help") || streq(text, "-h") || streq(text, "-help") ||
	    streq(text, "-?") || streq(text, "--usage"))
		return error_set(err, ERROR_CANCELED, "help");
	if (text[1] == '-')
		return parse_long(p, text + 2, err);
	/* Go's flag package takes long names with one dash. */
	if (text[2] != '\0' && find_long(p->rows, p->n, text + 1, strcspn(text + 1, "=")))
		return parse_long(p, text + 1, err);
	return parse_short(p, text + 1, err);
}

int runtime_options_parse(const struct option_row *rows, size_t n, int argc, char **argv,
			  bool intersperse, void *target, int *ret_first, struct error *err)
{
	struct parse p = { rows, n, argc, 1, argv, target };
	scoped_free char **args = xnew_n(char *, (size_t)argc + 1);
	int n_args = 0;

	for (; p.at < argc; p.at++) {
		const char *text = argv[p.at];
		int r;

		if (streq(text, "--")) {
			p.at++;
			break;
		}
		if (text[0] != '-' || text[1] == '\0') {
			if (!intersperse)
				break;
			args[n_args++] = argv[p.at];
			continue;
		}
		r = parse_option(&p, err);
		if (r < 0)
			return r;
	}
	while (p.at < argc)
		args[n_args++] = argv[p.at++];
	*ret_first = argc - n_args;
	for (int i = 0; i < n_args; i++)
		argv[argc - n_args + i] = args[i];
	return 0;
}

void runtime_options_help(const struct option_row *rows, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct option_row *r = &rows[i];
		scoped_free char *left = NULL;

		if (r->help == NULL)
			continue;
		left = r->short_name ? xasprintf("-%c, --%s%s%s", r->short_name, r->name,
						 r->value ? " " : "", r->value ? r->value : "")
				     : xasprintf("    --%s%s%s", r->name, r->value ? " " : "",
						 r->value ? r->value : "");
		buf_addf(out, "  %-32s %s\n", left, r->help);
	}
}
