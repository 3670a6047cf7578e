/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shorten: a filter with the same answers and fewer instructions.
 *
 * The kernel translates a filter to machine code each time it is loaded, which is once per start
 * and once per exec: 0.33 ms for the 1408 instructions that libseccomp makes of the default
 * profile, one comparison and one return or more per system call.  Most neighbours get the same
 * answer, though.
 *
 * So the program is evaluated in advance: for each architecture that it asks for (and for all
 * others), the numbers of system calls are cut at every constant that it compares anything with.
 * Within such a range each comparison of the number has one outcome, and following the program
 * leads either to a return (the range's answer) or to a load of an argument (the rest of the
 * program, with every comparison of number and architecture decided, is the range's answer).
 * Neighbouring ranges with the same return are joined, and a binary search over what is left is
 * written.
 *
 * Nothing is assumed of libseccomp: an instruction that is not understood, a jump that does not
 * reach, or a result that is not shorter leave the program as it is.
 */
#include "seccomp/shorten.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ARCHES_MAX 32
#define NONE (-1)
/* A conditional jump reaches 255 instructions; a return that is shared from farther is made anew.
 */
#define RETURN_REACH 150
#define JUMP_REACH 255

/* What the accumulator holds, of what is known in advance. */
enum holds { HOLDS_NOTHING, HOLDS_NR, HOLDS_ARCH, HOLDS_ARGUMENT, HOLDS_COUNT };

enum node_kind { NODE_RETURN, NODE_STEP, NODE_BRANCH, NODE_JUMP };

/* Of the new program, made from its end: what a node leads to was made before it. */
struct node {
	enum node_kind kind;
	struct sock_filter insn;
	int next, other; /* STEP, JUMP: next; BRANCH: next when true, other when false */
	int at;		 /* place in the program, -1: not reached */
};

struct range {
	uint32_t start;
	bool constant;
	uint32_t answer; /* of a constant one */
};

struct work {
	const struct sock_filter *old;
	unsigned n_old;
	struct node *nodes;
	size_t n_nodes;
	uint32_t arches[ARCHES_MAX];
	unsigned n_arches;
	/* The part that is being evaluated. */
	bool known_arch;
	uint32_t arch, nr;
	int *done; /* [HOLDS_COUNT * n_old]: node made for that state of this part, or NONE */
	struct range *ranges;
	size_t n_ranges;
	bool failed;
};

static int add_node(struct work *w, enum node_kind kind, struct sock_filter insn, int next,
		    int other)
{
	struct node *n;

	if (w->failed || (kind != NODE_RETURN && next == NONE) ||
	    (kind == NODE_BRANCH && other == NONE) || w->n_nodes > BPF_MAXINSNS) {
		w->failed = true;
		return NONE;
	}
	n = ARRAY_ADD(w->nodes, w->n_nodes);
	*n = (struct node){ .kind = kind, .insn = insn, .next = next, .other = other, .at = -1 };
	return (int)w->n_nodes - 1;
}

static int add_return(struct work *w, uint32_t answer)
{
	for (size_t i = w->n_nodes; i > 0 && w->n_nodes - i < RETURN_REACH; i--) {
		if (w->nodes[i - 1].kind == NODE_RETURN && w->nodes[i - 1].insn.k == answer)
			return (int)i - 1;
	}
	return add_node(w, NODE_RETURN, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer), NONE,
			NONE);
}

static bool is_load(const struct sock_filter *f)
{
	return f->code == (BPF_LD | BPF_W | BPF_ABS);
}

static bool is_comparison(const struct sock_filter *f)
{
	return f->code == (BPF_JMP | BPF_JEQ | BPF_K) || f->code == (BPF_JMP | BPF_JGE | BPF_K) ||
	       f->code == (BPF_JMP | BPF_JGT | BPF_K);
}

static enum holds loads(const struct sock_filter *f)
{
	return f->k == offsetof(struct seccomp_data, nr)     ? HOLDS_NR
	       : f->k == offsetof(struct seccomp_data, arch) ? HOLDS_ARCH
							     : HOLDS_ARGUMENT;
}

/* 1 true, 0 false, NONE not known in advance. */
static int outcome(const struct work *w, const struct sock_filter *f, enum holds holds)
{
	uint32_t value = holds == HOLDS_NR ? w->nr : w->arch;

	if (!is_comparison(f) || (holds != HOLDS_NR && holds != HOLDS_ARCH))
		return NONE;
	if (holds == HOLDS_ARCH && !w->known_arch)
		return f->code == (BPF_JMP | BPF_JEQ | BPF_K) ? 0 : NONE;
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return value == f->k;
	case BPF_JGE:
		return value >= f->k;
	default:
		return value > f->k;
	}
}

/* Follows the program from *pc while everything is known: stops at a return, at a load of an
 * argument, or at what depends on one. */
