/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: where the messages of an invocation go: stderr, and what --log names.
 *
 *	--log FILE, file:FILE	lines appended to the file
 *	--log journald:ID	the journal, with ID= as field
 *	--log syslog:ID		/dev/log, with ID as the program's name
 *
 * A line is `time="..." level=... msg="..."` or {"level","msg","time"}, as runc writes it.  Errors
 * go to stderr too, as plain text; without --log everything does, in the form of the lines when
 * --debug or --log-format asks for it.
 */
#ifndef CORACLE_RUNTIME_COMMANDS_REPORT_H
#define CORACLE_RUNTIME_COMMANDS_REPORT_H

#include <stdbool.h>

#include "base/error.h"

enum report_target {
	REPORT_STDERR,
	REPORT_FILE,
	REPORT_JOURNAL,
	REPORT_SYSLOG,
	REPORT_TARGET_COUNT
};

struct report {
	enum report_target target;
	int fd; /* of the file or socket; -1 none */
	bool json;
	bool lines;	   /* on stderr: in the form of the log */
	bool debug, quiet; /* quiet: errors only */
	const char *ident; /* borrowed */
};
#define REPORT_INIT ((struct report){ .fd = -1 })

struct report_options {
	const char *log, *format, *level; /* as given, NULL absent */
	bool debug;
};
/* Open what the options name and make it the sink of base/log. */
int report_open(struct report *rp, const struct report_options *o, struct error *err);
/* The error that ends the invocation. */
void report_error(const struct report *rp, const struct error *err);
void report_done(struct report *rp);

#endif
