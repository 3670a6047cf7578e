/* SPDX-License-Identifier: Apache-2.0 */
/* template_priv: the tree between template_parse.c and template_exec.c. */
#ifndef CORACLE_CLI_TEMPLATE_PRIV_H
#define CORACLE_CLI_TEMPLATE_PRIV_H

#include "cli/template/template.h"

/* A format is typed by a person; a longer one is a mistake or an attack. */
#define TEMPLATE_MAX_BYTES 65536
#define TEMPLATE_MAX_DEPTH 64

enum operand_kind {
	OPERAND_DOT,	  /* . followed by fields */
	OPERAND_VARIABLE, /* $name followed by fields; name "" is the root */
	OPERAND_FUNCTION,
	OPERAND_LITERAL,
	OPERAND_PIPE /* ( pipeline ) followed by fields */
};

struct template_pipe;

struct template_operand {
	enum operand_kind kind;
	char *name;    /* variable or function */
	char **fields; /* chain behind */
	json_t *literal;
	struct template_pipe *pipe;
};

struct template_call {
	struct template_operand *operands;
	size_t n_operands;
};

struct template_pipe {
	char **variables; /* declared or assigned: at most two */
	bool assign;	  /* "=" instead of ":=" */
	struct template_call *calls;
	size_t n_calls;
};

enum node_kind {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_BREAK,
	NODE_CONTINUE
};

struct template_node {
	enum node_kind kind;
	char *text;
	struct template_pipe *pipe;
	struct template_node **body, **otherwise;
	size_t n_body, n_otherwise;
};

struct template
{
	struct template_node **nodes;
	size_t n_nodes;
};

void template_pipe_free(struct template_pipe *p);
void template_nodes_free(struct template_node **nodes, size_t n);

/* template_func.c: a new reference in *ret.  args are borrowed. */
int template_function(const char *name, json_t *const *args, size_t n, json_t **ret,
		      struct error *err);
bool template_function_known(const char *name);
/* Go's truth: false, 0, "", null and empty collections are false. */
bool template_truth(const json_t *v);
/* As fmt.Print writes it. */
void template_print_value(const json_t *v, struct buf *out);

#endif
