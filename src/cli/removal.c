/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/removal.h"

#include <stdio.h>

#include "base/strv.h"

int removal_each(struct cli *cli, char *const *words, removal_fn fn, void *arg, bool missing_ok)
{
	int status = 0;

	STRV_FOREACH (w, words) {
		struct error err = ERROR_INIT;
		if (fn(cli, *w, arg, &err) >= 0 || (missing_ok && err.kind == ERROR_NOT_FOUND))
			continue;
		fflush(stdout);
		fprintf(stderr, "Error: %s\n", err.msg);
		if (status == 1)
			continue;
		if (err.kind == ERROR_NOT_FOUND)
			status = 1;
		else if (err.kind == ERROR_BUSY || err.kind == ERROR_STATE)
			status = 2;
		else
			status = CLI_FAILED;
	}
	return status;
}
