/* SPDX-License-Identifier: Apache-2.0 */
/* Text to tree: a hand-written recursive descent over "{{ }}" actions. */
#include "cli/template/template_priv.h"

#include <ctype.h>

#include "base/str.h"

struct parser {
	const char *text; /* whole */
	const char *p;	  /* next byte */
	const char *end;  /* of the action being read */
	unsigned depth;
	struct error *err;
};

void template_pipe_free(struct template_pipe *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_calls; i++) {
		for (size_t k = 0; k < p->calls[i].n_operands; k++) {
			struct template_operand *o = &p->calls[i].operands[k];
			free(o->name);
			strv_free(o->fields);
			json_decref(o->literal);
			template_pipe_free(o->pipe);
		}
		free(p->calls[i].operands);
	}
	free(p->calls);
	strv_free(p->variables);
	free(p);
}

static void node_free(struct template_node *n)
{
	free(n->text);
	template_pipe_free(n->pipe);
	template_nodes_free(n->body, n->n_body);
	template_nodes_free(n->otherwise, n->n_otherwise);
	free(n);
}

void template_nodes_free(struct template_node **nodes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		node_free(nodes[i]);
	free(nodes);
}

void template_free(struct template *t)
{
	if (!t)
		return;
	template_nodes_free(t->nodes, t->n_nodes);
	free(t);
}

static int fail(struct parser *ps, const char *what)
{
	size_t line = 1;

	for (const char *c = ps->text; c < ps->p; c++)
		line += *c == '\n';
	return error_set(ps->err, ERROR_INVALID, "template: line %zu: %s near \"%.20s\"", line,
			 what, ps->p);
}