static void follow(const struct work *w, unsigned *pc, enum holds *holds)
{
	while (*pc < w->n_old) {
		const struct sock_filter *f = &w->old[*pc];
		int r = outcome(w, f, *holds);

		if (is_load(f) && loads(f) != HOLDS_ARGUMENT) {
			*holds = loads(f);
			*pc += 1;
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			*pc += 1 + f->k;
		} else if (r != NONE) {
			*pc += 1u + (r ? f->jt : f->jf);
		} else {
			return;
		}
	}
}

/* The rest of the program for this part, from pc on. */
static int rest(struct work *w, unsigned pc, enum holds holds)
{
	const struct sock_filter *f;
	int node = NONE, *done;

	follow(w, &pc, &holds);
	if (pc >= w->n_old || w->failed) {
		w->failed = true;
		return NONE;
	}
	f = &w->old[pc];
	if (f->code == (BPF_RET | BPF_K))
		return add_return(w, f->k);
	done = &w->done[holds * w->n_old + pc];
	if (*done != NONE)
		return *done;
	if (is_load(f)) {
		node = add_node(w, NODE_STEP, *f, rest(w, pc + 1, HOLDS_ARGUMENT), NONE);
	} else if (holds == HOLDS_ARGUMENT && f->code == (BPF_ALU | BPF_AND | BPF_K)) {
		node = add_node(w, NODE_STEP, *f, rest(w, pc + 1, HOLDS_ARGUMENT), NONE);
	} else if (holds == HOLDS_ARGUMENT &&
		   (is_comparison(f) || f->code == (BPF_JMP | BPF_JSET | BPF_K))) {
		int no = rest(w, pc + 1 + f->jf, holds);
		int yes = rest(w, pc + 1 + f->jt, holds);

		node = add_node(w, NODE_BRANCH, *f, yes, no);
	}
	/* Anything else is not understood. */
	w->failed = w->failed || node == NONE;
	*done = node;
	return node;
}

static void enter_part(struct work *w, uint32_t nr)
{
	w->nr = nr;
	for (size_t i = 0; i < (size_t)HOLDS_COUNT * w->n_old; i++)
		w->done[i] = NONE;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Where the outcome of any comparison may change: 0, and behind or at each constant. */
static uint32_t *cuts(const struct work *w, size_t *ret_n)
{
	uint32_t *all = xnew_n(uint32_t, 2 * (size_t)w->n_old + 1);
	size_t n = 0, kept = 0;

	all[n++] = 0;
	for (unsigned i = 0; i < w->n_old; i++) {
		if (!is_comparison(&w->old[i]))
			continue;
		all[n++] = w->old[i].k;
		if (w->old[i].k != UINT32_MAX)
			all[n++] = w->old[i].k + 1;
	}
	qsort(all, n, sizeof(*all), compare_u32);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || all[kept - 1] != all[i])
			all[kept++] = all[i];
	}
	*ret_n = kept;
	return all;
}

/* w->ranges of this architecture, joined where the answer is the same. */
static void find_ranges(struct work *w, const uint32_t *cut, size_t n)
{
	w->n_ranges = 0;
	for (size_t i = 0; i < n; i++) {
		struct range r = { .start = cut[i] };
		struct range *last = w->n_ranges > 0 ? &w->ranges[w->n_ranges - 1] : NULL;
		enum holds holds = HOLDS_NOTHING;
		unsigned pc = 0;

		w->nr = cut[i];
		follow(w, &pc, &holds);
		if (pc >= w->n_old) {
			w->failed = true;
			return;
		}
		r.constant = w->old[pc].code == (BPF_RET | BPF_K);
		r.answer = r.constant ? w->old[pc].k : 0;
		if (last != NULL && last->constant && r.constant && last->answer == r.answer)
			continue;
		w->ranges[w->n_ranges++] = r;
	}
}

/* A binary search over ranges[from..to), the number being loaded. */
static int search(struct work *w, size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2;
	int above, below;

	if (to - from == 1 && w->ranges[from].constant)
		return add_return(w, w->ranges[from].answer);
	if (to - from == 1) {
		enter_part(w, w->ranges[from].start);
		return rest(w, 0, HOLDS_NOTHING);
	}
	below = search(w, from, middle);
	above = search(w, middle, to);
	return add_node(
		w, NODE_BRANCH,
		(struct sock_filter)BPF_STMT(BPF_JMP | BPF_JGE | BPF_K, w->ranges[middle].start),
		above, below);
}

static int one_arch(struct work *w, const uint32_t *cut, size_t n)
{
	int root;

	find_ranges(w, cut, n);
	if (w->failed)
		return NONE;
	root = search(w, 0, w->n_ranges);
	if (w->n_ranges == 1)
		return root;
	return add_node(w, NODE_STEP,
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr)),
			root, NONE);
}

