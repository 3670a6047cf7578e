/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: command line options as tables.  A row gives name, argument, kind, target and help; the
 * parser, --help, shell completion and the manual's option lists all come from the rows.
 *
 * Parsing is that of Podman's library (pflag): --name value, --name=value, -n value, -nvalue,
 * -n=value, clusters -it, --flag=false, "--" ends options.  A command that starts another program
 * (run, exec) stops at its first word (no_intersperse).
 */
#ifndef CORACLE_CLI_OPTIONS_H
#define CORACLE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strmap.h"

enum option_kind {
	OPTION_BOOL,	 /* bool */
	OPTION_TRISTATE, /* struct opt_bool */
	OPTION_STR,	 /* char *, owned; the last one wins */
	OPTION_STRV,	 /* char **: each use adds one */
	OPTION_LIST,	 /* char **: each use adds its comma-separated parts */
	OPTION_I64,	 /* struct opt_i64 */
	OPTION_U64,	 /* struct opt_u64 */
	OPTION_U32,	 /* struct opt_u32 */
	OPTION_BYTES,	 /* struct opt_i64: "64m" */
	OPTION_DOUBLE,	 /* double */
	OPTION_CALL,	 /* parse(target, value, err) */
	OPTION_KIND_COUNT
};

#define OPTION_HIDDEN 1u  /* not in --help */
#define OPTION_ALIAS 2u	  /* another spelling: not in --help nor completion */
#define OPTION_IGNORED 4u /* accepted for compatibility where the peer ignores it too */

/* What completion offers for the argument. */
enum option_words {
	WORDS_NONE,
	WORDS_FILES,
	WORDS_DIRS,
	WORDS_CONTAINERS,
	WORDS_RUNNING,
	WORDS_IMAGES,
	WORDS_VOLUMES,
	WORDS_NETWORKS,
	WORDS_LIST, /* .choices */
	WORDS_COUNT
};

struct option {
	const char *name; /* without dashes */
	char letter;	  /* 0: none */
	const char *arg;  /* placeholder for --help; NULL for switches */
	enum option_kind kind;
	size_t offset; /* of the member in the group's target */
	const char *help;
	unsigned flags;
	enum option_words words;
	const char *choices;						  /* "a b c" */
	int (*parse)(void *target, const char *value, struct error *err); /* OPTION_CALL */
};

/* Rows shared between commands. */
struct option_set {
	const struct option *rows;
	size_t n;
};

/* Rows with the struct that they fill. */
struct option_group {
	const struct option *rows;
	size_t n;
	void *target;
};

struct option_parse {
	const struct option_group *groups;
	size_t n_groups;
	bool no_intersperse;
	/* Names that the peer knows and we do not yet: refused as "not supported yet". NULL-ended.
	 */
	const char *const *unsupported;
	const char *command; /* "coracle run", for messages */
};

/*
 * Parse argv[0..argc) (without program and command words).  Positional words go to *ret_words (new
 * vector of borrowed pointers behind a NULL end; free() the vector only).  *ret_help is set when
 * --help or -h (unless a row claims h) was met; parsing then stops.
 */
int options_parse(const struct option_parse *p, int argc, char *const *argv, char ***ret_words,
		  bool *ret_help, struct error *err);
/* KEY=VALUE words of --flag into a map; without '=' the value is empty, without a key
 * ERROR_INVALID. */
int options_pairs(const char *flag, char *const *pairs, struct strmap *ret, struct error *err);
/* The "Options:" block of --help. */
void options_help(const struct option_group *groups, size_t n, struct buf *out);

#endif