static void skip_blanks(struct parser *ps)
{
	while (ps->p < ps->end && isspace((unsigned char)*ps->p))
		ps->p++;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

static char *read_name(struct parser *ps)
{
	const char *start = ps->p;

	while (ps->p < ps->end && name_char(*ps->p))
		ps->p++;
	return xstrndup(start, (size_t)(ps->p - start));
}

/* ".a.b" at the cursor. */
static int read_fields(struct parser *ps, char ***fields)
{
	while (ps->p + 1 < ps->end && ps->p[0] == '.' && name_char(ps->p[1])) {
		ps->p++;
		strv_add_take(fields, read_name(ps));
	}
	return 0;
}

static void add_escape(struct parser *ps, struct buf *out)
{
	char c = *ps->p++;

	switch (c) {
	case 'n':
		buf_addc(out, '\n');
		return;
	case 't':
		buf_addc(out, '\t');
		return;
	case 'r':
		buf_addc(out, '\r');
		return;
	default:
		buf_addc(out, c);
	}
}

static int read_string(struct parser *ps, json_t **ret)
{
	char quote = *ps->p++;
	scoped(buf_done) struct buf text = BUF_INIT;

	while (ps->p < ps->end && *ps->p != quote) {
		if (*ps->p == '\\' && quote != '`' && ps->p + 1 < ps->end) {
			ps->p++;
			add_escape(ps, &text);
		} else {
			buf_addc(&text, *ps->p++);
		}
	}
	if (ps->p >= ps->end)
		return fail(ps, "unterminated string");
	ps->p++;
	if (quote == '\'')
		*ret = json_integer((unsigned char)buf_str(&text)[0]);
	else
		*ret = json_string(buf_str(&text));
	return *ret ? 0 : fail(ps, "string is not UTF-8");
}

static int read_number(struct parser *ps, json_t **ret)
{
	const char *start = ps->p;
	int64_t whole;
	double real;

	if (*ps->p == '-' || *ps->p == '+')
		ps->p++;
	while (ps->p < ps->end && (isalnum((unsigned char)*ps->p) || *ps->p == '.'))
		ps->p++;
	scoped_free char *text = xstrndup(start, (size_t)(ps->p - start));
	if (num_i64(text, &whole) == 0) {
		*ret = json_integer(whole);
		return 0;
	}
	if (num_double(text, &real) == 0) {
		*ret = json_real(real);
		return 0;
	}
	return fail(ps, "bad number");
}

static int read_pipe(struct parser *ps, struct template_pipe **ret);

static int read_word(struct parser *ps, struct template_operand *o)
{
	scoped_free char *name = read_name(ps);

	if (streq(name, "true") || streq(name, "false") || streq(name, "nil")) {
		o->kind = OPERAND_LITERAL;
		o->literal = streq(name, "nil") ? json_null() : json_boolean(streq(name, "true"));
		return 0;
	}
	if (!template_function_known(name)) {
		return error_set(ps->err, ERROR_INVALID, "template: function \"%s\" not defined",
				 name);
	}
	o->kind = OPERAND_FUNCTION;
	o->name = take_ptr(name);
	return 0;
}

static int read_operand(struct parser *ps, struct template_operand *o)
{
	char c = *ps->p;
	int r;

	if (c == '(') {
		ps->p++;
		o->kind = OPERAND_PIPE;
		r = read_pipe(ps, &o->pipe);
		if (r < 0)
			return r;
		skip_blanks(ps);
		if (ps->p >= ps->end || *ps->p != ')')
			return fail(ps, "missing )");
		ps->p++;
		return read_fields(ps, &o->fields);
	}
	if (c == '.') {
		o->kind = OPERAND_DOT;
		if (ps->p + 1 < ps->end && isdigit((unsigned char)ps->p[1]))
			return fail(ps, "bad number");
		r = read_fields(ps, &o->fields);
		if (r == 0 && !o->fields)
			ps->p++;
		return r;
	}
	if (c == '$') {
		ps->p++;
		o->kind = OPERAND_VARIABLE;
		o->name = read_name(ps);
		return read_fields(ps, &o->fields);
	}
	o->kind = OPERAND_LITERAL;
	if (c == '"' || c == '`' || c == '\'')
		return read_string(ps, &o->literal);
	if (isdigit((unsigned char)c) || ((c == '-' || c == '+') && ps->p + 1 < ps->end))
		return read_number(ps, &o->literal);
	if (name_char(c))
		return read_word(ps, o);
	return fail(ps, "unexpected character");
}

static int read_call(struct parser *ps, struct template_call *call)
{
	int r;

	for (;;) {
		skip_blanks(ps);
		if (ps->p >= ps->end || *ps->p == '|' || *ps->p == ')')
			break;
		r = read_operand(ps, ARRAY_ADD(call->operands, call->n_operands));
		if (r < 0)
			return r;
	}
	if (call->n_operands == 0)
		return fail(ps, "missing value for command");
	return 0;
}

/* "$a, $b :=" or "$a =" in front of a pipeline; the cursor is put back when there is none. */
static void read_declaration(struct parser *ps, struct template_pipe *pipe)
{
	const char *start = ps->p;

	for (;;) {
		skip_blanks(ps);
		if (ps->p >= ps->end || *ps->p != '$')
			break;
		ps->p++;
		strv_add_take(&pipe->variables, read_name(ps));
		skip_blanks(ps);
		if (ps->p < ps->end && *ps->p == ',' && strv_len(pipe->variables) == 1) {
			ps->p++;
			continue;
		}
		if (ps->end - ps->p > 1 && ps->p[0] == ':' && ps->p[1] == '=') {
			ps->p += 2;
			return;
		}
		if (ps->end - ps->p > 1 && ps->p[0] == '=' && ps->p[1] != '=') {
			ps->p++;
			pipe->assign = true;
			return;
		}
		break;
	}
	ps->p = start;
	pipe->variables = strv_free(pipe->variables);
}

static int read_pipe(struct parser *ps, struct template_pipe **ret)
{
	struct template_pipe *pipe = xnew(struct template_pipe);
	int r;

	*ret = pipe; /* owned by the caller's node from here on, also on failure */
	if (++ps->depth > TEMPLATE_MAX_DEPTH)
		return error_set(ps->err, ERROR_LIMIT, "template: nested deeper than %d",
				 TEMPLATE_MAX_DEPTH);
	skip_blanks(ps);
	read_declaration(ps, pipe);
	for (;;) {
		r = read_call(ps, ARRAY_ADD(pipe->calls, pipe->n_calls));
		if (r < 0)
			return r;
		if (ps->p >= ps->end || *ps->p != '|')
			break;
		ps->p++;
	}
	ps->depth--;
	return 0;
}

/* ---- text and actions ---- */

struct action {
	const char *start, *end; /* inside the braces, trimmed of markers */
	const char *next;	 /* behind "}}" */
	bool trim_before, trim_after;
};

static const char *find_end(const char *p)
{
	for (; *p; p++) {
		if (*p == '"' || *p == '`') {
			char quote = *p++;
			while (*p && *p != quote)
				p += (*p == '\\' && quote == '"' && p[1]) ? 2 : 1;
			if (!*p)
				return NULL;
		} else if (p[0] == '}' && p[1] == '}') {
			return p;
		}
	}
	return NULL;
}

static int next_action(struct parser *ps, const char *open, struct action *a)
{
	bool comment;

	a->start = open + 2;
	a->trim_before = a->start[0] == '-' && isspace((unsigned char)a->start[1]);
	if (a->trim_before)
		a->start++;
	comment = strncmp(a->start + strspn(a->start, " \t"), "/*", 2) == 0;
	if (comment) {
		const char *close = strstr(a->start, "*/");
		a->end = close ? strstr(close, "}}") : NULL;
	} else {
		a->end = find_end(a->start);
	}
	if (!a->end) {
		ps->p = open;
		return fail(ps, "unclosed action");
	}
	a->next = a->end + 2;
	a->trim_after = a->end > a->start + 1 && a->end[-1] == '-' &&
			isspace((unsigned char)a->end[-2]);
	if (a->trim_after)
		a->end--;
	return comment ? 1 : 0;
}

static struct template_node *add_node(struct template_node ***list, size_t *n, enum node_kind kind)
{
	struct template_node **slot = ARRAY_ADD(*list, *n);

	*slot = xnew(struct template_node);
	(*slot)->kind = kind;
	return *slot;
}

static void add_text(struct template_node ***list, size_t *n, const char *from, const char *to,
		     bool trim_start, bool trim_end)
{
	while (trim_start && from < to && isspace((unsigned char)*from))
		from++;
	while (trim_end && to > from && isspace((unsigned char)to[-1]))
		to--;
	if (to > from)
		add_node(list, n, NODE_TEXT)->text = xstrndup(from, (size_t)(to - from));
}

/* Does the action begin with this word?  Moves the cursor behind it. */
static bool take_word(struct parser *ps, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(ps->end - ps->p) < len || strncmp(ps->p, word, len) != 0)
		return false;
	if (ps->p + len < ps->end && name_char(ps->p[len]))
		return false;
	ps->p += len;
	return true;
}

