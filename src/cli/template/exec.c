/* SPDX-License-Identifier: Apache-2.0 */
/* Walk the tree with a value for "." and a stack of variables. */
#include "cli/template/template_priv.h"

#include <ctype.h>
#include <strings.h>

#include "base/str.h"

/* Output and steps of a template are bounded by its data; this bounds a pathological nest of
 * ranges. */
#define TEMPLATE_MAX_STEPS 10000000

struct variable {
	char *name;
	json_t *value;
};

enum flow { FLOW_NEXT, FLOW_BREAK, FLOW_CONTINUE };

struct run {
	json_t *root;
	struct variable *variables;
	size_t n_variables;
	unsigned steps;
	struct buf *out;
	struct error *err;
};

static int eval_pipe(struct run *rn, json_t *dot, const struct template_pipe *pipe, json_t **ret);
static int exec_nodes(struct run *rn, json_t *dot, struct template_node *const *nodes, size_t n,
		      enum flow *flow);

/* Go distinguishes structs (a missing field is an error) from maps (a missing key is "<no value>");
 * in JSON both are objects.  Ours with any key in Go's exported form are structs. */
static bool looks_like_struct(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		if (isupper((unsigned char)key[0]))
			return true;
	}
	return false;
}

/* Struct fields are named ID in templates where the JSON key is Id: fall back to any case. */
static json_t *struct_field(json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		if (strcasecmp(key, name) == 0)
			return value;
	}
	return NULL;
}

static int get_field(struct run *rn, json_t *value, const char *name, json_t **ret)
{
	json_t *found;

	if (json_is_null(value)) {
		*ret = json_null();
		return 0;
	}
	if (!json_is_object(value))
		return error_set(rn->err, ERROR_INVALID,
				 "template: can't evaluate field %s in a value that has no fields",
				 name);
	found = json_object_get(value, name);
	if (!found && isupper((unsigned char)name[0]) && looks_like_struct(value)) {
		found = struct_field(value, name);
		if (!found)
			return error_set(rn->err, ERROR_INVALID,
					 "template: can't evaluate field %s", name);
	}
	*ret = found ? json_incref(found) : json_null();
	return 0;
}

/* Takes the reference in *value and gives one back. */
static int walk_fields(struct run *rn, json_t **value, char *const *fields)
{
	STRV_FOREACH (name, fields) {
		json_t *next = NULL;
		int r = get_field(rn, *value, *name, &next);
		if (r < 0)
			return r;
		json_decref(*value);
		*value = next;
	}
	return 0;
}

static int get_variable(struct run *rn, const char *name, json_t **ret)
{
	if (*name == '\0') {
		*ret = json_incref(rn->root);
		return 0;
	}
	for (size_t i = rn->n_variables; i > 0; i--) {
		if (streq(rn->variables[i - 1].name, name)) {
			*ret = json_incref(rn->variables[i - 1].value);
			return 0;
		}
	}
	return error_set(rn->err, ERROR_INVALID, "template: undefined variable \"$%s\"", name);
}

static void push_variable(struct run *rn, const char *name, json_t *value)
{
	struct variable *v = ARRAY_ADD(rn->variables, rn->n_variables);

	v->name = xstrdup(name);
	v->value = json_incref(value);
}

static void pop_variables(struct run *rn, size_t keep)
{
	while (rn->n_variables > keep) {
		struct variable *v = &rn->variables[--rn->n_variables];
		free(v->name);
		json_decref(v->value);
	}
}

static int assign_variable(struct run *rn, const char *name, json_t *value)
{
	for (size_t i = rn->n_variables; i > 0; i--) {
		struct variable *v = &rn->variables[i - 1];
		if (streq(v->name, name)) {
			json_decref(v->value);
			v->value = json_incref(value);
			return 0;
		}
	}
	return error_set(rn->err, ERROR_INVALID, "template: undefined variable \"$%s\"", name);
}

