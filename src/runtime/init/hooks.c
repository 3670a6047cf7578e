/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/hooks.h"
#include "runtime/init/init_priv.h"

int init_hooks(const struct init_args *a, enum plan_hook_kind kind, const char *cwd,
	       struct error *err)
{
	const struct plan_hooks *h = &a->plan->hooks[kind];
	scoped_free char *state = NULL;

	if (h->n == 0)
		return 0;
	state = xasprintf("%s%d%s", a->state_head, (int)getpid(), a->state_tail);
	return hooks_run(h, kind, state, cwd, err);
}