enum stop { STOP_END_OF_TEXT, STOP_END, STOP_ELSE, STOP_ELSE_IF, STOP_ELSE_WITH };

struct cursor {
	const char *at; /* next template byte */
	bool trim;	/* the last action asked to trim what follows */
};

static int read_list(struct parser *ps, struct cursor *cu, struct template_node ***list, size_t *n,
		     bool in_range, enum stop *stop);

/* The body of if, with or range whose head has been read into node. */
static int read_block(struct parser *ps, struct cursor *cu, struct template_node *node,
		      bool in_range)
{
	enum stop stop;
	int r = read_list(ps, cu, &node->body, &node->n_body, in_range || node->kind == NODE_RANGE,
			  &stop);

	if (r < 0)
		return r;
	if (stop == STOP_ELSE_IF || stop == STOP_ELSE_WITH) {
		struct template_node *inner = add_node(&node->otherwise, &node->n_otherwise,
						       stop == STOP_ELSE_IF ? NODE_IF : NODE_WITH);
		r = read_pipe(ps, &inner->pipe);
		return r < 0 ? r : read_block(ps, cu, inner, in_range);
	}
	if (stop == STOP_ELSE) {
		r = read_list(ps, cu, &node->otherwise, &node->n_otherwise, in_range, &stop);
		if (r < 0)
			return r;
	}
	if (stop != STOP_END)
		return error_set(ps->err, ERROR_INVALID, "template: missing {{end}}");
	return 0;
}