static int eval_operand(struct run *rn, json_t *dot, const struct template_operand *o, json_t **ret)
{
	scoped_json json_t *value = NULL;
	int r = 0;

	switch (o->kind) {
	case OPERAND_DOT:
		value = json_incref(dot);
		break;
	case OPERAND_VARIABLE:
		r = get_variable(rn, o->name, &value);
		break;
	case OPERAND_PIPE:
		r = eval_pipe(rn, dot, o->pipe, &value);
		break;
	case OPERAND_LITERAL:
		value = json_incref(o->literal);
		break;
	case OPERAND_FUNCTION:
		r = template_function(o->name, NULL, 0, &value, rn->err);
		break;
	}
	if (r < 0)
		return r;
	r = walk_fields(rn, &value, o->fields);
	if (r < 0)
		return r;
	*ret = take_ptr(value);
	return 0;
}

static void drop_args(json_t **args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_decref(args[i]);
	free(args);
}

/* `and` and `or` stop at the operand that decides, so that {{if and .A .A.B}} is safe. */
static bool decided(const char *name, const json_t *value)
{
	return (streq(name, "and") && !template_truth(value)) ||
	       (streq(name, "or") && template_truth(value));
}

static int eval_function(struct run *rn, json_t *dot, const struct template_call *call,
			 json_t *piped, json_t **ret)
{
	const char *name = call->operands[0].name;
	json_t **args = xnew_n(json_t *, call->n_operands + 1);
	size_t n = 0;
	int r = 0;

	for (size_t i = 1; i < call->n_operands && r >= 0; i++) {
		r = eval_operand(rn, dot, &call->operands[i], &args[n]);
		if (r < 0)
			break;
		if (decided(name, args[n++]))
			break;
	}
	if (r >= 0 && piped && n == call->n_operands - 1)
		args[n++] = json_incref(piped);
	if (r >= 0)
		r = template_function(name, args, n, ret, rn->err);
	drop_args(args, n);
	return r;
}

static int eval_call(struct run *rn, json_t *dot, const struct template_call *call, json_t *piped,
		     json_t **ret)
{
	if (call->operands[0].kind == OPERAND_FUNCTION)
		return eval_function(rn, dot, call, piped, ret);
	if (call->n_operands > 1 || piped)
		return error_set(rn->err, ERROR_INVALID,
				 "template: can't give argument to a value that is not a function");
	return eval_operand(rn, dot, &call->operands[0], ret);
}

static int eval_value(struct run *rn, json_t *dot, const struct template_pipe *pipe, json_t **ret)
{
	scoped_json json_t *value = NULL;

	for (size_t i = 0; i < pipe->n_calls; i++) {
		json_t *next = NULL;
		int r = eval_call(rn, dot, &pipe->calls[i], value, &next);
		if (r < 0)
			return r;
		json_decref(value);
		value = next;
	}
	*ret = take_ptr(value);
	return 0;
}

static int eval_pipe(struct run *rn, json_t *dot, const struct template_pipe *pipe, json_t **ret)
{
	int r = eval_value(rn, dot, pipe, ret);

	if (r < 0 || !pipe->variables)
		return r;
	if (!pipe->assign) {
		push_variable(rn, pipe->variables[0], *ret);
		return 0;
	}
	r = assign_variable(rn, pipe->variables[0], *ret);
	if (r < 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	return r;
}

static int range_round(struct run *rn, const struct template_node *node, json_t *key, json_t *item,
		       enum flow *flow)
{
	char *const *names = node->pipe->variables;
	size_t n = strv_len(names), keep = rn->n_variables;
	int r;

	if (n == 2)
		push_variable(rn, names[0], key);
	if (n > 0)
		push_variable(rn, names[n - 1], item);
	r = exec_nodes(rn, item, node->body, node->n_body, flow);
	pop_variables(rn, keep);
	return r;
}

static int range_array(struct run *rn, const struct template_node *node, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		scoped_json json_t *key = json_integer((json_int_t)i);
		enum flow flow = FLOW_NEXT;
		int r = range_round(rn, node, key, json_array_get(list, i), &flow);
		if (r < 0 || flow == FLOW_BREAK)
			return r;
	}
	return 0;
}

