/* SPDX-License-Identifier: Apache-2.0 */
/* removal: the loop of rm, rmi, volume rm and network rm, with Podman's exit statuses. */
#ifndef CORACLE_CLI_REMOVAL_H
#define CORACLE_CLI_REMOVAL_H

#include "cli/command.h"

typedef int (*removal_fn)(struct cli *cli, const char *word, void *arg, struct error *err);

/* fn on each word; all are tried.  0, or 1 when one does not exist (no error with missing_ok), else
 * by the last error: 2 in use or running, CLI_FAILED.  fn prints what it removed. */
int removal_each(struct cli *cli, char *const *words, removal_fn fn, void *arg, bool missing_ok);

#endif
