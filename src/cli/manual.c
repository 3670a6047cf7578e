/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/globals.h"

static const char head[] =
	".SH NAME\n"
	"coracle \\- manage containers and images\n"
	".SH SYNOPSIS\n"
	".B coracle\n"
	"[\\fIoptions\\fR] \\fIcommand\\fR [\\fIargument\\fR...]\n"
	".SH DESCRIPTION\n"
	"Coracle runs containers from OCI and Docker images.  Its commands, options, output and "
	"exit statuses are those of\n"
	".BR podman (1);\n"
	"an option or command of Podman that is not supported yet is refused by name.\n"
	"No daemon and no systemd are needed: each container has one small monitor process,\n"
	".BR coracle-monitor (8),\n"
	"and is made by an OCI runtime,\n"
	".BR coracle-runtime (8)\n"
	"unless \\fB\\-\\-runtime\\fR names another.\n";

static const char tail[] =
	".SH EXIT STATUS\n"
	".TP\n.B 0\nSuccess.\n"
	".TP\n.B 125\nCoracle itself failed; the message says why.\n"
	".TP\n.B 126\nThe container's command cannot be executed.\n"
	".TP\n.B 127\nThe container's command was not found.\n"
	".TP\n.I other\nThat of the container's command, or 128 and the number of the signal that "
	"ended it.\n"
	".PP\n"
	"\\fBrmi\\fR, \\fBvolume rm\\fR and \\fBnetwork rm\\fR give 1 for an object that does not "
	"exist and 2 for one in use;\n"
	"\\fBexists\\fR commands give 1 for one that does not exist.\n"
	".SH FILES\n"
	".TP\n.I /var/lib/coracle\nDatabase, storage, volumes and networks.\n"
	".TP\n.I /run/coracle\nState that ends with the boot.\n"
	".TP\n.I /etc/containers/containers.conf\nConfiguration, read as Podman reads it.\n"
	".TP\n.I /etc/containers/registries.conf\nRegistries, mirrors, short names.\n"
	".TP\n.I /etc/containers/certs.d\nCertificates of registries.\n"
	".TP\n.I /etc/containers/seccomp.json\nSeccomp profile of the administrator, instead of "
	"the built-in one.\n"
	".SH ENVIRONMENT\n"
	".TP\n.B CONTAINERS_CONF\nFile that replaces all configuration files.\n"
	".TP\n.B REGISTRY_AUTH_FILE\nFile of registry credentials.\n"
	".TP\n.B CORACLE_TRACE\nFile that \\fB\\-\\-trace\\fR writes, for the programs that it "
	"starts.\n"
	".SH SEE ALSO\n"
	".BR coracle-runtime (8),\n"
	".BR coracle-monitor (8)\n";

/* '-' is a minus to be copied, '\' a backslash, and a line must not begin with a dot. */
static void add_text(const char *s, struct buf *out)
{
	if (*s == '.' || *s == '\'')
		buf_adds(out, "\\&");
	for (; *s; s++) {
		if (*s == '-')
			buf_adds(out, "\\-");
		else if (*s == '\\')
			buf_adds(out, "\\e");
		else
			buf_addc(out, *s);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct option *x = *(const struct option *const *)a,
			    *y = *(const struct option *const *)b;

	return strcmp(x->name, y->name);
}

static void add_option(const struct option *o, struct buf *out)
{
	buf_adds(out, ".TP\n");
	if (o->letter)
		buf_addf(out, "\\fB\\-%c\\fR, ", o->letter);
	buf_adds(out, "\\fB");
	if (!o->letter)
		buf_adds(out, "\\&");
	buf_adds(out, "\\-\\-");
	add_text(o->name, out);
	buf_adds(out, "\\fR");
	if (o->arg) {
		buf_adds(out, " \\fI");
		add_text(o->arg, out);
		buf_adds(out, "\\fR");
	}
	buf_addc(out, '\n');
	add_text(o->help, out);
	buf_adds(out, ".\n");
}

static void add_options(const struct option_set *sets, size_t n_sets, struct buf *out)
{
	const struct option **rows = NULL;
	size_t n = 0;

	for (size_t s = 0; s < n_sets; s++)
		for (size_t i = 0; i < sets[s].n; i++)
			if (!(sets[s].rows[i].flags & (OPTION_HIDDEN | OPTION_ALIAS)))
				*ARRAY_ADD(rows, n) = &sets[s].rows[i];
	if (n)
		qsort(rows, n, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < n; i++)
		add_option(rows[i], out);
	free(rows);
}

static void add_aliases(const struct command *c, struct buf *out)
{
	bool any = false;

	for (const struct command *const *a = command_table; *a; a++) {
		if (!(*a)->alias_of || !streq((*a)->alias_of, c->path))
			continue;
		buf_adds(out, any ? ", " : "Also spelled ");
		add_text((*a)->path, out);
		any = true;
	}
	if (any)
		buf_adds(out, ".\n");
}

static void add_command(const struct command *c, struct buf *out)
{
	const struct option_set sets[2] = { { c->options, c->n_options },
					    { c->more ? c->more->rows : NULL,
					      c->more ? c->more->n : 0 } };

	buf_adds(out, ".SS ");
	add_text(c->path, out);
	buf_adds(out, "\n.B coracle ");
	add_text(c->path, out);
	buf_addc(out, '\n');
	if (c->usage)
		add_text(c->usage, out);
	buf_adds(out, "\n.PP\n");
	add_text(c->summary, out);
	buf_adds(out, ".\n");
	add_aliases(c, out);
	add_options(sets, 2, out);
	if (c->examples) {
		buf_adds(out, ".PP\nExamples:\n.PP\n.EX\n");
		add_text(c->examples, out);
		buf_adds(out, ".EE\n");
	}
}

static int compare_commands(const void *a, const void *b)
{
	const struct command *x = *(const struct command *const *)a,
			     *y = *(const struct command *const *)b;

	return strcmp(x->path, y->path);
}

void manual_print(struct buf *out)
{
	const struct option_set globals = { globals_rows, globals_n_rows };
	const struct command **commands = NULL;
	size_t n = 0;

	buf_addf(out,
		 ".\\\" Made from the option tables by `coracle __manual`.\n.TH CORACLE 1 \"\" "
		 "\"Coracle %s\"\n",
		 CORACLE_VERSION);
	buf_adds(out, head);
	buf_adds(out, ".SH OPTIONS\n");
	add_options(&globals, 1, out);
	buf_adds(out, ".SH COMMANDS\n");
	for (const struct command *const *c = command_table; *c; c++)
		if (!(*c)->alias_of && !(*c)->hidden)
			*ARRAY_ADD(commands, n) = *c;
	if (n > 0)
		qsort(commands, n, sizeof(*commands), compare_commands);
	for (size_t i = 0; i < n; i++)
		add_command(commands[i], out);
	free(commands);
	buf_adds(out, tail);
}
