/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime-manual: the manual page of one command of coracle-runtime on stdout, at build time:
 * synopsis and options from the tables of the program, the prose from docs/man/runtime/COMMAND.mdoc
 * (the text of DESCRIPTION, perhaps further sections).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "runtime/commands/commands.h"
#include "sys/fd.h"

#define PROSE_MAX_BYTES ((size_t)64 * 1024)

/* Words in mdoc: a minus is an option's, a dot at the beginning would be a macro. */
static void add_words(struct buf *b, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		buf_adds(b, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			buf_adds(b, "\\e");
		else if (*text == '-')
			buf_adds(b, "\\-");
		else
			buf_addc(b, *text);
	}
	buf_addc(b, '\n');
}

static void add_option(struct buf *b, const struct option_row *r)
{
	buf_adds(b, ".It ");
	if (r->short_name)
		buf_addf(b, "Fl %c , ", r->short_name);
	buf_addf(b, "Fl -%s", r->name);
	if (r->value)
		buf_addf(b, " Ar %s", r->value);
	buf_addc(b, '\n');
	add_words(b, r->help);
}

static void add_page(struct buf *b, const struct command *c, const char *prose)
{
	buf_addf(b, ".Dd November 22, 2026\n.Dt CORACLE-RUNTIME-%s 8\n.Os Coracle\n.Sh NAME\n",
		 c->name);
	buf_addf(b, ".Nm coracle-runtime-%s\n.Nd ", c->name);
	add_words(b, c->help);
	buf_adds(b, ".Sh SYNOPSIS\n.Sy coracle-runtime\n");
	add_words(b, c->usage);
	buf_addf(b, ".Sh DESCRIPTION\n%s", prose);
	if (c->n_rows > 0)
		buf_adds(b, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
	for (size_t i = 0; i < c->n_rows; i++) {
		if (c->rows[i].help)
			add_option(b, &c->rows[i]);
	}
	if (c->n_rows > 0)
		buf_adds(b, ".El\n");
	buf_adds(b, ".Sh SEE ALSO\n.Xr coracle-runtime 8\n");
}

int main(int argc, char **argv)
{
	scoped(buf_done) struct buf page = BUF_INIT;
	scoped(buf_done) struct buf prose = BUF_INIT_MAX(PROSE_MAX_BYTES);
	const struct command *const *all;
	size_t n;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: runtime-manual COMMAND PROSE\n");
		return 2;
	}
	r = fd_read_file(AT_FDCWD, argv[2], PROSE_MAX_BYTES, &prose);
	if (r < 0) {
		fprintf(stderr, "runtime-manual: read '%s': %s\n", argv[2], strerror(-r));
		return 1;
	}
	all = runtime_commands(&n);
	for (size_t i = 0; i < n; i++) {
		if (!streq(all[i]->name, argv[1]))
			continue;
		add_page(&page, all[i], buf_str(&prose));
		return fd_write_all(STDOUT_FILENO, buf_str(&page), page.len) < 0;
	}
	fprintf(stderr, "runtime-manual: there is no command '%s'\n", argv[1]);
	return 1;
}
