/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets: which containers a command works on: words, --all, --latest, --cidfile, --filter; and
 * the loop that tries each, prints its name or its error, and gives the exit status of the whole.
 */
#ifndef CORACLE_CLI_TARGETS_H
#define CORACLE_CLI_TARGETS_H

#include "cli/command.h"
#include "engine/container.h"

struct targets {
	bool all, latest, ignore;
	char **cidfiles, **filters;
};

#define TARGET_ROW_ALL(type, member)                                           \
	{                                                                      \
		.name = "all", .letter = 'a', .kind = OPTION_BOOL,             \
		.offset = offsetof(type, member.all), .help = "All containers" \
	}
#define TARGET_ROW_LATEST(type, member)                               \
	{                                                             \
		.name = "latest", .letter = 'l', .kind = OPTION_BOOL, \
		.offset = offsetof(type, member.latest),              \
		.help = "The container that was created last"         \
	}
#define TARGET_ROW_CIDFILE(type, member)                                        \
	{                                                                       \
		.name = "cidfile", .arg = "FILE", .kind = OPTION_STRV,          \
		.offset = offsetof(type, member.cidfiles),                      \
		.help = "Read the container ID from FILE", .words = WORDS_FILES \
	}
#define TARGET_ROW_FILTER(type, member)                                                        \
	{                                                                                      \
		.name = "filter", .letter = 'f', .arg = "KEY=VALUE", .kind = OPTION_STRV,      \
		.offset = offsetof(type, member.filters), .help = "Only containers that match" \
	}
#define TARGET_ROW_IGNORE(type, member)                               \
	{                                                             \
		.name = "ignore", .letter = 'i', .kind = OPTION_BOOL, \
		.offset = offsetof(type, member.ignore),              \
		.help = "A container that does not exist is no error" \
	}

void targets_done(struct targets *t);

/* New vector of ids, or of the words as given (they are printed back).  all_states: which states
 * --all and --filter mean, bits 1u << container_status; 0: every one. */
int targets_resolve(struct cli *cli, const struct targets *t, char *const *words,
		    unsigned all_states, char ***ret, struct error *err);

/* fn on each; its word goes to stdout after success, an error to stderr.  0, or the status of the
 * last error.  With t->ignore a missing container is passed over. */
typedef int (*target_fn)(struct cli *cli, const char *word, void *arg, struct error *err);
int targets_each(struct cli *cli, const struct targets *t, char *const *words, target_fn fn,
		 void *arg, bool print);

#endif
