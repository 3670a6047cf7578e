/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"

struct found {
	const struct option *row;
	void *target;
};

static struct found find_long(const struct option_parse *p, const char *name, size_t len)
{
	for (size_t g = 0; g < p->n_groups; g++) {
		const struct option_group *group = &p->groups[g];
		for (size_t i = 0; i < group->n; i++) {
			const char *row_name = group->rows[i].name;
			if (strlen(row_name) == len && strncmp(row_name, name, len) == 0)
				return (struct found){ &group->rows[i], group->target };
		}
	}
	return (struct found){ NULL, NULL };
}

static struct found find_letter(const struct option_parse *p, char letter)
{
	for (size_t g = 0; g < p->n_groups; g++) {
		const struct option_group *group = &p->groups[g];
		for (size_t i = 0; i < group->n; i++)
			if (group->rows[i].letter == letter)
				return (struct found){ &group->rows[i], group->target };
	}
	return (struct found){ NULL, NULL };
}

static bool is_switch(const struct option *o)
{
	return o->kind == OPTION_BOOL || o->kind == OPTION_TRISTATE;
}

static int bad_value(const struct option *o, const char *value, const char *why, struct error *err)
{
	char letter[5] = { '-', o->letter, ',', ' ', '\0' };

	return error_set(err, ERROR_INVALID, "invalid argument \"%s\" for \"%s--%s\" flag: %s",
			 value, o->letter ? letter : "", o->name, why);
}

static int store_list(char ***list, const char *value)
{
	scoped_strv char **parts = strv_split(value, ",", false);

	strv_add_all(list, parts);
	return 0;
}

static int store_number(const struct option *o, void *member, const char *value, struct error *err)
{
	int64_t i = 0;
	uint64_t u = 0;
	uint32_t w = 0;

	switch (o->kind) {
	case OPTION_I64:
		if (num_i64(value, &i) < 0)
			return bad_value(o, value, "expected a whole number", err);
		*(struct opt_i64 *)member = (struct opt_i64)OPT_SET(i);
		return 0;
	case OPTION_U64:
		if (num_u64(value, &u) < 0)
			return bad_value(o, value, "expected a whole number of 0 or more", err);
		*(struct opt_u64 *)member = (struct opt_u64)OPT_SET(u);
		return 0;
	case OPTION_U32:
		if (num_u32(value, &w) < 0)
			return bad_value(o, value, "expected a whole number of 0 or more", err);
		*(struct opt_u32 *)member = (struct opt_u32)OPT_SET(w);
		return 0;
	case OPTION_BYTES:
		if (num_bytes(value, &i) < 0)
			return bad_value(o, value, "expected a size such as 64m or 1g", err);
		*(struct opt_i64 *)member = (struct opt_i64)OPT_SET(i);
		return 0;
	case OPTION_BOOL:
	case OPTION_TRISTATE:
	case OPTION_STR:
	case OPTION_STRV:
	case OPTION_LIST:
	case OPTION_DOUBLE:
	case OPTION_CALL:
	case OPTION_KIND_COUNT:
		break;
	}
	return error_set(err, ERROR_INTERNAL, "option '--%s' has no number kind", o->name);
}

static int store_bool(const struct option *o, void *member, const char *value, struct error *err)
{
	bool b;

	if (num_bool(value, &b) < 0)
		return bad_value(o, value, "expected true or false", err);
	if (o->kind == OPTION_BOOL)
		*(bool *)member = b;
	else
		*(struct opt_bool *)member = (struct opt_bool)OPT_SET(b);
	return 0;
}

static int store(const struct found *f, const char *value, struct error *err)
{
	const struct option *o = f->row;
	void *member = (char *)f->target + o->offset;
	struct error sub = ERROR_INIT;

	if (o->flags & OPTION_IGNORED)
		return 0;
	switch (o->kind) {
	case OPTION_BOOL:
	case OPTION_TRISTATE:
		return store_bool(o, member, value, err);
	case OPTION_STR:
		free(*(char **)member);
		*(char **)member = xstrdup(value);
		return 0;
	case OPTION_STRV:
		strv_add(member, value);
		return 0;
	case OPTION_LIST:
		return store_list(member, value);
	case OPTION_DOUBLE:
		if (num_double(value, member) < 0)
			return bad_value(o, value, "expected a decimal number", err);
		return 0;
	case OPTION_CALL:
		if (o->parse(f->target, value, &sub) < 0)
			return bad_value(o, value, sub.msg, err);
		return 0;
	case OPTION_I64:
	case OPTION_U64:
	case OPTION_U32:
	case OPTION_BYTES:
	case OPTION_KIND_COUNT:
		break;
	}
	return store_number(o, member, value, err);
}

static int unknown_long(const struct option_parse *p, const char *name, size_t len,
			struct error *err)
{
	const char *best = NULL;
	unsigned best_distance = 3;
	scoped_free char *word = xstrndup(name, len);

