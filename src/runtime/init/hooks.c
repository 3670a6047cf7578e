/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "runtime/hooks.h"
#include "runtime/init/init_priv.h"

int init_hooks(const struct init_args *a, enum plan_hook_kind kind,
	       const struct hook_output *output, struct error *err)
{
	const struct plan_hooks *h = &a->plan->hooks[kind];
	const struct hook_state *s = kind == PLAN_HOOK_START_CONTAINER ? &a->created : &a->creating;
	scoped_free char *state = NULL;

	if (h->n == 0)
		return 0;
	state = xasprintf("%s%d%s", s->head, (int)getpid(), s->tail);
	return hooks_run(h, kind, state, NULL, output, err);
}