/* Every architecture that some way through the program compares with. */
static void find_arches(struct work *w, bool *seen, unsigned pc, enum holds holds)
{
	while (pc < w->n_old && !seen[holds * w->n_old + pc]) {
		const struct sock_filter *f = &w->old[pc];
		unsigned i;

		seen[holds * w->n_old + pc] = true;
		if (BPF_CLASS(f->code) == BPF_RET)
			return;
		if (is_load(f)) {
			holds = loads(f);
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			pc += f->k;
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			for (i = 0; i < w->n_arches && w->arches[i] != f->k; i++)
				;
			if (holds == HOLDS_ARCH && i == w->n_arches && i < ARCHES_MAX)
				w->arches[w->n_arches++] = f->k;
			else if (holds == HOLDS_ARCH && i == ARCHES_MAX)
				w->failed = true;
			find_arches(w, seen, pc + 1 + f->jt, holds);
			pc += f->jf;
		}
		pc++;
	}
}

static int new_program(struct work *w)
{
	scoped_free bool *seen = xcalloc((size_t)HOLDS_COUNT * w->n_old, sizeof(*seen));
	scoped_free uint32_t *cut = NULL;
	size_t n;
	int root;

	find_arches(w, seen, 0, HOLDS_NOTHING);
	cut = cuts(w, &n);
	w->ranges = xnew_n(struct range, n);
	w->done = xnew_n(int, (size_t)HOLDS_COUNT * w->n_old);
	root = one_arch(w, cut, n);
	w->known_arch = true;
	for (unsigned i = 0; i < w->n_arches && !w->failed; i++) {
		int part, jump;

		w->arch = w->arches[i];
		part = one_arch(w, cut, n);
		/* What is before may be far: only this kind of jump has no limit. */
		jump = add_node(w, NODE_JUMP, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0),
				root, NONE);
		root = add_node(
			w, NODE_BRANCH,
			(struct sock_filter)BPF_STMT(BPF_JMP | BPF_JEQ | BPF_K, w->arches[i]), part,
			jump);
	}
	if (w->n_arches == 0)
		return root;
	return add_node(w, NODE_STEP,
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, arch)),
			root, NONE);
}

/* Numbers what root leads to, in the order of the program; its length. */
static int place(struct work *w, int root)
{
	int at = 0, following = NONE;

	w->nodes[root].at = 0;
	for (int i = root; i >= 0; i--) {
		if (w->nodes[i].at < 0)
			continue;
		if (w->nodes[i].kind != NODE_RETURN)
			w->nodes[w->nodes[i].next].at = 0;
		if (w->nodes[i].kind == NODE_BRANCH)
			w->nodes[w->nodes[i].other].at = 0;
	}
	/* From the end, where a step knows whether its next one follows it. */
	for (int i = 0; i <= root; i++) {
		if (w->nodes[i].at < 0)
			continue;
		at += w->nodes[i].kind == NODE_STEP && w->nodes[i].next != following ? 2 : 1;
		w->nodes[i].at = at; /* distance to the end */
		following = i;
	}
	return at;
}

/* Instructions between the end of `from` and the start of `to`. */
static int distance(const struct work *w, const struct node *from, int to)
{
	return from->at - w->nodes[to].at - 1;
}

static bool write_node(const struct work *w, const struct node *n, struct sock_filter *out)
{
	int yes, no;

	out[0] = n->insn;
	if (n->kind == NODE_RETURN)
		return true;
	yes = distance(w, n, n->next);
	if (n->kind == NODE_JUMP) {
		out[0].k = (uint32_t)yes;
	} else if (n->kind == NODE_STEP && yes > 0) {
		out[1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)yes - 1);
	} else if (n->kind == NODE_BRANCH) {
		no = distance(w, n, n->other);
		if (yes > JUMP_REACH || no > JUMP_REACH)
			return false;
		out[0].jt = (unsigned char)yes;
		out[0].jf = (unsigned char)no;
	}
	return true;
}

static bool write_program(struct work *w, int root, struct seccomp_program *p)
{
	int len = place(w, root);
	scoped_free struct sock_filter *out = NULL;

	if (len >= p->len)
		return false;
	out = xnew_n(struct sock_filter, (size_t)len);
	for (int i = root; i >= 0; i--) {
		if (w->nodes[i].at > 0 && !write_node(w, &w->nodes[i], &out[len - w->nodes[i].at]))
			return false;
	}
	free(p->filter);
	p->filter = take_ptr(out);
	p->len = (unsigned short)len;
	return true;
}

bool seccomp_shorten(struct seccomp_program *p)
{
	struct work w = { .old = p->filter, .n_old = p->len };
	bool done = false;
	int root = p->len > 0 ? new_program(&w) : NONE;

	if (!w.failed && root != NONE)
		done = write_program(&w, root, p);
	free(w.nodes);
	free(w.ranges);
	free(w.done);
	return done;
}
