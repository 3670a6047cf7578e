/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion: the shells' scripts and the answers to their questions.  The scripts are short and
 * ask `coracle __complete WORDS... CURRENT`, which prints one candidate a line
 * ("word<tab>description"), from the command and option tables and from the engine's names.
 */
#ifndef CORACLE_CLI_COMPLETION_H
#define CORACLE_CLI_COMPLETION_H

#include "cli/command.h"

/* bash, zsh or fish; ERROR_INVALID for another. */
int completion_script(const char *shell, struct buf *out, struct error *err);
/* Candidates for the last of words; words are what stands behind "coracle". */
int completion_candidates(struct engine *e, int argc, char *const *argv, struct buf *out,
			  struct error *err);

#endif
