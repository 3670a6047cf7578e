/* SPDX-License-Identifier: Apache-2.0 */
/* help: --help texts and version, all from the command and option tables. */
#ifndef CORACLE_CLI_HELP_H
#define CORACLE_CLI_HELP_H

#include "cli/command.h"

int help_command(const struct command *c);
/* All commands, or those of a group; to stderr with status 125 when `error`. */
int help_overview(const char *group, bool error);
/* `coracle help WORDS`. */
int help_words(int argc, char *const *argv);
int help_version(void);
/* Lines of "name<tab>summary" of the commands directly below a group (NULL: top), sorted, once
 * each. */
void help_command_lines(const char *group, struct buf *out);

#endif
