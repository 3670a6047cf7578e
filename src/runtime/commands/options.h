/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: command line options from a table, in the manner of runc (Go's flag package) and crun
 * (GNU): --name value, --name=value, -name, -n value, -nvalue, bundled flags, "--" ends them.
 */
#ifndef CORACLE_RUNTIME_COMMANDS_OPTIONS_H
#define CORACLE_RUNTIME_COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum option_kind {
	OPTION_FLAG,   /* bool; =true and =false are taken */
	OPTION_STRING, /* const char *, borrowed from argv */
	OPTION_LIST,   /* char **, an owned vector of copies */
	OPTION_UINT,   /* unsigned */
	OPTION_KIND_COUNT
};

struct option_row {
	const char *name;
	char short_name; /* 0 none */
	enum option_kind kind;
	size_t offset;	   /* in the target struct */
	const char *value; /* placeholder in help */
	const char *help;  /* NULL: hidden */
};

/* argv[0] is skipped.  Arguments are moved to the end of argv in their order; *ret_first is the
 * index of the first.  intersperse false: the first argument ends the options.
 * ERROR_CANCELED when --help or -h was seen. */
int runtime_options_parse(const struct option_row *rows, size_t n, int argc, char **argv,
			  bool intersperse, void *target, int *ret_first, struct error *err);
void runtime_options_help(const struct option_row *rows, size_t n, struct buf *out);

#endif