/* One action at ps->p..ps->end; *stop is set for end and else. */
static int read_action(struct parser *ps, struct cursor *cu, struct template_node ***list,
		       size_t *n, bool in_range, enum stop *stop)
{
	struct template_node *node;
	int r;

	skip_blanks(ps);
	if (take_word(ps, "end")) {
		*stop = STOP_END;
		return 0;
	}
	if (take_word(ps, "else")) {
		skip_blanks(ps);
		*stop = take_word(ps, "if")	? STOP_ELSE_IF
			: take_word(ps, "with") ? STOP_ELSE_WITH
						: STOP_ELSE;
		return 0;
	}
	if (take_word(ps, "define") || take_word(ps, "template") || take_word(ps, "block"))
		return error_set(ps->err, ERROR_UNSUPPORTED,
				 "template: define, template and block are not supported");
	if (take_word(ps, "break") || take_word(ps, "continue")) {
		if (!in_range)
			return fail(ps, "break or continue outside range");
		add_node(list, n, ps->p[-1] == 'k' ? NODE_BREAK : NODE_CONTINUE);
		return 0;
	}
	if (take_word(ps, "if"))
		node = add_node(list, n, NODE_IF);
	else if (take_word(ps, "with"))
		node = add_node(list, n, NODE_WITH);
	else if (take_word(ps, "range"))
		node = add_node(list, n, NODE_RANGE);
	else
		node = add_node(list, n, NODE_ACTION);
	r = read_pipe(ps, &node->pipe);
	if (r < 0)
		return r;
	skip_blanks(ps);
	if (ps->p < ps->end)
		return fail(ps, "unexpected text");
	if (node->kind == NODE_ACTION)
		return 0;
	if (++ps->depth > TEMPLATE_MAX_DEPTH)
		return error_set(ps->err, ERROR_LIMIT, "template: nested deeper than %d",
				 TEMPLATE_MAX_DEPTH);
	r = read_block(ps, cu, node, in_range);
	ps->depth--;
	return r;
}

static int read_list(struct parser *ps, struct cursor *cu, struct template_node ***list, size_t *n,
		     bool in_range, enum stop *stop)
{
	*stop = STOP_END_OF_TEXT;
	for (;;) {
		const char *open = strstr(cu->at, "{{");
		struct action a = { 0 };
		int r;
		if (!open) {
			add_text(list, n, cu->at, cu->at + strlen(cu->at), cu->trim, false);
			cu->at += strlen(cu->at);
			return 0;
		}
		r = next_action(ps, open, &a);
		if (r < 0)
			return r;
		add_text(list, n, cu->at, open, cu->trim, a.trim_before);
		cu->at = a.next;
		cu->trim = a.trim_after;
		if (r == 1)
			continue;
		ps->p = a.start;
		ps->end = a.end;
		r = read_action(ps, cu, list, n, in_range, stop);
		if (r < 0 || *stop != STOP_END_OF_TEXT)
			return r;
	}
}

int template_parse(const char *text, struct template **ret, struct error *err)
{
	struct parser ps = { .text = text, .p = text, .end = text, .err = err };
	struct cursor cu = { .at = text };
	scoped(template_free) struct template *t = xnew(struct template);
	enum stop stop;
	int r;

	if (strlen(text) > TEMPLATE_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "template: longer than %d bytes",
				 TEMPLATE_MAX_BYTES);
	r = read_list(&ps, &cu, &t->nodes, &t->n_nodes, false, &stop);
	if (r < 0)
		return r;
	if (stop != STOP_END_OF_TEXT)
		return error_set(err, ERROR_INVALID, "template: unexpected {{end}} or {{else}}");
	*ret = take_ptr(t);
	return 0;
}
