/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0: structure.  What may still be added to a table depends on how it came to be, which the
 * document does not tell; struct mark keeps that beside it, by the node's address.
 */
#include "base/toml.h"

#include <errno.h>
#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"
#include "base/toml_priv.h"

enum origin {
	ORIGIN_IMPLICIT, /* on the way of a [header]: one [header] may still define it */
	ORIGIN_HEADER,	 /* defined by a [header] */
	ORIGIN_DOTTED,	 /* by a dotted key: only more dotted keys may add */
	ORIGIN_CLOSED,	 /* inline table or plain array: complete */
	ORIGIN_TABLES,	 /* array of tables: [[header]] appends */
};

struct mark {
	const json_t *node;
	enum origin origin;
};

struct parser {
	struct toml_cursor c;
	json_t *root;	 /* owned */
	json_t *current; /* the table of the last header; borrowed */
	unsigned depth;
	size_t values;
	struct mark *marks; /* open addressing; n_slots is a power of two */
	size_t n_marks, n_slots;
};

int toml_fail(struct toml_cursor *c, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = error_vset(c->err, ERROR_INVALID, fmt, ap);
	va_end(ap);
	error_prefix(c->err, "%s:%zu", c->what, c->line);
	return r;
}

static struct mark *mark_slot(struct mark *marks, size_t n_slots, const json_t *node)
{
	size_t i = (size_t)(((uintptr_t)node >> 4) * 0x9e3779b97f4a7c15ull) & (n_slots - 1);

	while (marks[i].node != NULL && marks[i].node != node)
		i = (i + 1) & (n_slots - 1);
	return &marks[i];
}

static void mark_set(struct parser *p, const json_t *node, enum origin origin)
{
	struct mark *m;

	if (2 * (p->n_marks + 1) > p->n_slots) {
		size_t n = p->n_slots > 0 ? 2 * p->n_slots : 64;
		struct mark *grown = xnew_n(struct mark, n);

		for (size_t i = 0; i < p->n_slots; i++)
			if (p->marks[i].node != NULL)
				*mark_slot(grown, n, p->marks[i].node) = p->marks[i];
		free(p->marks);
		p->marks = grown;
		p->n_slots = n;
	}
	m = mark_slot(p->marks, p->n_slots, node);
	if (m->node == NULL)
		p->n_marks++;
	*m = (struct mark){ node, origin };
}

/* Of tables and arrays only. */
static enum origin mark_get(const struct parser *p, const json_t *node)
{
	const struct mark *m = mark_slot(p->marks, p->n_slots, node);

	return m->node != NULL ? m->origin : ORIGIN_CLOSED;
}

static void skip_blanks(struct toml_cursor *c)
{
	while (*c->p == ' ' || *c->p == '\t')
		c->p++;
}

/* A comment up to, not including, the line's end. */
static int skip_comment(struct toml_cursor *c)
{
	if (*c->p != '#')
		return 0;
	for (; *c->p != '\n' && *c->p != '\0'; c->p++) {
		if (c->p[0] == '\r' && c->p[1] == '\n')
			break;
		if (((unsigned char)*c->p < 0x20 && *c->p != '\t') || *c->p == 0x7f)
			return toml_fail(c, "control character in a comment");
	}
	return 0;
}

/* One line's end, if it is here. */
static bool take_newline(struct toml_cursor *c)
{
	if (c->p[0] == '\r' && c->p[1] == '\n')
		c->p++;
	else if (c->p[0] != '\n')
		return false;
	c->p++;
	c->line++;
	return true;
}

/* Nothing but blanks and a comment may follow on this line. */
static int end_line(struct toml_cursor *c)
{
	skip_blanks(c);
	if (skip_comment(c) < 0)
		return -EINVAL;
	if (c->p != c->end && !take_newline(c))
		return toml_fail(c, "unexpected text behind a value or header");
	return 0;
}

/* Blanks, comments and line ends, as arrays allow them. */
static int skip_space(struct toml_cursor *c)
{
	do {
		skip_blanks(c);
		if (skip_comment(c) < 0)
			return -EINVAL;
	} while (take_newline(c));
	return 0;
}

