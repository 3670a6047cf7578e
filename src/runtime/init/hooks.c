/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/str.h"
#include "runtime/hooks.h"
#include "runtime/init/init_priv.h"

int init_hooks(const struct init_args *a, enum plan_hook_kind kind,
	       const struct hook_output *output, struct error *err)
{
	const struct plan_hooks *h = &a->plan->hooks[kind];
	scoped_free char *head = NULL;
	scoped_free char *state = NULL;

	if (h->n == 0)
		return 0;
	/* The head has no text of the user's but the id. */
	head = str_replace(a->state_head, "\"status\":\"creating\"",
			   kind == PLAN_HOOK_START_CONTAINER ? "\"status\":\"created\""
							     : "\"status\":\"creating\"");
	state = xasprintf("%s%d%s", head, (int)getpid(), a->state_tail);
	return hooks_run(h, kind, state, NULL, output, err);
}