	for (const char *const *u = p->unsupported; u && *u; u++)
		if (streq(*u, word))
			return error_set(err, ERROR_UNSUPPORTED,
					 "flag '--%s' of '%s' is not supported yet", word,
					 p->command);
	for (size_t g = 0; g < p->n_groups; g++) {
		for (size_t i = 0; i < p->groups[g].n; i++) {
			unsigned d = str_distance(word, p->groups[g].rows[i].name);
			if (d < best_distance) {
				best_distance = d;
				best = p->groups[g].rows[i].name;
			}
		}
	}
	if (best)
		return error_set(err, ERROR_INVALID, "unknown flag: --%s (did you mean --%s?)",
				 word, best);
	return error_set(err, ERROR_INVALID, "unknown flag: --%s", word);
}

/* One "--name[=value]"; *i moves on when the value is the next word. */
static int parse_long(const struct option_parse *p, int argc, char *const *argv, int *i, bool *help,
		      struct error *err)
{
	const char *name = argv[*i] + 2;
	const char *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	struct found f = find_long(p, name, len);

	if (!f.row) {
		if (len == 4 && strncmp(name, "help", 4) == 0) {
			*help = true;
			return 0;
		}
		return unknown_long(p, name, len, err);
	}
	if (eq)
		return store(&f, eq + 1, err);
	if (is_switch(f.row))
		return store(&f, "true", err);
	if (*i + 1 >= argc)
		return error_set(err, ERROR_INVALID, "flag needs an argument: --%s", f.row->name);
	return store(&f, argv[++*i], err);
}

/* One cluster "-itv[value]". */
static int parse_letters(const struct option_parse *p, int argc, char *const *argv, int *i,
			 bool *help, struct error *err)
{
	const char *word = argv[*i];
	int r;

	for (const char *c = word + 1; *c; c++) {
		struct found f = find_letter(p, *c);
		if (!f.row && *c == 'h') {
			*help = true;
			return 0;
		}
		if (!f.row)
			return error_set(err, ERROR_INVALID, "unknown shorthand flag: '%c' in %s",
					 *c, word);
		if (is_switch(f.row) && c[1] != '=') {
			r = store(&f, "true", err);
			if (r < 0)
				return r;
			continue;
		}
		if (c[1])
			return store(&f, c[1] == '=' ? c + 2 : c + 1, err);
		if (*i + 1 >= argc)
			return error_set(err, ERROR_INVALID, "flag needs an argument: '%c' in %s",
					 *c, word);
		return store(&f, argv[++*i], err);
	}
	return 0;
}

int options_parse(const struct option_parse *p, int argc, char *const *argv, char ***ret_words,
		  bool *ret_help, struct error *err)
{
	scoped_free char **words = xnew_n(char *, (size_t)argc + 1);
	size_t n = 0;
	bool help = false, only_words = false;

	for (int i = 0; i < argc && !help; i++) {
		const char *a = argv[i];
		int r = 0;
		if (only_words || a[0] != '-' || a[1] == '\0') {
			words[n++] = argv[i];
			only_words = only_words || p->no_intersperse;
		} else if (streq(a, "--")) {
			only_words = true;
		} else if (a[1] == '-') {
			r = parse_long(p, argc, argv, &i, &help, err);
		} else {
			r = parse_letters(p, argc, argv, &i, &help, err);
		}
		if (r < 0)
			return r;
	}
	*ret_help = help;
	*ret_words = take_ptr(words);
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct option *x = *(const struct option *const *)a;
	const struct option *y = *(const struct option *const *)b;

	return strcmp(x->name, y->name);
}

static const struct option **visible_rows(const struct option_group *groups, size_t n,
					  size_t *ret_n, size_t *ret_width)
{
	const struct option **rows = NULL;
	size_t count = 0, width = 0, total = 0;

	for (size_t g = 0; g < n; g++)
		total += groups[g].n;
	rows = xcalloc(total + 1, sizeof(*rows));
	for (size_t g = 0; g < n; g++) {
		for (size_t i = 0; i < groups[g].n; i++) {
			const struct option *o = &groups[g].rows[i];
			size_t w = strlen(o->name) + (o->arg ? strlen(o->arg) + 1 : 0);
			if (o->flags & (OPTION_HIDDEN | OPTION_ALIAS))
				continue;
			rows[count++] = o;
			width = MAX(width, w);
		}
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	*ret_n = count;
	*ret_width = width;
	return rows;
}

int options_pairs(const char *flag, char *const *pairs, struct strmap *ret, struct error *err)
{
	STRV_FOREACH (p, pairs) {
		const char *eq = strchr(*p, '=');
		scoped_free char *key = eq ? xstrndup(*p, (size_t)(eq - *p)) : xstrdup(*p);

		if (*key == '\0')
			return error_set(err, ERROR_INVALID, "'%s' of --%s has no key", *p, flag);
		strmap_set(ret, key, eq ? eq + 1 : "");
	}
	return 0;
}

void options_help(const struct option_group *groups, size_t n, struct buf *out)
{
	size_t count, width;
	scoped_free const struct option **rows = visible_rows(groups, n, &count, &width);

	for (size_t i = 0; i < count; i++) {
		const struct option *o = rows[i];
		scoped_free char *left = o->arg ? xasprintf("%s %s", o->name, o->arg)
						: xstrdup(o->name);
		if (o->letter)
			buf_addf(out, "  -%c, --%-*s   %s\n", o->letter, (int)width, left, o->help);
		else
			buf_addf(out, "      --%-*s   %s\n", (int)width, left, o->help);
	}
}
