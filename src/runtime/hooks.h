/* SPDX-License-Identifier: Apache-2.0 */
/* hooks: run the hooks of one kind, in order, with the state document on their stdin. */
#ifndef CORACLE_RUNTIME_HOOKS_H
#define CORACLE_RUNTIME_HOOKS_H

#include "runtime/plan.h"

struct runtime_record;

/* The state document in two parts around the pid, which init puts in (record_state_split). */
struct hook_state {
	char *head, *tail;
};
void hook_state_done(struct hook_state *s);
DEFINE_SCOPED_STRUCT(struct hook_state, hook_state_done)

/* Where the hooks write: files of run.oci.hooks.stdout and .stderr (crun(1)); -1: what they write
 * is part of the message when they fail. */
int hook_output_open(const struct strmap *annotations, struct hook_output *ret, struct error *err);
void hook_output_done(struct hook_output *o);
DEFINE_SCOPED_STRUCT(struct hook_output, hook_output_done)

/* The first failure or timeout ends it; the message carries the hook's stderr.  cwd may be NULL. */
int hooks_run(const struct plan_hooks *h, enum plan_hook_kind kind, const char *state,
	      const char *cwd, const struct hook_output *output, struct error *err);
/* The poststop hooks of a container that is gone.  A failure is a warning that ends with `next`,
 * and the others go on (runtime.md, life cycle, 13). */
void hooks_run_poststop(const struct runtime_record *rec, const char *next);

#endif