/* a . "b" . 'c' at the cursor into a vector. */
static int parse_key(struct parser *p, char ***ret)
{
	static const char bare[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	scoped_strv char **parts = NULL;

	for (size_t n = 1;; n++) {
		struct toml_cursor *c = &p->c;
		char *part = NULL;
		size_t len;

		skip_blanks(c);
		if (*c->p == '"' || *c->p == '\'') {
			if (toml_string(c, false, &part) < 0)
				return -EINVAL;
		} else {
			len = strspn(c->p, bare);
			if (len == 0)
				return toml_fail(c, "a key is missing");
			part = xstrndup(c->p, len);
			c->p += len;
		}
		strv_add_take(&parts, part);
		if (n > JSON_MAX_DEPTH)
			return toml_fail(c, "a key has more than %d parts", JSON_MAX_DEPTH);
		skip_blanks(c);
		if (*c->p != '.')
			break;
		c->p++;
	}
	*ret = take_ptr(parts);
	return 0;
}

static json_t *add_table(struct parser *p, json_t *parent, const char *key, enum origin origin)
{
	json_t *table = json_object();

	if (json_is_array(parent))
		json_array_append_new(parent, table);
	else
		json_object_set_new_nocheck(parent, key, table);
	mark_set(p, table, origin);
	return table;
}

static int count_value(struct parser *p)
{
	if (++p->values > JSON_MAX_CONTAINERS)
		return toml_fail(&p->c, "more than %zu values", JSON_MAX_CONTAINERS);
	return 0;
}

static int parse_value(struct parser *p, json_t **ret);

/* key = value into table. */
static int parse_pair(struct parser *p, json_t *table)
{
	scoped_strv char **key = NULL;
	json_t *value = NULL;
	size_t n;

	if (parse_key(p, &key) < 0)
		return -EINVAL;
	n = strv_len(key);
	if (key == NULL)
		return toml_fail(&p->c, "a key is missing");
	for (size_t i = 0; i + 1 < n; i++) {
		json_t *next = json_object_get(table, key[i]);

		if (next == NULL) {
			if (count_value(p) < 0)
				return -EINVAL;
			next = add_table(p, table, key[i], ORIGIN_DOTTED);
		} else if (!json_is_object(next) || mark_get(p, next) != ORIGIN_DOTTED) {
			return toml_fail(&p->c, "key '%s' is defined already", key[i]);
		}
		table = next;
	}
	if (*p->c.p != '=')
		return toml_fail(&p->c, "'=' is missing behind key '%s'", key[n - 1]);
	p->c.p++;
	skip_blanks(&p->c);
	if (json_object_get(table, key[n - 1]) != NULL)
		return toml_fail(&p->c, "key '%s' is defined already", key[n - 1]);
	if (parse_value(p, &value) < 0)
		return -EINVAL;
	json_object_set_new_nocheck(table, key[n - 1], value);
	return 0;
}

static int parse_array(struct parser *p, json_t *array)
{
	struct toml_cursor *c = &p->c;

	c->p++;
	for (;;) {
		json_t *value = NULL;

		if (skip_space(c) < 0)
			return -EINVAL;
		if (*c->p == ']')
			break;
		if (parse_value(p, &value) < 0)
			return -EINVAL;
		json_array_append_new(array, value);
		if (skip_space(c) < 0)
			return -EINVAL;
		if (*c->p == ']')
			break;
		if (*c->p != ',')
			return toml_fail(c, "',' or ']' is missing in an array");
		c->p++;
	}
	c->p++;
	return 0;
}

static int parse_inline_table(struct parser *p, json_t *table)
{
	struct toml_cursor *c = &p->c;

	c->p++;
	skip_blanks(c);
	if (*c->p == '}') {
		c->p++;
		return 0;
	}
	for (;;) {
		if (parse_pair(p, table) < 0)
			return -EINVAL;
		skip_blanks(c);
		if (*c->p == '}')
			break;
		if (*c->p != ',')
			return toml_fail(c, "',' or '}' is missing in an inline table");
		c->p++;
	}
	c->p++;
	return 0;
}

/* Tables that dotted keys made inside an inline table are complete with it, too; they are only
 * reachable through it, so marking the outer one suffices. */
static int parse_container(struct parser *p, json_t **ret)
{
	bool array = *p->c.p == '[';
	scoped_json json_t *j = array ? json_array() : json_object();
	int r;

	if (++p->depth > JSON_MAX_DEPTH)
		return toml_fail(&p->c, "nested deeper than %d", JSON_MAX_DEPTH);
	r = array ? parse_array(p, j) : parse_inline_table(p, j);
	p->depth--;
	if (r < 0)
		return r;
	mark_set(p, j, ORIGIN_CLOSED);
	*ret = take_ptr(j);
	return 0;
}

static int parse_value(struct parser *p, json_t **ret)
{
	scoped_free char *text = NULL;

	if (count_value(p) < 0)
		return -EINVAL;
	switch (*p->c.p) {
	case '"':
	case '\'':
		if (toml_string(&p->c, true, &text) < 0)
			return -EINVAL;
		*ret = json_string_nocheck(text);
		return 0;
	case '[':
	case '{':
		return parse_container(p, ret);
	default:
		return toml_scalar(&p->c, ret);
	}
}

/* One part of a header before the last: the table to go on in. */
static int enter(struct parser *p, json_t **table, const char *key)
{
	json_t *next = json_object_get(*table, key);

	if (next == NULL) {
		*table = add_table(p, *table, key, ORIGIN_IMPLICIT);
		return 0;
	}
	if (json_is_array(next) && mark_get(p, next) == ORIGIN_TABLES)
		next = json_array_get(next, json_array_size(next) - 1);
	else if (!json_is_object(next) || mark_get(p, next) == ORIGIN_CLOSED)
		return toml_fail(&p->c, "'%s' is no table that may be added to", key);
	*table = next;
	return 0;
}

static int define_table(struct parser *p, json_t *parent, const char *key)
{
	json_t *t = json_object_get(parent, key);

	if (t == NULL) {
		p->current = add_table(p, parent, key, ORIGIN_HEADER);
		return 0;
	}
	if (!json_is_object(t) || mark_get(p, t) != ORIGIN_IMPLICIT)
		return toml_fail(&p->c, "table '%s' is defined already", key);
	mark_set(p, t, ORIGIN_HEADER);
	p->current = t;
	return 0;
}

static int append_table(struct parser *p, json_t *parent, const char *key)
{
	json_t *a = json_object_get(parent, key);

	if (a == NULL) {
		a = json_array();
		json_object_set_new_nocheck(parent, key, a);
		mark_set(p, a, ORIGIN_TABLES);
	} else if (!json_is_array(a) || mark_get(p, a) != ORIGIN_TABLES) {
		return toml_fail(&p->c, "'%s' is defined already and is no array of tables", key);
	}
	p->current = add_table(p, a, NULL, ORIGIN_HEADER);
	return 0;
}

/* [a.b] or [[a.b]] */
static int parse_header(struct parser *p)
{
	scoped_strv char **key = NULL;
	struct toml_cursor *c = &p->c;
	bool many = c->p[1] == '[';
	json_t *table = p->root;
	size_t n;

	c->p += many ? 2 : 1;
	if (parse_key(p, &key) < 0)
		return -EINVAL;
	if (c->p[0] != ']' || (many && c->p[1] != ']'))
		return toml_fail(c, "']' is missing in a table header");
	c->p += many ? 2 : 1;
	n = strv_len(key);
	if (key == NULL)
		return toml_fail(c, "a key is missing");
	p->values += n;
	if (count_value(p) < 0)
		return -EINVAL;
	for (size_t i = 0; i + 1 < n; i++)
		if (enter(p, &table, key[i]) < 0)
			return -EINVAL;
	return many ? append_table(p, table, key[n - 1]) : define_table(p, table, key[n - 1]);
}

static int parse_document(struct parser *p)
{
	struct toml_cursor *c = &p->c;

	while (c->p != c->end) {
		int r = 0;

		skip_blanks(c);
		if (*c->p == '[')
			r = parse_header(p);
		else if (*c->p != '#' && *c->p != '\n' && *c->p != '\r' && c->p != c->end)
			r = parse_pair(p, p->current);
		if (r == 0)
			r = end_line(c);
		if (r < 0)
			return r;
	}
	return 0;
}

int toml_parse(const char *text, size_t len, const char *what, json_t **ret, struct error *err)
{
	scoped_free char *copy = NULL; /* the cursor needs the NUL at the end */
	struct parser p = { .c = { .line = 1, .what = what, .err = err } };
	int r;

	if (len > JSON_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "%s: larger than %zu bytes", what,
				 JSON_MAX_BYTES);
	if (!str_utf8(text, len))
		return error_set(err, ERROR_INVALID, "%s:1: not a text of UTF-8 without NUL", what);
	copy = xstrndup(text, len);
	p.c.p = copy;
	p.c.end = copy + len;
	json_seed();
	p.root = p.current = json_object();
	mark_set(&p, p.root, ORIGIN_HEADER);
	r = parse_document(&p);
	free(p.marks);
	if (r < 0)
		json_decref(p.root);
	else
		*ret = p.root;
	return r;
}