static int range_object(struct run *rn, const struct template_node *node, json_t *object)
{
	scoped_strv char **keys = NULL;
	const char *key;
	json_t *item;

	json_object_foreach (object, key, item) {
		strv_add(&keys, key);
	}
	strv_sort(keys); /* Go ranges over maps in key order */
	STRV_FOREACH (k, keys) {
		scoped_json json_t *name = json_string(*k);
		enum flow flow = FLOW_NEXT;
		int r = range_round(rn, node, name, json_object_get(object, *k), &flow);
		if (r < 0 || flow == FLOW_BREAK)
			return r;
	}
	return 0;
}

static int exec_range(struct run *rn, json_t *dot, const struct template_node *node,
		      enum flow *flow)
{
	scoped_json json_t *value = NULL;
	int r = eval_value(rn, dot, node->pipe, &value);

	if (r < 0)
		return r;
	if (!template_truth(value))
		return exec_nodes(rn, dot, node->otherwise, node->n_otherwise, flow);
	if (json_is_array(value))
		return range_array(rn, node, value);
	if (json_is_object(value))
		return range_object(rn, node, value);
	return error_set(rn->err, ERROR_INVALID,
			 "template: range can't iterate over a value that is no list or map");
}

static int exec_branch(struct run *rn, json_t *dot, const struct template_node *node,
		       enum flow *flow)
{
	size_t keep = rn->n_variables;
	scoped_json json_t *value = NULL;
	int r = eval_pipe(rn, dot, node->pipe, &value);

	if (r < 0)
		return r;
	if (template_truth(value))
		r = exec_nodes(rn, node->kind == NODE_WITH ? value : dot, node->body, node->n_body,
			       flow);
	else
		r = exec_nodes(rn, dot, node->otherwise, node->n_otherwise, flow);
	pop_variables(rn, keep);
	return r;
}

static int exec_action(struct run *rn, json_t *dot, const struct template_node *node)
{
	scoped_json json_t *value = NULL;
	int r = eval_pipe(rn, dot, node->pipe, &value);

	if (r < 0)
		return r;
	if (!node->pipe->variables)
		template_print_value(value, rn->out);
	return 0;
}

static int exec_node(struct run *rn, json_t *dot, const struct template_node *node, enum flow *flow)
{
	if (++rn->steps > TEMPLATE_MAX_STEPS)
		return error_set(rn->err, ERROR_LIMIT, "template: more than %d steps",
				 TEMPLATE_MAX_STEPS);
	switch (node->kind) {
	case NODE_TEXT:
		buf_adds(rn->out, node->text);
		return 0;
	case NODE_ACTION:
		return exec_action(rn, dot, node);
	case NODE_IF:
	case NODE_WITH:
		return exec_branch(rn, dot, node, flow);
	case NODE_RANGE:
		return exec_range(rn, dot, node, flow);
	case NODE_BREAK:
		*flow = FLOW_BREAK;
		return 0;
	case NODE_CONTINUE:
		*flow = FLOW_CONTINUE;
		return 0;
	}
	return 0;
}

static int exec_nodes(struct run *rn, json_t *dot, struct template_node *const *nodes, size_t n,
		      enum flow *flow)
{
	for (size_t i = 0; i < n && *flow == FLOW_NEXT; i++) {
		int r = exec_node(rn, dot, nodes[i], flow);
		if (r < 0)
			return r;
	}
	return 0;
}

int template_execute(const struct template *t, const json_t *data, struct buf *out,
		     struct error *err)
{
	struct run rn = { .root = (json_t *)data, .out = out, .err = err };
	enum flow flow = FLOW_NEXT;
	int r = exec_nodes(&rn, rn.root, t->nodes, t->n_nodes, &flow);

	pop_variables(&rn, 0);
	free(rn.variables);
	if (r >= 0 && !buf_ok(out))
		return error_set(err, ERROR_LIMIT, "template: output too large");
	return r;
}
