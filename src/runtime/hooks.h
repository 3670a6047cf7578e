/* SPDX-License-Identifier: Apache-2.0 */
/* hooks: run the hooks of one kind, in order, with the state document on their stdin. */
#ifndef CORACLE_RUNTIME_HOOKS_H
#define CORACLE_RUNTIME_HOOKS_H

#include "runtime/plan.h"

/* The first failure or timeout ends it; the message carries the hook's stderr.  cwd may be NULL. */
int hooks_run(const struct plan_hooks *h, enum plan_hook_kind kind, const char *state,
	      const char *cwd, struct error *err);

#endif
