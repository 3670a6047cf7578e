/* SPDX-License-Identifier: Apache-2.0 */
/* removal: the loop of rmi, volume rm and network rm, with Podman's exit statuses. */
#ifndef CORACLE_CLI_REMOVAL_H
#define CORACLE_CLI_REMOVAL_H

#include "cli/command.h"

typedef int (*removal_fn)(struct cli *cli, const char *word, void *arg, struct error *err);

/* fn on each word; all are tried.  0, or by the last error: 1 no such object (none with
 * missing_ok), 2 in use, else the engine's status.  fn prints what it removed. */
int removal_each(struct cli *cli, char *const *words, removal_fn fn, void *arg, bool missing_ok);

#endif
